#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace envlock {

/// Exit status of the process. A public interface: never renumber.
enum class ExitCode : int {
  ok = 0,
  findings = 1,
  usage = 2,
  invalid_input = 3,
  unsolvable = 4,
  network = 5,
  untrusted = 6,
  io = 7,
  unfit = 8,
  internal = 70,
  interrupted = 130
};

/// The word for an exit code that `--json` prints as `error.kind`.
std::string_view kind_of(ExitCode code) noexcept;

/// Base of every failure that envlock reports. Thrown where it is noticed, caught once, in
/// cli/run.cpp. The message says what failed, on which item, what was expected and found; the hint
/// is the next step. Text that came from outside goes into both as it is: whoever prints escapes
/// and redacts it.
class Error : public std::runtime_error {
 public:
  using Details = std::vector<std::pair<std::string, std::string>>;

  Error(ExitCode code, const std::string& message, std::string hint = {})
      : std::runtime_error(message), code_(code), hint_(std::move(hint)) {}

  [[nodiscard]] ExitCode exit_code() const noexcept { return code_; }
  [[nodiscard]] const std::string& hint() const noexcept { return hint_; }
  /// Facts for `--json`'s `error.details`, in the order in which they were added.
  [[nodiscard]] const Details& details() const noexcept { return details_; }
  void add_detail(std::string key, std::string value) {
    details_.emplace_back(std::move(key), std::move(value));
  }

 private:
  ExitCode code_;
  std::string hint_;
  Details details_;
};

/// Wrong command line (2).
struct UsageError : Error {
  explicit UsageError(const std::string& message, std::string hint = {})
      : Error(ExitCode::usage, message, std::move(hint)) {}
};

/// Where in a text file something stands; line 0 means that it is not known. Lines and columns
/// count from 1.
struct SourcePlace {
  std::string file;
  std::size_t line = 0;
  std::size_t column = 0;
  /// "environment.yml:12", or "environment.yml" where the line is not known, or "" where nothing
  /// is.
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const SourcePlace&, const SourcePlace&) = default;
};

/// An input file that is malformed or contradicts itself (3).
struct InputError : Error {
  explicit InputError(const std::string& message, std::string hint = {})
      : Error(ExitCode::invalid_input, message, std::move(hint)) {}
  /// The message becomes "FILE:LINE: message"; `details` gets file, line and column.
  InputError(const SourcePlace& place, const std::string& message, std::string hint = {});
};

/// No answer from the network after the retries, or no such channel (5).
struct NetworkError : Error {
  explicit NetworkError(const std::string& message, std::string hint = {})
      : Error(ExitCode::network, message, std::move(hint)) {}
};

/// A hash, a signature, a limit, a path, a channel or the policy says no (6).
struct TrustError : Error {
  explicit TrustError(const std::string& message, std::string hint = {})
      : Error(ExitCode::untrusted, message, std::move(hint)) {}
};

/// Local files: missing, unreadable, unwritable, disk full (7).
struct IoError : Error {
  explicit IoError(const std::string& message, std::string hint = {})
      : Error(ExitCode::io, message, std::move(hint)) {}
  /// Appends the text of `error_number` (an errno value) to the message.
  IoError(const std::string& message, int error_number, std::string hint = {});
};

/// The user pressed Ctrl-C, or SIGTERM came (130).
struct Interrupted : Error {
  Interrupted() : Error(ExitCode::interrupted, "interrupted") {}
};

/// A defect in envlock itself (70).
struct InternalError : Error {
  explicit InternalError(const std::string& message)
      : Error(ExitCode::internal, message,
              "this is a defect in envlock: report it with the command line and its input") {}
};

}  // namespace envlock
