// Files → blocks of whole lines, in file order, with each file's layout known before its first block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ratings/byte_source.h"
#include "ratings/format.h"

namespace anirec {

// A fault at a line whose number in the file is not known yet.
struct LineFault {
  std::uint64_t line;    // from 0 within the block
  std::uint64_t column;  // from 1, in bytes
  std::string message;
};

// One piece of one file, cut at line ends. The buffer is used again and again.
struct TextBlock {
  std::size_t index = 0;   // over all files
  std::size_t source = 0;  // which file
  const RatingsFormat* format = nullptr;
  std::vector<char> buffer;
  std::size_t file_size = 0;       // bytes of the file in this block
  std::size_t rows_begin = 0;      // behind a byte-order mark, blank lines at the top and the header
  std::size_t rows_end = 0;        // each line up to here ends in a line feed
  std::uint64_t lines_before = 0;  // lines of this block before rows_begin

  std::string_view bytes() const { return {buffer.data(), file_size}; }
  std::string_view rows() const { return {buffer.data() + rows_begin, rows_end - rows_begin}; }
};

// Blocks do not depend on who asks for them. Not for two threads at once.
class TextBlocks {
 public:
  using OnFormat = std::function<void(const std::string& path, const RatingsFormat&)>;
  TextBlocks(const std::vector<std::string>& paths, const FormatOptions& options, const OnFormat& on_format);

  // False when all files are read. Throws LineFault where a line is too long, else the errors of a user.
  bool next(TextBlock& block);

  // Of the block that next() would give, or failed to give.
  std::size_t index() const { return index_; }
  std::size_t source() const { return source_; }
  const RatingsFormat& format(std::size_t source) const { return formats_[source]; }

 private:
  bool fill(TextBlock& block);
  void read_top(TextBlock& block);
  RatingsFormat format_of(std::string_view first_line) const;
  void check_same_columns(const RatingsFormat& format) const;

  const std::vector<std::string>& paths_;
  const FormatOptions& options_;
  const OnFormat& on_format_;
  std::vector<RatingsFormat> formats_;  // of the files so far; never reallocated, blocks point here
  std::unique_ptr<ByteSource> bytes_;   // of the file being read
  std::vector<char> carried_;           // a line begun in the block before
  std::size_t index_ = 0, source_ = 0;
};

}  // namespace anirec
