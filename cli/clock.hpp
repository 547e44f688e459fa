#pragma once

#include <string>
#include <string_view>

#include "cli/options.hpp"
#include "cli/settings.hpp"
#include "model/time.hpp"

namespace envlock {

/// The one clock of a run, read once: `--now`, else $SOURCE_DATE_EPOCH, else the system's. Whoever
/// lets it decide something prints `to_string()`.
class Clock {
 public:
  /// @throws UsageError for a time that cannot be read
  Clock(const ParsedArgs& args, const EnvironmentLookup& environment);
  [[nodiscard]] Instant now() const noexcept { return now_; }
  /// True where --now or $SOURCE_DATE_EPOCH said the time: it is input then, and may be written.
  [[nodiscard]] bool is_given() const noexcept { return is_given_; }
  /// "2026-01-31T12:00:00Z (--now)"
  [[nodiscard]] std::string to_string() const;

 private:
  Instant now_;
  std::string_view source_;
  bool is_given_ = true;
};

}  // namespace envlock
