#include "fetch/partial_origin.hpp"

#include "fetch/http_headers.hpp"

namespace envlock {

namespace {

constexpr std::string_view url_key = "envlock partial 1\nurl ";
constexpr std::string_view validator_key = "\nvalidator ";

}  // namespace

std::string PartialOrigin::to_string() const {
  return std::string(url_key) + url + std::string(validator_key) + validator + '\n';
}

std::optional<PartialOrigin> PartialOrigin::parse(std::string_view text) {
  if (text.size() > max_partial_origin_bytes || !text.starts_with(url_key) || !text.ends_with('\n'))
    return std::nullopt;
  text.remove_prefix(url_key.size());
  text.remove_suffix(1);
  const std::size_t end = text.find(validator_key);
  if (end == std::string_view::npos) return std::nullopt;
  PartialOrigin origin{.url = std::string(text.substr(0, end)),
                       .validator = std::string(text.substr(end + validator_key.size()))};
  if (!is_header_text(origin.url) || !is_header_text(origin.validator)) return std::nullopt;
  return origin;
}

}  // namespace envlock
