// argv → command; the only place where an exception becomes an exit code.
#include <fcntl.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <new>
#include <string_view>

#include "commands/command_table.h"
#include "error.h"
#include "interrupt.h"
#include "terminal.h"

namespace {

using namespace anirec;

int report(ExitCode code, const std::string& message) {
  std::fflush(stdout);
  const bool color = code != ExitCode::interrupted && has_color(stderr);
  std::fprintf(stderr, "%s %s\n", inked("anirec:", Ink::error, color).c_str(), message.c_str());
  return static_cast<int>(code);
}

// All output must have arrived: a full disk behind > is an error. A closed pipe (| head) is not ours to complain
// of, and its signal ends the process, unless the caller has that ignored and so wants to be told.
int finish(ExitCode code) {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return static_cast<int>(code);
  if (code != ExitCode::ok) return static_cast<int>(code);  // it has said why already
  const std::string why = errno == 0 ? "" : " (" + std::string(std::strerror(errno)) + ")";
  return report(ExitCode::data, "standard output cannot be written" + why + "; what was printed is not complete");
}

// A file of ours must never get the number of an output that the caller closed: what is printed would end in it.
// Both outputs are opened for reading and the input for writing, so that their use still fails as that of a closed
// one.
void occupy_standard_descriptors() {
  for (const int number : {0, 1, 2})
    if (fcntl(number, F_GETFD) < 0 && errno == EBADF) (void)!open("/dev/null", number == 0 ? O_WRONLY : O_RDONLY);
}

// --color is looked for before all else, so that it holds for what is wrong with the other words too.
void take_color(int argc, char** argv) {
  constexpr std::string_view flag = "--color";
  for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i) {
    const std::string_view word = argv[i];
    if (word == flag && i + 1 < argc) choose_color(argv[i + 1]);
    if (word.starts_with("--color=")) choose_color(argv[i] + flag.size() + 1);
  }
}

int run(int argc, char** argv) {
  take_color(argc, argv);
  std::string name = argc > 1 ? argv[1] : "help";
  if (name == "--version") {
    std::printf("anirec %s\n", ANIREC_VERSION);
    return finish(ExitCode::ok);
  }
  if (name == "--help" || name == "-h") name = "help";
  const CommandSpec& command = find_command(name);
  Arguments arguments = parse_arguments(command, argc > 1 ? argc - 1 : argc, argc > 1 ? argv + 1 : argv);
  arguments.given.erase("color");
  if (arguments.has("help") && name != "help") {
    Arguments about;
    about.positional = {name};
    return finish(find_command("help").run(about));
  }
  return finish(command.run(arguments));
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_descriptors();
  install_interrupt_handler();
  std::signal(SIGXFSZ, SIG_IGN);  // a file beyond ulimit -f is a write that fails
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
  } catch (const std::length_error&) {
    return report(ExitCode::other, "out of memory: something is larger than any memory; give smaller sizes");
  } catch (const std::filesystem::filesystem_error& error) {
    return report(ExitCode::data, printable(error.what()) + "; choose another place");
  } catch (const std::exception& error) {
    return report(ExitCode::other, printable(error.what()));
  }
}
