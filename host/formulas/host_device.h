// The one marker that lets a formula be compiled for both engines.
#pragma once

#if defined(__CUDACC__)
#define ANIREC_FORMULA __host__ __device__ inline
#else
#define ANIREC_FORMULA inline __attribute__((always_inline))
#endif
