#include <doctest/doctest.h>

#include <zlib.h>
#include <zstd.h>

#include "commands/commands_fixture.h"

using namespace anirec;

namespace {

const std::string header = "user_id,anime_id,rating,watching_status,watched_episodes\n";
const std::string plain_header = "user_id,anime_id,rating\n";
const std::string timed_header = "userId,movieId,rating,timestamp\n";

// Trains on one file of this content and says how that fell out.
ProgramResult train_on(const Workplace& work, const std::string& name, const std::string& content,
                       const std::string& task = "rating") {
  work.file(name, content);
  return work.run("train " + name + " --model mf --task " + task + " --epochs 1 --out run");
}

std::string gzipped(const std::string& text) {
  z_stream stream = {};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd_packed(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

struct BadFile {
  std::string name, content;
  std::vector<std::string> parts;  // of the message
};

}  // namespace

TEST_CASE("a file that is no ratings file is refused with its name, before a run folder is made") {
  const Workplace work;
  std::string binary;
  for (int i = 0; i < 4000; ++i) binary += static_cast<char>((i * 7919 + i / 13) % 251);
  const std::vector<BadFile> files = {
      {"empty.csv", "", {"empty.csv", "empty"}},
      {"header.csv", header, {"header.csv", "no rows"}},
      {"binary.csv", binary, {"binary.csv", "not text"}},
      {"nul.csv", plain_header + "1,2,3\n1," + std::string(1, '\0') + ",4\n", {"nul.csv:3:3", "NUL"}},
  };
  for (const BadFile& file : files) {
    CAPTURE(file.name);
    CHECK(fault_of(train_on(work, file.name, file.content), 3, file.parts) == "");
    CHECK(listing(work.path("run")).empty());
    CHECK_FALSE(std::filesystem::exists(work.path("run")));
  }
  CHECK(fault_of(work.run("train no.csv --model mf --task rating --out run"), 3, {"no.csv", "No such file"}) ==
        "");
  CHECK(fault_of(work.run("train . --model mf --task rating --out run"), 3, {".", "folder"}) == "");
  CHECK_FALSE(std::filesystem::exists(work.path("run")));
}

TEST_CASE("the first bad field is named by file, line and column") {
  const Workplace work;
  const std::string good = "1,2,3\n7,2,5\n";
  const std::vector<BadFile> files = {
      {"text.csv", plain_header + good + "1,3,abc\n", {"text.csv:4:5: ", "'abc'"}},
      {"nan.csv", plain_header + good + "1,3,nan\n", {"nan.csv:4:5: ", "'nan'"}},
      {"inf.csv", plain_header + good + "1,3,-inf\n", {"inf.csv:4:5: ", "'-inf'"}},
      {"large.csv", plain_header + good + "1,3,1e60\n", {"large.csv:4:5: ", "'1e60'"}},
      {"none.csv", plain_header + good + "10,30,\n", {"none.csv:4:7: ", "empty"}},
      {"few.csv", plain_header + good + "1,3\n", {"few.csv:4:4: ", "2 column(s)"}},
      {"status.csv", header + "1,2,3,2,1\n1,2,3,x,1\n", {"status.csv:3:7: ", "status", "'x'"}},
      {"time.csv", timed_header + "1,2,3.5,12x\n", {"time.csv:2:9: ", "time", "'12x'"}},
      {"time2.csv", timed_header + "1,2,3,99999999999999999999\n", {"time2.csv:2:7: ", "time"}},
      {"first.csv", plain_header + "1,2,x\n1,2,y\n", {"first.csv:2:5: ", "'x'"}},
  };
  for (const BadFile& file : files) {
    CAPTURE(file.name);
    CHECK(fault_of(train_on(work, file.name, file.content), 3, file.parts) == "");
    CHECK_FALSE(std::filesystem::exists(work.path("run")));
  }
}

TEST_CASE("a bad field shows nothing raw of what it holds") {
  const Workplace work;
  const ProgramResult result = train_on(work, "escape.csv", plain_header + "1,2,\x1b[31m\x07!\n");
  CHECK(fault_of(result, 3, {"escape.csv:2:5", "\\x1b[31m\\x07"}) == "");
  CHECK(result.err.find('\x1b') == std::string::npos);
}

TEST_CASE("files cut short are noticed, whatever packs them") {
  const Workplace work;
  const std::string text = work.read("animelist.csv");
  const std::string gzip = gzipped(text), zstd = zstd_packed(text);
  CHECK(train_on(work, "whole.csv.gz", gzip).code == 0);
  std::filesystem::remove_all(work.path("run"));
  CHECK(train_on(work, "whole.csv.zst", zstd).code == 0);
  std::filesystem::remove_all(work.path("run"));
  CHECK(fault_of(train_on(work, "cut.csv.gz", gzip.substr(0, gzip.size() / 2)), 3, {"cut.csv.gz", "early"}) == "");
  CHECK(fault_of(train_on(work, "cut.csv.zst", zstd.substr(0, zstd.size() / 2)), 3, {"cut.csv.zst", "early"}) ==
        "");
  CHECK_FALSE(std::filesystem::exists(work.path("run")));
}

TEST_CASE("a packed file that is damaged inside is at fault itself, not the line that came out of it") {
  const Workplace work;
  const std::string packed = gzipped(work.read("animelist.csv"));
  for (std::size_t at = packed.size() / 4; at < packed.size() - 40; at += packed.size() / 16) {
    CAPTURE(at);
    std::string damaged = packed;
    damaged[at] = static_cast<char>(~damaged[at]);
    CHECK(fault_of(train_on(work, "inside.csv.gz", damaged), 3,
                   {"inside.csv.gz: the gzip data ", "the file again"}) == "");
  }
  // Where nothing is wrong with the packing, the line is.
  CHECK(fault_of(train_on(work, "line.csv", gzipped(plain_header + "1,2,x\n")), 3, {"line.csv:2:5"}) == "");
}

TEST_CASE("a line without end is refused in little memory, however well it is packed") {
  const Workplace work;
  std::string gigabyte;
  {  // each frame unpacks to 64 MB
    const std::string frame = zstd_packed(std::string(64 << 20, 'x'));
    for (int i = 0; i < 16; ++i) gigabyte += frame;
  }
  for (const std::string& before : {std::string(), plain_header + "1,2,3\n", plain_header + "1,2,3\n4,5,6,\""}) {
    const ProgramResult result = train_on(work, "line.csv.zst", zstd_packed(before) + gigabyte);
    CHECK(fault_of(result, 3, {"line.csv.zst:", ":1: ", "longer than 64 MB"}) == "");
    CHECK(result.peak_megabytes > 0);
    CHECK(result.peak_megabytes < 700);  // under sanitizers too
  }
}

TEST_CASE("a file of which the task leaves no row says which rule took them") {
  const Workplace work;
  CHECK(fault_of(train_on(work, "unrated.csv", header + "1,2,0,6,1\n2,2,0,6,1\n"), 3,
                 {"no row is left", "--task rating", "2"}) == "");
  // Four rows a user are not more than four.
  std::string four = header;
  for (int item = 1; item <= 4; ++item) four += "1," + std::to_string(item) + ",7,2,1\n";
  CHECK(fault_of(train_on(work, "four.csv", four, "interaction"), 3, {"no row is left", "--task interaction"}) ==
        "");
  CHECK(train_on(work, "five.csv", four + "1,5,7,2,1\n", "interaction").code == 0);
}

TEST_CASE("a split that leaves nothing to train on is refused, and the old run stays") {
  const Workplace work;
  work.file("three.csv", plain_header + "1,2,3\n1,3,4\n2,2,5\n");
  REQUIRE(work.run("train three.csv --model mf --task rating --split 1,0,0 --epochs 1 --out run").code == 0);
  const std::string model = work.read("run/model.safetensors");
  CHECK(fault_of(work.run("train three.csv --model mf --task rating --split 0.1,0,0.9 --out run --overwrite"), 3,
                 {"train on", "--split 0.1,0,0.9"}) == "");
  CHECK(work.read("run/model.safetensors") == model);
  CHECK(listing(work.path("run")) == std::vector<std::string>{"config.json", "dataset.anirec.safetensors",
                                                              "metrics.jsonl", "model.safetensors",
                                                              "optimizer.safetensors", "report.html"});
}

TEST_CASE("prepare leaves no file behind where it fails, and keeps what was there") {
  const Workplace work;
  work.file("bad.csv", plain_header + "1,2,x\n");
  work.file("old.safetensors", "old");
  CHECK(fault_of(work.run("prepare bad.csv --task rating --out new.safetensors"), 3, {"bad.csv:2:5"}) == "");
  CHECK(fault_of(work.run("prepare bad.csv --task rating --out old.safetensors"), 3, {"bad.csv:2:5"}) == "");
  CHECK(work.read("old.safetensors") == "old");
  CHECK(listing(work.path("")) ==
        std::vector<std::string>{"animelist.csv", "bad.csv", "old.safetensors", "titles.csv"});
}

TEST_CASE("an output that cannot be written is named, and no part of it stays") {
  const Workplace work;
  for (const char* out : {"animelist.csv/x", "/proc/x", "no/such/folder/x"}) {
    CAPTURE(out);
    const std::string place = out;
    CHECK(fault_of(work.run("prepare animelist.csv --task rating --out " + place), 3, {place}) == "");
    CHECK(fault_of(work.run("generate --users 9 --items 9 --rows 9 --out " + place), 3, {place}) == "");
  }
  CHECK(fault_of(work.run("train animelist.csv --model mf --task rating --out animelist.csv"), 3,
                 {"animelist.csv"}) == "");
  CHECK(fault_of(work.run("train animelist.csv --model mf --task rating --out animelist.csv/run"), 3,
                 {"animelist.csv/run"}) == "");
  CHECK(fault_of(work.run("train animelist.csv --model mf --task rating --out /proc/run"), 3, {"/proc/run"}) ==
        "");
  CHECK(fault_of(work.run("train animelist.csv --model mf --task rating --out " + std::string(300, 'a')), 3,
                 {"aaaa", "too long"}) == "");
  CHECK(listing(work.path("")) == std::vector<std::string>{"animelist.csv", "titles.csv"});
}

TEST_CASE("a damaged prepared dataset is refused") {
  const Workplace work;
  REQUIRE(work.run("prepare animelist.csv --task rating --out data.safetensors").code == 0);
  const std::string data = work.read("data.safetensors");
  work.file("cut.safetensors", data.substr(0, data.size() - 100));
  CHECK(fault_of(work.run("train cut.safetensors --model mf --task rating --out run"), 3, {"cut.safetensors"}) ==
        "");
  CHECK_FALSE(std::filesystem::exists(work.path("run")));
}
