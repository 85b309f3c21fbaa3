// Runs files, or all files of folders, through a fuzz target compiled like any other test. A file whose name
// begins with "good" must be accepted, one with "bad" refused; a crash or a sanitizer ends the process.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "fuzz/fuzz_target.h"

namespace fs = std::filesystem;

int main(int argc, char** argv) {
  std::vector<fs::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!fs::is_directory(argv[i])) {
      files.emplace_back(argv[i]);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(argv[i])) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  int faults = 0;
  for (const fs::path& file : files) {
    const std::string content = anirec::TemporaryFolder::read(file.string()), name = file.filename().string();
    std::fprintf(stderr, "%s\n", file.c_str());  // the last one printed is the one that crashed
    anirec::input_was_accepted = false;
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
    if ((name.starts_with("good") && !anirec::input_was_accepted) ||
        (name.starts_with("bad") && anirec::input_was_accepted)) {
      std::fprintf(stderr, "  was %s\n", anirec::input_was_accepted ? "accepted" : "refused");
      ++faults;
    }
  }
  std::fprintf(stderr, "%zu inputs, %d not as their names say\n", files.size(), faults);
  return faults == 0 && !files.empty() ? 0 : 1;
}
