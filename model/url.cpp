#include "model/url.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <vector>

#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_url_bytes = 8192;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_alpha(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_one_of(char c, std::string_view set) noexcept {
  return set.find(c) != std::string_view::npos;
}
/// RFC 3986 section 2.3.
bool is_unreserved(char c) noexcept { return is_alpha(c) || is_digit(c) || is_one_of(c, "-._~"); }
constexpr std::string_view sub_delims = "!$&'()*+,;=";

std::optional<unsigned> hex_value(char c) noexcept {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

/// The byte that the escape at `at` stands for; nothing where there is no escape or it is NUL.
std::optional<char> decode_escape(std::string_view text, std::size_t at) noexcept {
  if (text[at] != '%' || at + 2 >= text.size()) return std::nullopt;
  const auto high = hex_value(text[at + 1]);
  const auto low = hex_value(text[at + 2]);
  if (!high || !low || (*high == 0 && *low == 0)) return std::nullopt;
  return static_cast<char>(static_cast<std::uint8_t>(*high * 16 + *low));
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<std::uint8_t>(c);
  out += '%';
  out += digits[byte >> 4U];
  out += digits[byte & 15U];
}

/// One path of an http URL in the normal form of RFC 3986 section 6.2.2, dot segments still in it.
std::optional<std::string> normalise_http_path(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (is_unreserved(c) || is_one_of(c, sub_delims) || is_one_of(c, ":@/")) {
      out += c;
    } else if (const auto decoded = decode_escape(path, i)) {
      if (is_unreserved(*decoded))
        out += *decoded;
      else
        append_escape(out, *decoded);
      i += 2;
    } else {
      return std::nullopt;
    }
  }
  return out;
}

std::string encode_local_path(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '/')
      out += percent_encode_segment(path.substr(i, 1));
    else if (out.empty() || out.back() != '/')
      out += '/';
  }
  return out;
}

/// A file URL's path: each byte is either itself or escaped, spaces and UTF-8 occur unescaped. An
/// escaped slash would make the local path another one than the URL shows.
std::optional<std::string> normalise_file_path(std::string_view path) {
  std::string local;
  for (std::size_t i = 0; i < path.size(); ++i) {
    char c = path[i];
    if (c == '%') {
      const auto decoded = decode_escape(path, i);
      if (!decoded || *decoded == '/') return std::nullopt;
      c = *decoded;
      i += 2;
    } else if (static_cast<std::uint8_t>(c) < 0x20 || c == 0x7F) {
      return std::nullopt;
    }
    local += c;
  }
  return encode_local_path(local);
}

/// RFC 3986 section 5.2.4, without the trailing slash.
std::string remove_dot_segments(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (part != ".") {
      parts.push_back(part);
    }
    path.remove_prefix(end);
  }
  std::string out;
  for (const std::string_view part : parts) out.append("/").append(part);
  out.erase(out.find_last_not_of('/') + 1);
  return out;
}

std::optional<std::array<unsigned, 4>> parse_ipv4(std::string_view host) {
  std::array<unsigned, 4> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t end = std::min(host.find('.'), host.size());
    const std::string_view digits = host.substr(0, end);
    if (digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits[0] == '0'))
      return std::nullopt;
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), bytes[i]);
    if (error != std::errc() || stop != digits.data() + digits.size() || bytes[i] > 255)
      return std::nullopt;
    host.remove_prefix(end);
    if (i < 3) {
      if (host.empty()) return std::nullopt;
      host.remove_prefix(1);
    }
  }
  return host.empty() ? std::optional(bytes) : std::nullopt;
}

/// A lower-case host name of RFC 1123 (and '_', which inner networks use), an IPv4 address or an
/// IPv6 address in brackets. Resolvers read "127.1", "0x7f.1" or "2130706433" as addresses too: a
/// last label that looks like a number is refused unless the whole is an address as usually
/// written.
bool is_host(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  if (host.front() == '[') {
    if (host.back() != ']' || host.size() < 4) return false;
    host = host.substr(1, host.size() - 2);
    return host.find(':') != std::string_view::npos &&
           host.find_first_not_of("0123456789abcdef:.") == std::string_view::npos;
  }
  const std::string_view last = host.substr(host.rfind('.') + 1);
  if (!last.empty() && is_digit(last.front()) &&
      (last.find_first_not_of("0123456789") == std::string_view::npos || last.substr(0, 2) == "0x"))
    return parse_ipv4(host).has_value();
  std::size_t label = 0;
  for (const char c : host) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
    } else if (!(is_alpha(c) || is_digit(c) || c == '-' || c == '_') || ++label > 63) {
      return false;
    }
  }
  return label != 0;
}

bool is_userinfo(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (!decode_escape(text, i)) return false;
      i += 2;
    } else if (!is_unreserved(text[i]) && !is_one_of(text[i], sub_delims) && text[i] != ':') {
      return false;
    }
  }
  return true;
}

}  // namespace

