// SIGKILL, Ctrl-C and SIGTERM at random moments of every command that writes.
#include <doctest/doctest.h>

#include "faults/faults_fixture.h"

using namespace anirec;

namespace {

const long kills_asked = asked_for("ANIREC_FAULT_KILLS", 20);

// Some hundred checkpoints in a twentieth of a second, where memory is the disk.
const std::string many_epochs =
    "train animelist.csv --model mf --task rating --dim 4 --batch-size 64 --epochs 100 --patience 0 --threads 1 "
    "--split 0.8,0.1,0.1 --checkpoint-every 1 --quiet --out ";

std::string next_line(const std::string& folder, const Workplace& work, const std::string& first) {
  return has_checkpoint(work.path(folder)) ? "train --resume --quiet --out " + folder : first;
}

// Starts a command and stops it at a moment within `longest`.
ProgramResult stopped(const Workplace& work, const std::string& line, int signal,
                      std::chrono::microseconds moment) {
  RunningProgram program(words(line), "", work.path(""));
  std::this_thread::sleep_for(moment);
  program.send(signal);
  return program.wait();
}

}  // namespace

TEST_CASE("killed at any moment, again and again, a run ends as the undisturbed one") {
  Moments moments;
  CAPTURE(moments.seed);
  const Workplace work;
  const auto length = time_of([&] { REQUIRE(fault_of(work.run(many_epochs + "straight")) == ""); });
  const auto straight = contents(work.path("straight"));
  long kills = 0, runs = 0, before_a_checkpoint = 0;
  while (kills < kills_asked) {
    std::filesystem::remove_all(work.path("killed"));
    // Up to seven kills in one run; of a kill that came too late the run is over.
    for (int chances = 7; kills < kills_asked && chances > 0; --chances) {
      const std::string line = next_line("killed", work, many_epochs + "killed --overwrite");
      const ProgramResult result = stopped(work, line, SIGKILL, moments.within(chances > 4 ? length : length / 3));
      CAPTURE(line);
      if (result.code == 0) break;
      REQUIRE(result.code == 128 + SIGKILL);
      REQUIRE(result.err == "");
      ++kills;
      before_a_checkpoint += has_checkpoint(work.path("killed")) ? 0 : 1;
      REQUIRE(damage_of(work.path("killed")) == "");
    }
    REQUIRE(fault_of(work.run(next_line("killed", work, many_epochs + "killed --overwrite"))) == "");
    REQUIRE(difference(straight, contents(work.path("killed"))) == "");
    ++runs;
  }
  MESSAGE(kills << " kills in " << runs << " runs, " << before_a_checkpoint
                << " of them before a first checkpoint; seed " << moments.seed);
}

TEST_CASE("a run that is replaced is whole until its successor has a checkpoint, whenever that is killed") {
  Moments moments;
  CAPTURE(moments.seed);
  const Workplace work;
  REQUIRE(fault_of(work.run(many_epochs + "old --seed 1")) == "");
  const auto length = time_of([&] { REQUIRE(fault_of(work.run(many_epochs + "new --seed 2")) == ""); });
  const auto old_run = contents(work.path("old")), new_run = contents(work.path("new"));
  long kills = 0, kept = 0;
  while (kills < kills_asked) {
    copy_folder(work.path("old"), work.path("run"));
    const ProgramResult result = stopped(work, many_epochs + "run --seed 2 --overwrite", SIGKILL,
                                         moments.within(length / (kills % 2 == 0 ? 1 : 5)));
    if (result.code == 0) continue;
    ++kills;
    REQUIRE(damage_of(work.path("run")) == "");
    // Resuming goes on with the new run where it had come to a checkpoint, else it finds the old one, which is
    // done.
    REQUIRE(fault_of(work.run("train --resume --quiet --out run")) == "");
    const auto found = contents(work.path("run"));
    const std::string from_old = difference(old_run, found), from_new = difference(new_run, found);
    CAPTURE(from_old);
    CAPTURE(from_new);
    REQUIRE((from_old.empty() || from_new.empty()));
    kept += from_old.empty() ? 1 : 0;
  }
  MESSAGE(kills << " kills, " << kept << " of them found the old run; seed " << moments.seed);
}

TEST_CASE("a search that is killed again and again ends as the undisturbed one") {
  Moments moments;
  CAPTURE(moments.seed);
  const Workplace work;
  const std::string search =
      "tune animelist.csv --model mf --task rating --dim 2/4 --batch-size 256 --epochs 9 --trials 6 --threads 1 "
      "--quiet --out search";
  const auto length = time_of([&] { REQUIRE(fault_of(work.run(search)) == ""); });
  const auto straight = contents(work.path("search"));
  long kills = 0, searches = 0;
  while (kills < kills_asked) {
    std::filesystem::remove_all(work.path("search"));
    for (int chances = 7; kills < kills_asked && chances > 0; --chances) {
      const std::string line = search_or_resume(work.path("search"), "search", search);
      const ProgramResult result = stopped(work, line, SIGKILL, moments.within(chances > 4 ? length : length / 3));
      CAPTURE(line);
      if (result.code == 0) break;
      REQUIRE(result.code == 128 + SIGKILL);
      ++kills;
      REQUIRE(damage_of_search(work.path("search")) == "");
    }
    REQUIRE(fault_of(work.run(search_or_resume(work.path("search"), "search", search))) == "");
    REQUIRE(difference(straight, contents(work.path("search"))) == "");
    ++searches;
  }
  MESSAGE(kills << " kills in " << searches << " searches; seed " << moments.seed);
}

