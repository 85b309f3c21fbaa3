// The emulator's dice: quick, and the same everywhere.
#pragma once

#include <cstdint>

namespace anirec::emulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 0x1234567u) {}
  // Below `count` >= 1.
  std::uint32_t below(std::uint32_t count) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::uint32_t>(((state_ >> 32) * count) >> 32);
  }

 private:
  std::uint64_t state_;
};

}  // namespace anirec::emulation
