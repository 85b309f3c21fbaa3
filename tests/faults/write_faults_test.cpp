// Every call that writes fails once: a full disk, a broken one, a quota, short and interrupted writes.
#include <doctest/doctest.h>

#include "faults/faults_fixture.h"

using namespace anirec;

namespace {

const std::vector<std::string> every_kind = {"ENOSPC", "full", "EIO", "EDQUOT", "short", "EINTR"};
const bool all_kinds = asked_for("ANIREC_FAULT_ALL_KINDS", 0) != 0;

bool is_harmless(const std::string& kind) { return kind == "short" || kind == "EINTR"; }

using Files = std::map<std::string, std::string>;

struct Faulted {
  ProgramResult result;
  std::string call;  // which one failed; "" where none of its kind came
};

Faulted run_with_fault(const Workplace& work, const std::string& line, const std::string& kind, long at) {
  const std::string report = work.path("fault");
  std::filesystem::remove(report);
  const Environment environment({{"LD_PRELOAD", ANIREC_FAILING_CALLS},
                                 {"ANIREC_FAULT_UNDER", std::filesystem::canonical(work.path("out")).string()},
                                 {"ANIREC_FAULT_AT", std::to_string(at)},
                                 {"ANIREC_FAULT_KIND", kind},
                                 {"ANIREC_FAULT_REPORT", report}});
  return {work.run(line), TemporaryFolder::read(report)};
}

Files raw_contents(const std::string& folder) {
  Files files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files[std::filesystem::relative(entry.path(), folder).string()] =
          TemporaryFolder::read(entry.path().string());
  return files;
}

void put(const Workplace& work, const Files& files) {
  std::filesystem::remove_all(work.path("out"));
  std::filesystem::create_directories(work.path("out"));
  for (const auto& [name, content] : files) {
    std::filesystem::create_directories(std::filesystem::path(work.path("out/" + name)).parent_path());
    work.file("out/" + name, content);
  }
}

// What is wrong with out/ after a fault: an output must be the old one or the new one, a run readable file by
// file, and an old run whole unless a new one has come to a checkpoint.
std::string damage_after(const Workplace& work, const Files& before, const Files& undisturbed) {
  const Files found = raw_contents(work.path("out"));
  if (std::filesystem::exists(work.path("out/run"))) {
    if (!has_checkpoint(work.path("out/run")) && before.contains("run/optimizer.safetensors"))
      return "there is no run";
    const auto is_as_before = [&](const std::string& name) {
      return before.contains(name) && found.contains(name) && found.at(name) == before.at(name);
    };
    if (is_as_before("run/config.json") && is_as_before("run/optimizer.safetensors"))
      for (const auto& [name, content] : before)
        if (!is_as_before(name) && name != "run/evaluation.json" && name != "run/report.html")
          return name + " of the old run is another one";
    return damage_of(work.path("out/run"));
  }
  if (std::filesystem::exists(work.path("out/search"))) return damage_of_search(work.path("out/search"));
  for (const auto& [name, content] : found) {
    const auto old_file = before.find(name), new_file = undisturbed.find(name);
    if (!(old_file != before.end() && old_file->second == content) &&
        !(new_file != undisturbed.end() && new_file->second == content))
      return name + " is neither the old nor the new one";
  }
  return "";
}

struct Points {
  long faults = 0, refused = 0, disk_full = 0;
};

// Lets every call of the command fail, one in each run; then `next()` is the line that must lead to what an
// undisturbed run of the command leaves.
void fail_every_call(const Workplace& work, const std::string& line, const Files& before,
                     const std::function<std::string()>& next, Points& points) {
  CAPTURE(line);
  put(work, before);
  const Faulted counted = run_with_fault(work, line, "", 0);
  REQUIRE(fault_of(counted.result) == "");
  const long calls = std::atol(counted.call.c_str());
  REQUIRE(calls > 4);
  const Files undisturbed = contents(work.path("out"));
  for (std::size_t turn = 0; turn < (all_kinds ? every_kind.size() : 1); ++turn)
    for (long at = 1; at <= calls; ++at) {
      // One kind after the other where there is time for one only, and another one first for each command.
      const std::string kind =
          every_kind[(turn + (all_kinds ? 0 : static_cast<std::size_t>(at) + line.size())) % every_kind.size()];
      CAPTURE(kind);
      CAPTURE(at);
      put(work, before);
      const Faulted faulted = run_with_fault(work, line, kind, at);
      CAPTURE(faulted.call);
      CAPTURE(faulted.result.code);
      CAPTURE(faulted.result.err);
      if (!faulted.call.empty()) ++points.faults;
      if (!faulted.call.empty()) points.disk_full += kind == "ENOSPC" || kind == "full";
      REQUIRE(damage_after(work, before, undisturbed) == "");
      if (faulted.result.code == 0) {  // it can do without what failed, or tried again
        REQUIRE(faulted.result.err == "");
        REQUIRE(difference(undisturbed, contents(work.path("out"))) == "");
        continue;
      }
      ++points.refused;
      REQUIRE_FALSE(is_harmless(kind));
      REQUIRE(fault_of(faulted.result, 3, {}) == "");
      REQUIRE(fault_of(work.run(next())) == "");
      REQUIRE(difference(undisturbed, contents(work.path("out"))) == "");
    }
}

const std::string quiet_training = small_training + "--quiet --out out/run ";

}  // namespace

