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

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

/// How much of what stands before a path is looked at.
constexpr std::size_t history_bytes = 32;

/// Whether a path begins behind `before`, and does not only go on: "x=/opt/env" is one,
/// "example.org/opt/env" and "${ROOT}/opt/env" are not.
bool begins_behind(std::string_view before) {
  while (before.ends_with('/')) before.remove_suffix(1);  // "file:///opt/env"
  if (before.empty()) return true;
  const char last = before.back();
  before.remove_suffix(1);
  // The end of a variable; but "${PATH:+$PATH:}/opt/env" ends a list.
  if (last == '}' || last == ')') return before.ends_with(':');
  if (!is_name_part(last) || last == '=' || last == '@') return true;
  if (!is_letter(last)) return false;
  if (before.ends_with('\\')) return last == 'n' || last == 'r' || last == 't';  // "\n/opt/env"
  // An option: "-L/opt/env/lib", "-isystem/opt/env/include".
  while (!before.empty() && is_letter(before.back())) before.remove_suffix(1);
  if (!before.ends_with('-')) return false;
  before.remove_suffix(1);
  return before.empty() || !is_name_part(before.back()) || before.back() == '=';
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
      const std::size_t looked_at = std::min(hit, history_bytes);
      if (!begins_behind(std::string_view(window_).substr(hit - looked_at, looked_at))) continue;
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
  std::size_t at = history_;
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
  history_ = std::min(done, history_bytes);
  window_.erase(0, done - history_);
}

}  // namespace envlock
