#include "fetch/request_head.hpp"

#include <algorithm>

namespace envlock {

RequestHead::State RequestHead::feed(std::string_view bytes) {
  if (state_ != State::more) return state_;
  // The empty line may have begun in what was there.
  const std::size_t from = text_.size() < 3 ? 0 : text_.size() - 3;
  text_.append(bytes.substr(0, most_bytes + 1 - text_.size()));
  const std::size_t end = text_.find("\r\n\r\n", from);
  if (end != std::string::npos) {
    text_.resize(end + 4);
    state_ = State::whole;
  }
  if (text_.size() > most_bytes) state_ = State::too_long;
  return state_;
}

std::optional<std::string> RequestHead::path() const {
  constexpr std::string_view method = "GET ";
  if (state_ != State::whole) return std::nullopt;
  std::string_view line(text_);
  line = line.substr(0, line.find("\r\n"));
  if (!line.starts_with(method)) return std::nullopt;
  line.remove_prefix(method.size());
  const std::size_t end = line.find(' ');
  if (end == std::string_view::npos || !line.substr(end + 1).starts_with("HTTP/1."))
    return std::nullopt;
  const std::string_view path = line.substr(0, end);
  const bool is_plain = std::ranges::all_of(path, [](char c) { return c > ' ' && c < '\x7f'; });
  if (!path.starts_with('/') || path.size() > most_path_bytes || !is_plain) return std::nullopt;
  return std::string(path);
}

}  // namespace envlock
