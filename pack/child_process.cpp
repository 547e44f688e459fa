#include "pack/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>
#include <thread>
#include <utility>

#include "model/error.hpp"
#include "model/unique_fd.hpp"

namespace envlock {
namespace {

std::pair<UniqueFd, UniqueFd> make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) throw IoError("cannot make a pipe", errno);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

/// The actions and attributes of a posix_spawn.
class Spawn {
 public:
  Spawn() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    // This program's blocked signals are not the child's.
    sigset_t none;
    sigemptyset(&none);
    sigset_t usual;
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &usual);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
  }
  ~Spawn() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;

  pid_t start(const ChildCommand& child, int input, int output) {
    ::posix_spawn_file_actions_addchdir_np(&actions_, child.folder.c_str());
    ::posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
    pid_t pid = 0;
    const int error =
        ::posix_spawn(&pid, child.arguments.at(0).c_str(), &actions_, &attributes_,
                      pointers(child.arguments).data(), pointers(child.environment).data());
    if (error != 0) throw IoError("cannot run '" + child.arguments.at(0) + "'", error);
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

constexpr std::size_t most_output_bytes = 4096;
constexpr std::chrono::milliseconds poll_interval{100};
/// Between asking the group to end and ending it.
constexpr std::chrono::seconds patience{3};
/// Once it was ended: whoever left the group may hold the pipe open for ever.
constexpr std::chrono::seconds last_wait{1};

/// Feeds a child and listens to it, until nobody holds its output any more, or it was stopped.
class Conversation {
 public:
  Conversation(pid_t pid, std::string_view text, UniqueFd input, UniqueFd output)
      : pid_(pid), text_(text), input_(std::move(input)), output_(std::move(output)) {
    // A child that neither reads nor writes must not keep this program from being stopped.
    for (const UniqueFd* fd : {&input_, &output_})
      ::fcntl(fd->get(), F_SETFL, ::fcntl(fd->get(), F_GETFL) | O_NONBLOCK);
    if (text_.empty()) input_.reset();
  }

  /// @return the beginning of what it said
  std::string run(const std::stop_token& stop) {
    while (output_ && !is_over(stop)) {
      // A negative descriptor is passed over.
      std::array<pollfd, 2> fds{{{output_.get(), POLLIN, 0}, {input_.get(), POLLOUT, 0}}};
      if (!input_) fds[1].fd = -1;
      if (::poll(fds.data(), fds.size(), static_cast<int>(poll_interval.count())) <= 0) continue;
      if (fds[1].revents != 0) write_some();
      if (fds[0].revents != 0) read_some();
    }
    return std::move(said_);
  }

  /// Waits until the child itself has ended.
  int status(const std::stop_token& stop) {
    constexpr std::chrono::milliseconds longest{50};
    std::chrono::milliseconds pause{1};
    int status = 0;
    for (;;) {
      const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
      if (ended == pid_ || (ended < 0 && errno != EINTR)) return status;
      (void)is_over(stop);  // asks it to end; only being reaped ends this
      std::this_thread::sleep_for(pause);
      pause = std::min(pause * 2, longest);
    }
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// Ends the group where this run was stopped. What the program started goes with it: it would
  /// hold the pipe open. A stopped process (SIGSTOP) must go on to end.
  bool is_over(const std::stop_token& stop) {
    if (!stop.stop_requested()) return false;
    const Clock::time_point now = Clock::now();
    if (!asked_) {
      asked_ = now;
      ::kill(-pid_, SIGTERM);
      ::kill(-pid_, SIGCONT);
    } else if (!ended_ && now - *asked_ >= patience) {
      ended_ = now;
      ::kill(-pid_, SIGKILL);
    }
    return ended_ && now - *ended_ >= last_wait;
  }

  /// A child that ends before it has read all is judged by its status. SIGPIPE stays blocked here.
  void write_some() {
    const ssize_t count = ::write(input_.get(), text_.data(), text_.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count > 0) text_.remove_prefix(static_cast<std::size_t>(count));
    if (count < 0 || text_.empty()) input_.reset();
  }

  void read_some() {
    std::array<char, 4096> piece{};
    const ssize_t count = ::read(output_.get(), piece.data(), piece.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count <= 0) return output_.reset();
    said_.append(piece.data(), static_cast<std::size_t>(count));
    if (said_.size() > most_output_bytes) said_.resize(most_output_bytes);
  }

  pid_t pid_;
  std::string_view text_;  ///< What it has not been given yet.
  UniqueFd input_, output_;
  std::string said_;
  std::optional<Clock::time_point> asked_, ended_;
};

}  // namespace

ChildResult run_child(const ChildCommand& child, const std::stop_token& stop) {
  auto [input_end, input] = make_pipe();
  auto [output, output_end] = make_pipe();
  Spawn spawn;
  const pid_t pid = spawn.start(child, input_end.get(), output_end.get());
  input_end.reset();
  output_end.reset();
  Conversation talk(pid, child.input, std::move(input), std::move(output));
  ChildResult result;
  result.error = talk.run(stop);
  result.status = talk.status(stop);
  if (stop.stop_requested()) throw Interrupted();
  return result;
}

std::string describe_status(int status) {
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace envlock
