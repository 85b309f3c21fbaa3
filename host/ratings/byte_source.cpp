#include "ratings/byte_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZLIB_CONST  // inflate takes const input
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "error.h"
#include "interrupt.h"
#include "ratings/fields.h"
#include "ratings/not_text.h"

namespace anirec {
namespace {

constexpr std::size_t compressed_piece = 256 << 10;
constexpr std::size_t head_size = 4096;  // enough for every magic number, and to tell text from binary

class FileSource : public ByteSource {
 public:
  explicit FileSource(const std::string& path) : name_(source_name(path)) {
    if (path == "-") {
      descriptor_ = STDIN_FILENO;
    } else {
      descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
      if (descriptor_ < 0) throw DataError(system_error_text(path, errno) + "; check the name and its rights");
      owned_ = true;
    }
    try {
      look_at_kind();
    } catch (...) {
      close_owned();
      throw;
    }
  }
  ~FileSource() override { close_owned(); }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  std::size_t read(char* data, std::size_t size) override {
    for (;;) {
      if (may_block_) wait_for_bytes();
      const ssize_t got = ::read(descriptor_, data, size);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno == EINTR || errno == EAGAIN) continue;
      throw DataError(system_error_text(name_, errno) + "; reading stopped");
    }
  }

 private:
  void look_at_kind() {
    struct stat status = {};
    if (fstat(descriptor_, &status) != 0) throw DataError(system_error_text(name_, errno));
    if (S_ISDIR(status.st_mode))
      throw DataError(printable(name_) + ": is a folder; name the files in it, as in " + printable(name_) +
                      "/*.csv");
    may_block_ = !S_ISREG(status.st_mode);
    if (!may_block_) posix_fadvise(descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL);
  }

  // A pipe or a terminal may say nothing for long: Ctrl-C has to get through.
  void wait_for_bytes() const {
    pollfd waited = {descriptor_, POLLIN, 0};
    while (::poll(&waited, 1, 200) == 0) throw_if_interrupted();
    throw_if_interrupted();
  }

  void close_owned() {
    if (owned_) ::close(descriptor_);
  }

  std::string name_;
  int descriptor_ = -1;
  bool owned_ = false;
  bool may_block_ = false;
};

// Reads on until `size` bytes are there or the stream ends.
std::string read_head(ByteSource& source, std::size_t size) {
  std::string head(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const std::size_t got = source.read(head.data() + filled, size - filled);
    if (got == 0) break;
    filled += got;
  }
  head.resize(filled);
  return head;
}

// A stream whose first bytes have already been looked at.
class HeadedSource : public ByteSource {
 public:
  HeadedSource(std::string head, std::unique_ptr<ByteSource> rest)
      : head_(std::move(head)), rest_(std::move(rest)) {}

  std::size_t read(char* data, std::size_t size) override {
    if (given_ == head_.size()) return rest_->read(data, size);
    const std::size_t count = std::min(size, head_.size() - given_);
    std::memcpy(data, head_.data() + given_, count);
    given_ += count;
    return count;
  }

 private:
  std::string head_;
  std::size_t given_ = 0;
  std::unique_ptr<ByteSource> rest_;
};

// The compressed side of a decompressor: a piece of the stream at a time.
class CompressedInput {
 public:
  CompressedInput(std::unique_ptr<ByteSource> source, std::string name, const char* kind)
      : source_(std::move(source)), name_(std::move(name)), kind_(kind), piece_(compressed_piece) {}

  // Makes sure that there are bytes left; false at the end of the stream.
  bool refill() {
    if (at_ < size_) return true;
    at_ = 0;
    size_ = source_->read(piece_.data(), piece_.size());
    return size_ != 0;
  }
  const char* data() const { return piece_.data() + at_; }
  std::size_t left() const { return size_ - at_; }
  void consume(std::size_t count) { at_ += count; }

  [[noreturn]] void fail_truncated() const {
    throw DataError(printable(name_) + ": the " + kind_ +
                    " data ends early (an interrupted download or copy?); get the file again");
  }
  [[noreturn]] void fail_damaged(const char* why) const {
    throw DataError(printable(name_) + ": the " + kind_ + " data is damaged (" + why + "); get the file again");
  }

 private:
  std::unique_ptr<ByteSource> source_;
  std::string name_;
  const char* kind_;
  std::vector<char> piece_;
  std::size_t at_ = 0, size_ = 0;
};

class GzipSource : public ByteSource {
 public:
  GzipSource(std::unique_ptr<ByteSource> source, const std::string& name)
      : input_(std::move(source), name, "gzip") {
    constexpr int gzip_wrapping = 16;
    if (inflateInit2(&stream_, MAX_WBITS + gzip_wrapping) != Z_OK)
      throw Error(ExitCode::other, "zlib: out of memory", std::source_location::current());
  }
  ~GzipSource() override { inflateEnd(&stream_); }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  std::size_t read(char* data, std::size_t size) override {
    const uInt wanted = static_cast<uInt>(std::min<std::size_t>(size, 1u << 30));
    stream_.next_out = reinterpret_cast<Bytef*>(data);
    stream_.avail_out = wanted;
    while (stream_.avail_out == wanted) {
      if (!in_member_ && !begin_member()) return 0;
      if (!input_.refill()) input_.fail_truncated();
      stream_.next_in = reinterpret_cast<const Bytef*>(input_.data());
      stream_.avail_in = static_cast<uInt>(input_.left());
      const int result = inflate(&stream_, Z_NO_FLUSH);
      input_.consume(input_.left() - stream_.avail_in);
      if (result == Z_STREAM_END)
        in_member_ = false;
      else if (result != Z_OK && result != Z_BUF_ERROR)
        input_.fail_damaged(stream_.msg != nullptr ? stream_.msg : "unknown fault");
    }
    return wanted - stream_.avail_out;
  }

