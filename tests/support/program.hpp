#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace envlock::test {

/// How a program ended and what it said.
struct Outcome {
  int exit = -1;  ///< Exit status; 128 + the signal where one ended it.
  std::string out, err;
};

struct RunOptions {
  std::filesystem::path cwd;  ///< Must be given: it is also HOME, so that the cache lies in it.
  /// Added to PATH, HOME, TMPDIR and LC_ALL=C.UTF-8, which is all that the program sees otherwise
  /// (and what the sanitizers read).
  std::map<std::string, std::string> env = {};
  std::string input = {};              ///< What stdin holds.
  std::optional<unsigned> umask = {};  ///< For the program alone.
  std::chrono::seconds limit{120};     ///< Killed afterwards: the run then throws.
};

/// A program that runs beside the test, for signals and races.
class Process {
 public:
  /// @throws std::runtime_error where it cannot be started
  Process(const std::string& program, const std::vector<std::string>& args,
          const RunOptions& options);
  ~Process();  ///< Kills it where nobody waited.
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  void signal(int number) const;
  /// @throws std::runtime_error past the limit
  Outcome wait();
  /// What it wrote so far.
  [[nodiscard]] std::string err_so_far() const;

 private:
  struct Files;
  std::unique_ptr<Files> files_;
  pid_t pid_ = -1;
  std::chrono::seconds limit_;
};

/// Runs any program to its end.
Outcome run_program(const std::string& program, const std::vector<std::string>& args,
                    const RunOptions& options);

/// The built envlock.
std::string envlock_program();
/// Runs the built envlock to its end.
Outcome run_envlock(const std::vector<std::string>& args, const RunOptions& options);

}  // namespace envlock::test
