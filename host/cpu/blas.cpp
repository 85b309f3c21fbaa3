#include "cpu/blas.h"

#include <algorithm>
#include <array>
#include <cstdlib>

extern "C" {
void openblas_set_num_threads(int threads);
char* openblas_get_config();
char* openblas_get_corename();
// A library built for one processor has no choice, and neither of these.
__attribute__((weak)) void gotoblas_dynamic_init();
__attribute__((weak)) void gotoblas_dynamic_quit();
}

namespace anirec {
namespace {

bool choose_kernels() {
  constexpr const char* variable = "OPENBLAS_CORETYPE";
  if (std::getenv(variable) != nullptr || gotoblas_dynamic_init == nullptr || gotoblas_dynamic_quit == nullptr)
    return false;
#ifdef __x86_64__
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  const std::string_view better = better_blas_core(blas_core(), avx2, avx512);
  if (better.empty()) return false;
  setenv(variable, std::string(better).c_str(), 1);
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  unsetenv(variable);
  return true;
#else
  return false;
#endif
}

}  // namespace

void prepare_blas() {
  [[maybe_unused]] static const bool chosen = choose_kernels();
  openblas_set_num_threads(1);  // the team's members call it, each for its own tiles
}

std::string blas_core() { return openblas_get_corename(); }

std::string describe_blas() {
  prepare_blas();
  std::string name = openblas_get_config();
  name.resize(std::min(name.size(), name.find(' ', name.find(' ') + 1)));
  return name + " (" + blas_core() + ")";
}

std::string_view better_blas_core(std::string_view core, bool avx2, bool avx512) {
  // All others of an x86-64 were written before AVX2.
  constexpr std::array<std::string_view, 7> fitting = {
      "Haswell", "Zen", "SkylakeX", "Cooperlake", "Excavator", "SapphireRapids", "Unknown"};
  if (!avx2 || std::find(fitting.begin(), fitting.end(), core) != fitting.end()) return {};
  return avx512 ? "SkylakeX" : "Haswell";
}

}  // namespace anirec
