#include "device/scan.h"

#include <cub/device/device_scan.cuh>
#include <stdexcept>

#include "device/runtime.h"

namespace anirec::device {
namespace {

// CUB's sum, not Thrust's, which would allocate and wait inside a step.
cudaError_t sum(void* scratch, std::size_t& scratch_bytes, const std::uint32_t* value, std::uint32_t* to,
                std::uint32_t count, cudaStream_t stream) {
  return cub::DeviceScan::ExclusiveSum(scratch, scratch_bytes, value, to, count, stream);
}

}  // namespace

std::size_t scan_scratch_bytes(std::uint32_t count) {
  std::size_t bytes = 0;
  check(sum(nullptr, bytes, nullptr, nullptr, count, nullptr), "the size of a sum's scratch");
  return bytes;
}

void exclusive_sum(const std::uint32_t* value, std::uint32_t* to, std::uint32_t count, Buffer<std::byte>& scratch,
                   const Stream& stream, std::source_location where) {
  if (count == 0) return;
  std::size_t needed = 0, given = scratch.size();
  check(sum(nullptr, needed, value, to, count, raw(stream)), "the size of a sum's scratch", where);
  if (needed > given) throw std::out_of_range("a sum's scratch is too small");
  check(sum(scratch.data(), given, value, to, count, raw(stream)), "exclusive sum", where);
}

}  // namespace anirec::device