bool Url::set_authority(std::string_view authority) {
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    if (!is_userinfo(authority.substr(0, at))) return false;
    userinfo_ = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  std::string_view port;
  if (const std::size_t colon = authority.rfind(':');
      colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  host_ = to_lower(authority);
  if (!is_host(host_)) return false;
  if (port.empty()) return true;
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size() || number == 0 || number > 65535)
    return false;
  if (number != (scheme_ == "https" ? 443U : 80U)) port_ = number;
  return true;
}

bool Url::set_path(std::string_view path) {
  if (!path.empty() && path.front() != '/') return false;
  const auto normal = is_file() ? normalise_file_path(path) : normalise_http_path(path);
  if (!normal) return false;
  path_ = remove_dot_segments(*normal);
  if (is_file()) return true;
  take_token();
  return path_.find("/t/") == std::string::npos;  // a second one would be printed
}

/// CF 1.5: the first "/t/" with the path part that follows. Done after normalising, so that
/// "/%74/" hides nothing.
void Url::take_token() {
  const std::size_t at = path_.find("/t/");
  if (at == std::string::npos) return;
  const std::size_t end = std::min(path_.find('/', at + 3), path_.size());
  token_ = path_.substr(at + 3, end - at - 3);
  path_.erase(at, end - at);
  path_.erase(path_.find_last_not_of('/') + 1);
  token_at_ = token_.empty() ? 0 : std::min(at, path_.size());
}

std::optional<Url> Url::parse(std::string_view text) {
  if (text.size() > max_url_bytes) return std::nullopt;
  text = text.substr(0, text.find('#'));
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || text.find('?') != std::string_view::npos)
    return std::nullopt;
  Url url;
  url.scheme_ = to_lower(text.substr(0, colon));
  if (url.scheme_ != "http" && url.scheme_ != "https" && !url.is_file()) return std::nullopt;
  text.remove_prefix(colon + 3);
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view authority = text.substr(0, slash);
  if (url.is_file()) {
    // RFC 8089: no host or "localhost" is this machine; another host would be a network share.
    if ((!authority.empty() && to_lower(authority) != "localhost") || slash == text.size())
      return std::nullopt;
  } else if (!url.set_authority(authority)) {
    return std::nullopt;
  }
  if (!url.set_path(text.substr(slash))) return std::nullopt;
  return url;
}

Url Url::from_path(std::string_view absolute_path) {
  Url url;
  url.scheme_ = "file";
  url.path_ = remove_dot_segments(encode_local_path(absolute_path));
  return url;
}

bool Url::is_loopback() const noexcept {
  if (host_ == "localhost" || host_ == "[::1]") return true;
  const auto address = parse_ipv4(host_);
  return address && (*address)[0] == 127;
}

std::string Url::origin() const {
  std::string out = scheme_ + "://" + host_;
  if (port_) out += ':' + std::to_string(*port_);
  return out;
}

std::string Url::to_string() const {
  if (is_file() && path_.empty()) return "file:///";
  return origin() + path_;
}

std::string Url::with_credentials() const {
  if (!has_credentials()) return to_string();
  std::string out = scheme_ + "://";
  if (!userinfo_.empty()) out += userinfo_ + '@';
  out += host_;
  if (port_) out += ':' + std::to_string(*port_);
  if (token_.empty()) return out + path_;
  return out + path_.substr(0, token_at_) + "/t/" + token_ + path_.substr(token_at_);
}

std::string Url::local_path() const {
  if (path_.empty()) return "/";
  return percent_decode(path_).value_or(std::string());
}

Url Url::join(std::string_view relative) const {
  Url url = *this;
  while (!relative.empty() && relative.front() == '/') relative.remove_prefix(1);
  while (!relative.empty() && relative.back() == '/') relative.remove_suffix(1);
  if (!relative.empty()) url.path_.append("/").append(relative);
  return url;
}

std::optional<Url> Url::resolve(std::string_view reference) const {
  reference = reference.substr(0, reference.find('#'));
  if (reference.find('?') != std::string_view::npos) return std::nullopt;
  if (reference.find(':') < reference.find('/')) return parse(reference);
  if (reference.substr(0, 2) == "//") return parse(scheme_ + ':' + std::string(reference));
  Url url = *this;
  std::string path =
      reference.substr(0, 1) == "/" ? std::string() : path_ + (reference.empty() ? "" : "/");
  path.append(reference);
  if (path.size() > max_url_bytes || !url.set_path(path)) return std::nullopt;
  // The token belongs to the part of the path before it: outside of that it is another place.
  if (!url.token_.empty() && url.path_.compare(0, token_at_, path_, 0, token_at_) != 0) {
    url.token_.clear();
    url.token_at_ = 0;
  }
  return url;
}

bool Url::is_under(const Url& base) const {
  if (scheme_ != base.scheme_ || host_ != base.host_ || port_ != base.port_) return false;
  if (path_.compare(0, base.path_.size(), base.path_) != 0) return false;
  return path_.size() == base.path_.size() || path_[base.path_.size()] == '/';
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto decoded = decode_escape(text, i);
    if (!decoded) return std::nullopt;
    out += *decoded;
    i += 2;
  }
  return out;
}

std::string percent_encode_segment(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c) || c == '!')
      out += c;
    else
      append_escape(out, c);
  }
  return out;
}

}  // namespace envlock
