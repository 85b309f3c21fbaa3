#include "findings.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <stdexcept>

#include "device/emulation.h"
#include "device/watch.h"

namespace anirec::samples {
namespace {

constexpr int schedules = 12, exit_same = 0, exit_differs = 77;

// Bitwise: NaN equals itself.
struct Bytes {
  std::vector<float> values;
  bool operator==(const Bytes& other) const {
    return std::ranges::equal(values, other.values, {}, std::bit_cast<std::uint32_t, float>,
                              std::bit_cast<std::uint32_t, float>);
  }
};

[[noreturn]] void be_the_child(const std::function<std::vector<float>()>& body, int errors) {
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  std::signal(SIGABRT, SIG_DFL);  // not the test framework's
  dup2(errors, STDERR_FILENO);
  try {
    _exit(emulation::same_under_schedules(schedules, [&] { return Bytes{body()}; }) ? exit_same : exit_differs);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    _exit(1);
  }
}

}  // namespace

Finding look_for_fault(const std::function<std::vector<float>()>& body) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) be_the_child(body, ends[1]);
  close(ends[1]);
  Finding finding;
  char text[4096];
  for (ssize_t count; (count = read(ends[0], text, sizeof text)) > 0;)
    finding.message.append(text, static_cast<std::size_t>(count));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  finding.differs = WIFEXITED(status) && WEXITSTATUS(status) == exit_differs;
  finding.stopped = !finding.differs && !(WIFEXITED(status) && WEXITSTATUS(status) == exit_same);
  return finding;
}

bool addresses_checked() {
#if defined(__SANITIZE_ADDRESS__)
  return true;
#else
  return false;
#endif
}

bool accesses_watched() { return emulation::watch::watching_accesses(); }

}  // namespace anirec::samples
