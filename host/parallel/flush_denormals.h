// Denormals flushed to zero, as on the GPU: the first moment of a row idle for 830 steps is denormal, and
// arithmetic on denormals is some hundred times slower.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace anirec {

// While it lives, float results and operands of this thread that are denormal count as zero.
class FlushDenormals {
 public:
#if defined(__x86_64__)
  FlushDenormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040u); }  // FTZ and DAZ
  ~FlushDenormals() { _mm_setcsr(before_); }

 private:
  unsigned before_;
#else
  FlushDenormals() = default;
#endif
 public:
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;
};

}  // namespace anirec
