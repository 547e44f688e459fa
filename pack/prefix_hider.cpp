#include "pack/prefix_hider.hpp"

#include <algorithm>
#include <utility>

#include "model/error.hpp"

namespace envlock {
namespace {

constexpr std::size_t window_bytes = std::size_t{64} << 10U;

/// Goes on with a file's name.
bool is_name_part(char c) {
  const bool is_word = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return is_word || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("._-+~@%=").find(c) != std::string_view::npos;
}

}  // namespace

PrefixHider::PrefixHider(std::vector<std::string> prefixes, std::string_view placeholder,
                         ByteSink sink)
    : prefixes_(std::move(prefixes)), placeholder_(placeholder), sink_(std::move(sink)) {
  kept_ = placeholder_.size();
  for (const std::string& prefix : prefixes_) {
    if (prefix.size() < 2) throw InternalError("PrefixHider: a prefix is too short");
    kept_ = std::max(kept_, prefix.size() + 1);
  }
}

void PrefixHider::feed(std::span<const std::byte> bytes) {
  window_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (window_.size() >= window_bytes + kept_) work(false);
}

void PrefixHider::finish() { work(true); }

void PrefixHider::emit(std::string_view text) const {
  if (!text.empty()) sink_(std::as_bytes(std::span(text)));
}

std::pair<std::size_t, std::size_t> PrefixHider::find(std::size_t at) const {
  std::pair<std::size_t, std::size_t> first{std::string::npos, 0};
  for (const std::string& prefix : prefixes_) {
    for (std::size_t hit = at; (hit = window_.find(prefix, hit)) < first.first; ++hit) {
      const std::size_t end = hit + prefix.size();
      if (end < window_.size() && is_name_part(window_[end])) continue;
      first = {hit, prefix.size()};
      break;
    }
  }
  return first;
}

void PrefixHider::work(bool is_last) {
  had_nul_ = had_nul_ || window_.find('\0') != std::string::npos;
  had_placeholder_ = had_placeholder_ || window_.find(placeholder_) != std::string::npos;
  // What starts at or behind `end` is not seen whole, with the byte behind it.
  const std::size_t end = is_last ? window_.size() : window_.size() - kept_;
  std::size_t at = 0;
  while (at < end) {
    const auto [hit, length] = find(at);
    if (hit >= end) break;  // npos is the largest
    emit(std::string_view(window_).substr(at, hit - at));
    emit(placeholder_);
    ++hidden_;
    at = hit + length;
  }
  const std::size_t done = std::max(at, end);
  emit(std::string_view(window_).substr(at, done - at));
  window_.erase(0, done);
}

}  // namespace envlock
