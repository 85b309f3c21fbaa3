#include "device/sort.h"

#include <cub/device/device_radix_sort.cuh>

#include <algorithm>
#include <stdexcept>

#include "device/runtime.h"

namespace anirec::device {
namespace {

template <class Key>
cudaError_t radix_sort(void* scratch, std::size_t& scratch_bytes, const Key* keys, Key* sorted_keys,
                       const std::uint32_t* values, std::uint32_t* sorted_values, std::uint32_t count, int bits,
                       cudaStream_t stream) {
  return cub::DeviceRadixSort::SortPairs(scratch, scratch_bytes, keys, sorted_keys, values, sorted_values, count,
                                         0, bits, stream);
}

template <class Key>
std::size_t scratch_bytes_of(std::uint32_t count) {
  std::size_t bytes = 0;
  const Key* no_keys = nullptr;
  const std::uint32_t* no_values = nullptr;
  check(radix_sort(nullptr, bytes, no_keys, static_cast<Key*>(nullptr), no_values,
                   static_cast<std::uint32_t*>(nullptr), count, 8 * static_cast<int>(sizeof(Key)), nullptr),
        "the size of a sort's scratch");
  return bytes;
}

template <class Key>
void sort(const Key* keys, Key* sorted_keys, const std::uint32_t* values, std::uint32_t* sorted_values,
          std::uint32_t count, int bits, Buffer<std::byte>& scratch, const Stream& stream,
          std::source_location where) {
  if (count == 0) return;
  if (bits < 1 || bits > 8 * static_cast<int>(sizeof(Key)))
    throw std::out_of_range("a sort by no or too many bits");
  std::size_t needed = 0;
  check(radix_sort(nullptr, needed, keys, sorted_keys, values, sorted_values, count, bits, raw(stream)),
        "the size of a sort's scratch", where);
  if (needed > scratch.size()) throw std::out_of_range("a sort's scratch is too small");
  std::size_t given = scratch.size();
  check(radix_sort(scratch.data(), given, keys, sorted_keys, values, sorted_values, count, bits, raw(stream)),
        "sort of " + std::to_string(count) + " pairs", where);
}

}  // namespace

std::size_t sort_scratch_bytes(std::uint32_t count) {
  return std::max(scratch_bytes_of<std::uint64_t>(count), scratch_bytes_of<std::uint32_t>(count));
}

void sort_pairs(const std::uint64_t* keys, std::uint64_t* sorted_keys, const std::uint32_t* values,
                std::uint32_t* sorted_values, std::uint32_t count, int bits, Buffer<std::byte>& scratch,
                const Stream& stream, std::source_location where) {
  sort(keys, sorted_keys, values, sorted_values, count, bits, scratch, stream, where);
}

void sort_pairs(const std::uint32_t* keys, std::uint32_t* sorted_keys, const std::uint32_t* values,
                std::uint32_t* sorted_values, std::uint32_t count, int bits, Buffer<std::byte>& scratch,
                const Stream& stream, std::source_location where) {
  sort(keys, sorted_keys, values, sorted_values, count, bits, scratch, stream, where);
}

}  // namespace anirec::device
