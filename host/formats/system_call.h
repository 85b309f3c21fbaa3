// System calls that signals interrupt, and descriptors that are closed in time.
#pragma once

#include <cerrno>

#include <unistd.h>

namespace anirec {

// Makes a call that gives −1 and errno, again where a signal interrupted it.
template <class Call>
auto retrying(const Call& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

struct Descriptor {
  explicit Descriptor(int opened) : number(opened) {}
  ~Descriptor() {
    if (number >= 0) close(number);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  const int number;
};

}  // namespace anirec
