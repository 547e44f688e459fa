#include "fetch/helper_program.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "fetch/child_process.hpp"
#include "fetch/credential_text.hpp"
#include "model/error.hpp"
#include "model/unique_fd.hpp"

namespace envlock {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds look_at_stop_every{50};

}  // namespace

Secret run_helper(const HelperRun& run, std::string_view action, std::string_view input,
                  const std::stop_token& stop) {
  const std::string what = "the credential helper '" + run.words.front() + "'";
  // A pair of sockets, because a write to one never raises SIGPIPE here (MSG_NOSIGNAL).
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw IoError("cannot make a pipe to " + what, errno);
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  std::vector<std::string> words = run.words;
  words.emplace_back(action);
  std::vector<std::string> environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8"};
  if (!run.home.empty()) environment.push_back("HOME=" + run.home);
  int failed = 0;
  ChildProcess child(run.words.front(), std::move(words), std::move(environment),
                     ChildProcess::Group::own, theirs.get(), theirs.get(), failed);
  if (failed != 0)
    throw TrustError("cannot run " + what + ": " + std::strerror(failed),
                     "check 'helper' in envlock.yml: the absolute path of a program");
  theirs.reset();
  // Short enough for the socket's buffer; a helper that does not read it is no fault.
  static_cast<void>(::send(ours.get(), input.data(), input.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
  ::shutdown(ours.get(), SHUT_WR);

  const auto deadline = steady_clock::now() + run.patience;
  const auto check_time = [&] {
    if (stop.stop_requested()) throw Interrupted();
    if (steady_clock::now() >= deadline)
      throw TrustError(what + " did not answer within " +
                           std::to_string(run.patience.count() / 1000) + " seconds",
                       "it must not ask anybody: give it what it needs beforehand");
  };
  std::string output;
  output.reserve(max_credential_text_bytes + 1);  // growing would leave copies behind
  std::array<char, 4096> buffer{};
  for (bool open = true; open;) {
    check_time();
    pollfd waiting{ours.get(), POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(look_at_stop_every.count())) <= 0) continue;
    const ssize_t got = ::read(ours.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    open = got > 0;
    if (!open) break;
    if (output.size() + static_cast<std::size_t>(got) > max_credential_text_bytes) {
      wipe(output);
      wipe(buffer);
      throw TrustError(what + " answered more than 64 KiB");
    }
    output.append(buffer.data(), static_cast<std::size_t>(got));
  }
  wipe(buffer);
  Secret answer = Secret::take(output);
  int status = 0;
  while (!child.ended(status)) {
    check_time();
    std::this_thread::sleep_for(milliseconds(2));
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw TrustError(
        what + (WIFEXITED(status) ? " failed with status " + std::to_string(WEXITSTATUS(status))
                                  : " was ended by signal " + std::to_string(WTERMSIG(status))),
        "run it by hand with 'get': its own messages are not shown here");
  return answer;
}

}  // namespace envlock