TEST_CASE("an output is the old one or the new one, whole, whenever its writer is killed") {
  Moments moments;
  CAPTURE(moments.seed);
  const Workplace work;
  REQUIRE(fault_of(work.run(many_epochs + "run")) == "");
  std::filesystem::create_directories(work.path("out"));
  std::string pairs = "user,item\n";
  for (const std::string& line : lines_of(work.read("animelist.csv")))
    if (line[0] != 'u') pairs += fields_of(line)[0] + "," + fields_of(line)[1] + "\n";
  work.file("pairs.csv", pairs);
  long kills = 0;
  for (const std::string line :
       {"prepare animelist.csv --task rating --out out/x",
        "generate --users 900 --items 200 --rows 90000 --out out/x", "predict run --data pairs.csv --out out/x",
        "recommend run --for-all-users --top 50 --out out/x"}) {
    CAPTURE(line);
    const auto length = time_of([&] { REQUIRE(fault_of(work.run(line)) == ""); });
    const std::string made = work.read("out/x");
    for (long n = 0; n < std::max(5l, kills_asked / 10); ++n) {
      work.file("out/x", "old");
      const ProgramResult result = stopped(work, line, SIGKILL, moments.within(length));
      kills += result.code != 0;
      const std::string found = work.read("out/x");
      REQUIRE((found == made || (found == "old" && result.code != 0)));
    }
    REQUIRE(fault_of(work.run(line)) == "");
    CHECK(listing(work.path("out")) == std::vector<std::string>{"x"});  // what was left over is gone
  }
  MESSAGE(kills << " kills; seed " << moments.seed);
}

TEST_CASE("Ctrl-C and SIGTERM at any moment, once or twice, end with 130 and lose nothing") {
  Moments moments;
  CAPTURE(moments.seed);
  const Workplace work;
  const auto length = time_of([&] { REQUIRE(fault_of(work.run(many_epochs + "straight")) == ""); });
  const auto straight = contents(work.path("straight"));
  long interrupts = 0, twice = 0, unhandled = 0;
  while (interrupts < kills_asked) {
    std::filesystem::remove_all(work.path("stopped"));
    for (int chances = 5; interrupts < kills_asked && chances > 0; --chances) {
      const bool resumed = has_checkpoint(work.path("stopped"));
      RunningProgram program(words(next_line("stopped", work, many_epochs + "stopped --overwrite")), "",
                             work.path(""));
      const int signal = interrupts % 2 == 0 ? SIGINT : SIGTERM;
      std::this_thread::sleep_for(moments.within(length / 2));
      program.send(signal);
      const bool again = interrupts % 3 == 2;
      if (again) {
        std::this_thread::sleep_for(moments.within(std::chrono::milliseconds(4)));
        program.send(SIGINT);
      }
      const ProgramResult result = program.wait();
      CAPTURE(result.err);
      REQUIRE(damage_of(work.path("stopped")) == "");
      if (result.code == 0) break;
      if (result.signal == signal && result.err.empty()) {  // still in the loader: there was no handler yet
        REQUIRE(++unhandled <= kills_asked);
        continue;
      }
      REQUIRE(result.code == 130);
      ++interrupts;
      twice += again ? 1 : 0;
      if (again) continue;
      REQUIRE(fault_of(result, 130, {"interrupted"}) == "");
      REQUIRE((has_checkpoint(work.path("stopped")) || (!resumed && contains(result.err, "nothing was written"))));
    }
    REQUIRE(fault_of(work.run(next_line("stopped", work, many_epochs + "stopped --overwrite"))) == "");
    REQUIRE(difference(straight, contents(work.path("stopped"))) == "");
  }
  MESSAGE(interrupts << " interrupts, " << twice << " of them twice, " << unhandled
                     << " signals without a handler; seed " << moments.seed);
}

TEST_CASE("a run folder is free again after its process was killed") {
  const Workplace work;
  RunningProgram first(
      words("train animelist.csv --model mf --task rating --dim 4 --epochs 100000000 --patience 0 "
            "--out run --log-format json"),
      "", work.path(""));
  REQUIRE(first.wait_for("\"epoch\":2"));
  CHECK(fault_of(work.run("train --resume --out run"), 3, {"run", "another anirec is training"}) == "");
  first.send(SIGKILL);
  REQUIRE(first.wait().code == 128 + SIGKILL);
  CHECK(fault_of(work.run("train --resume --out run --epochs 2 --quiet")) == "");
}