TEST_CASE("whatever call of a command that writes a file fails, the old file is whole and trying again works" *
          doctest::skip(is_sanitized())) {
  const Workplace work;
  Points points;
  put(work, {});
  REQUIRE(fault_of(work.run(quiet_training + "--epochs 2")) == "");
  const Files run = raw_contents(work.path("out"));
  copy_folder(work.path("out/run"), work.path("run"));
  for (const std::string line :
       {"prepare animelist.csv --task rating --out out/x", "generate --rows 9000 --out out/x --titles-out out/y",
        "predict run --data animelist.csv --out out/x", "recommend run --for-all-users --out out/x"})
    fail_every_call(
        work, line, {{"x", "old"}}, [&] { return line; }, points);
  const std::string evaluate = "evaluate out/run --split train";
  fail_every_call(
      work, evaluate, run, [&] { return evaluate; }, points);
  MESSAGE(points.faults << " faults, " << points.disk_full << " of them full disks; " << points.refused
                        << " ended the command");
}

TEST_CASE("whatever call of a training fails, the run goes on from its checkpoint to the same bits" *
          doctest::skip(is_sanitized())) {
  const Workplace work;
  Points points;
  const std::string resume = "train --resume --quiet --out out/run ", run = work.path("out/run");
  // From nothing.
  const std::string fresh = quiet_training + "--epochs 3 ";
  fail_every_call(
      work, fresh, {}, [&] { return has_checkpoint(run) ? resume : fresh + "--overwrite"; }, points);
  // Further than it was.
  put(work, {});
  REQUIRE(fault_of(work.run(quiet_training + "--epochs 2")) == "");
  const Files half = raw_contents(work.path("out"));
  fail_every_call(
      work, resume + "--epochs 4", half, [&] { return resume + "--epochs 4"; }, points);
  // In the place of another.
  const std::string anew = quiet_training + "--epochs 2 --seed 7 --overwrite";
  const auto is_old = [&] {
    return raw_contents(work.path("out")).at("run/config.json") == half.at("run/config.json");
  };
  fail_every_call(
      work, anew, half, [&] { return is_old() ? anew : resume; }, points);
  // From a prepared dataset, another kind of model.
  REQUIRE(fault_of(work.run("prepare animelist.csv --task hybrid --out data")) == "");
  const std::string prepared =
      "train data --model hybrid --task hybrid --dim 2 --hidden 2 --epochs 2 --split 1,0,0 "
      "--threads 1 --batch-size 512 --checkpoint-every 1 --quiet --out out/run ";
  fail_every_call(
      work, prepared, {}, [&] { return has_checkpoint(run) ? resume : prepared + "--overwrite"; }, points);
  MESSAGE(points.faults << " faults, " << points.disk_full << " of them full disks; " << points.refused
                        << " ended the command");
}

TEST_CASE("whatever call of a search fails, it goes on to the same bits" * doctest::skip(is_sanitized())) {
  const Workplace work;
  Points points;
  const std::string search =
      "tune animelist.csv --model mf --task rating --dim 2 --batch-size 512 --lr 1e-3/1e-2 --dropout 0 --l2 0 "
      "--mf-bias additive --epochs 4 --trials 2 --threads 1 --quiet --out out/search";
  fail_every_call(
      work, search, {}, [&] { return search_or_resume(work.path("out/search"), "out/search", search); }, points);
  MESSAGE(points.faults << " faults, " << points.disk_full << " of them a full disk; " << points.refused
                        << " ended the command");
}

TEST_CASE("a file system without locks is said to be one, and trained on" * doctest::skip(is_sanitized())) {
  const Workplace work;
  const std::string line =
      "train animelist.csv --model mf --task rating --dim 2 --epochs 1 --out out/run --overwrite";
  bool met = false;
  for (long at = 1; at < 9 && !met; ++at) {
    put(work, {});
    const Faulted faulted = run_with_fault(work, line, "ENOLCK", at);
    REQUIRE(fault_of(faulted.result) == "");
    met = faulted.call.starts_with("flock") && faulted.call.ends_with("/out/run");
    CHECK(contains(faulted.result.out, "knows no locks") == met);
  }
  CHECK(met);
}
