// The arrows of docs/design.md are held by tools/check_includes: here it looks at trees with planted includes.
#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "fixtures/temporary_folder.h"
#include "tools/run_tool.h"

using namespace anirec;

namespace {

Outcome check_includes(const std::string& tree) { return run_tool("check_includes \"" + tree + "\""); }

// A tree of one file.
Outcome check_file(const std::string& path, const std::string& content) {
  const TemporaryFolder tree;
  std::filesystem::create_directories(std::filesystem::path(tree.path(path)).parent_path());
  tree.file(path, content);
  return check_includes(tree.path(""));
}

}  // namespace

TEST_CASE("the repository follows its arrows") {
  const Outcome outcome = check_includes(ANIREC_SOURCE_DIR);
  CHECK(outcome.status == 0);
  CHECK(outcome.output.find("files follow the arrows") != std::string::npos);
}

TEST_CASE("a planted include is named with its place and its arrow") {
  const TemporaryFolder tree;
  std::filesystem::copy(ANIREC_SOURCE_DIR "/host", tree.path("host"), std::filesystem::copy_options::recursive);
  CHECK(check_includes(tree.path("")).status == 0);
  tree.file("host/ratings/planted.h", "#pragma once\n\n#include \"dataset/split.h\"\n");
  const Outcome outcome = check_includes(tree.path(""));
  CHECK(outcome.status == 1);
  CHECK(outcome.output ==
        "host/ratings/planted.h:3: there is no arrow ratings -> dataset: #include \"dataset/split.h\"\n");
}

TEST_CASE("every pair of folders") {
  const std::map<std::string, std::set<std::string>> arrows = {
      {"commands", {"train", "evaluate", "engine", "dataset", "model", "formulas", "formats", "ratings"}},
      {"train", {"evaluate", "engine", "dataset", "model", "formulas", "formats"}},
      {"evaluate", {"engine", "dataset", "model", "formulas", "formats"}},
      {"cpu", {"engine", "formulas", "model", "dataset"}},
      {"engine", {"dataset", "model", "formulas"}},
      {"dataset", {"ratings", "formulas", "formats"}},
      {"model", {"formulas", "formats", "dataset"}},
      {"ratings", {"formulas"}},
      {"formats", {}},
      {"formulas", {}},
      {"parallel", {}}};
  const TemporaryFolder tree;
  std::string expected;
  for (const auto& [from, allowed] : arrows) {
    std::string content;
    int line = 0;
    for (const auto& [to, unused] : arrows) {
      content += "#include \"" + to + "/x.h\"\n";
      ++line;
      if (to == from || to == "parallel" || allowed.count(to) != 0) continue;
      expected += "host/" + from + "/x.cpp:" + std::to_string(line) + ": there is no arrow " + from + " -> " + to +
                  ": #include \"" + to + "/x.h\"\n";
    }
    content += "#include \"error.h\"\n#include \"interrupt.h\"\n#include <vector>\n";
    std::filesystem::create_directories(tree.path("host/" + from));
    tree.file("host/" + from + "/x.cpp", content);
  }
  const Outcome outcome = check_includes(tree.path(""));
  CHECK(outcome.status == 1);
  CHECK(outcome.output == expected);
}

TEST_CASE("only open_engine names an engine") {
  CHECK(check_file("host/commands/open_engine.cpp", "#include \"cpu/cpu_engine.h\"\n").status == 0);
  CHECK(check_file("host/commands/open_engine_too.cpp", "#include \"cpu/cpu_engine.h\"\n").status == 1);
  CHECK(check_file("host/train/open_engine.cpp", "#include \"cpu/cpu_engine.h\"\n").status == 1);
}

TEST_CASE("the program's main and the files that all may include") {
  CHECK(check_file("host/main.cpp", "#include \"commands/command_table.h\"\n#include \"error.h\"\n").status == 0);
  CHECK(check_file("host/main.cpp", "#include \"train/fit.h\"\n").status == 1);
  CHECK(check_file("host/error.cpp", "#include \"error.h\"\n").status == 0);
  CHECK(check_file("host/error.cpp", "#include \"formats/safetensors.h\"\n").status == 1);
}

TEST_CASE("includes that get around the table") {
  CHECK(check_file("host/train/fit.cpp", "  #  include \"cpu/cpu_engine.h\"  // why not\n").status == 1);
  CHECK(check_file("host/train/fit.cpp", "#include \"../cpu/cpu_engine.h\"\n").status == 1);
  CHECK(check_file("host/train/fit.cpp", "#include \"schedule.h\"\n").status == 1);
  CHECK(check_file("host/train/fit.cpp", "// #include \"cpu/cpu_engine.h\"\n").status == 0);
  const Outcome unknown = check_file("host/utils/strings.h", "#pragma once\n");
  CHECK(unknown.status == 1);
  CHECK(unknown.output.starts_with("host/utils/strings.h:1: utils is not in the table"));
  const TemporaryFolder empty;
  CHECK(check_includes(empty.path("")).status == 2);
}
