#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "fetch/credential.hpp"
#include "fetch/http_headers.hpp"
#include "fetch/retry.hpp"
#include "model/url.hpp"

namespace envlock {

struct HttpSettings {
  std::string user_agent;  ///< "envlock/VERSION"
  /// Certificates to trust instead of the system's: $SSL_CERT_FILE and $SSL_CERT_DIR; empty: the
  /// system's. Verification itself cannot be turned off.
  std::string ca_file, ca_dir;
  std::chrono::milliseconds connect_timeout{15'000};
  /// A transfer below `low_speed_bytes` a second for `low_speed_time` is given up.
  std::chrono::seconds low_speed_time{30};
  std::uint32_t low_speed_bytes = 1024;
  unsigned max_redirects = 5;
  std::size_t max_header_bytes = std::size_t{256} << 10U;  ///< Of one answer.
  unsigned max_connections = 16;
  unsigned max_connections_per_host = 8;
  /// Origins (Url::origin()) that envlock.yml names: plain http is allowed there.
  std::vector<std::string> plain_http_origins = {};
};

struct HttpRequest {
  Url url;                 ///< http or https; its credentials go to its own origin only.
  std::string query = {};  ///< Without '?', percent-encoded; no secret.
  /// With a slash behind the path, which a Url never has: servers of folders redirect else.
  bool as_folder = false;
  std::shared_ptr<const Credential> credential = {};
  /// Not secret, as name and value.
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string if_none_match = {};
  std::string if_modified_since = {};
  /// Asks for the body from here on (RFC 9110, 14.2), and with `if_range`, a strong ETag or a date,
  /// only where it is still that version: look at the status and at `content_range`.
  std::uint64_t first_byte = 0;
  std::string if_range = {};
  /// With it the request is a POST of JSON, whose redirects are not followed.
  std::shared_ptr<const Secret> body = {};
  std::uint64_t max_body_bytes = std::uint64_t{2} << 30U;
  bool follow_redirects = true;  ///< Else the redirect is the answer.
  /// Uses no connection of an earlier request: for a retry, when the old one may be out of step.
  bool fresh_connection = false;
};

/// One answer whose body is still arriving. Destroying it ends the transfer. Must not outlive its
/// HttpClient. Not thread-safe.
class HttpResponse {
 public:
  ~HttpResponse();
  HttpResponse(HttpResponse&&) noexcept;
  HttpResponse& operator=(HttpResponse&&) noexcept;

  [[nodiscard]] int status() const noexcept;
  [[nodiscard]] const HttpHeaders& headers() const noexcept;
  /// After redirects, redacted, for messages.
  [[nodiscard]] const std::string& final_url() const noexcept;
  /// The next piece of the body, valid until the next call; empty at its end. Bounded buffering:
  /// a reader that is slow slows the server.
  /// @throws TransientError where the connection broke or the body is shorter than announced
  /// @throws TrustError where it exceeds `max_body_bytes`
  /// @throws Interrupted within 100 ms of a requested stop
  [[nodiscard]] std::span<const std::byte> read();
  /// Reads a short body to its end, so that the connection can be used again.
  void discard();
  /// How long the server asks to wait before the next request, counted from now.
  [[nodiscard]] std::optional<std::chrono::milliseconds> retry_after() const;

 private:
  friend class HttpClient;
  struct Impl;
  explicit HttpResponse(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// GET and POST over http and https. libcurl is loaded, and a thread started, by the first `get` or
/// by `start` only: a client that is never used costs nothing. Safe to use from many threads at
/// once. Proxies come from the usual environment variables, read by libcurl.
///
/// Plain http is for loopback and `plain_http_origins` only. Redirects: at most `max_redirects`,
/// never to plain http elsewhere or from https, never to another scheme, never with userinfo;
/// credentials stay with the origin that they were given for.
class HttpClient {
 public:
  explicit HttpClient(HttpSettings settings);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Starts the thread of all transfers now, with this thread's priority. For who is about to call
  /// `get` on a thread of another one.
  void start();

  /// Sends the request once, follows redirects and returns when the header has come, whatever the
  /// final status is. @throws TransientError for connection errors and timeouts, TrustError for
  /// certificates and refused redirects, NetworkError otherwise, Interrupted
  [[nodiscard]] HttpResponse get(const HttpRequest& request, const std::stop_token& stop);

  /// @throws TrustError (6) for plain http to another host than loopback and `plain_http_origins`;
  /// its hint has the line for envlock.yml
  void require_allowed_scheme(const Url& url) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace envlock
