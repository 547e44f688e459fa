#include "verify/audit_text.hpp"

#include <algorithm>
#include <array>

#include "model/redact_tokens.hpp"
#include "model/text.hpp"
#include "model/url.hpp"

namespace envlock {
namespace {

constexpr std::size_t shown_bytes = 200;
constexpr std::string_view mask = "***";

bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_name_char(char c) noexcept {
  return is_upper(c) || is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
}
bool is_space(char c) noexcept { return c == ' ' || c == '\t'; }

/// "apiKey" and "API_KEY" as "api", "key".
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool starts_word = is_upper(c) && i > 0 && is_lower(name[i - 1]);
    const bool is_letter = is_upper(c) || is_lower(c) || is_digit(c);
    if ((starts_word || !is_letter) && !words.back().empty()) words.emplace_back();
    if (is_letter) words.back() += to_lower(std::string_view(&c, 1));
  }
  if (words.back().empty() && words.size() > 1) words.pop_back();
  return words;
}

std::string_view unquoted(std::string_view text) {
  if (text.size() < 2 || (text.front() != '"' && text.front() != '\'')) return text;
  return text.back() == text.front() ? text.substr(1, text.size() - 2) : text;
}

/// The end of the value that starts at `at`: of a quoted text before its quote.
std::size_t value_end(std::string_view line, std::size_t at, char quote) {
  while (at < line.size()) {
    const char c = line[at];
    if (quote != '\0' ? c == quote : is_space(c) || c == ',' || c == ';' || c == '&') break;
    at += c == '\\' && at + 1 < line.size() ? 2 : 1;
  }
  return std::min(at, line.size());
}

/// Where the value of the name that ends at `at` starts; npos where none follows. An option's value
/// may follow a space.
std::size_t value_start(std::string_view line, std::size_t at, bool is_option) {
  constexpr auto none = std::string_view::npos;
  if (at < line.size() && (line[at] == '"' || line[at] == '\'')) ++at;
  if (at < line.size() && line[at] == ']') ++at;
  const std::size_t name_end = at;
  while (at < line.size() && is_space(line[at])) ++at;
  const bool has_sign = at < line.size() && (line[at] == '=' || line[at] == ':');
  if (!has_sign) return is_option && at > name_end ? at : none;
  ++at;
  if (at < line.size() && line[at] == '=') return none;  // a comparison
  while (at < line.size() && is_space(line[at])) ++at;
  return at;
}

std::string mask_named(std::string_view line) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = 0; at < line.size();) {
    if (!is_name_char(line[at])) {
      ++at;
      continue;
    }
    const std::size_t start = at;
    while (at < line.size() && is_name_char(line[at])) ++at;
    const std::string_view name = line.substr(start, at - start);
    if (!is_secret_name(name)) continue;
    std::size_t value = value_start(line, at, name.front() == '-');
    if (value == std::string_view::npos) continue;
    const bool is_quoted = value < line.size() && (line[value] == '"' || line[value] == '\'');
    const char quote = is_quoted ? line[value++] : '\0';
    const std::size_t end = value_end(line, value, quote);
    if (end == value) continue;
    out.append(line, done, value - done).append(mask);
    done = end;
    at = end;
  }
  return out.append(line, done, line.size() - done);
}

std::string shown(std::string_view line) {
  std::string out = redact_tokens(redact_urls(mask_named(trim(line))));
  if (out.size() > shown_bytes) {
    std::size_t end = shown_bytes;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80U) --end;
    out.resize(end);
    out += "...";
  }
  return out;
}

}  // namespace

std::vector<TextLine> lines_of(std::string_view text) {
  std::vector<TextLine> lines;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.push_back({++number, line});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool is_secret_name(std::string_view name) {
  const std::vector<std::string> words = words_of(name);
  constexpr std::array<std::string_view, 8> alone{"password", "passwd", "passphrase", "token",
                                                  "secret",   "apikey", "passwords",  "tokens"};
  if (std::find(alone.begin(), alone.end(), words.back()) != alone.end()) return true;
  if (words.back() != "key" || words.size() < 2) return false;
  const std::string& before = words[words.size() - 2];
  return before == "api" || before == "access" || before == "secret" || before == "auth";
}

bool is_secret_value(std::string_view value) {
  constexpr std::array<std::string_view, 16> stand_ins{
      "none", "null",    "nil",      "true",   "false",    "yes",  "no",       "on",
      "off",  "default", "required", "prompt", "disabled", "auto", "optional", "undefined"};
  if (value.empty() || value.find_first_of(" \t()[]{}") != std::string_view::npos) return false;
  if (std::string_view("$<%@/~*").find(value.front()) != std::string_view::npos) return false;
  return std::find(stand_ins.begin(), stand_ins.end(), to_lower(value)) == stand_ins.end();
}

bool has_credentials(std::string_view text) {
  // What is redacted is more than what is told: `+:@group` of access.conf is no URL.
  const bool has_url = text.find("://") != std::string_view::npos && redact_urls(text) != text;
  return has_url || redact_tokens(text) != text;
}

std::optional<Assignment> parse_assignment(std::string_view line) {
  line = trim(line);
  if (line.substr(0, 7) == "export ") line = trim(line.substr(7));
  std::size_t at = !line.empty() && (line.front() == '"' || line.front() == '\'') ? 1 : 0;
  const std::size_t start = at;
  while (at < line.size() && is_name_char(line[at])) ++at;
  if (at == start || line[start] == '-') return std::nullopt;
  Assignment out{std::string(line.substr(start, at - start)), {}};
  const std::size_t value = value_start(line, at, false);
  if (value == std::string_view::npos) return std::nullopt;
  std::string_view rest = trim(line.substr(value));
  if (!rest.empty() && (rest.back() == ',' || rest.back() == ';')) {
    rest = trim(rest.substr(0, rest.size() - 1));
  }
  out.value = std::string(unquoted(rest));
  return out;
}

std::string masked_line(std::string_view line) { return shown(line); }

std::string masked_line(std::string_view line, const std::string& secret) {
  std::string out(line);
  for (std::size_t at = 0; !secret.empty() && (at = out.find(secret, at)) != std::string::npos;) {
    out.replace(at, secret.size(), mask);
    at += mask.size();
  }
  return shown(out);
}

}  // namespace envlock
