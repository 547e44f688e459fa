#include "cli/git_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "fetch/child_process.hpp"
#include "model/error.hpp"
#include "model/unique_fd.hpp"

namespace envlock {
namespace {

constexpr int look_at_stop_every_ms = 50;

/// What git needs of the environment; secrets that other variables hold are not its business.
std::vector<std::string> environment_for_git() {
  constexpr std::array<std::string_view, 8> kept = {
      "PATH=", "HOME=", "USER=", "LOGNAME=", "TMPDIR=", "LANG=", "LC_", "XDG_CONFIG_HOME="};
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const bool wanted =
        text.starts_with("GIT_") ||
        std::any_of(kept.begin(), kept.end(), [&](auto name) { return text.starts_with(name); });
    if (wanted) result.emplace_back(text);
  }
  return result;
}

}  // namespace

GitAnswer run_git(const std::filesystem::path& cwd, std::vector<std::string> arguments,
                  std::size_t max_bytes, const std::stop_token& stop) {
  arguments.insert(arguments.begin(), {"git", "-C", cwd.string()});
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw IoError("cannot make a pipe to git", errno);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!nothing) throw IoError("cannot open /dev/null", errno);
  int failed = 0;
  ChildProcess child("git", std::move(arguments), environment_for_git(), ChildProcess::Group::ours,
                     nothing.get(), writer.get(), failed);
  if (failed != 0) throw IoError("cannot run git", failed, "install git, or name the file itself");
  writer.reset();
  GitAnswer answer;
  std::array<char, 16384> buffer{};
  for (;;) {
    if (stop.stop_requested()) throw Interrupted();
    pollfd waiting{reader.get(), POLLIN, 0};
    if (::poll(&waiting, 1, look_at_stop_every_ms) <= 0) continue;
    const ssize_t got = ::read(reader.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw IoError("cannot read git's answer", errno);
    if (got == 0) break;
    answer.output.append(buffer.data(), static_cast<std::size_t>(got));
    if (answer.output.size() > max_bytes)
      throw TrustError("git's answer has more than " + std::to_string(max_bytes) + " bytes");
  }
  int status = 0;
  while (!child.ended(status)) {
    if (stop.stop_requested()) throw Interrupted();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (WIFEXITED(status)) answer.status = WEXITSTATUS(status);
  return answer;
}

}  // namespace envlock
