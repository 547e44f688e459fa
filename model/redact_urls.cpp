#include "model/url.hpp"

namespace envlock {
namespace {

constexpr std::string_view mask = "***";
constexpr std::string_view url_end = " \t\r\n\"'`<>|\\^{}";

bool is_scheme_char(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '-' || c == '.';
}

bool ends_with_scheme(std::string_view text) noexcept {
  return !text.empty() && is_scheme_char(text.back());
}

/// How many bytes of `rest` (what follows "://") are userinfo with its '@'. A password may hold the
/// characters that would end it: where what stands before the first '/' is no HOST:PORT, the last
/// '@' of the URL counts.
std::size_t userinfo_length(std::string_view rest) noexcept {
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) return at + 1;
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos ||
      authority.find_first_not_of("0123456789", colon + 1) == std::string_view::npos)
    return 0;
  const std::size_t late = rest.rfind('@');
  return late == std::string_view::npos ? 0 : late + 1;
}

void append_query(std::string& out, std::string_view query) {
  while (!query.empty()) {
    const std::string_view field = query.substr(0, query.find('&'));
    const std::size_t equals = field.find('=');
    if (equals != std::string_view::npos) out.append(field.substr(0, equals + 1));
    if (!field.empty()) out.append(mask);
    query.remove_prefix(field.size());
    if (!query.empty()) {
      out += '&';
      query.remove_prefix(1);
    }
  }
}

/// A path with the part after each "/t/" masked. Outside of URLs ("/home/t/src") only what looks
/// like anaconda.org's tokens is: two letters, a dash, eight or more characters.
void append_path(std::string& out, std::string_view path, bool in_url) {
  while (true) {
    const std::size_t at = std::min(path.find("/t/"), path.find("/%74/"));
    if (at == std::string_view::npos) break;
    const std::size_t length = path[at + 1] == 't' ? 3 : 5;
    out.append(path.substr(0, at + length));
    path.remove_prefix(at + length);
    const std::string_view token = path.substr(0, path.find_first_of("/ \t\r\n\"'`<>?#,;)"));
    if (token.empty()) continue;
    const bool masked = in_url || (token.size() >= 11 && token[2] == '-');
    out.append(masked ? mask : token);
    path.remove_prefix(token.size());
  }
  out.append(path);
}

void append_url(std::string& out, std::string_view rest, bool local) {
  if (local) {
    out.append(rest);
    return;
  }
  if (const std::size_t length = userinfo_length(rest); length != 0) {
    out.append(mask).append("@");
    rest.remove_prefix(length);
  }
  const std::size_t query = rest.find('?');
  append_path(out, rest.substr(0, query), true);
  if (query == std::string_view::npos) return;
  rest.remove_prefix(query + 1);
  const std::size_t fragment = std::min(rest.find('#'), rest.size());
  out += '?';
  append_query(out, rest.substr(0, fragment));
  out.append(rest.substr(fragment));
}

/// "${USER}:${TOKEN}@".
bool is_all_variables(std::string_view userinfo) noexcept {
  userinfo.remove_suffix(1);
  while (userinfo.substr(0, 2) == "${") {
    const std::size_t end = userinfo.find('}');
    if (end == std::string_view::npos) return false;
    userinfo.remove_prefix(end + 1);
    if (userinfo.empty()) return true;
    if (userinfo.front() == ':') userinfo.remove_prefix(1);
  }
  return false;
}

/// Masks "user:password@" where no URL stands around it: in one that was written badly
/// ("http//u:p@h", "https:/u:p@h").
std::string mask_bare_logins(std::string_view text) {
  constexpr std::string_view before_login = " \t\r\n\"'`<>|\\^{}/(,;=";
  std::string out;
  for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@')) {
    const std::size_t delimiter = text.substr(0, at).find_last_of(before_login);
    const std::size_t start = delimiter == std::string_view::npos ? 0 : delimiter + 1;
    const bool is_login = text.substr(start, at - start).find(':') != std::string_view::npos;
    out.append(text.substr(0, is_login ? start : at));
    if (is_login) out.append(mask);
    out += '@';
    text.remove_prefix(at + 1);
  }
  return out.append(text);
}

std::string mask_urls(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t colon = text.find("://");
    while (colon != std::string_view::npos && !ends_with_scheme(text.substr(0, colon)))
      colon = text.find("://", colon + 3);
    if (colon == std::string_view::npos) break;
    const bool local = colon >= 4 && text.substr(colon - 4, 4) == "file";
    append_path(out, text.substr(0, colon + 3), false);
    text.remove_prefix(colon + 3);
    const std::size_t end = std::min(text.find_first_of(url_end), text.size());
    append_url(out, text.substr(0, end), local);
    text.remove_prefix(end);
  }
  append_path(out, text, false);
  return out;
}

}  // namespace

bool holds_credentials(std::string_view text) {
  // Braces end a URL in a message, but here they may be a variable's.
  constexpr std::string_view end_of_url = " \t\r\n\"'`<>|\\^";
  for (std::size_t at = text.find("://"); at != std::string_view::npos; at = text.find("://")) {
    const std::string_view scheme = text.substr(0, at);
    text.remove_prefix(at + 3);
    if (scheme.ends_with("file")) continue;
    const std::string_view url = text.substr(0, text.find_first_of(end_of_url));
    const std::string_view userinfo = url.substr(0, userinfo_length(url));
    const bool login = scheme.ends_with("ssh") && userinfo.find(':') == std::string_view::npos;
    if (!userinfo.empty() && !login && !is_all_variables(userinfo)) return true;
    std::string path;
    append_path(path, url, true);
    if (path != url && url.find("/t/${") == std::string_view::npos) return true;
  }
  return false;
}

std::string redact_urls(std::string_view text) { return mask_bare_logins(mask_urls(text)); }

}  // namespace envlock
