#include "interrupt.h"

#include <unistd.h>
#include <atomic>
#include <csignal>

#include "error.h"

namespace anirec {
namespace {

// Written by a signal handler and read by every thread of a team: std::sig_atomic_t is good for one thread alone.
std::atomic<int> requested_flag = 0;
static_assert(std::atomic<int>::is_always_lock_free);

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
