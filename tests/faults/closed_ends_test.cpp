// Outputs that are full, closed or read by nobody.
#include <doctest/doctest.h>

#include <sys/mount.h>

#include "faults/faults_fixture.h"

using namespace anirec;

namespace {

// A line of the shell in the folder of `work`, with the program as $A.
ProgramResult shell(const Workplace& work, const std::string& line) {
  work.file("line.sh", "A='" + std::string(tested_program()) + "'\n" + line + "\n");
  const std::string command = "cd '" + work.path("") + "' && bash line.sh 2> errors";
  std::FILE* pipe = popen(command.c_str(), "r");
  ProgramResult result;
  for (int c; (c = std::fgetc(pipe)) != EOF;) result.out += static_cast<char>(c);
  const int ended = pclose(pipe);
  result.code = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
  result.err = work.read("errors");
  return result;
}

}  // namespace

TEST_CASE("a reader that has seen enough ends the program with SIGPIPE or finds it done, without a word") {
  const Workplace& work = trained_workplace();
  for (const std::string line :
       {"help", "help --markdown", "recommend mf-rating --user 7", "recommend mf-rating --for-all-users --top 60",
        "compare mf-rating nn-interaction", "generate --rows 9000 --out /dev/stdout",
        "predict mf-rating --data animelist.csv --out /dev/stdout"}) {
    CAPTURE(line);
    for (const std::string reader : {"head -1 > head", "true"}) {
      const ProgramResult result = shell(work, "$A " + line + " | " + reader + "; exit ${PIPESTATUS[0]}");
      CHECK(result.err == "");
      CHECK((result.code == 0 || result.code == 128 + SIGPIPE));
    }
    // Where the caller has the signal ignored, as many service managers have, it is told.
    const ProgramResult told = shell(work, "trap '' PIPE; $A " + line + " | true; exit ${PIPESTATUS[0]}");
    CHECK((fault_of(told) == "" || fault_of(told, 3, {"cannot"}) == ""));
  }
}

TEST_CASE("a training whose reader goes away saves what it has, as by Ctrl-C") {
  const Workplace work;
  REQUIRE(fault_of(work.run(small_training + "--quiet --epochs 60 --out straight")) == "");
  const ProgramResult result =
      shell(work, "$A " + small_training +
                      "--epochs 60 --log-format json --out run | head -2 > head; exit ${PIPESTATUS[0]}");
  CHECK(lines_of(work.read("head")).size() == 2);
  CHECK(fault_of(result, 130, {"interrupted", "train --resume --out run"}) == "");
  REQUIRE(fault_of(work.run("train --resume --quiet --out run")) == "");
  CHECK(difference(contents(work.path("straight")), contents(work.path("run"))) == "");
}

TEST_CASE("a terminal that is closed ends a training as Ctrl-C does, but not under nohup") {
  const Workplace work;
  std::signal(SIGHUP, SIG_DFL);  // this test may run under nohup itself
  for (const bool ignored : {false, true}) {
    CAPTURE(ignored);
    const ProgramResult result =
        shell(work, std::string(ignored ? "trap '' HUP; " : "") + "$A " + small_training +
                        "--overwrite --epochs 100000 --max-seconds 1 --log-format json --out run > log & "
                        "until [ $(wc -l < log) -gt 2 ]; do sleep 0.01; done; kill -HUP $!; wait $!");
    if (ignored)
      CHECK(fault_of(result) == "");
    else
      CHECK(fault_of(result, 130, {"interrupted"}) == "");
    CHECK(has_checkpoint(work.path("run")));
  }
}

