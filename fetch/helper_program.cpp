#include "fetch/helper_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include "fetch/credential_text.hpp"
#include "model/error.hpp"
#include "model/unique_fd.hpp"

namespace envlock {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds look_at_stop_every{50};

class SpawnSetup {
 public:
  explicit SpawnSetup(int input_output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, input_output, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, input_output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&attributes_);
    // The signals that this program blocks in its threads are the helper's own to handle, and a
    // group of its own lets whatever it starts be ended with it.
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
  [[nodiscard]] const posix_spawn_file_actions_t* actions() const noexcept { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const noexcept { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// A child of ours in a group of its own; killed with the group where nobody waited for its end.
class Child {
 public:
  explicit Child(pid_t pid) noexcept : pid_(pid) {}
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// True once it has ended; then `status` is waitpid's.
  bool ended(int& status) {
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
    ::kill(-pid_, SIGKILL);  // what it left behind in its group
    pid_ = -1;
    return true;
  }

 private:
  pid_t pid_;
};

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

pid_t start(const HelperRun& run, std::string_view action, int end) {
  std::vector<std::string> words = run.words;
  words.emplace_back(action);
  std::vector<std::string> environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8"};
  if (!run.home.empty()) environment.push_back("HOME=" + run.home);
  const SpawnSetup setup(end);
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, words.front().c_str(), setup.actions(), setup.attributes(),
                                   pointers(words).data(), pointers(environment).data());
  if (failed != 0)
    throw TrustError(
        "cannot run the credential helper '" + words.front() + "': " + std::strerror(failed),
        "check 'helper' in envlock.yml: the absolute path of a program");
  return pid;
}

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
  Child child(start(run, action, theirs.get()));
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
