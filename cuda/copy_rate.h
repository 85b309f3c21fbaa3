// How fast this device copies its own memory: what the traffic of a step is measured against.
#pragma once

#include "device/device.h"

namespace anirec::cuda {

// Bytes read and written a second by a kernel that only copies, between two buffers that no cache holds. Takes up to
// 1/32 of the free memory while it runs, and some milliseconds.
double measured_copy_rate(const device::Stream& stream);

}  // namespace anirec::cuda
