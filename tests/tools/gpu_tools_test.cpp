// tools/gpu_check and its helpers where there is no GPU: a stand-in takes the program's place, and what fails on
// purpose must not take the rest with it.
#include <doctest/doctest.h>

#include <sys/stat.h>

#include <algorithm>
#include <string>

#include "fixtures/temporary_folder.h"
#include "fixtures/text.h"
#include "tools/run_tool.h"

using namespace anirec;

namespace {

std::string executable(const TemporaryFolder& folder, const std::string& name, const std::string& text) {
  const std::string file = folder.file(name, "#!/bin/sh\n" + text);
  chmod(file.c_str(), 0755);
  return file;
}

// Prints as anirec bench does, one key a line; fails for nn.
constexpr const char* stand_in = R"(
case "$*" in *"--model nn"*) echo "anirec: no such luck" >&2; exit 4 ;; esac
cat <<'TEXT'
{
  "copy_bytes_per_second": 3000000000000.0,
  "steps": [
    {
      "model": "mf",
      "batch_size": 64,
      "dim": 64,
      "step_microseconds": 10.0,
      "share_of_copy_rate": 0.05
    }
  ]
}
TEXT
)";

constexpr const char* stand_in_torch = R"(
for out; do :; done
cat >"$out" <<'TEXT'
{
  "steps": [
    {
      "model": "mf",
      "variant": "eager",
      "batch_size": 64,
      "dim": 64,
      "step_microseconds": 250.0
    }
  ]
}
TEXT
)";

}  // namespace

TEST_CASE("gpu_check goes on behind a part that fails, and ends with a table") {
  const TemporaryFolder folder;
  const std::string program = executable(folder, "anirec", stand_in),
                    python = executable(folder, "python", stand_in_torch);
  const std::string results = folder.path("results");
  const Outcome outcome = run_tool(
      "gpu_check --part tests --part bench --part torch --program '" + program + "' --out '" + results + "'",
      "ANIREC_BUILD_DIR='" + folder.path("none") + "' PYTHON='" + python + "'");
  CHECK(outcome.status == 1);
  CHECK(contains(outcome.output, "tests: failed"));
  CHECK(contains(outcome.output, "bench: failed"));  // nn's
  CHECK(contains(outcome.output, "torch: passed"));
  CHECK(contains(outcome.output, "copying: 3.00 TB/s"));
  const std::string summary = TemporaryFolder::read(results + "/summary.txt");
  CHECK(contains(summary, "torch: passed"));
  CHECK(contains(outcome.output, "25.0"));  // 250 µs against 10
  CHECK(TemporaryFolder::read(results + "/bench/nn-64.json").empty());
}

TEST_CASE("profile --print shows both profilers' command lines and runs nothing") {
  const Outcome outcome = run_tool("profile --print --program /nowhere/anirec train x.csv");
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.output, "nsys profile"));
  CHECK(contains(outcome.output, "/nowhere/anirec train x.csv"));
  CHECK(contains(outcome.output, "ncu --nvtx"));
}

TEST_CASE("kernel_code without a build is skipped, and says why") {
  const TemporaryFolder folder;
  const Outcome outcome = run_tool("kernel_code --build '" + folder.path("none") + "'");
  CHECK(outcome.status == 77);
  CHECK(contains(outcome.output, "is no build"));
}

TEST_CASE("bad usage is one line and exit 2") {
  for (const char* line :
       {"gpu_check --part nothing", "gpu_check --what", "kernel_code --what", "docker_check --what",
        "docker_check --with podman", "cuda_from_wheels", "cuda_from_wheels --version 11 there",
        "cuda_from_wheels there nothing", "kernel_code --build"}) {
    CAPTURE(line);
    const Outcome outcome = run_tool(line);
    CHECK(outcome.status == 2);
    CHECK(std::count(outcome.output.begin(), outcome.output.end(), '\n') == 1);
  }
}
