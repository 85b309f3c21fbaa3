// The original ids of one column, block by block and from several threads → dense indices and their map.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "dataset/id_map.h"
#include "dataset/interner.h"
#include "dataset/page_vector.h"
#include "parallel/team.h"
#include "ratings/row_parser.h"

namespace anirec {

constexpr std::uint32_t no_index = 0xFFFFFFFFu;

// The ids of a block's kept rows, 4 bytes each.
struct PackedIds {
  enum class Kind {
    offsets,   // code = value - base, while a block's ids lie within 2^32 of each other
    integers,  // code of the numbering's integers
    texts,     // code of the numbering's texts
    indices,   // dense
  };
  Kind kind = Kind::offsets;
  std::int64_t base = 0, highest = 0;  // offsets: no value lies outside
  PageVector<std::uint32_t> code;
  // Rows (ascending) with an integer in another form than the usual one ("007"), and the code of its text, which
  // counts if the column should turn out to be strings.
  std::vector<std::uint32_t> text_row, text_code;

  // Keeps the rows whose flag is set.
  void keep_rows(const std::vector<bool>& kept);
};

class IdNumbering {
 public:
  // `as_texts`: ids stay as they are written ("007"), though all be integers.
  explicit IdNumbering(bool as_texts = false) : has_string_(as_texts) {}

  // `kept`: ascending rows of the block. From several threads at once.
  PackedIds pack(const IdColumn& column, const std::vector<std::uint32_t>& kept);

  // After the last pack(): numbers the ids of all blocks in ascending order and leaves the indices in their
  // `code`. Ids with fewer than `least_rows` rows (1 or more) get none: their rows' code is no_index. The result
  // does not depend on the team's size.
  IdMap number(const std::vector<PackedIds*>& blocks, std::uint64_t least_rows, Team& team);

 private:
  void turn_into_texts(PackedIds& ids, const std::vector<std::int64_t>& integers);

  std::atomic<bool> has_string_;  // as asked for, or an id of any row, kept or not, is no integer
  Interner<std::int64_t> integers_;
  Interner<std::string> texts_;
};

}  // namespace anirec
