// argv → command; the only place where an exception becomes an exit code.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>

#include "commands/command_table.h"
#include "error.h"
#include "interrupt.h"

namespace {

using namespace anirec;

int report(ExitCode code, const std::string& message) {
  std::fflush(stdout);
  std::fprintf(stderr, "anirec: %s\n", message.c_str());
  return static_cast<int>(code);
}

// All output must have arrived: a full disk behind > is an error, a closed pipe (| head) is not ours to complain of.
int finish(ExitCode code) {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    return report(ExitCode::data, "standard output cannot be written (" + std::string(std::strerror(errno)) + ")");
  return static_cast<int>(code);
}

int run(int argc, char** argv) {
  std::string name = argc > 1 ? argv[1] : "help";
  if (name == "--version") {
    std::printf("anirec %s\n", ANIREC_VERSION);
    return finish(ExitCode::ok);
  }
  if (name == "--help" || name == "-h") name = "help";
  const CommandSpec& command = find_command(name);
  Arguments arguments = parse_arguments(command, argc > 1 ? argc - 1 : argc, argc > 1 ? argv + 1 : argv);
  if (arguments.has("help") && name != "help") {
    Arguments about;
    about.positional = {name};
    return finish(find_command("help").run(about));
  }
  return finish(command.run(arguments));
}

}  // namespace

int main(int argc, char** argv) {
  install_interrupt_handler();
  try {
    return run(argc, argv);
  } catch (const Error& error) {
    std::string message = error.what();
    const char* debug = std::getenv("ANIREC_DEBUG");
    if (debug != nullptr && std::strcmp(debug, "1") == 0)
      message += " [" + std::string(error.where().file_name()) + ":" + std::to_string(error.where().line()) + "]";
    return report(error.code(), message);
  } catch (const std::bad_alloc&) {
    return report(ExitCode::other, "out of memory; use a machine with more, or a smaller --dim or --batch-size");
  } catch (const std::exception& error) {
    return report(ExitCode::other, printable(error.what()));
  }
}
