#include "cpu/blas.h"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace anirec;

TEST_CASE("a processor that OpenBLAS does not know gets the kernels of one that it does") {
  CHECK(better_blas_core("Prescott", true, true) == "SkylakeX");
  CHECK(better_blas_core("Prescott", true, false) == "Haswell");
  CHECK(better_blas_core("Barcelona", true, false) == "Haswell");
  CHECK(better_blas_core("Prescott", false, false) == "");
  for (const char* core : {"Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids"})
    CHECK(better_blas_core(core, true, true) == "");
}

TEST_CASE("the kernels in use fit the processor, unless somebody wants others") {
  prepare_blas();
  CHECK(blas_core() != "");
#ifdef __x86_64__
  if (std::getenv("OPENBLAS_CORETYPE") == nullptr && __builtin_cpu_supports("avx2"))
    CHECK(blas_core() != "Prescott");
#endif
}
