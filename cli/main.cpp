#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "cli/run.hpp"
#include "pack/signals.hpp"

namespace {

/// A file must never be opened under the number of a standard stream that the caller closed.
/// Read-only, so that writing to it fails and is reported.
void occupy_standard_streams() noexcept {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) == -1) (void)::open("/dev/null", O_RDONLY);  // the lowest free number
  }
}

std::size_t terminal_width() noexcept {
  winsize size{};
  for (const int fd : {STDERR_FILENO, STDOUT_FILENO}) {
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) return size.ws_col;
  }
  return 80;
}

std::optional<std::string> environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    occupy_standard_streams();
    const envlock::SignalWatcher signals;
    envlock::FdSink out(STDOUT_FILENO, "standard output");
    envlock::FdSink err(STDERR_FILENO, "standard error");
    envlock::Streams streams{.out = out,
                             .err = err,
                             .out_is_tty = ::isatty(STDOUT_FILENO) == 1,
                             .err_is_tty = ::isatty(STDERR_FILENO) == 1,
                             .width = terminal_width(),
                             .environment = environment};
    const std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
    return envlock::run(args, streams, signals.token());
  } catch (const std::exception&) {  // no memory or no thread at the very start
    return static_cast<int>(envlock::ExitCode::internal);
  }
}
