#include "fetch/cache_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <thread>

#include "model/error.hpp"

namespace envlock {

CacheLock::CacheLock(const std::filesystem::path& file, std::chrono::milliseconds patience,
                     const std::stop_token& stop)
    : fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
  using std::chrono::steady_clock;
  if (!fd_)
    throw IoError("cannot write in the cache: '" + file.string() + "'", errno,
                  "name another folder with --cache-dir");
  // Not a blocking flock: that could not be interrupted.
  constexpr std::chrono::milliseconds pause{20};
  const auto give_up = steady_clock::now() + patience;
  while (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (stop.stop_requested()) throw Interrupted();
    if (errno != EWOULDBLOCK && errno != EINTR) return;
    if (steady_clock::now() >= give_up) return;
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace envlock
