# Defines anirec_cuda, and ANIREC_HAS_CUDA where it is the real engine.
set(ANIREC_HAS_CUDA OFF)
if(ANIREC_SANITIZE AND ANIREC_CUDA STREQUAL AUTO)
  message(STATUS "CUDA engine: not in a sanitizer build (the emulation ring is)")
elseif(NOT ANIREC_CUDA STREQUAL OFF)
  if(NOT CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 90)
  endif()
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    enable_language(CUDA)
    # CMake 3.25 sets a property of it without asking whether the toolkit still has it; CUDA 13's has not.
    if(NOT TARGET CUDA::nvToolsExt)
      add_library(CUDA::nvToolsExt INTERFACE IMPORTED)
    endif()
    find_package(CUDAToolkit REQUIRED)
    if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake 3.25 does not know it
      set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
    endif()
    set(ANIREC_HAS_CUDA ON)
  elseif(ANIREC_CUDA STREQUAL ON)
    message(FATAL_ERROR "ANIREC_CUDA=ON, but there is no nvcc: install the CUDA toolkit or put its bin/ on PATH")
  endif()
endif()
message(STATUS "CUDA engine: ${ANIREC_HAS_CUDA}")

if(ANIREC_HAS_CUDA)
  file(GLOB cuda_sources CONFIGURE_DEPENDS cuda/*.cu cuda/device/*.cu cuda/device/*.cpp)
  add_library(anirec_cuda STATIC ${cuda_sources})
  # No contraction and no denormals, as on the CPU (CMakeLists.txt, parallel/flush_denormals.h).
  target_compile_options(anirec_cuda PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:-fmad=false -ftz=true --expt-relaxed-constexpr
    -lineinfo -Werror=all-warnings -Xcompiler=-Wall,-Wextra,-Wno-parentheses>)  # nvcc writes its own parentheses
  target_include_directories(anirec_cuda PUBLIC cuda PRIVATE host)
  target_link_libraries(anirec_cuda PRIVATE CUDA::cudart_static CUDA::nvtx3 ${CMAKE_DL_LIBS})
else()
  add_library(anirec_cuda STATIC cuda/cuda_engine_stub.cpp)
  target_include_directories(anirec_cuda PUBLIC cuda)
endif()
