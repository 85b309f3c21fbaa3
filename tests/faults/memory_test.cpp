// Memory: what a row costs, and what is said where there is not enough.
#include <doctest/doctest.h>

#include <sys/resource.h>

#include "faults/faults_fixture.h"

using namespace anirec;

namespace {

double peak_of_children() {
  rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

// The number behind `name` in what was printed ("  kept    1,234").
double number_after(const std::string& out, const std::string& name) {
  std::string digits;
  for (std::size_t at = out.find(name) + name.size(); at < out.size() && out[at] != '\n'; ++at) {
    if (out[at] >= '0' && out[at] <= '9') digits += out[at];
    if (!digits.empty() && out[at] == ' ') break;
  }
  return std::stod(digits);
}

ProgramResult run_with_less(const Workplace& work, rlim_t address_space, const std::string& line) {
  const Environment environment(std::map<std::string, std::string>{{"OPENBLAS_NUM_THREADS", "1"}});
  rlimit before;
  getrlimit(RLIMIT_AS, &before);
  const rlimit less = {address_space, before.rlim_max};
  setrlimit(RLIMIT_AS, &less);
  const ProgramResult result = work.run(line);
  setrlimit(RLIMIT_AS, &before);
  return result;
}

}  // namespace

TEST_CASE("a row costs less than 40 bytes, from the text to the trained model" * doctest::skip(is_sanitized())) {
  const Workplace work;
  // The program, libraries, and a few blocks of text a thread.
  constexpr double constant = 32e6, bytes_a_row = 40;
  REQUIRE(fault_of(work.run("generate --users 4000 --items 1000 --rows 1500000 --out large.csv")) == "");
  for (const std::string task : {"rating", "interaction", "hybrid"}) {
    CAPTURE(task);
    const ProgramResult prepared = work.run("prepare large.csv --threads 2 --task " + task + " --out data");
    REQUIRE(fault_of(prepared) == "");
    const double rows = number_after(prepared.out, "  kept");
    REQUIRE(rows > 8e5);
    CHECK(peak_of_children() < rows * bytes_a_row + constant);
    for (const std::string data : {"large.csv", "data"}) {
      const ProgramResult trained =
          work.run("train " + data + " --overwrite --hidden 8 --model " + (task == "hybrid" ? "hybrid" : "mf") +
                   " --threads 2 --dim 16 --epochs 1 --batch-size 4096 --out run --task " + task);
      REQUIRE(fault_of(trained) == "");
      constexpr double parameters = 5000 * 17 * 4, copies = 7;
      CHECK(peak_of_children() < rows * bytes_a_row + parameters * copies + constant);
    }
  }
}

TEST_CASE("a training that cannot fit is refused before it begins, with figures" * doctest::skip(is_sanitized())) {
  const Workplace work;
  const std::string train =
      "train animelist.csv --model mf --task rating --threads 1 --epochs 1 --quiet --out run ";
  for (const std::string large : {"--dim 4096 --batch-size 1000000", "--batch-size 10000000"}) {
    CAPTURE(large);
    CHECK(fault_of(run_with_less(work, rlim_t{300} << 20, train + large), 1,
                   {"training needs", "MB", "ulimit -v", "--dim"}) == "");
    CHECK_FALSE(std::filesystem::exists(work.path("run")));
  }
  REQUIRE(fault_of(work.run(train)) == "");
  const auto before = contents(work.path("run"));
  CHECK(fault_of(run_with_less(work, rlim_t{300} << 20, train + "--overwrite --dim 4096 --batch-size 1000000"), 1,
                 {"training needs"}) == "");
  CHECK(difference(before, contents(work.path("run"))) == "");
  // Of a search the largest trial counts.
  CHECK(fault_of(run_with_less(work, rlim_t{300} << 20,
                               "tune animelist.csv --model mf --task rating --threads 1 --trials 8 --epochs 1 "
                               "--dim 8/4096 --batch-size 1000000 --quiet --out search"),
                 1, {"training needs"}) == "");
  CHECK_FALSE(std::filesystem::exists(work.path("search/tune.json")));
}

TEST_CASE("whatever memory there is, a command ends well or says in one line that it is too little" *
          doctest::skip(is_sanitized())) {
  const Workplace work;
  REQUIRE(fault_of(work.run("generate --users 4000 --items 1000 --rows 300000 --out large.csv")) == "");
  const std::string options =
      " --task rating --threads 2 --epochs 1 --batch-size 8192 --dim 64 --quiet --overwrite";
  REQUIRE(fault_of(work.run("train large.csv --model nn --out run" + options)) == "");
  for (const std::string& line : std::vector<std::string>{
           "prepare large.csv --task rating --out data", "train large.csv --out other --model mf" + options,
           "train large.csv --out other --model nn" + options, "recommend run --for-all-users --out recommended",
           "evaluate run --ranking"}) {
    CAPTURE(line);
    int refused = 0, passed = 0;
    // From what the loader needs up to enough.
    for (rlim_t megabytes = 60; passed < 2 && megabytes < 2000; megabytes += 56) {
      CAPTURE(megabytes);
      const ProgramResult result = run_with_less(work, megabytes << 20, line);
      if (result.code == 127 && refused == 0) continue;  // the loader's own word
      passed = result.code == 0 ? passed + 1 : 0;
      if (result.code == 0) continue;
      ++refused;
      const std::string fault = fault_of(result, 1, {});
      CHECK(fault == "");
      CHECK_FALSE(contains(result.err, "std::"));
      REQUIRE(damage_of(work.path("other")) == "");
    }
    CHECK(passed == 2);
    CHECK(refused > 0);
  }
}
