#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace envlock {

/// A program that this one runs, with no signal blocked and its standard error dropped. Killed
/// where nobody waited for its end.
class ChildProcess {
 public:
  enum class Group : std::uint8_t {
    own,   ///< What it starts is killed with it; it can ask nobody at the terminal.
    ours,  ///< It may ask at the terminal, and gets what is typed there to end this program.
  };
  /// @param program  looked for on PATH where it has no slash
  /// @param words  its arguments, its own name first
  /// @param environment  "NAME=value" each
  /// @param group  which process group it is in
  /// @param input, output  open files that become its standard input and output
  /// @param failed  0, or errno where it could not be started; there is no child then
  ChildProcess(const std::string& program, std::vector<std::string> words,
               std::vector<std::string> environment, Group group, int input, int output,
               int& failed);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// True once it has ended; then `status` is waitpid's, and what it left in its own group is
  /// killed.
  bool ended(int& status);

 private:
  pid_t pid_ = -1;
  Group group_;
};

}  // namespace envlock
