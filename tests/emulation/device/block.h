// Runs a launch: its blocks one after the other, in random order; a block's threads as fibers, in random order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "device/kernel.h"
#include "device/random.h"

namespace anirec::emulation {

struct Launch {
  const void* kernel;
  std::function<void()> thread;  // the kernel with its arguments
  device::Grid grid;
  std::uint32_t threads;
  std::size_t shared_bytes;
};

// Every byte of unwritten memory is part of `poison`, repeated.
void run_launch(const Launch& launch, std::uint32_t poison, Random& random);

// "anirec::row_update_kernel (launched at row_update.cu:120)".
std::string text(const Launch& launch);

void fill(void* memory, std::size_t bytes, std::uint32_t poison);

std::uint64_t switches_so_far();

}  // namespace anirec::emulation
