#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace envlock {

/// An absolute http, https or file URL, normalised so that equal places compare equal: scheme and
/// host in lower case, the default port dropped, percent-encoding of unreserved characters decoded
/// and of others in upper-case hex, dot segments resolved, no trailing slash, no fragment, no query
/// (RFC 3986 section 6). In file URLs every other character is encoded as `percent_encode_segment`
/// does, and repeated slashes are one. A URL that carries userinfo or (http only) a `/t/TOKEN/`
/// path part can be parsed, but never prints it.
class Url {
 public:
  /// Nothing where `text` is no such URL, has a query, two token parts, or a host that resolvers
  /// read differently ("127.1", "0x7f.1").
  static std::optional<Url> parse(std::string_view text);
  /// A `file://` URL of an absolute local path, percent-encoded.
  static Url from_path(std::string_view absolute_path);

  [[nodiscard]] const std::string& scheme() const noexcept { return scheme_; }
  [[nodiscard]] const std::string& host() const noexcept { return host_; }
  [[nodiscard]] std::optional<unsigned> port() const noexcept { return port_; }
  /// Percent-encoded, starts with '/' or is empty; without the token.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] bool is_file() const noexcept { return scheme_ == "file"; }
  [[nodiscard]] bool is_loopback() const noexcept;  ///< localhost, 127.0.0.0/8 or [::1].
  [[nodiscard]] bool has_credentials() const noexcept {
    return !userinfo_.empty() || !token_.empty();
  }
  /// Without credentials: what is compared, stored and printed.
  [[nodiscard]] std::string to_string() const;
  /// With credentials. Only for the HTTP library's own call.
  [[nodiscard]] std::string with_credentials() const;
  /// scheme://host[:port], what credentials are bound to.
  [[nodiscard]] std::string origin() const;
  /// For file URLs: the decoded local path.
  [[nodiscard]] std::string local_path() const;
  /// This URL with `/relative` appended (`relative` percent-encoded by the caller where it needs
  /// it).
  [[nodiscard]] Url join(std::string_view relative) const;
  /// RFC 3986 resolution of a reference, relative or absolute, against this URL read as a folder
  /// (CEP 15's base_url).
  [[nodiscard]] std::optional<Url> resolve(std::string_view reference) const;
  /// True where this URL is `base` or lies below it, by whole path parts.
  [[nodiscard]] bool is_under(const Url& base) const;

  friend bool operator==(const Url&, const Url&) = default;
  friend auto operator<=>(const Url&, const Url&) = default;

 private:
  Url() = default;
  bool set_authority(std::string_view authority);
  bool set_path(std::string_view path);
  void take_token();

  std::string scheme_, host_, path_;
  std::optional<unsigned> port_;
  std::string userinfo_, token_;
  std::size_t token_at_ = 0;  ///< Where in `path_` the "/t/TOKEN" stood.
};

/// Percent-decodes; nothing where an escape is broken or decodes to NUL.
std::optional<std::string> percent_decode(std::string_view text);
/// Percent-encodes a file name for a URL path: keeps RFC 3986 unreserved characters and '!',
/// encodes '+' as %2B (CF 1.6).
std::string percent_encode_segment(std::string_view text);
/// Replaces userinfo, `/t/TOKEN/` and query values of every URL inside `text` by '***'; for
/// messages of other libraries.
std::string redact_urls(std::string_view text);
/// True where a URL inside `text` has a user name with password, a lone secret before the '@', or a
/// `/t/TOKEN/` part: what must not enter a lock. The user name of an ssh URL ("git@") is no secret,
/// nor is a variable that pip expands ("${TOKEN}").
bool holds_credentials(std::string_view text);

}  // namespace envlock
