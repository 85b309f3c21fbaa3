#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "error.h"
#include "fixtures/temporary_folder.h"
#include "fixtures/text.h"
#include "ratings/byte_source.h"

using namespace anirec;
using namespace std::string_literals;

namespace {

std::string gzip(const std::string& text) {
  z_stream stream = {};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

// Lines that do not repeat, so that the compressed form is long too.
std::string long_text() {
  std::string text;
  std::uint32_t state = 1;
  for (int i = 0; i < 200000; ++i) {
    state = state * 1664525u + 1013904223u;
    text += std::to_string(i) + "," + std::to_string(state) + ",5\n";
  }
  return text;
}

std::string reading_error(const std::string& path) {
  try {
    read_all_bytes(path);
  } catch (const DataError& error) {
    return error.what();
  }
  return "(no error)";
}

}  // namespace

TEST_CASE("plain, gzip and zstd files give the same bytes, told by content and not by name") {
  const TemporaryFolder folder;
  const std::string text = long_text();
  CHECK(read_all_bytes(folder.file("a.gz", text)) == text);
  CHECK(read_all_bytes(folder.file("b.csv", gzip(text))) == text);
  CHECK(read_all_bytes(folder.file("c.txt", zstd(text))) == text);
  CHECK(read_all_bytes(folder.file("empty", "")).empty());
  CHECK(read_all_bytes(folder.file("empty.gz", gzip(""))).empty());
  CHECK(read_all_bytes(folder.file("empty.zst", zstd(""))).empty());
}

TEST_CASE("all members of a gzip file and all frames of a zstd file are read") {
  const TemporaryFolder folder;
  const std::string text = long_text();
  CHECK(read_all_bytes(folder.file("m.gz", gzip("one\n") + gzip("") + gzip(text))) == "one\n" + text);
  CHECK(read_all_bytes(folder.file("padded.gz", gzip("one\n") + std::string(1000, '\0'))) == "one\n");
  CHECK(read_all_bytes(folder.file("m.zst", zstd("one\n") + zstd("") + zstd(text))) == "one\n" + text);
  const std::string skippable =
      "\x50\x2a\x4d\x18\x03\x00\x00\x00"
      "abc"s;
  CHECK(read_all_bytes(folder.file("s.zst", skippable + zstd("one\n"))) == "one\n");
}

TEST_CASE("reading in small pieces gives the same bytes") {
  const TemporaryFolder folder;
  const std::string text = long_text();
  for (const std::string& content : {text, gzip(text), zstd(text)}) {
    const auto source = open_bytes(folder.file("x", content));
    std::string all;
    std::vector<char> piece(777);
    for (std::size_t got = 1; got != 0; all.append(piece.data(), got))
      got = source->read(piece.data(), piece.size());
    CHECK(all == text);
  }
}

TEST_CASE("cut and damaged streams are errors that name the file") {
  const TemporaryFolder folder;
  const std::string text = long_text();
  for (const bool use_zstd : {false, true}) {
    const std::string whole = use_zstd ? zstd(text) : gzip(text);
    const std::string kind = use_zstd ? "zstd" : "gzip";
    for (const std::size_t left : {std::size_t{5}, whole.size() / 2, whole.size() - 1}) {
      const std::string message = reading_error(folder.file("cut", whole.substr(0, left)));
      CHECK(contains(message, folder.path("cut")));
      CHECK(contains(message, kind + " data ends early"));
    }
    std::string damaged = whole;
    for (std::size_t i = whole.size() / 2; i < whole.size() / 2 + 64; ++i)
      damaged[i] = static_cast<char>(~damaged[i]);
    const std::string message = reading_error(folder.file("damaged", damaged));
    CHECK(contains(message, folder.path("damaged")));
    CHECK(contains(message, kind + " data is damaged"));
    CHECK(contains(reading_error(folder.file("tail", whole + "what is this")), kind + " data is damaged"));
  }
  std::string wrong_sum = gzip("1,2,3\n");
  wrong_sum[wrong_sum.size() - 8] = static_cast<char>(wrong_sum[wrong_sum.size() - 8] ^ 1);
  CHECK(contains(reading_error(folder.file("sum", wrong_sum)), "incorrect data check"));
  CHECK(contains(reading_error(folder.file("twice", gzip(gzip("1,2,3\n")))), "compressed twice"));
}

TEST_CASE("what is read whole has a limit, which holds for the unpacked bytes") {
  const TemporaryFolder folder;
  const std::string megabytes(3 << 20, 'x');
  for (const std::string& content : {megabytes, gzip(megabytes), zstd(megabytes)}) {
    const std::string path = folder.file("x", content);
    CHECK(read_all_bytes(path, 3 << 20) == megabytes);
    CHECK_THROWS_WITH_AS(
        read_all_bytes(path, 2 << 20),
        (path + ": has more than 2 MB (unpacked), too many to be read at once; keep the columns that "
                "are needed")
            .c_str(),
        DataError);
  }
}

TEST_CASE("what cannot be opened is said") {
  const TemporaryFolder folder;
  CHECK(contains(reading_error(folder.path("nothing.csv")), "nothing.csv: No such file"));
  CHECK(contains(reading_error(folder.path("")), "is a folder"));
  if (geteuid() != 0) {
    const std::string locked = folder.file("locked.csv", "1,2,3\n");
    std::filesystem::permissions(locked, std::filesystem::perms::none);
    CHECK(contains(reading_error(locked), "Permission denied"));
  }
}

TEST_CASE("formats that are not text are named, with the way out") {
  const TemporaryFolder folder;
  struct Example {
    std::string content, what, way_out;
  };
  const Example examples[] = {
      {"PK\x03\x04\x14\0\0\0ratings.csv"s, "zip archive", "unpack"},
      {"PK\x03\x04\x14\0\0\0[Content_Types].xml"s, "Excel workbook (xlsx)", "save it as CSV"},
      {"PAR1\x15\x04\x15"s, "Parquet", "to_csv"},
      {"\x89HDF\r\n\x1a\n\0\0"s, "HDF5", "to_csv"},
      {"\x40\0\0\0\0\0\0\0{\"user\":{\"dtype\":\"U32\"}}"s, "safetensors", "text"},
      {"BZh91AY&SY\x12\x34"s, "bzip2", "bunzip2"},
      {"\xfd"
       "7zXZ\0\0\x04"s,
       "xz", "unxz"},
      {"SQLite format 3\0\x10"s, "SQLite", "CSV"},
      {std::string(257, 'r') + "ustar\0"s, "tar archive", "tar -xf"},
      {"\x01\0\0\0\x02\0\0\0\x07\0\0\0\x09\0\0\0"s + std::string(64, '\x05'), "binary data", "text file"},
      {"\xff\xfeu\0s\0e\0r\0"s, "UTF-16", "iconv"},
      {"\xff\xfe\0\0u\0\0\0s\0\0\0"s, "UTF-32", "iconv -f UTF-32"},
      {"\xfe\xff\0u\0s\0e\0r"s, "UTF-16", "iconv"},
      {"u\0s\0e\0r\0,\0i\0t\0e\0m\0"s, "UTF-16 text without", "UTF-16LE"},
  };
  for (const Example& example : examples) {
    CAPTURE(example.what);
    for (const std::string& content : {example.content, gzip(example.content)}) {
      const std::string message = reading_error(folder.file("given", content));
      CHECK(contains(message, folder.path("given") + ": is "));
      CHECK(contains(message, example.what));
      CHECK(contains(message, example.way_out));
    }
  }
  // One stray NUL in text is a fault with a place, which is for the readers to say.
  CHECK(read_all_bytes(folder.file("stray", "1,2,3\n1,\0,3\n"s)).size() == 12);
}

TEST_CASE("standard input is read as a file is, compressed too") {
  const TemporaryFolder folder;
  const std::string text = long_text();
  const int kept = dup(STDIN_FILENO);
  for (const std::string& content : {text, gzip(text)}) {
    const int file = open(folder.file("in", content).c_str(), O_RDONLY);
    REQUIRE(dup2(file, STDIN_FILENO) == STDIN_FILENO);
    close(file);
    CHECK(read_all_bytes("-") == text);
  }
  int pipe_ends[2];
  REQUIRE(pipe(pipe_ends) == 0);
  REQUIRE(write(pipe_ends[1], "1,2,3\n", 6) == 6);
  close(pipe_ends[1]);
  dup2(pipe_ends[0], STDIN_FILENO);
  close(pipe_ends[0]);
  CHECK(read_all_bytes("-") == "1,2,3\n");
  CHECK(source_name("-") == "standard input");
  dup2(kept, STDIN_FILENO);
  close(kept);
}
