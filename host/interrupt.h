// Ctrl-C, SIGTERM and a terminal that is closed. The handler only sets a flag; long loops look at it between
// pieces of work.
#pragma once

namespace anirec {

// From now on SIGINT, SIGTERM and (but under nohup) SIGHUP set the flag; a second one ends the process at once
// with exit code 130 (safe at any moment: files are only ever replaced whole).
void install_interrupt_handler();
// From now on a reader of the output that goes away sets the flag too, where before it ended the process: for
// commands that have something to save.
void interrupt_on_closed_pipe();
bool interrupt_requested();
void throw_if_interrupted();  // throws Interrupted

// For tests: as if a signal had come, or as if none had.
void set_interrupt_requested(bool requested);

}  // namespace anirec
