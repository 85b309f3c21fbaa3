// Stacks to run on, and the switch between them.
#pragma once

#include <cstddef>
#include <memory>

namespace anirec::emulation {

class Fiber {
 public:
  // Runs entry(argument) when first switched to; entry never returns.
  Fiber(void (*entry)(void*), void* argument);
  Fiber() = default;  // stands for the stack one is already on
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Leaves this fiber, which is the running one, until somebody switches back to it.
  void switch_to(Fiber& other);

  void* argument = nullptr;

 private:
  static void start();
  void arrived();  // tells AddressSanitizer

  void* stack_pointer_ = nullptr;
  void (*entry_)(void*) = nullptr;
  char* memory_ = nullptr;  // a page that may not be touched, then the stack
  const void* bottom_ = nullptr;
  std::size_t size_ = 0;
  void* fake_stack_ = nullptr;  // AddressSanitizer's
};

}  // namespace anirec::emulation
