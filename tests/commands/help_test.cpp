#include <doctest/doctest.h>

#include "commands/command_table.h"
#include "commands/commands_fixture.h"

using namespace anirec;

TEST_CASE("anirec alone, help, --help and -h show every command and how to begin") {
  const ProgramResult result = run_program({});
  CHECK(fault_of(result) == "");
  for (const CommandSpec& command : command_table()) CHECK(contains(result.out, "  anirec " + command.name + " "));
  CHECK(contains(result.out, "anirec generate"));
  for (const char* word : {"help", "--help", "-h"}) CHECK(run_program({word}).out == result.out);
}

TEST_CASE("every command's help names its options and has an example that parses") {
  for (const CommandSpec& command : command_table()) {
    CAPTURE(command.name);
    const ProgramResult result = run_program({"help", command.name});
    CHECK(fault_of(result) == "");
    CHECK(contains(result.out, "Usage:  anirec " + command.name));
    for (const OptionSpec& option : command.options) CHECK(contains(result.out, "  --" + option.name));
    if (command.name != "help") CHECK(run_program({command.name, "--help"}).out == result.out);
    REQUIRE_FALSE(command.examples.empty());
    for (const std::string& example : command.examples) {
      CAPTURE(example);
      const std::vector<std::string> all = words(example);
      auto at = std::find(all.begin(), all.end(), "anirec");
      REQUIRE(at != all.end());
      std::vector<const char*> argv;
      for (++at; at != all.end(); ++at) argv.push_back(at->c_str());
      CHECK(std::string(argv[0]) == command.name);
      CHECK_NOTHROW(parse_arguments(command, static_cast<int>(argv.size()), argv.data()));
    }
  }
}

TEST_CASE("help fits 80 columns, but for examples that are to be copied") {
  for (const CommandSpec& command : command_table()) {
    CAPTURE(command.name);
    const std::string out = run_program({"help", command.name}).out;
    for (const std::string& line : lines_of(out.substr(0, out.find("\nExample")))) {
      CAPTURE(line);
      if (line.starts_with("  Example:  ")) continue;
      const auto columns = std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; });
      CHECK(columns <= 80);
    }
  }
}

TEST_CASE("the contract's commands and flags are there") {
  for (const char* name : {"prepare", "train", "evaluate", "predict", "compare", "recommend", "similar",
                           "generate", "bench", "info", "help"})
    CHECK_NOTHROW(find_command(name));
  const std::string train = run_program({"help", "train"}).out;
  for (const std::string& flag :
       words("--dim --hidden --dropout --mf-bias --rating-activation --init-bias --optimizer --lr --lr-schedule "
             "--warmup-steps --lr-decay --lr-decay-epochs --l2 --batch-size --epochs --steps-per-epoch --patience "
             "--monitor --class-weight --loss-weights --split --split-by --seed --device --device-memory-limit "
             "--threads "
             "--math --init --no-shuffle --resume --overwrite --checkpoint-every --max-seconds --preset --quiet "
             "--log-format --columns --separator --unrated --positive-from")) {
    CAPTURE(flag);
    CHECK(contains(train, "  " + flag));
  }
}

TEST_CASE("docs/commands.md is what the program prints") {
  CHECK(TemporaryFolder::read(ANIREC_SOURCE_DIR "/docs/commands.md") == run_program({"help", "--markdown"}).out);
}

TEST_CASE("--version and info say what this is") {
  CHECK(run_program({"--version"}).out == "anirec " ANIREC_VERSION "\n");
  const ProgramResult info = run_program({"info"});
  CHECK(fault_of(info) == "");
  for (const char* part : {"anirec " ANIREC_VERSION, "cpu", "cuda", "OpenBLAS", "zlib", "zstd"})
    CHECK(contains(info.out, part));
}
