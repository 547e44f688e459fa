#include "cli/git_program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "model/error.hpp"

namespace envlock {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() { reset(); }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }
  void reset() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

class SpawnActions {
 public:
  SpawnActions() { posix_spawn_file_actions_init(&actions_); }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  posix_spawn_file_actions_t* get() noexcept { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// Signals are blocked in this program's threads, so that one thread can wait for them; git wants
/// its own.
class SpawnAttributes {
 public:
  SpawnAttributes() {
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  [[nodiscard]] const posix_spawnattr_t* get() const noexcept { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

/// What git needs of the environment; secrets that other variables hold are not its business.
std::vector<char*> environment_for_git() {
  constexpr std::array<std::string_view, 8> kept = {
      "PATH=", "HOME=", "USER=", "LOGNAME=", "TMPDIR=", "LANG=", "LC_", "XDG_CONFIG_HOME="};
  std::vector<char*> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const bool wanted =
        text.starts_with("GIT_") ||
        std::any_of(kept.begin(), kept.end(), [&](auto name) { return text.starts_with(name); });
    if (wanted) result.push_back(*entry);
  }
  result.push_back(nullptr);
  return result;
}

}  // namespace

GitAnswer run_git(const std::filesystem::path& cwd, std::vector<std::string> arguments,
                  std::size_t max_bytes) {
  arguments.insert(arguments.begin(), {"git", "-C", cwd.string()});
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw IoError("cannot make a pipe to git", errno);
  FileDescriptor reader(ends[0]);
  FileDescriptor writer(ends[1]);
  SpawnActions actions;
  posix_spawn_file_actions_adddup2(actions.get(), writer.get(), STDOUT_FILENO);
  posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(actions.get(), STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const SpawnAttributes attributes;
  pid_t child = 0;
  if (const int failed = ::posix_spawnp(&child, "git", actions.get(), attributes.get(), argv.data(),
                                        environment_for_git().data());
      failed != 0) {
    throw IoError("cannot run git", failed, "install git, or name the file itself");
  }
  writer.reset();
  GitAnswer answer;
  bool too_large = false;
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t got = ::read(reader.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw IoError("cannot read git's answer", errno);
    if (got == 0) break;
    answer.output.append(buffer.data(), static_cast<std::size_t>(got));
    if (answer.output.size() > max_bytes) {
      too_large = true;
      break;
    }
  }
  reader.reset();  // a git that still writes ends with SIGPIPE
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (too_large)
    throw TrustError("git's answer has more than " + std::to_string(max_bytes) + " bytes");
  if (WIFEXITED(status)) answer.status = WEXITSTATUS(status);
  return answer;
}

}  // namespace envlock
