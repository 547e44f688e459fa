#include "cli/progress_display.hpp"

#include "cli/byte_size.hpp"

namespace envlock {
namespace {

constexpr std::chrono::milliseconds least_between_draws{100};

}  // namespace

ProgressDisplay::ProgressDisplay(Console& console, SteadyClock clock)
    : console_(console), clock_(std::move(clock)) {}

ProgressDisplay::~ProgressDisplay() { console_.set_status({}); }

void ProgressDisplay::phase(std::string_view what) {
  const std::lock_guard lock(mutex_);
  phase_ = what;
  draw(true);
}

void ProgressDisplay::started(std::size_t item, std::string_view what) {
  const std::lock_guard lock(mutex_);
  running_[item].what = what;
  draw(false);
}

void ProgressDisplay::advanced(std::size_t item, std::uint64_t bytes,
                               std::optional<std::uint64_t> total) {
  const std::lock_guard lock(mutex_);
  Transfer& transfer = running_[item];
  transfer.bytes = bytes;
  transfer.total = total;
  draw(false);
}

void ProgressDisplay::finished(std::size_t item) {
  const std::lock_guard lock(mutex_);
  if (const auto found = running_.find(item); found != running_.end()) {
    ++done_;
    done_bytes_ += found->second.bytes;
    running_.erase(found);
  }
  draw(running_.empty());  // the last one takes its line away
}

void ProgressDisplay::draw(bool at_once) {
  if (!console_.settings().progress) return;
  const auto now = clock_();
  if (!at_once && now < next_draw_) return;
  next_draw_ = now + least_between_draws;
  console_.set_status(line());
}

std::string ProgressDisplay::line() const {
  if (running_.empty()) return phase_;
  std::uint64_t bytes = done_bytes_;
  std::uint64_t total = done_bytes_;
  bool total_known = true;
  for (const auto& [item, transfer] : running_) {
    bytes += transfer.bytes;
    total += transfer.total.value_or(0);
    total_known = total_known && transfer.total.has_value();
  }
  std::string text = "fetching " + std::to_string(done_ + 1) + " of " +
                     std::to_string(done_ + running_.size()) + ": " + human_bytes(bytes);
  if (total_known) text += " of " + human_bytes(total);
  return text + "  " + running_.begin()->second.what;
}

}  // namespace envlock
