#include "cli/sink.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace envlock {

void FdSink::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      // The descriptor may be shared with a program that made it non-blocking.
      pollfd ready{fd_, POLLOUT, 0};
      (void)::poll(&ready, 1, -1);
    } else if (errno == EPIPE) {
      throw ClosedPipe(name_);
    } else if (errno != EINTR) {
      throw IoError("cannot write to " + name_, errno);
    }
  }
}

}  // namespace envlock
