#include "fetch/http_headers.hpp"

#include <algorithm>
#include <charconv>

#include "model/text.hpp"

namespace envlock {

namespace {

constexpr std::uint64_t max_fresh_seconds = 86'400;
constexpr std::size_t max_header_text = 1024;
constexpr std::size_t max_location = std::size_t{8} << 10U;

std::optional<std::uint64_t> decimal(std::string_view text) noexcept {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<HttpHeaders::Range> content_range(std::string_view text) noexcept {
  constexpr std::string_view unit = "bytes ";
  if (to_lower(text.substr(0, unit.size())) != unit) return std::nullopt;
  text.remove_prefix(unit.size());
  const std::size_t dash = text.find('-');
  const std::size_t slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash)
    return std::nullopt;
  const auto first = decimal(text.substr(0, dash));
  const auto last = decimal(text.substr(dash + 1, slash - dash - 1));
  const auto complete = decimal(text.substr(slash + 1));
  if (!first || !last || !complete || *first > *last || *last >= *complete ||
      *last + 1 != *complete)
    return std::nullopt;
  return HttpHeaders::Range{*first, *complete};
}

bool is_visible_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

bool is_header_text(std::string_view text) noexcept {
  return text.size() <= max_header_text && is_visible_ascii(text);
}

void HttpHeaderParser::line(std::string_view line) {
  bytes_ += line.size();
  if (complete_) return;
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    const std::size_t bytes = bytes_;
    *this = HttpHeaderParser();
    bytes_ = bytes;
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return;
    status_ = static_cast<int>(decimal(line.substr(space + 1, 3)).value_or(0));
    return;
  }
  if (line.empty()) {
    complete_ = status_ >= 200;
    if (complete_ && max_age_ && !not_fresh_ && age_ < *max_age_)
      headers_.fresh_for = std::chrono::seconds(std::min(*max_age_ - age_, max_fresh_seconds));
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  field(line.substr(0, colon), trim(line.substr(colon + 1)));
}

void HttpHeaderParser::field(std::string_view raw_name, std::string_view value) {
  const std::string name = to_lower(raw_name);
  if (name == "location") {
    if (value.size() <= max_location && is_visible_ascii(value)) headers_.location = value;
    return;
  }
  if (!is_header_text(value)) return;
  if (name == "etag") {
    headers_.etag = value;
  } else if (name == "last-modified") {
    headers_.last_modified = value;
  } else if (name == "content-type") {
    headers_.content_type = to_lower(trim(value.substr(0, value.find(';'))));
  } else if (name == "content-length") {
    headers_.content_length = decimal(value);
  } else if (name == "content-range") {
    headers_.content_range = content_range(value);
  } else if (name == "retry-after") {
    headers_.retry_after = value;
  } else if (name == "age") {
    age_ = decimal(value).value_or(0);
  } else if (name == "cache-control") {
    while (!value.empty()) {
      const std::size_t comma = std::min(value.find(','), value.size());
      const std::string directive = to_lower(trim(value.substr(0, comma)));
      value.remove_prefix(std::min(comma + 1, value.size()));
      if (directive == "no-cache" || directive == "no-store" || directive.starts_with("no-cache="))
        not_fresh_ = true;
      constexpr std::string_view max_age = "max-age=";
      if (!directive.starts_with(max_age)) continue;
      std::string_view number = std::string_view(directive).substr(max_age.size());
      if (number.size() >= 2 && number.starts_with('"') && number.ends_with('"'))
        number = number.substr(1, number.size() - 2);
      max_age_ = decimal(number).value_or(0);
    }
  }
}

}  // namespace envlock
