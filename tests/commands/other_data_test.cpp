// Data that a run was not trained on: evaluate --data, predict, and what its columns and ids are.
#include <doctest/doctest.h>

#include "commands/commands_fixture.h"

using namespace anirec;

namespace {

const std::string small = " --dim 4 --hidden 4 --epochs 2 --batch-size 64 --quiet ";

// Rows of `users` users and ten items, ids from `first_item` on.
std::string rows_of(int users, const std::string& head, const std::string& item_prefix) {
  std::string text = head;
  for (int user = 1; user <= users; ++user)
    for (int item = 0; item < 10; ++item)
      text += std::to_string(user) + "," + item_prefix + std::to_string(item) + "," +
              std::to_string(2 + (user + item) % 8) + "\n";
  return text;
}

}  // namespace

TEST_CASE("predict reads its file by that file's columns, not by those of the training data") {
  const Workplace work;
  work.file("train.csv", rows_of(8, "person,anime,stars\n", "10"));
  REQUIRE(
      fault_of(work.run("train train.csv --columns user=person,item=anime,rating=stars --model mf --task rating "
                        "--out named" +
                        small)) == "");
  work.file("rows.csv", rows_of(8, "", "10"));
  REQUIRE(
      fault_of(work.run("train rows.csv --columns user=1,item=2,rating=3 --model mf --task rating --out numbered" +
                        small)) == "");
  work.file("pairs.csv", "user_id,item_id\n1,101\n2,102\n");
  work.file("turned.csv", "item_id,user_id\n101,1\n102,2\n");
  for (const std::string run : {"named", "numbered"}) {
    CAPTURE(run);
    REQUIRE(fault_of(work.run("predict " + run + " --data pairs.csv --out a.csv")) == "");
    const std::vector<std::string> scores = lines_of(work.read("a.csv"));
    REQUIRE(scores.size() == 3);
    CHECK(scores[1].starts_with("1,101,"));
    REQUIRE(fault_of(work.run("predict " + run + " --data pairs.csv --columns user=1,item=2 --out b.csv")) == "");
    CHECK(work.read("b.csv") == work.read("a.csv"));  // the header is none of the pairs
    work.file("bare.csv", "1,101\n2,102\n");
    REQUIRE(fault_of(work.run("predict " + run + " --data bare.csv --out b.csv")) == "");
    CHECK(work.read("b.csv") == work.read("a.csv"));
    for (const std::string columns : {"", " --columns user=2,item=1"}) {
      REQUIRE(fault_of(work.run("predict " + run + " --data turned.csv --out c.csv" + columns)) == "");
      CHECK(work.read("c.csv") == work.read("a.csv"));
    }
  }
}

TEST_CASE("ids are texts in other data where they were in the training data") {
  const Workplace work;
  std::string books = "1,080410526X,5\n2,080410526X,7\n";
  for (const char* isbn : {"0345402871", "0061009059", "0002005018"})
    for (int user = 1; user <= 6; ++user)
      books += std::to_string(user) + "," + isbn + "," + std::to_string(2 + user) + "\n";
  work.file("books.csv", books);
  REQUIRE(fault_of(work.run("train books.csv --model mf --task rating --out run" + small)) == "");
  work.file("new.csv", "1,0345402871,5\n2,0061009059,6\n");
  const ProgramResult judged = work.run("evaluate run --data new.csv");
  CHECK(fault_of(judged) == "");
  CHECK_FALSE(contains(judged.out, "unknown"));
  REQUIRE(fault_of(work.run(
              "train new.csv --init run/model.safetensors --lr 1e-30 --split 1,0,0 --model mf --task rating "
              "--out again --dim 4 --epochs 1 --quiet")) == "");
  work.file("pairs.csv", "1,0345402871\n2,0061009059\n");
  REQUIRE(fault_of(work.run("predict run --data pairs.csv --out a.csv")) == "");
  REQUIRE(fault_of(work.run("predict again --data pairs.csv --out b.csv")) == "");
  CHECK(work.read("a.csv") == work.read("b.csv"));
}

TEST_CASE("a user with few rows is judged like any other") {
  const Workplace work;
  work.file("train.csv", rows_of(8, "user,item,rating\n", "10"));
  REQUIRE(fault_of(work.run("train train.csv --model mf --task interaction --out run" + small)) == "");
  work.file("held.csv", "user,item,rating\n1,101,9\n2,102,3\n3,103,8\n");
  REQUIRE(fault_of(work.run("evaluate run --data held.csv")) == "");
  CHECK(nlohmann::json::parse(work.read("run/evaluation.json"))["rows"] == 3);
}

TEST_CASE("a first row with a bad rating is an error with its place, not a header") {
  const Workplace work;
  const auto fault = [&](const std::string& text, const std::string& flags,
                         const std::vector<std::string>& parts) {
    work.file("f.data", text);
    return fault_of(work.run("prepare f.data --task rating --out x" + flags), 3, parts);
  };
  CHECK(fault("1,2,abc\n1,3,5\n", "", {"f.data:1:5:", "abc"}) == "");
  CHECK(fault("1,2,abc\n1,3,5\n", " --columns user=1,item=2,rating=3", {"f.data:1:5:", "abc"}) == "");
  CHECK(fault("1\t2\t\t88\n1\t3\t5\t9\n", "", {"f.data:1:5:", "rating is empty"}) == "");
  CHECK(fault("1\t2\t5\t\n1\t3\t5\t9\n", "", {"first line"}) == "");
  work.file("f.data", "a,b,stars\nx,y,5\n");
  CHECK(fault_of(work.run("prepare f.data --task rating --columns user=1,item=2,rating=3 --out x")) == "");
}

TEST_CASE(
    "an own rating may lie a little outside what was trained on, and more places be asked for than there are "
    "items") {
  const Workplace work;
  work.file("train.csv", rows_of(8, "user,item,rating\n", "10"));  // ratings 2 to 9
  REQUIRE(fault_of(work.run("train train.csv --model mf --task rating --out run" + small)) == "");
  work.file("mine.csv", "item,rating\n101,10\n102,1\n");
  CHECK(fault_of(work.run("recommend run --ratings mine.csv")) == "");
  work.file("mine.csv", "item,rating\n101,85\n");
  CHECK(fault_of(work.run("recommend run --ratings mine.csv"), 3, {"85", "far outside"}) == "");
  work.file("train.csv", rows_of(8, "user,item,rating\n", "10") + "9,200,5\n");
  REQUIRE(fault_of(work.run("train train.csv --model mf --task rating --out run --overwrite" + small)) == "");
  const ProgramResult all = work.run("recommend run --for-all-users --top 1000000");
  REQUIRE(fault_of(all) == "");
  CHECK(lines_of(all.out).size() == 1 + 8 * 1 + 10);
  CHECK(all.peak_megabytes < 200);
}
