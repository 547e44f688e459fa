#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "verify/byte_code.hpp"
#include "verify/check_context.hpp"
#include "verify/counted_paths.hpp"
#include "verify/prefix_walk.hpp"

namespace envlock {

/// Holds .pyc files against what they must be where that is known, else against their sources, as
/// Python's import would. Nothing is executed or unmarshalled. Any thread.
class ByteCodeCheck {
 public:
  /// @param prefix_fd  stays open as long as this lives
  ByteCodeCheck(CheckContext& context, int prefix_fd, BeneathMethod method)
      : context_(context), prefix_fd_(prefix_fd), method_(method) {}

  /// @param opened    a regular file
  /// @param expected  what a package or the installer made; null: nobody's
  void check(const WalkEntry& entry, const OpenedEntry& opened, const ExpectedFile* expected);

  /// Files whose header fits their source, and of whose content nothing is known.
  [[nodiscard]] const CountedPaths& fitting() const noexcept { return fitting_; }

 private:
  /// What is told of one file.
  struct Subject {
    const WalkEntry& entry;
    const OpenedEntry& opened;
    std::string package;
  };
  void tell(std::string_view rule, const Subject& subject, const std::string& expected,
            const std::string& found, const std::string& message);
  /// @return whether it has the expected content; its digest, where that was computed
  bool is_as_expected(const ExpectedFile& expected, const Subject& subject,
                      std::optional<Sha256>& digest);
  void tell_changed(const ExpectedFile& expected, const Subject& subject,
                    const std::optional<Sha256>& digest);
  [[nodiscard]] bool is_relocated(const std::string& source) const;

  CheckContext& context_;
  int prefix_fd_;
  BeneathMethod method_;
  CountedPaths fitting_;
};

}  // namespace envlock
