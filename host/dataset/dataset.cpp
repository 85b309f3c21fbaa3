#include "dataset/dataset.h"

#include <atomic>
#include <cstdio>
#include <limits>
#include <mutex>

#include "dataset/group_by_user.h"
#include "dataset/id_numbering.h"
#include "error.h"
#include "memory.h"

namespace anirec {
namespace {

constexpr std::uint64_t most_rows = std::numeric_limits<std::uint32_t>::max() - 1;  // rows are numbered in 32 bits

// Memory is looked at once in so many blocks of text, some 64 MB, whose rows take less than this.
constexpr std::size_t blocks_between_looks = 64;
constexpr std::uint64_t least_room = 32 << 20;

// The kept rows of one block of text, packed: what waits in memory until all ids are known.
struct KeptRows {
  PackedIds user, item;
  PageVector<float> rating;
  PageVector<std::uint8_t> label;
  PageVector<std::int64_t> time;
  RuleCounts counts;
};

template <class Column>
PageVector<typename Column::value_type> pick(const Column& column, const std::vector<std::uint32_t>& rows) {
  PageVector<typename Column::value_type> picked;
  picked.reserve(rows.size());
  for (const std::uint32_t row : rows) picked.push_back(column[row]);
  return picked;
}

struct Numberings {
  IdNumbering users, items;
};

KeptRows keep_rows(const RowBlock& rows, const TaskRules& rules, Numberings& numberings) {
  KeptRows block;
  const bool has_status = !rows.status.empty();
  std::vector<std::uint32_t> kept;
  std::vector<std::uint8_t> label;
  kept.reserve(rows.size());
  label.reserve(rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const Outcome outcome =
        apply_rules(rules, has_status, rows.rating[row], has_status ? rows.status[row] : 0, block.counts);
    if (!outcome.kept) continue;
    kept.push_back(static_cast<std::uint32_t>(row));
    label.push_back(outcome.label);
  }
  block.user = numberings.users.pack(rows.user, kept);
  block.item = numberings.items.pack(rows.item, kept);
  if (task_has_rating(rules.task)) block.rating = pick(rows.rating, kept);
  if (task_has_label(rules.task)) block.label.assign(label.begin(), label.end());
  if (!rows.time.empty()) block.time = pick(rows.time, kept);
  return block;
}

template <class T>
void keep_flagged(PageVector<T>& column, const std::vector<bool>& kept) {
  std::size_t left = 0;
  for (std::size_t row = 0; row < column.size(); ++row)
    if (kept[row]) column[left++] = column[row];
  column.resize(left);
}

// Takes out the rows whose user was not numbered.
void drop_unnumbered_users(KeptRows& block) {
  std::vector<bool> kept(block.user.code.size());
  std::uint64_t dropped = 0;
  for (std::size_t row = 0; row < kept.size(); ++row) {
    kept[row] = block.user.code[row] != no_index;
    dropped += kept[row] ? 0 : 1;
  }
  if (dropped == 0) return;
  block.user.keep_rows(kept);
  block.item.keep_rows(kept);
  keep_flagged(block.rating, kept);
  keep_flagged(block.label, kept);
  keep_flagged(block.time, kept);
  block.counts.kept -= dropped;
  block.counts.users_with_few_rows += dropped;
}

std::vector<PackedIds*> columns_of(std::vector<KeptRows>& blocks, PackedIds KeptRows::*column) {
  std::vector<PackedIds*> columns;
  for (KeptRows& block : blocks) columns.push_back(&(block.*column));
  return columns;
}

// Rows whose pair came before: all of a user's rows but the distinct items among them.
std::uint64_t count_duplicate_pairs(const Dataset& dataset, Team& team) {
  const ItemLists lists = group_by_user(static_cast<std::uint32_t>(dataset.users.size()), [&](const auto& visit) {
    for (std::size_t row = 0; row < dataset.size(); ++row) visit(dataset.user[row], dataset.item[row]);
  });
  std::vector<std::vector<std::uint32_t>> last_user(static_cast<std::size_t>(team.size()));  // of each item, + 1
  std::atomic<std::uint64_t> duplicates{0};
  constexpr std::size_t users_a_piece = 4096;
  team.for_ranges(dataset.users.size(), users_a_piece, [&](std::size_t begin, std::size_t end, int member) {
    std::vector<std::uint32_t>& seen_by = last_user[static_cast<std::size_t>(member)];
    seen_by.resize(dataset.items.size());
    std::uint64_t found = 0;
    for (std::size_t u = begin; u < end; ++u) {
      const std::uint32_t user = static_cast<std::uint32_t>(u);
      for (const std::uint32_t item : lists.of(user)) {
        found += seen_by[item] == user + 1 ? 1 : 0;
        seen_by[item] = user + 1;
      }
    }
    duplicates += found;
  });
  return duplicates;
}

[[noreturn]] void fail_without_rows(const TaskRules& rules, const RuleCounts& counts) {
  std::string reasons;
  for (const DropRule& rule : drop_rules)
    if (counts.*rule.count != 0)
      reasons += (reasons.empty() ? "" : ", ") + std::to_string(counts.*rule.count) + " " + rule.reason;
  const bool all_few = counts.users_with_few_rows == counts.read();
  throw DataError(
      std::string("no row is left for --task ") + task_name(rules.task) + ": of " + std::to_string(counts.read()) +
      " rows " + reasons + "; " +
      (all_few ? "give more rows a user" : "choose another --task, or say with --columns which column is what"));
}

DatasetSource source_of(const SourceSummary& summary) {
  char hash[32];
  std::snprintf(hash, sizeof hash, "crc32:%08x", summary.crc32);
  return {summary.path.substr(summary.path.rfind('/') + 1), summary.format.name, hash};
}

}  // namespace

Dataset build_dataset(const std::vector<std::string>& paths, const FormatOptions& format, const TaskRules& rules,
                      Team& team,
                      const std::function<void(const std::string& path, const RatingsFormat&)>& on_format,
                      const ForModel& for_model) {
  Numberings numberings{IdNumbering(for_model.text_users), IdNumbering(for_model.text_items)};
  std::vector<KeptRows> blocks;
  std::uint64_t rows_kept = 0;
  std::mutex mutex;  // guards blocks and rows_kept
  const RowSink sink = [&](std::size_t number, RowBlock& rows) {
    KeptRows block = keep_rows(rows, rules, numberings);
    const std::lock_guard lock(mutex);
    rows_kept += block.counts.kept;
    if (rows_kept > most_rows)
      throw DataError("more than 4,294,967,294 rows; split the data and train on a part of it");
    // What is kept so far must at least be looked through once more; how much is to come, nobody knows.
    if (number % blocks_between_looks == 0)
      require_memory(rows_kept * sizeof(std::uint32_t) + least_room,
                     "going on behind " + std::to_string(rows_kept) + " kept rows",
                     "prepare fewer rows, or where there is more");
    if (number >= blocks.size()) blocks.resize(number + 1);
    blocks[number] = std::move(block);
  };
  const std::vector<SourceSummary> summaries = read_rows(paths, format, team, sink, on_format);

  Dataset dataset;
  dataset.rules = rules;
  for (const SourceSummary& summary : summaries) {
    dataset.sources.push_back(source_of(summary));
    if (task_has_label(rules.task) && summary.format.has_status()) dataset.labelled_by_status = true;
  }

  const bool drops_users = rules.task == Task::interaction && !for_model.every_user;
  dataset.users = numberings.users.number(columns_of(blocks, &KeptRows::user),
                                          drops_users ? interaction_min_rows + 1 : 1, team);
  if (drops_users)
    team.for_ranges(blocks.size(), 1, [&](std::size_t b, std::size_t, int) { drop_unnumbered_users(blocks[b]); });
  for (const KeptRows& block : blocks) dataset.counts.add(block.counts);
  const std::size_t rows = dataset.counts.kept;
  if (rows == 0) fail_without_rows(rules, dataset.counts);
  dataset.items = numberings.items.number(columns_of(blocks, &KeptRows::item), 1, team);

  // Reserved memory is touched, and so taken, only as rows are appended, while the blocks give theirs back.
  dataset.user.reserve(rows);
  dataset.item.reserve(rows);
  for (KeptRows& block : blocks) {
    const auto append = [&](auto& column, auto& piece) {
      if (!piece.empty() && column.capacity() == 0) column.reserve(rows);
      column.insert(column.end(), piece.begin(), piece.end());
    };
    append(dataset.user, block.user.code);
    append(dataset.item, block.item.code);
    append(dataset.rating, block.rating);
    append(dataset.label, block.label);
    append(dataset.time, block.time);
    block = KeptRows();
  }
  release(blocks);
  dataset.duplicate_pairs = count_duplicate_pairs(dataset, team);
  return dataset;
}

}  // namespace anirec
