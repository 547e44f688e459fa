#include "tests/support/program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

std::string octal(unsigned mask) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04o", mask);
  return text.data();
}

std::vector<std::string> environment_of(const RunOptions& options) {
  std::map<std::string, std::string> all;
  for (const char* name : {"PATH", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) all[name] = value;
  }
  all["HOME"] = options.cwd.string();
  all["LC_ALL"] = "C.UTF-8";
  for (const auto& [name, value] : options.env) all[name] = value;
  std::vector<std::string> lines;
  for (const auto& [name, value] : all) lines.push_back(name + "=" + value);
  return lines;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

void check(int error_number, const std::string& what) {
  if (error_number != 0) throw std::runtime_error(what + ": " + std::strerror(error_number));
}

class FileActions {
 public:
  FileActions() { check(posix_spawn_file_actions_init(&actions_), "posix_spawn"); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

}  // namespace

/// Output goes to files, not pipes: no reader is needed, and a full pipe cannot stop the program.
struct Process::Files {
  TempDir dir;
  std::filesystem::path in = dir / "in", out = dir / "out", err = dir / "err";
};

Process::Process(const std::string& program, const std::vector<std::string>& args,
                 const RunOptions& options)
    : files_(std::make_unique<Files>()), limit_(options.limit) {
  if (options.cwd.empty()) throw std::runtime_error("RunOptions.cwd is not given");
  files_->dir.write("in", options.input);
  FileActions actions;
  const int write_flags = O_WRONLY | O_CREAT | O_APPEND;
  check(posix_spawn_file_actions_addopen(actions.get(), 0, files_->in.c_str(), O_RDONLY, 0),
        "stdin");
  check(posix_spawn_file_actions_addopen(actions.get(), 1, files_->out.c_str(), write_flags, 0600),
        "stdout");
  check(posix_spawn_file_actions_addopen(actions.get(), 2, files_->err.c_str(), write_flags, 0600),
        "stderr");
  check(posix_spawn_file_actions_addchdir_np(actions.get(), options.cwd.c_str()), "chdir");

  std::vector<std::string> words;
  if (options.umask) {
    words = {"/bin/sh", "-c", "umask " + octal(*options.umask) + "; exec \"$0\" \"$@\""};
  }
  words.push_back(program);
  words.insert(words.end(), args.begin(), args.end());
  std::vector<std::string> variables = environment_of(options);
  std::vector<char*> argv = pointers(words);
  std::vector<char*> envp = pointers(variables);
  check(posix_spawnp(&pid_, argv[0], actions.get(), nullptr, argv.data(), envp.data()),
        "cannot start '" + words.front() + "'");
}

Process::~Process() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Process::signal(int number) const { ::kill(pid_, number); }

Outcome Process::wait() {
  const auto deadline = std::chrono::steady_clock::now() + limit_;
  int status = 0;
  for (;;) {
    const pid_t done = ::waitpid(pid_, &status, WNOHANG);
    if (done == pid_) break;
    if (done < 0 && errno != EINTR) check(errno, "waitpid");
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("still running after " + std::to_string(limit_.count()) + " s");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  pid_ = -1;
  const int exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {exit, read_file(files_->out), read_file(files_->err)};
}

std::string Process::err_so_far() const {
  return std::filesystem::exists(files_->err) ? read_file(files_->err) : std::string();
}

Outcome run_program(const std::string& program, const std::vector<std::string>& args,
                    const RunOptions& options) {
  return Process(program, args, options).wait();
}

std::string envlock_program() { return ENVLOCK_PROGRAM; }

Outcome run_envlock(const std::vector<std::string>& args, const RunOptions& options) {
  return run_program(envlock_program(), args, options);
}

}  // namespace envlock::test