 private:
  // Members follow each other directly; tapes and some tools pad the end with zeros.
  bool begin_member() {
    while (input_.refill() && *input_.data() == '\0' && !first_) input_.consume(1);
    if (input_.left() == 0) return false;
    if (!first_ && *input_.data() != '\x1f') input_.fail_damaged("other bytes follow its end");
    inflateReset(&stream_);
    first_ = false;
    in_member_ = true;
    return true;
  }

  CompressedInput input_;
  z_stream stream_ = {};
  bool in_member_ = false, first_ = true;
};

class ZstdSource : public ByteSource {
 public:
  ZstdSource(std::unique_ptr<ByteSource> source, const std::string& name)
      : input_(std::move(source), name, "zstd"), stream_(ZSTD_createDStream()) {
    if (stream_ == nullptr) throw Error(ExitCode::other, "zstd: out of memory", std::source_location::current());
    // Windows as large as `zstd --long=31` makes them.
    ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, ZSTD_dParam_getBounds(ZSTD_d_windowLogMax).upperBound);
  }
  ~ZstdSource() override { ZSTD_freeDStream(stream_); }
  ZstdSource(const ZstdSource&) = delete;
  ZstdSource& operator=(const ZstdSource&) = delete;

  std::size_t read(char* data, std::size_t size) override {
    ZSTD_outBuffer out = {data, size, 0};
    while (out.pos == 0) {
      // At the end of the input the decoder may still hold output: ask once more before calling it truncated.
      const bool more = input_.refill();
      if (!more && !in_frame_) return 0;
      ZSTD_inBuffer in = {input_.data(), more ? input_.left() : 0, 0};
      const std::size_t result = ZSTD_decompressStream(stream_, &out, &in);
      if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation)  // a window of up to 2 GB, as the file asks
        throw Error(ExitCode::other, "zstd: out of memory", std::source_location::current());
      if (ZSTD_isError(result)) input_.fail_damaged(ZSTD_getErrorName(result));
      input_.consume(in.pos);
      in_frame_ = result != 0;
      if (!more && out.pos == 0 && in_frame_) input_.fail_truncated();
    }
    return out.pos;
  }

 private:
  CompressedInput input_;
  ZSTD_DStream* stream_;
  bool in_frame_ = false;
};

bool starts_gzip(const std::string& head) { return head.compare(0, 2, "\x1f\x8b") == 0; }

bool starts_zstd(const std::string& head) {
  return head.compare(0, 4, "\x28\xb5\x2f\xfd") == 0 || (head.size() >= 4 && (head[0] & '\xf0') == '\x50' &&
                                                         head.compare(1, 3, "\x2a\x4d\x18") == 0);  // skippable
}

}  // namespace

std::string source_name(const std::string& path) { return path == "-" ? "standard input" : path; }

std::unique_ptr<ByteSource> open_bytes(const std::string& path) {
  const std::string name = source_name(path);
  std::unique_ptr<ByteSource> source = std::make_unique<FileSource>(path);
  std::string head = read_head(*source, head_size);
  const bool gzip = starts_gzip(head), zstd = starts_zstd(head);
  source = std::make_unique<HeadedSource>(std::move(head), std::move(source));
  if (gzip) source = std::make_unique<GzipSource>(std::move(source), name);
  if (zstd) source = std::make_unique<ZstdSource>(std::move(source), name);

  head = read_head(*source, head_size);
  if (starts_gzip(head) || starts_zstd(head))
    throw DataError(printable(name) + ": is compressed twice; unpack it once (gunzip or zstd -d) and try again");
  refuse_what_is_not_text(head, name);
  return std::make_unique<HeadedSource>(std::move(head), std::move(source));
}

std::string head_of(const std::string& path, std::size_t most) {
  const std::unique_ptr<ByteSource> source = open_bytes(path);
  std::string head(most, '\0');
  std::size_t size = 0;
  for (std::size_t more = 1; size < most && more != 0; size += more)
    more = source->read(head.data() + size, most - size);
  head.resize(size);
  if (head.starts_with(byte_order_mark)) head.erase(0, byte_order_mark.size());
  return head;
}

void require_undamaged(const std::string& path) {
  struct stat status = {};
  if (path == "-" || stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  FileSource file(path);
  const std::string head = read_head(file, head_size);
  if (!starts_gzip(head) && !starts_zstd(head)) return;
  const std::unique_ptr<ByteSource> source = open_bytes(path);
  std::vector<char> piece(compressed_piece);
  while (source->read(piece.data(), piece.size()) != 0) throw_if_interrupted();
}

std::string read_all_bytes(const std::string& path, std::size_t most) {
  const std::unique_ptr<ByteSource> source = open_bytes(path);
  std::string all;
  std::size_t piece = compressed_piece;
  for (;;) {
    const std::size_t before = all.size();
    all.resize(before + piece);
    const std::size_t got = source->read(all.data() + before, piece);
    all.resize(before + got);
    if (got == 0) return all;
    if (all.size() > most)
      throw DataError(printable(source_name(path)) + ": has more than " + std::to_string(most >> 20) +
                      " MB (unpacked), too many to be read at once; keep the columns that are needed");
    throw_if_interrupted();
  }
}

}  // namespace anirec
