// Names of places in this program, for messages: asked of binutils' addr2line, so only when something went wrong.
#pragma once

#include <source_location>
#include <string>

namespace anirec::emulation {

std::string function_at(const void* code);  // "anirec::row_update_kernel"
std::string line_at(const void* code);      // "row_update.cu:88", or its address without debug information
std::string text(const std::source_location& place);  // "row_update.cu:88"

// Prints "emulation: <message>" and aborts: a fault in a kernel, not in its data.
[[noreturn]] void fail(const std::string& message);

}  // namespace anirec::emulation
