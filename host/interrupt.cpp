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

// Every write to the pipe raises it again: it must not end the process while that saves its work.
void on_closed_pipe(int) { requested_flag = 1; }

void handle(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(signal, &action, nullptr);
}

bool is_ignored(int signal) {
  struct sigaction action = {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

void install_interrupt_handler() {
  handle(SIGINT, on_signal);
  handle(SIGTERM, on_signal);
  if (!is_ignored(SIGHUP)) handle(SIGHUP, on_signal);
}

void interrupt_on_closed_pipe() {
  if (!is_ignored(SIGPIPE)) handle(SIGPIPE, on_closed_pipe);
}

bool interrupt_requested() { return requested_flag != 0; }

void throw_if_interrupted() {
  if (interrupt_requested()) throw Interrupted();
}

void set_interrupt_requested(bool requested) { requested_flag = requested ? 1 : 0; }

}  // namespace anirec
