#include <zlib.h>
#include <zstd.h>
#include <cstdio>
#include <sstream>
#include <string>

#include "commands/command_table.h"
#include "commands/open_engine.h"
#include "parallel/team.h"

namespace anirec {
namespace {

const char* instruction_set() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) return "x86-64 with AVX-512";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "x86-64 with AVX2";
  return "x86-64";
#else
  return "as compiled for";
#endif
}

ExitCode run_info(const Arguments& arguments) {
  if (!arguments.positional.empty()) throw UsageError("info takes no arguments");
  std::printf("anirec %s\n", ANIREC_VERSION);
  std::printf("devices   cpu: %d threads, %s\n", default_threads(), instruction_set());
  std::istringstream gpus(describe_devices());
  for (std::string line; std::getline(gpus, line);) std::printf("          %s\n", line.c_str());
  std::printf("build     %s, %s\n", ANIREC_COMPILER, ANIREC_BUILD_TYPE);
  std::printf("libraries %s, zlib %s, zstd %s\n", describe_libraries().c_str(), zlibVersion(),
              ZSTD_versionString());
  return ExitCode::ok;
}

}  // namespace

CommandSpec info_command() {
  return {"info", "anirec info", "devices, build, libraries", {}, {"anirec info"}, run_info, ""};
}

}  // namespace anirec
