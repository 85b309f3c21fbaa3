#include "ratings/text_blocks.h"

#include <algorithm>
#include <cstring>

#include "error.h"
#include "ratings/fields.h"

namespace anirec {
namespace {

// A block and what is parsed from it fit a core's share of the caches.
constexpr std::size_t block_size = 1 << 20;
constexpr std::size_t longest_line = 64 << 20;

// Whether a line holds a row in the layout of another file.
bool fits(const RatingsFormat& format, std::string_view line) {
  std::vector<std::string> fields;
  try {
    fields = split_fields(line, format.separator);
  } catch (const FieldFault&) {
    return false;
  }
  const auto field = [&](int column) {
    return static_cast<std::size_t>(column) < fields.size() ? fields[static_cast<std::size_t>(column)]
                                                            : std::string();
  };
  return !field(format.user).empty() && !field(format.item).empty() &&
         (format.rating < 0 || to_float(field(format.rating))) &&
         (!format.has_status() || to_integer<std::int32_t>(field(format.status))) &&
         (!format.has_time() || to_integer<std::int64_t>(field(format.time)));
}

}  // namespace

TextBlocks::TextBlocks(const std::vector<std::string>& paths, const FormatOptions& options,
                       const OnFormat& on_format)
    : paths_(paths), options_(options), on_format_(on_format) {
  formats_.reserve(paths.size());
}

bool TextBlocks::next(TextBlock& block) {
  while (source_ < paths_.size()) {
    const bool at_start = bytes_ == nullptr;
    if (at_start) bytes_ = open_bytes(paths_[source_]);
    if (fill(block)) {
      block.rows_begin = 0;
      block.lines_before = 0;
      if (at_start) read_top(block);
      block.index = index_++;
      block.source = source_;
      block.format = &formats_[source_];
      return true;
    }
    if (at_start)
      throw DataError(printable(source_name(paths_[source_])) + ": is empty; give a file with ratings in it");
    bytes_.reset();
    ++source_;
  }
  return false;
}

// The line begun before, and what follows it up to the last line end that fits.
bool TextBlocks::fill(TextBlock& block) {
  std::size_t wanted = std::clamp(2 * carried_.size(), block_size, longest_line);
  std::size_t size = carried_.size();
  if (block.buffer.size() < wanted + 1) block.buffer.resize(wanted + 1);  // one more: a missing last line feed
  if (size != 0) std::memcpy(block.buffer.data(), carried_.data(), size);
  carried_.clear();
  std::size_t searched = 0;
  for (;;) {
    std::size_t got = 1;
    while (size < wanted && got != 0) {
      got = bytes_->read(block.buffer.data() + size, wanted - size);
      size += got;
    }
    if (got == 0) {
      block.file_size = block.rows_end = size;
      if (size != 0 && block.buffer[size - 1] != '\n') block.buffer[block.rows_end++] = '\n';
      return size != 0;
    }
    const void* found = memrchr(block.buffer.data() + searched, '\n', size - searched);
    if (found != nullptr) {
      block.file_size = block.rows_end =
          static_cast<std::size_t>(static_cast<const char*>(found) - block.buffer.data()) + 1;
      carried_.assign(block.buffer.data() + block.rows_end, block.buffer.data() + size);
      return true;
    }
    searched = size;
    if (wanted >= longest_line)
      throw LineFault{0, 1,
                      "this line is longer than " + std::to_string(longest_line >> 20) +
                          " MB; the file has no line ends, or is no text"};
    wanted = std::min(2 * wanted, longest_line);
    block.buffer.resize(wanted + 1);
  }
}

// Steps over what precedes a file's rows and learns its layout.
void TextBlocks::read_top(TextBlock& block) {
  const std::string name = source_name(paths_[source_]);
  std::string_view rest = block.rows();
  if (rest.starts_with(byte_order_mark)) rest.remove_prefix(byte_order_mark.size());
  std::string_view line;
  for (;;) {
    if (rest.empty())
      throw DataError(printable(name) + ": begins with blank lines alone; give a file with ratings in it");
    line = rest.substr(0, rest.find('\n'));
    if (!is_blank_line(line)) break;
    rest.remove_prefix(line.size() + 1);
    ++block.lines_before;
  }
  const std::size_t line_and_end = line.size() + 1;
  line = without_return(line);
  if (const std::size_t zero = line.find('\0'); zero != line.npos)
    throw DataError::at(name, block.lines_before + 1, zero + 1, nul_byte_message);
  if (const std::size_t lone = line.find('\r'); lone != line.npos)
    throw DataError::at(name, block.lines_before + 1, lone + 1, lone_return_message);
  RatingsFormat format = format_of(line);
  if (!formats_.empty()) check_same_columns(format);
  formats_.push_back(std::move(format));
  if (on_format_) on_format_(paths_[source_], formats_.back());
  if (formats_.back().has_header) {
    rest.remove_prefix(line_and_end);
    ++block.lines_before;
  }
  block.rows_begin = block.rows_end - rest.size();
}

RatingsFormat TextBlocks::format_of(std::string_view first_line) const {
  if (!formats_.empty() && fits(formats_.front(), first_line)) {
    RatingsFormat same = formats_.front();
    same.has_header = false;
    return same;
  }
  return recognise_format(first_line, options_, source_name(paths_[source_]));
}

void TextBlocks::check_same_columns(const RatingsFormat& format) const {
  const auto check = [&](bool first_has, bool has, const std::string& column) {
    if (first_has == has) return;
    throw DataError(printable(source_name(paths_[source_])) + ": has " + (has ? "a " : "no ") + column +
                    " column, " + printable(source_name(paths_.front())) + " has " + (first_has ? "one" : "none") +
                    "; files read as one must agree: leave it out with --columns, or read them apart");
  };
  check(formats_.front().has_status(), format.has_status(), "status");
  check(formats_.front().has_time(), format.has_time(), "time");
}

}  // namespace anirec
