#include "dataset/dataset.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <limits>
#include <mutex>
#include <numeric>
#include <utility>

#include "dataset/id_numbering.h"
#include "dataset/row_selection.h"
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
  PageVector<typename Column::value_type> picked(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) picked[i] = column[rows[i]];
  return picked;
}

struct Numberings {
  IdNumbering users, items;
};

KeptRows keep_rows(const RowBlock& rows, const TaskRules& rules, Numberings& numberings) {
  KeptRows block;
  std::vector<std::uint32_t> kept;
  std::vector<std::uint8_t> label;
  block.counts = select_rows(rules, rows, kept, label);
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

// The blocks' rows, one block behind the other. The columns' memory is taken only as rows are written to it, by
// and by, while the blocks give theirs back.
void join(std::vector<KeptRows>& blocks, Dataset& dataset, Team& team) {
  std::vector<std::size_t> begins;
  std::size_t rows = 0;
  for (const KeptRows& block : blocks) {
    begins.push_back(rows);
    rows += block.user.code.size();
  }
  const auto make_room = [&](auto& column, auto piece) {
    const auto has_rows = [&](const KeptRows& block) { return !(block.*piece).empty(); };
    if (std::any_of(blocks.begin(), blocks.end(), has_rows)) column.resize(rows);
  };
  dataset.user.resize(rows);
  dataset.item.resize(rows);
  make_room(dataset.rating, &KeptRows::rating);
  make_room(dataset.label, &KeptRows::label);
  make_room(dataset.time, &KeptRows::time);
  team.for_ranges(blocks.size(), 1, [&](std::size_t b, std::size_t, int) {
    const auto put = [&](const auto& piece, auto& column) {
      std::copy(piece.begin(), piece.end(), column.begin() + static_cast<std::ptrdiff_t>(begins[b]));
    };
    const KeptRows block = std::exchange(blocks[b], KeptRows());
    put(block.user.code, dataset.user);
    put(block.item.code, dataset.item);
    put(block.rating, dataset.rating);
    put(block.label, dataset.label);
    put(block.time, dataset.time);
  });
}

// Rows whose pair came before: all of a user's rows but the distinct items among them.
std::uint64_t count_duplicate_pairs(const Dataset& dataset, Team& team) {
  // Neighbouring rows are mostly of one user: such a run is taken at once.
  const auto for_runs = [&](const auto& visit) {
    constexpr std::size_t rows_a_piece = 1 << 16;
    team.for_ranges(dataset.size(), rows_a_piece, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t row = begin, next; row < end; row = next) {
        const std::uint32_t user = dataset.user[row];
        next = row + 1;
        while (next < end && dataset.user[next] == user) ++next;
        visit(user, row, next);
      }
    });
  };
  // First how many items each user has, one place up, then where the next one goes, at last where they end.
  std::vector<std::uint64_t> ends(dataset.users.size() + 1);
  const auto add = [&](std::size_t place, std::uint64_t count) {
    return std::atomic_ref(ends[place]).fetch_add(count, std::memory_order_relaxed);
  };
  for_runs([&](std::size_t user, std::size_t begin, std::size_t end) { add(user + 1, end - begin); });
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  PageVector<std::uint32_t> items(dataset.size());  // by user, in no order that anybody may rely on
  for_runs([&](std::size_t user, std::size_t begin, std::size_t end) {
    std::copy_n(&dataset.item[begin], end - begin, &items[add(user, end - begin)]);
  });

  std::vector<std::vector<std::uint32_t>> last_user(static_cast<std::size_t>(team.size()));  // of each item, + 1
  std::atomic<std::uint64_t> duplicates{0};
  constexpr std::size_t users_a_piece = 1024;
  team.for_ranges(dataset.users.size(), users_a_piece, [&](std::size_t begin, std::size_t end, int member) {
    std::vector<std::uint32_t>& seen_by = last_user[static_cast<std::size_t>(member)];
    seen_by.resize(dataset.items.size());
    std::uint64_t found = 0, place = begin == 0 ? 0 : ends[begin - 1];
    for (std::size_t user = begin; user < end; ++user)
      for (; place < ends[user]; ++place) {
        std::uint32_t& last = seen_by[items[place]];
        found += last == user + 1 ? 1 : 0;
        last = static_cast<std::uint32_t>(user + 1);
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
  if (dataset.counts.kept == 0) fail_without_rows(rules, dataset.counts);
  dataset.items = numberings.items.number(columns_of(blocks, &KeptRows::item), 1, team);

  join(blocks, dataset, team);
  release(blocks);
  dataset.duplicate_pairs = count_duplicate_pairs(dataset, team);
  return dataset;
}

}  // namespace anirec
