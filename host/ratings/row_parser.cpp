#include "ratings/row_parser.h"

#include <exception>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include <libdeflate.h>  // its CRC-32 takes a quarter of zlib's time
#include <zlib.h>

#include "error.h"
#include "interrupt.h"
#include "ratings/line_parser.h"
#include "ratings/text_blocks.h"

namespace anirec {
namespace {

struct LineCount {
  std::size_t lines = 0;
  bool zeros = false;
};

// Short counters in short runs, so that the compiler sums sixteen bytes at once.
LineCount count_lines(std::string_view text) {
  constexpr std::size_t run = 128;
  LineCount count;
  std::size_t zeros = 0, i = 0;
  while (i < text.size()) {
    const std::size_t end = std::min(text.size(), i + run);
    unsigned char lines_here = 0, zeros_here = 0;
    for (; i < end; ++i) {
      lines_here = static_cast<unsigned char>(lines_here + (text[i] == '\n'));
      zeros_here = static_cast<unsigned char>(zeros_here + (text[i] == '\0'));
    }
    count.lines += lines_here;
    zeros += zeros_here;
  }
  count.zeros = zeros != 0;
  return count;
}

// What is remembered of a block once its rows are gone.
struct BlockRecord {
  std::size_t source = 0;
  std::size_t bytes = 0;
  std::uint32_t crc32 = 0;
  std::uint64_t lines = 0;
  std::uint64_t rows = 0;
};

struct Failure {
  std::size_t block, source;
  std::exception_ptr error;        // this, or
  std::optional<LineFault> fault;  // this, whose line counts from the start of the block
};

class RowReading {
 public:
  RowReading(const std::vector<std::string>& paths, const FormatOptions& options, const RowSink& sink,
             const TextBlocks::OnFormat& on_format)
      : paths_(paths), sink_(sink), blocks_(paths, options, on_format) {}

  // Takes blocks until none is left or something failed. Run by every member of the team.
  void work() {
    TextBlock block;
    RowBlock rows;
    std::optional<LineParser> parser;
    const RatingsFormat* parser_format = nullptr;
    while (take(block)) {
      try {
        if (parser_format != block.format) {
          parser.emplace(*block.format);
          parser_format = block.format;
        }
        parse(block, *parser, rows);
        sink_(block.index, rows);
      } catch (const LineFault& fault) {
        fail({block.index, block.source, nullptr, fault});
      } catch (...) {
        fail({block.index, block.source, std::current_exception(), std::nullopt});
      }
    }
  }

  std::vector<SourceSummary> finish() {
    if (failure_) throw_failure();
    std::vector<SourceSummary> sources(paths_.size());
    std::uint64_t rows = 0;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      sources[i].path = paths_[i];
      sources[i].format = blocks_.format(i);
    }
    for (const BlockRecord& record : records_) {
      SourceSummary& source = sources[record.source];
      source.rows += record.rows;
      source.bytes += record.bytes;
      source.crc32 = static_cast<std::uint32_t>(
          crc32_combine(source.crc32, record.crc32, static_cast<z_off_t>(record.bytes)));
      rows += record.rows;
    }
    if (rows == 0)
      throw DataError(printable(source_name(paths_.front())) +
                      (paths_.size() > 1 ? " and the other files hold" : ": holds") +
                      " a header and no rows; give a file with ratings in it");
    return sources;
  }

 private:
  // Blocks are handed out in order, so every block before a failed one is with somebody and will be done: the
  // failure that is kept is the first of the file, whatever the number of threads.
  bool take(TextBlock& block) {
    const std::lock_guard lock(reading_);
    if (stopped()) return false;
    try {
      throw_if_interrupted();
      return blocks_.next(block);
    } catch (const LineFault& fault) {
      fail({blocks_.index(), blocks_.source(), nullptr, fault});
    } catch (...) {
      fail({blocks_.index(), blocks_.source(), std::current_exception(), std::nullopt});
    }
    return false;
  }

  void parse(const TextBlock& block, LineParser& parser, RowBlock& rows) {
    const std::string_view text = block.rows();
    const LineCount count = count_lines(text);
    BlockRecord record;
    record.source = block.source;
    record.bytes = block.file_size;
    record.lines = block.lines_before + count.lines;
    keep(block.index, record);
    try {
      if (count.zeros) {
        const std::size_t zero = text.find('\0');
        const std::size_t start = text.rfind('\n', zero) + 1;  // npos + 1 is 0
        const std::size_t lines = count_lines(text.substr(0, start)).lines;
        parser.parse(text.substr(0, start), lines, rows);  // an earlier fault comes first
        throw LineFault{lines, zero - start + 1, nul_byte_message};
      }
      parser.parse(text, count.lines, rows);
    } catch (LineFault& fault) {
      fault.line += block.lines_before;
      throw;
    }
    record.rows = rows.size();
    record.crc32 = libdeflate_crc32(0, block.bytes().data(), block.file_size);
    keep(block.index, record);
  }

  void keep(std::size_t index, const BlockRecord& record) {
    const std::lock_guard lock(keeping_);
    if (records_.size() <= index) records_.resize(index + 1);
    records_[index] = record;
  }

  void fail(Failure failure) {
    const std::lock_guard lock(keeping_);
    if (!failure_ || failure.block < failure_->block) failure_ = std::move(failure);
  }

  bool stopped() {
    const std::lock_guard lock(keeping_);
    return failure_.has_value();
  }

  [[noreturn]] void throw_failure() const {
    if (failure_->error) std::rethrow_exception(failure_->error);
    require_undamaged(paths_[failure_->source]);  // or its rows are nonsense, and not at fault
    std::uint64_t line = failure_->fault->line + 1;
    for (std::size_t i = 0; i < failure_->block; ++i)
      if (records_[i].source == failure_->source) line += records_[i].lines;
    throw DataError::at(source_name(paths_[failure_->source]), line, failure_->fault->column,
                        failure_->fault->message);
  }

  const std::vector<std::string>& paths_;
  const RowSink& sink_;
  std::mutex reading_;
  TextBlocks blocks_;
  std::mutex keeping_;
  std::vector<BlockRecord> records_;  // by block
  std::optional<Failure> failure_;
};

}  // namespace

std::string id_text(const IdColumn& column, std::size_t row, std::size_t& next_text) {
  if (next_text < column.text.size() && column.text[next_text].row == row) return column.text[next_text++].text;
  return std::to_string(column.value[row]);
}

std::vector<SourceSummary> read_rows(
    const std::vector<std::string>& paths, const FormatOptions& options, Team& team, const RowSink& sink,
    const std::function<void(const std::string& path, const RatingsFormat&)>& on_format) {
  if (paths.empty()) throw UsageError("no ratings file given; name at least one, or - for standard input");
  RowReading reading(paths, options, sink, on_format);
  team.run([&](int) { reading.work(); });
  return reading.finish();
}

}  // namespace anirec