TEST_CASE("closed standard streams: nothing printed ends in a file, what cannot be said is an error") {
  const Workplace work;
  REQUIRE(fault_of(work.run(small_training + "--quiet --epochs 3 --out straight")) == "");
  REQUIRE(fault_of(work.run("prepare animelist.csv --task rating --out straight.data")) == "");
  const auto straight = contents(work.path("straight"));
  for (const std::string closed : {"<&-", ">&-", "2>&-", "<&- >&- 2>&-", ">&- 2>&-"}) {
    CAPTURE(closed);
    const bool cannot_say = closed.find(" >&-") != std::string::npos || closed.starts_with(">&-");
    const bool cannot_complain = closed.find("2>&-") != std::string::npos;
    const auto refused_or_well = [&](const ProgramResult& result) {
      if (!cannot_say) return fault_of(result);
      if (cannot_complain)
        return result.code == 3 && result.err.empty() ? std::string() : "exit " + std::to_string(result.code);
      return fault_of(result, 3, {"standard output"});
    };
    CHECK(refused_or_well(shell(work, "$A " + small_training + "--overwrite --epochs 3 --out run " + closed)) ==
          "");
    CHECK(difference(straight, contents(work.path("run"))) == "");
    CHECK(refused_or_well(shell(work, "$A prepare animelist.csv --task rating --out data " + closed)) == "");
    CHECK(work.read("data") == work.read("straight.data"));
    CHECK(fault_of(shell(work, "$A " + small_training + "--overwrite --quiet --epochs 3 --out run " + closed)) ==
          "");
    CHECK(refused_or_well(shell(work, "$A help " + closed)) == "");
    // An error is an error whoever hears of it.
    CHECK(shell(work, "$A prepare missing.csv --task rating --out no " + closed).code == 3);
  }
  CHECK(fault_of(shell(work, "$A prepare - --task rating --out no <&-"), 3, {"standard input"}) == "");
  CHECK(fault_of(shell(work, "$A recommend straight --for-all-users >&-"), 3, {"/dev/stdout"}) == "");
  CHECK_FALSE(std::filesystem::exists(work.path("no")));
}

TEST_CASE("a full device is an error of every command that writes to it") {
  const Workplace& work = trained_workplace();
  for (const std::string line :
       {"$A recommend mf-rating --for-all-users --out /dev/full",
        "$A recommend mf-rating --user 7 --out /dev/full",
        "$A predict mf-rating --data animelist.csv --out /dev/full", "$A generate --rows 9000 --out /dev/full",
        "$A generate --rows 9000 --out g --titles-out /dev/full",
        "$A prepare animelist.csv --task rating --out /dev/full",
        "$A recommend mf-rating --for-all-users > /dev/full", "$A recommend mf-rating --user 7 > /dev/full",
        "$A help > /dev/full", "$A info > /dev/full", "$A compare mf-rating > /dev/full"}) {
    CAPTURE(line);
    CHECK(fault_of(shell(work, line), 3, {"No space left"}) == "");
  }
  // What is printed is not all that a training makes.
  CHECK(fault_of(shell(work, "$A " + small_training + "--epochs 2 --out full > /dev/full"), 3,
                 {"standard output"}) == "");
  CHECK(damage_of(work.path("full")) == "");
  CHECK(std::filesystem::exists(work.path("full/evaluation.json")));
}

TEST_CASE("a file larger than ulimit -f is an error, not the end of the process") {
  const Workplace& work = trained_workplace();
  const ProgramResult result = shell(work, "ulimit -f 40; $A generate --rows 90000 --out limited");
  CHECK(fault_of(result, 3, {"limited", "File too large"}) == "");
  CHECK_FALSE(std::filesystem::exists(work.path("limited")));
}

TEST_CASE("a small disk that is really full: the run goes on once there is space") {
  const Workplace work;
  REQUIRE(fault_of(work.run(small_training + "--quiet --epochs 6 --out straight")) == "");
  const std::string disk = work.path("disk");
  std::filesystem::create_directories(disk);
  if (mount("none", disk.c_str(), "tmpfs", 0, "size=256k") != 0) {
    MESSAGE("skipped: mounting a small tmpfs needs rights that this process has not");
    return;
  }
  int refused = 0;
  // A little less room each time, until not even the dataset fits.
  for (int filled = 0; filled < 256; filled += 4) {
    CAPTURE(filled);
    std::filesystem::remove_all(disk + "/run");
    work.file("disk/filler", std::string(static_cast<std::size_t>(filled) * 1024, 'x'));
    const ProgramResult result = work.run(small_training + "--quiet --epochs 6 --out disk/run");
    CAPTURE(result.err);
    if (result.code != 0) {
      ++refused;
      CHECK(fault_of(result, 3, {"No space left"}) == "");
      CHECK(damage_of(disk + "/run") == "");
      std::filesystem::remove(disk + "/filler");
      const std::string next = has_checkpoint(disk + "/run")
                                   ? "train --resume --quiet --out disk/run"
                                   : small_training + "--overwrite --quiet --epochs 6 --out disk/run";
      CHECK(fault_of(work.run(next)) == "");
    }
    CHECK(difference(contents(work.path("straight")), contents(disk + "/run")) == "");
  }
  umount(disk.c_str());
  CHECK(refused > 3);
}
