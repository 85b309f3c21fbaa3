#include "interrupt.h"

#include <csignal>
#include <unistd.h>

#include "error.h"

namespace anirec {
namespace {

volatile std::sig_atomic_t requested_flag = 0;

void on_signal(int) {
  if (requested_flag != 0) _exit(static_cast<int>(ExitCode::interrupted));
  requested_flag = 1;
}

}  // namespace

void install_interrupt_handler() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupt_requested() { return requested_flag != 0; }

void throw_if_interrupted() {
  if (interrupt_requested()) throw Interrupted();
}

void set_interrupt_requested(bool requested) { requested_flag = requested ? 1 : 0; }

}  // namespace anirec
