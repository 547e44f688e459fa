#include "pack/child_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
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

  pid_t start(const ChildProcess& child, int input, int output) {
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

/// A child that ends before it has read all is judged by its status. SIGPIPE stays blocked here.
void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno != EINTR) return;
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string read_beginning(int fd) {
  constexpr std::size_t most = 4096;
  std::string text;
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t count = ::read(fd, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(count));
    if (text.size() > most) text.resize(most);
  }
}

}  // namespace

ChildResult run_child(const ChildProcess& child, const std::stop_token& stop) {
  auto [input_end, input] = make_pipe();
  auto [output, output_end] = make_pipe();
  Spawn spawn;
  const pid_t pid = spawn.start(child, input_end.get(), output_end.get());
  input_end.reset();
  output_end.reset();
  ChildResult result;
  {
    // What the program started goes with it: it would hold the pipe open.
    const std::stop_callback end(stop, [pid] { ::kill(-pid, SIGTERM); });
    write_all(input.get(), child.input);
    input.reset();
    result.error = read_beginning(output.get());
    // Until it is reaped, its number is nobody else's.
    siginfo_t ended{};
    while (::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOWAIT) != 0 &&
           errno == EINTR) {
    }
  }
  while (::waitpid(pid, &result.status, 0) < 0 && errno == EINTR) {
  }
  if (stop.stop_requested()) throw Interrupted();
  return result;
}

std::string describe_status(int status) {
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace envlock
