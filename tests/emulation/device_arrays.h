// Values to the device and back, for tests.
#pragma once

#include <cstddef>
#include <vector>

#include "device/device.h"

namespace anirec::samples {

template <class T>
device::Buffer<T> on_device(const std::vector<T>& values, const device::Stream& stream) {
  device::Buffer<T> buffer(values.size());
  buffer.upload(values, stream);
  stream.synchronize();
  return buffer;
}

template <class T>
std::vector<T> to_host(const device::Buffer<T>& buffer, const device::Stream& stream) {
  std::vector<T> values(buffer.size());
  buffer.download(values, stream);
  stream.synchronize();
  return values;
}

// 0, 1, 2, … each divided by 4.
inline std::vector<float> quarters(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i) / 4;
  return values;
}

}  // namespace anirec::samples
