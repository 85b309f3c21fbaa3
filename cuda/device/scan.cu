#include "device/scan.h"

#include <thrust/iterator/counting_iterator.h>

#include <algorithm>
#include <cub/device/device_scan.cuh>
#include <cub/device/device_select.cuh>
#include <stdexcept>

#include "device/runtime.h"

namespace anirec::device {
namespace {

// CUB's algorithms over Thrust's iterators: Thrust's own would allocate and wait inside a step.
cudaError_t sum(void* scratch, std::size_t& scratch_bytes, const std::uint32_t* value, std::uint32_t* to,
                std::uint32_t count, cudaStream_t stream) {
  return cub::DeviceScan::ExclusiveSum(scratch, scratch_bytes, value, to, count, stream);
}

cudaError_t select_indices(void* scratch, std::size_t& scratch_bytes, const std::uint8_t* flag,
                           std::uint32_t* position, std::uint32_t* position_count, std::uint32_t count,
                           cudaStream_t stream) {
  return cub::DeviceSelect::Flagged(scratch, scratch_bytes, thrust::counting_iterator<std::uint32_t>(0), flag,
                                    position, position_count, count, stream);
}

// Runs a call twice, as CUB wants it: for the scratch it needs, then for what it does.
template <class Call>
void run(const Call& call, const char* name, Buffer<std::byte>& scratch, std::source_location where) {
  std::size_t needed = 0, given = scratch.size();
  check(call(nullptr, needed), name, where);
  if (needed > given) throw std::out_of_range("a scan's scratch is too small");
  check(call(scratch.data(), given), name, where);
}

}  // namespace

std::size_t scan_scratch_bytes(std::uint32_t count) {
  std::size_t sum_bytes = 0, select_bytes = 0;
  check(sum(nullptr, sum_bytes, nullptr, nullptr, count, nullptr), "the size of a sum's scratch");
  check(select_indices(nullptr, select_bytes, nullptr, nullptr, nullptr, count, nullptr),
        "the size of a selection's scratch");
  return std::max(sum_bytes, select_bytes);
}

void exclusive_sum(const std::uint32_t* value, std::uint32_t* to, std::uint32_t count, Buffer<std::byte>& scratch,
                   const Stream& stream, std::source_location where) {
  if (count == 0) return;
  run([&](void* memory, std::size_t& bytes) { return sum(memory, bytes, value, to, count, raw(stream)); },
      "exclusive sum", scratch, where);
}

void flagged_positions(const std::uint8_t* flag, std::uint32_t* position, std::uint32_t* position_count,
                       std::uint32_t count, Buffer<std::byte>& scratch, const Stream& stream,
                       std::source_location where) {
  run([&](void* memory, std::size_t& bytes) {
        return select_indices(memory, bytes, flag, position, position_count, count, raw(stream));
      },
      "selection of flagged positions", scratch, where);
}

}  // namespace anirec::device
