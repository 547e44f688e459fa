#pragma once

// Private to fetch/: needs libcurl.

#include <span>
#include <string>

#include "fetch/curl_api.hpp"
#include "model/url.hpp"

namespace envlock {

/// https; http on loopback and where envlock.yml names the origin.
bool is_allowed_scheme(const Url& url, std::span<const std::string> plain_http_origins) noexcept;

/// Where a request goes now: the URL asked for, then what redirects make of it, by the rules that
/// HttpClient documents.
class RequestTarget {
 public:
  /// @param plain_http_origins  outlives this
  /// @param as_folder  with a slash behind the path
  RequestTarget(const Url& asked, const std::string& query,
                std::span<const std::string> plain_http_origins, bool as_folder = false);

  /// Moves on to a `Location`, relative or absolute.
  /// @throws TrustError for a refused place, NetworkError for an unreadable one
  void follow(const std::string& location);

  [[nodiscard]] const std::string& url() const noexcept { return url_; }  ///< With credentials.
  [[nodiscard]] const std::string& redacted() const noexcept { return redacted_; }
  [[nodiscard]] std::string origin() const { return origin_.origin(); }
  [[nodiscard]] bool is_loopback() const noexcept { return origin_.is_loopback(); }

 private:
  std::span<const std::string> plain_http_origins_;
  Url asked_;
  Url origin_;  ///< Scheme, host and port of now.
  std::string url_, redacted_;
};

}  // namespace envlock
