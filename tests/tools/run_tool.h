// Runs a command line of the shell that starts one of tools/.
#pragma once

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <cstdio>
#include <string>

namespace anirec {

struct Outcome {
  int status;
  std::string output;  // both streams
};

// `line` begins with the tool's name; `before` comes in front of it: variables, or another command.
inline Outcome run_tool(const std::string& line, const std::string& before = "") {
  const std::string command = before + " \"" ANIREC_SOURCE_DIR "/tools/\"" + line + " 2>&1";
  std::FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  Outcome outcome;
  for (int c; (c = std::fgetc(pipe)) != EOF;) outcome.output += static_cast<char>(c);
  outcome.status = WEXITSTATUS(pclose(pipe));
  return outcome;
}

}  // namespace anirec
