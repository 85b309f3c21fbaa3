#include "dataset/id_numbering.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>

namespace anirec {
namespace {

// Integers are numbered by a bitmap where it has at most this many bits a row (3 bytes a row with its ranks), or
// is small anyway.
constexpr std::uint64_t bitmap_bits_per_row = 16;
constexpr std::uint64_t small_bitmap = 1 << 20;

std::uint64_t distance(std::int64_t from, std::int64_t to) {
  return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
}

std::int64_t value_at(std::int64_t base, std::uint64_t offset) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(base) + offset);
}

void for_blocks(const std::vector<PackedIds*>& blocks, Team& team, const std::function<void(PackedIds&)>& body) {
  team.for_ranges(blocks.size(), 1, [&](std::size_t block, std::size_t, int) { body(*blocks[block]); });
}

// Calls `code_of` for each code that differs from the one before it, and replaces the codes by what it gives.
template <class CodeOf>
void replace_codes(PackedIds& ids, PackedIds::Kind kind, const CodeOf& code_of) {
  std::uint32_t last = 0, last_new = 0;
  bool first = true;
  for (std::uint32_t& code : ids.code) {
    if (first || code != last) {
      last = code;
      last_new = code_of(code);
      first = false;
    }
    code = last_new;
  }
  ids.kind = kind;
}

// A bit for each integer from `lowest` on.
class Bitmap {
 public:
  Bitmap(std::int64_t lowest, std::uint64_t range) : lowest_(lowest), words_(range / 64 + 1) {}

  void mark(std::int64_t value) {  // from several threads at once
    const std::uint64_t place = distance(lowest_, value), bit = std::uint64_t{1} << (place % 64);
    std::atomic_ref<std::uint64_t> word(words_[place / 64]);
    if ((word.load(std::memory_order_relaxed) & bit) == 0) word.fetch_or(bit, std::memory_order_relaxed);
  }

  std::vector<std::int64_t> marked() {
    std::vector<std::int64_t> values;
    before_.reserve(words_.size());
    for (std::size_t w = 0; w < words_.size(); ++w) {
      before_.push_back(static_cast<std::uint32_t>(values.size()));
      for (std::uint64_t word = words_[w]; word != 0; word &= word - 1)
        values.push_back(value_at(lowest_, w * 64 + static_cast<unsigned>(std::countr_zero(word))));
    }
    return values;
  }

  // The place of a marked value among all; after marked().
  std::uint32_t rank(std::int64_t value) const {
    const std::uint64_t place = distance(lowest_, value);
    const std::uint64_t below = words_[place / 64] & ((std::uint64_t{1} << (place % 64)) - 1);
    return before_[place / 64] + static_cast<std::uint32_t>(std::popcount(below));
  }

 private:
  std::int64_t lowest_;
  std::vector<std::uint64_t> words_;
  std::vector<std::uint32_t> before_;  // marked in all words before
};

// Codes by a bitmap over all values, or nothing where they are spread too far for one.
std::optional<std::vector<std::int64_t>> number_by_bitmap(const std::vector<PackedIds*>& blocks, Team& team) {
  std::uint64_t rows = 0;
  std::int64_t lowest = std::numeric_limits<std::int64_t>::max(),
               highest = std::numeric_limits<std::int64_t>::min();
  for (const PackedIds* ids : blocks) {
    if (ids->code.empty()) continue;
    if (ids->kind != PackedIds::Kind::offsets) return std::nullopt;
    rows += ids->code.size();
    lowest = std::min(lowest, ids->base);
    highest = std::max(highest, ids->highest);
  }
  if (rows == 0) return std::vector<std::int64_t>();
  const std::uint64_t range = distance(lowest, highest);
  if (range > small_bitmap && range / bitmap_bits_per_row > rows) return std::nullopt;
  Bitmap bitmap(lowest, range);
  for_blocks(blocks, team, [&](PackedIds& ids) {
    for (std::size_t row = 0; row < ids.code.size(); ++row)
      if (row == 0 || ids.code[row] != ids.code[row - 1]) bitmap.mark(value_at(ids.base, ids.code[row]));
  });
  std::vector<std::int64_t> values = bitmap.marked();
  std::vector<std::uint32_t> ranks;  // of all from the lowest on, where they take no more than the rows do
  if (range < rows) {
    ranks.resize(range + 1);
    for (std::size_t i = 0; i < values.size(); ++i)
      ranks[distance(lowest, values[i])] = static_cast<std::uint32_t>(i);
  }
  for_blocks(blocks, team, [&](PackedIds& ids) {
    if (ranks.empty()) {
      replace_codes(ids, PackedIds::Kind::integers,
                    [&](std::uint32_t code) { return bitmap.rank(value_at(ids.base, code)); });
    } else {
      const std::uint64_t base = distance(lowest, ids.base);  // of no meaning where the block has no rows
      for (std::uint32_t& code : ids.code) code = ranks[base + code];
      ids.kind = PackedIds::Kind::integers;
    }
  });
  return values;
}

