#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "verify/byte_code.hpp"
#include "verify/check_context.hpp"
#include "verify/prefix_walk.hpp"

namespace envlock {

/// Holds .pyc files against their sources, as Python's import would. Nothing is executed or
/// unmarshalled. Any thread.
class ByteCodeCheck {
 public:
  /// @param prefix_fd  stays open as long as this lives
  ByteCodeCheck(CheckContext& context, int prefix_fd, BeneathMethod method)
      : context_(context), prefix_fd_(prefix_fd), method_(method) {}

  /// @param opened   where it is a regular file
  /// @param package  whose it is; empty: nobody's
  void check(const WalkEntry& entry, const OpenedEntry* opened, const std::string& package);

  /// Files whose header fits their source.
  [[nodiscard]] std::uint64_t fitting() const noexcept { return fitting_; }

 private:
  void tell(std::string_view rule, const WalkEntry& entry, const OpenedEntry* opened,
            const std::string& package, const std::string& expected, const std::string& found,
            const std::string& message);

  CheckContext& context_;
  int prefix_fd_;
  BeneathMethod method_;
  std::atomic<std::uint64_t> fitting_ = 0;
};

}  // namespace envlock
