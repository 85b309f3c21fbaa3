// Text → rows, in parallel, with the exact place of the first bad field. Knows nothing of tasks or dense ids.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "parallel/team.h"
#include "ratings/format.h"

namespace anirec {

// An id whose text is not the canonical decimal form of an int64 ("tt0111161", "007", "+5").
struct TextId {
  std::uint32_t row;  // within the block
  std::string text;
  bool is_integer;  // parses as an int64 all the same ("007"): `value[row]` holds it
};

// The ids of a block: integers, and beside them what cannot be told from the integer alone. A column with one
// id that is no int64 is strings throughout, and then "007" and "7" are two ids.
struct IdColumn {
  std::vector<std::int64_t> value;
  std::vector<TextId> text;  // ascending rows
};

// The id of `row` as written; `next_text` starts at 0 and is kept from row to row, which are asked in order.
std::string id_text(const IdColumn& column, std::size_t row, std::size_t& next_text);

// Rows of one block of text, one entry a row in every column the format has.
struct RowBlock {
  IdColumn user, item;
  std::vector<float> rating;         // finite
  std::vector<std::int32_t> status;  // empty without a status column
  std::vector<std::int64_t> time;    // empty without a time column
  std::size_t size() const { return rating.size(); }
};

struct SourceSummary {
  std::string path;
  RatingsFormat format;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;  // decompressed
  std::uint32_t crc32 = 0;  // of the decompressed bytes
};

// Called from several threads at once, once for every block, also for one without rows; `block` counts from 0
// over all files in order, so the order of the file is the order of `block`. Where blocks are cut does not
// depend on the number of threads. May take what is in `rows`. What it throws comes out of read_rows().
using RowSink = std::function<void(std::size_t block, RowBlock& rows)>;

// Reads all files as one. `on_format` is called as soon as a file's format is known (before its rows), in file
// order and never twice at once, but from any thread of the team.
// A file without a header takes the format of the first file where the columns fit. All files must agree on
// having a status and a time column. Memory: a few blocks of text a thread, whatever the size of the file.
// Throws DataError::at with the first bad field in file order, also where it comes late in a block, and DataError
// where a file is empty (a header alone is let pass) or there is no row at all. Stops early when an interrupt is
// requested (Interrupted).
std::vector<SourceSummary> read_rows(
    const std::vector<std::string>& paths, const FormatOptions& options, Team& team, const RowSink& sink,
    const std::function<void(const std::string& path, const RatingsFormat&)>& on_format = {});

}  // namespace anirec
