#include "cli/fetch_progress.hpp"

#include <algorithm>
#include <utility>

#include "cli/byte_size.hpp"

namespace envlock {
namespace {

constexpr std::chrono::milliseconds least_between_draws{100};
constexpr std::chrono::seconds rate_window{5};
constexpr std::chrono::milliseconds least_for_rate{500};
/// More than the downloads that run at the same time by default; a bound for small terminals.
constexpr std::size_t most_lines = 8;
constexpr std::size_t name_width = 40;

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

}  // namespace

FetchProgress::FetchProgress(Console& console, std::vector<Item> items, SteadyClock clock)
    : console_(console), items_(std::move(items)), clock_(std::move(clock)) {
  for (const Item& item : items_) total_bytes_ += item.bytes;
}

FetchProgress::~FetchProgress() { console_.set_status({}); }

void FetchProgress::arrived(std::size_t item, bool from_cache) {
  const std::lock_guard lock(mutex_);
  ++here_;
  here_bytes_ += items_[item].bytes;
  if (from_cache || console_.settings().progress || console_.settings().quiet) return;
  console_.err("fetched " + items_[item].name + " (" + human_bytes(items_[item].bytes) + ", " +
               std::to_string(here_) + " of " + std::to_string(items_.size()) + ")");
}

void FetchProgress::started(std::size_t item, std::string_view) {
  const std::lock_guard lock(mutex_);
  running_[item] = 0;
  draw();
}

void FetchProgress::advanced(std::size_t item, std::uint64_t bytes, std::optional<std::uint64_t>) {
  const std::lock_guard lock(mutex_);
  const auto [begun, first] = begun_at_.try_emplace(item, bytes);
  // A resumed download begins with what was there; one that starts again counts from there.
  if (!first && bytes < begun->second) begun->second = bytes;
  running_[item] = bytes;
  draw();
}

void FetchProgress::finished(std::size_t item) {
  const std::lock_guard lock(mutex_);
  if (const auto found = running_.find(item); found != running_.end()) {
    if (const auto begun = begun_at_.find(item); begun != begun_at_.end())
      fetched_bytes_ += found->second - begun->second;
    running_.erase(found);
  }
  begun_at_.erase(item);
  draw();
}

void FetchProgress::draw() {
  if (!console_.settings().progress) return;
  const auto now = clock_();
  if (now < next_draw_) return;
  next_draw_ = now + least_between_draws;
  console_.set_status(text(now));
}

double FetchProgress::bytes_per_second(std::chrono::steady_clock::time_point now,
                                       std::uint64_t bytes) {
  while (!samples_.empty() && now - samples_.front().first > rate_window) samples_.pop_front();
  samples_.emplace_back(now, bytes);
  const auto time = now - samples_.front().first;
  // A download that starts anew takes back what it had.
  if (time < least_for_rate || bytes <= samples_.front().second) return 0;
  return static_cast<double>(bytes - samples_.front().second) /
         std::chrono::duration<double>(time).count();
}

std::string FetchProgress::text(std::chrono::steady_clock::time_point now) {
  std::string lines;
  std::size_t shown = 0;
  std::uint64_t present = here_bytes_;
  std::uint64_t fetched = fetched_bytes_;
  for (const auto& [item, bytes] : running_) {
    present += bytes;
    if (const auto begun = begun_at_.find(item); begun != begun_at_.end())
      fetched += bytes - begun->second;
    if (++shown > most_lines) continue;
    lines += padded(items_[item].name, name_width) + "  " + human_bytes(bytes);
    if (items_[item].bytes != 0) lines += " of " + human_bytes(items_[item].bytes);
    lines += '\n';
  }
  lines += "fetching: " + std::to_string(here_) + " of " + std::to_string(items_.size()) +
           " packages, " + human_bytes(std::min(present, total_bytes_)) + " of " +
           human_bytes(total_bytes_);
  if (const double rate = bytes_per_second(now, fetched); rate > 0) {
    lines += ", " + human_bytes(static_cast<std::uint64_t>(rate)) + "/s";
    if (present < total_bytes_) {
      const double left = static_cast<double>(total_bytes_ - present) / rate;
      lines += ", " + human_duration(std::chrono::seconds(static_cast<std::int64_t>(left) + 1)) +
               " left";
    }
  }
  return lines;
}

std::string human_duration(std::chrono::seconds time) {
  const auto seconds = time.count();
  constexpr std::int64_t minute = 60;
  constexpr std::int64_t hour = 3600;
  const auto two_digits = [](std::int64_t number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
  };
  if (seconds < minute) return std::to_string(seconds) + " s";
  if (seconds < hour)
    return std::to_string(seconds / minute) + " min " + two_digits(seconds % minute) + " s";
  return std::to_string(seconds / hour) + " h " + two_digits(seconds % hour / minute) + " min";
}

}  // namespace envlock
