#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace envlock {

/// A moment: milliseconds since 1970-01-01 UTC. No time zones, no leap seconds.
struct Instant {
  std::int64_t ms = 0;
  /// "2026-01-31T12:00:00Z", with ".123" only where it is not a whole second.
  [[nodiscard]] std::string to_string() const;
  friend auto operator<=>(const Instant&, const Instant&) = default;
};

/// RFC 3339 time (no offset: UTC; a fraction is cut to milliseconds; no leap second), or a date
/// (its end: the start of the next UTC day), or seconds since 1970. Years 0 to 9999.
std::optional<Instant> parse_instant(std::string_view text);

/// What `--exclude-newer` takes: a moment as above, or an age before `now`: seconds, "2w3d4h5m6s"
/// (and "7d", "7 days"), ISO 8601 "P7D", "P1DT12H" (CF 6.5; eight bare digits are seconds).
/// @throws InputError naming the forms
struct ExcludeNewer {
  std::string asked;  ///< As written.
  Instant cutoff;     ///< Records at this moment or before are kept.
};
ExcludeNewer parse_exclude_newer(std::string_view text, Instant now);

/// Conda's rule for record times: above 253402300799 it is milliseconds, else seconds. Clamped to
/// the years 0 to 9999, so that every result can be printed.
std::int64_t timestamp_to_ms(std::int64_t value) noexcept;

}  // namespace envlock
