#include "device/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if !defined(__x86_64__)
#error "the emulation ring switches stacks by x86-64 instructions: build with -DANIREC_TESTS=OFF here"
#endif

// Pushes what a call must preserve, keeps the stack pointer in *rdi, and takes up the stack at rsi. Floating-point
// modes are the same for all fibers and stay.
asm(R"(
.text
.type anirec_switch_stack, @function
anirec_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size anirec_switch_stack, .-anirec_switch_stack
)");
extern "C" void anirec_switch_stack(void** keep, void* take) __asm__("anirec_switch_stack");

namespace anirec::emulation {
namespace {

constexpr std::size_t page = 4096, stack_bytes = 128 * 1024;

// Stacks that began at the same place of their pages would share a few lines of the caches.
std::size_t next_offset() {
  static std::size_t fibers = 0;
  return fibers++ % 61 * 704;
}

Fiber* arriving = nullptr;  // the one being switched to
Fiber* leaving = nullptr;

}  // namespace

Fiber::Fiber(void (*entry)(void*), void* given) : argument(given), entry_(entry) {
  void* const memory =
      mmap(nullptr, page + stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  memory_ = static_cast<char*>(memory);
  mprotect(memory_, page, PROT_NONE);  // a stack that grows too far stops here
  bottom_ = memory_ + page;
  size_ = stack_bytes;
  // As if start() had been interrupted just before its first instruction, called from nowhere.
  void** top = reinterpret_cast<void**>(memory_ + page + stack_bytes - next_offset()) - 8;
  for (int i = 0; i < 8; ++i) top[i] = nullptr;
  top[6] = reinterpret_cast<void*>(&Fiber::start);
  stack_pointer_ = top;
}

Fiber::~Fiber() {
  if (memory_ != nullptr) munmap(memory_, page + stack_bytes);
}

void Fiber::switch_to(Fiber& other) {
  arriving = &other;
  leaving = this;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&fake_stack_, other.bottom_, other.size_);
#endif
  anirec_switch_stack(&stack_pointer_, other.stack_pointer_);
  arrived();
}

void Fiber::arrived() {
#if defined(__SANITIZE_ADDRESS__)
  // The stack that a process begins on is learnt when it is first left.
  __sanitizer_finish_switch_fiber(fake_stack_, leaving->memory_ == nullptr ? &leaving->bottom_ : nullptr,
                                  leaving->memory_ == nullptr ? &leaving->size_ : nullptr);
#endif
}

void Fiber::start() {
  Fiber& self = *arriving;
  self.arrived();
  self.entry_(self.argument);
  std::abort();
}

}  // namespace anirec::emulation
