#include "model/time.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "model/error.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::int64_t ms_a_second = 1000;
constexpr std::int64_t ms_a_day = 86'400 * ms_a_second;
constexpr std::int64_t last_second = 253'402'300'799;  // 9999-12-31T23:59:59Z
constexpr Instant last_instant{last_second * ms_a_second + 999};
constexpr Instant first_instant{-62'167'219'200 * ms_a_second};  // 0000-01-01T00:00:00Z

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Reads text from the left; every step says whether it fitted.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  bool skip(char c) noexcept {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool skip_any(std::string_view chars) noexcept {
    if (rest_.empty() || chars.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_spaces() noexcept {
    while (skip(' ')) {
    }
  }
  /// Exactly `count` digits.
  std::optional<int> fixed(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!is_digit(rest_[i])) return std::nullopt;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }
  /// As many digits as there are, at least one; nothing where the number is over 2^63.
  std::optional<std::int64_t> number() {
    const std::string_view digits = take_while(is_digit);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits.empty() || error != std::errc()) return std::nullopt;
    return value;
  }
  template <class Predicate>
  std::string_view take_while(Predicate wanted) {
    std::size_t count = 0;
    while (count < rest_.size() && wanted(rest_[count])) ++count;
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

 private:
  std::string_view rest_;
};

std::optional<Instant> in_range(std::int64_t ms) {
  if (ms < first_instant.ms || ms > last_instant.ms) return std::nullopt;
  return Instant{ms};
}

/// Days since 1970-01-01 of "YYYY-MM-DD"; nothing where the calendar has no such day.
std::optional<std::int64_t> parse_days(Cursor& in) {
  const auto year = in.fixed(4);
  if (!year || !in.skip('-')) return std::nullopt;
  const auto month = in.fixed(2);
  if (!month || !in.skip('-')) return std::nullopt;
  const auto day = in.fixed(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

/// "HH:MM" below 24:00, in minutes.
std::optional<int> parse_minutes(Cursor& in) {
  const auto hour = in.fixed(2);
  if (!hour || *hour > 23 || !in.skip(':')) return std::nullopt;
  const auto minute = in.fixed(2);
  if (!minute || *minute > 59) return std::nullopt;
  return *hour * 60 + *minute;
}

/// RFC 3339's full-time, in ms; an offset is subtracted, none means UTC.
std::optional<std::int64_t> parse_time_of_day(Cursor& in) {
  const auto minutes = parse_minutes(in);
  if (!minutes || !in.skip(':')) return std::nullopt;
  const auto second = in.fixed(2);
  if (!second || *second > 59) return std::nullopt;
  std::int64_t ms = (std::int64_t{*minutes} * 60 + *second) * ms_a_second;
  if (in.skip('.')) {
    const std::string_view digits = in.take_while(is_digit);
    if (digits.empty()) return std::nullopt;
    for (std::size_t i = 0, unit = 100; i < digits.size() && i < 3; ++i, unit /= 10)
      ms += static_cast<std::int64_t>(unit) * (digits[i] - '0');
  }
  if (in.at_end() || in.skip_any("Zz")) return ms;
  const bool east = in.skip('+');
  if (!east && !in.skip('-')) return std::nullopt;
  const auto offset = parse_minutes(in);
  if (!offset) return std::nullopt;
  const std::int64_t offset_ms = std::int64_t{*offset} * 60 * ms_a_second;
  return east ? ms - offset_ms : ms + offset_ms;
}

/// Units of an age, largest first; the first name is also the compact and (in upper case) the ISO
/// one.
struct Unit {
  std::int64_t seconds;
  std::array<std::string_view, 4> names;
};
constexpr std::array<Unit, 5> units = {{
    {604'800, {"w", "week", "weeks", "wk"}},
    {86'400, {"d", "day", "days", "dy"}},
    {3'600, {"h", "hour", "hours", "hr"}},
    {60, {"m", "min", "minute", "minutes"}},
    {1, {"s", "sec", "second", "seconds"}},
}};
constexpr std::int64_t longest_age = last_second;

/// Adds `count` of a unit; false where the sum would be longer than any age can be.
bool add_age(std::int64_t& sum, std::int64_t count, std::int64_t unit) noexcept {
  if (count > longest_age / unit) return false;
  sum += count * unit;
  return sum <= longest_age;
}

/// "2w3d4h5m6s", "7 days", "1 day 12 hours": each unit once, larger ones first; or bare seconds.
std::optional<std::int64_t> parse_compact_age(std::string_view text) {
  Cursor in(text);
  std::int64_t sum = 0;
  std::size_t next_unit = 0;
  while (!in.at_end()) {
    const auto count = in.number();
    if (!count) return std::nullopt;
    if (in.at_end() && next_unit == 0) return *count <= longest_age ? count : std::nullopt;
    in.skip_spaces();
    const std::string_view name = in.take_while([](char c) { return c >= 'a' && c <= 'z'; });
    std::size_t found = next_unit;
    const auto is_named = [&](const Unit& unit) {
      for (const std::string_view known : unit.names) {
        if (known == name) return true;
      }
      return false;
    };
    while (found < units.size() && !is_named(units[found])) ++found;
    if (found == units.size() || !add_age(sum, *count, units[found].seconds)) return std::nullopt;
    next_unit = found + 1;
    in.skip_spaces();
  }
  return next_unit == 0 ? std::nullopt : std::optional(sum);
}

/// ISO 8601's durations without years and months, which have no fixed length.
std::optional<std::int64_t> parse_iso_age(std::string_view text) {
  Cursor in(text);
  if (!in.skip('P')) return std::nullopt;
  std::int64_t sum = 0;
  std::size_t next_unit = 0;
  bool in_time = false;
  bool any = false;
  while (!in.at_end()) {
    if (!in_time && in.skip('T')) {
      in_time = true;
      next_unit = 2;
      any = false;  // "P1DT" lacks what the T announces
      continue;
    }
    const auto count = in.number();
    if (!count) return std::nullopt;
    const std::size_t end_unit = in_time ? units.size() : 2;
    std::size_t found = next_unit;
    while (found < end_unit &&
           !in.skip(static_cast<char>(units[found].names[0].front() - 'a' + 'A')))
      ++found;
    if (found == end_unit || !add_age(sum, *count, units[found].seconds)) return std::nullopt;
    next_unit = found + 1;
    any = true;
  }
  return any ? std::optional(sum) : std::nullopt;
}

}  // namespace

std::string Instant::to_string() const {
  std::int64_t days = ms / ms_a_day;
  if (ms % ms_a_day < 0) --days;
  const std::int64_t rest = ms - days * ms_a_day;
  const std::chrono::year_month_day date(
      std::chrono::sys_days(std::chrono::days(static_cast<std::chrono::days::rep>(days))));
  const std::int64_t seconds = rest / ms_a_second;
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(seconds / 3600),
                static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
  std::string out(text.data());
  if (const std::int64_t millis = rest % ms_a_second; millis != 0) {
    std::snprintf(text.data(), text.size(), ".%03d", static_cast<int>(millis));
    out += text.data();
  }
  return out + 'Z';
}

std::optional<Instant> parse_instant(std::string_view text) {
  Cursor in(text);
  if (text.find_first_not_of("0123456789") == std::string_view::npos) {
    const auto seconds = in.number();
    if (!seconds || *seconds > last_second) return std::nullopt;
    return Instant{*seconds * ms_a_second};
  }
  const auto days = parse_days(in);
  if (!days) return std::nullopt;
  if (in.at_end()) return in_range((*days + 1) * ms_a_day);
  if (!in.skip_any("Tt ")) return std::nullopt;
  const auto time = parse_time_of_day(in);
  if (!time || !in.at_end()) return std::nullopt;
  return in_range(*days * ms_a_day + *time);
}

ExcludeNewer parse_exclude_newer(std::string_view text, Instant now) {
  const std::string_view asked = trim(text);
  auto age = parse_compact_age(asked);
  if (!age) age = parse_iso_age(asked);
  if (age) {
    if (const auto cutoff = in_range(now.ms - *age * ms_a_second))
      return {std::string(asked), *cutoff};
  } else if (const auto instant = parse_instant(asked)) {
    return {std::string(asked), *instant};
  }
  throw InputError("'" + std::string(text) + "' is neither a moment nor an age",
                   "write a date (2026-01-31: the end of that day in UTC), a time "
                   "(2026-01-31T12:00:00Z), or an age: 7d, '2 weeks', 1d12h, P7D, or a number of "
                   "seconds");
}

std::int64_t timestamp_to_ms(std::int64_t value) noexcept {
  if (value > last_second) return value < last_instant.ms ? value : last_instant.ms;
  constexpr std::int64_t least = first_instant.ms / ms_a_second;
  return (value < least ? least : value) * ms_a_second;
}

}  // namespace envlock
