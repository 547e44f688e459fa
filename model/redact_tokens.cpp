#include "model/redact_tokens.hpp"

#include <algorithm>
#include <array>

#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::string_view mask = "***";
/// In lower case. "authorization" is the end of "proxy-authorization" too.
constexpr std::array<std::string_view, 2> header_names = {"authorization", "x-vault-token"};
constexpr std::size_t least_token = 24;  ///< Characters behind the prefix.

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_token_char(char c) {
  return is_lower(c) || is_upper(c) || is_digit(c) || c == '-' || c == '_';
}

/// Where the value of a header begins whose name ends at `at`; npos where it is no header.
std::size_t value_of_header(std::string_view text, std::size_t at) {
  const auto skip = [&](std::string_view set) {
    while (at < text.size() && set.find(text[at]) != std::string_view::npos) ++at;
  };
  skip("\"' ");
  if (at >= text.size() || (text[at] != ':' && text[at] != '=')) return std::string_view::npos;
  ++at;
  skip("\"' ");
  return at;
}

/// Masks values of headers; they go to the end of the line, or to a quote.
std::string mask_headers(std::string_view text) {
  const std::string lower = to_lower(text);
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t next = std::string_view::npos;
    std::size_t end_of_name = 0;
    for (const std::string_view name : header_names) {
      const std::size_t found = lower.find(name, at);
      if (found < next) {
        next = found;
        end_of_name = found + name.size();
      }
    }
    if (next == std::string_view::npos) break;
    at = end_of_name;
    const std::size_t value = value_of_header(text, end_of_name);
    if (value >= text.size()) continue;
    const std::size_t end = std::min(text.find_first_of("\"'\r\n", value), text.size());
    if (end == value) continue;
    out.append(text.substr(done, value - done)).append(mask);
    done = at = end;
  }
  return out.append(text.substr(done));
}

/// How many characters at `at` are a token of Vault's; 0 where they are none.
std::size_t token_length(std::string_view text, std::size_t at) {
  if (at > 0 && (is_token_char(text[at - 1]) || text[at - 1] == '.')) return 0;
  const std::string_view rest = text.substr(at);
  const bool is_new =
      rest.starts_with("hvs.") || rest.starts_with("hvb.") || rest.starts_with("hvr.");
  const bool is_old = rest.starts_with("s.") || rest.starts_with("b.") || rest.starts_with("r.");
  if (!is_new && !is_old) return 0;
  const std::size_t start = is_new ? 4 : 2;
  std::size_t end = start;
  while (end < rest.size() && is_token_char(rest[end])) ++end;
  if (end - start < least_token) return 0;
  const std::string_view body = rest.substr(start, end - start);
  if (is_old && !(std::ranges::any_of(body, is_lower) && std::ranges::any_of(body, is_upper) &&
                  std::ranges::any_of(body, is_digit)))
    return 0;
  return end;
}

std::string mask_vault_tokens(std::string_view text) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.', dot)) {
    std::size_t length = 0;
    std::size_t start = dot;
    for (const std::size_t before : {std::size_t{3}, std::size_t{1}}) {
      if (length != 0 || dot < before + done) continue;
      start = dot - before;
      length = token_length(text, start);
    }
    if (length == 0) {
      ++dot;
      continue;
    }
    out.append(text.substr(done, start - done)).append(mask);
    done = dot = start + length;
  }
  return out.append(text.substr(done));
}

}  // namespace

std::string redact_tokens(std::string_view text) { return mask_vault_tokens(mask_headers(text)); }

}  // namespace envlock
