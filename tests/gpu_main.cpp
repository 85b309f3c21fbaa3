// Tests that need a GPU: exit code 77 (skipped, to CTest) where there is none, 1 under ANIREC_REQUIRE_GPU=1.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "cuda/cuda_engine.h"

int main(int argc, char** argv) {
  const anirec::CudaDevices found = anirec::list_cuda_devices();
  if (found.devices.empty()) {
    const char* required = std::getenv("ANIREC_REQUIRE_GPU");
    std::printf("no GPU: %s\n", found.reason.c_str());
    return required != nullptr && std::string_view(required) == "1" ? 1 : 77;
  }
  return doctest::Context(argc, argv).run();
}
