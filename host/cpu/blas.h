// OpenBLAS made ready for the engine's threads.
#pragma once

#include <string>
#include <string_view>

namespace anirec {

// To be called before any product, as often as one likes: one thread a call, and kernels that fit the processor.
// OpenBLAS picks them by model numbers and gives a processor newer than itself those of 2004, which take four
// times as long. What the user asks for by OPENBLAS_CORETYPE stays.
void prepare_blas();

std::string blas_core();      // "SkylakeX"
std::string describe_blas();  // "OpenBLAS 0.3.21 (SkylakeX)", made ready

// The kernels to ask for instead of `core`; empty: they fit.
std::string_view better_blas_core(std::string_view core, bool avx2, bool avx512);

}  // namespace anirec