// Codes → indices in the ascending order of those values that have enough rows, which are returned.
template <class T>
std::vector<T> number_codes(const std::vector<PackedIds*>& blocks, const std::vector<T>& values,
                            std::uint64_t least_rows, Team& team) {
  std::vector<std::uint32_t> index(values.size());  // first the rows of each code, as far as they matter
  for_blocks(blocks, team, [&](PackedIds& ids) {
    for (const std::uint32_t code : ids.code) {
      std::atomic_ref<std::uint32_t> rows(index[code]);
      if (rows.load(std::memory_order_relaxed) < least_rows) rows.fetch_add(1, std::memory_order_relaxed);
    }
  });
  std::vector<std::uint32_t> kept;
  for (std::uint32_t code = 0; code < values.size(); ++code)
    if (index[code] >= least_rows) kept.push_back(code);
  const auto by_value = [&](std::uint32_t a, std::uint32_t b) { return values[a] < values[b]; };
  if (!std::is_sorted(kept.begin(), kept.end(), by_value)) std::sort(kept.begin(), kept.end(), by_value);
  std::fill(index.begin(), index.end(), no_index);
  std::vector<T> ascending;
  ascending.reserve(kept.size());
  for (const std::uint32_t code : kept) {
    index[code] = static_cast<std::uint32_t>(ascending.size());
    ascending.push_back(values[code]);
  }
  for_blocks(blocks, team, [&](PackedIds& ids) {
    replace_codes(ids, PackedIds::Kind::indices, [&](std::uint32_t code) { return index[code]; });
    release(ids.text_row);
    release(ids.text_code);
  });
  return ascending;
}

IdMap map_of(const std::vector<std::string_view>& ascending) {
  std::vector<std::uint8_t> blob;
  std::vector<std::int64_t> offsets = {0};
  offsets.reserve(ascending.size() + 1);
  for (const std::string_view text : ascending) {
    blob.insert(blob.end(), text.begin(), text.end());
    offsets.push_back(static_cast<std::int64_t>(blob.size()));
  }
  return IdMap::of_strings(std::move(blob), std::move(offsets));
}

}  // namespace

void PackedIds::keep_rows(const std::vector<bool>& kept) {
  std::size_t left = 0, text = 0, texts_left = 0;
  for (std::size_t row = 0; row < kept.size(); ++row) {
    const bool has_text = text < text_row.size() && text_row[text] == row;
    if (kept[row]) {
      if (has_text) {
        text_row[texts_left] = static_cast<std::uint32_t>(left);
        text_code[texts_left++] = text_code[text];
      }
      code[left++] = code[row];
    }
    if (has_text) ++text;
  }
  code.resize(left);
  text_row.resize(texts_left);
  text_code.resize(texts_left);
}

PackedIds IdNumbering::pack(const IdColumn& column, const std::vector<std::uint32_t>& kept) {
  PackedIds ids;
  ids.code.resize(kept.size());
  if (std::any_of(column.text.begin(), column.text.end(), [](const TextId& id) { return !id.is_integer; })) {
    has_string_ = true;
    ids.kind = PackedIds::Kind::texts;
    auto text = column.text.begin();
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const std::uint32_t row = kept[i];
      while (text != column.text.end() && text->row < row) ++text;
      const bool has_text = text != column.text.end() && text->row == row;
      ids.code[i] = texts_.code_of(has_text ? text->text : std::to_string(column.value[row]));
    }
    return ids;
  }

  std::int64_t lowest = kept.empty() ? 0 : column.value[kept[0]], highest = lowest;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const std::int64_t value = column.value[kept[i]];
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
    ids.code[i] = static_cast<std::uint32_t>(value);
  }
  ids.base = lowest;
  ids.highest = highest;
  if (distance(lowest, highest) <= std::numeric_limits<std::uint32_t>::max()) {
    for (std::uint32_t& code : ids.code) code -= static_cast<std::uint32_t>(lowest);
  } else {
    ids.kind = PackedIds::Kind::integers;
    for (std::size_t i = 0; i < kept.size(); ++i) ids.code[i] = integers_.code_of(column.value[kept[i]]);
  }
  std::size_t next = 0;
  for (const TextId& id : column.text) {
    while (next < kept.size() && kept[next] < id.row) ++next;
    if (next == kept.size() || kept[next] != id.row) continue;
    ids.text_row.push_back(static_cast<std::uint32_t>(next));
    ids.text_code.push_back(texts_.code_of(id.text));
  }
  return ids;
}

void IdNumbering::turn_into_texts(PackedIds& ids, const std::vector<std::int64_t>& integers) {
  if (ids.kind == PackedIds::Kind::texts) return;
  const bool offsets = ids.kind == PackedIds::Kind::offsets;
  replace_codes(ids, PackedIds::Kind::texts, [&](std::uint32_t code) {
    return texts_.code_of(std::to_string(offsets ? value_at(ids.base, code) : integers[code]));
  });
  for (std::size_t i = 0; i < ids.text_row.size(); ++i) ids.code[ids.text_row[i]] = ids.text_code[i];
}

IdMap IdNumbering::number(const std::vector<PackedIds*>& blocks, std::uint64_t least_rows, Team& team) {
  if (has_string_) {
    const std::vector<std::int64_t> integers = integers_.values();
    for_blocks(blocks, team, [&](PackedIds& ids) { turn_into_texts(ids, integers); });
    return map_of(number_codes(blocks, texts_.values(), least_rows, team));
  }
  if (auto values = number_by_bitmap(blocks, team)) {  // codes that are indices already, unless ids are left out
    if (least_rows > 1) values = number_codes(blocks, *values, least_rows, team);
    return IdMap::of_integers(*std::move(values));
  }
  for_blocks(blocks, team, [&](PackedIds& ids) {
    if (ids.kind == PackedIds::Kind::integers) return;
    replace_codes(ids, PackedIds::Kind::integers,
                  [&](std::uint32_t code) { return integers_.code_of(value_at(ids.base, code)); });
  });
  return IdMap::of_integers(number_codes(blocks, integers_.values(), least_rows, team));
}

}  // namespace anirec
