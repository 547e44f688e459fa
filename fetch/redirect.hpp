#pragma once

// Private to fetch/: needs libcurl.

#include <string>

#include "fetch/curl_api.hpp"
#include "model/url.hpp"

namespace envlock {

/// Where a request goes now: the URL asked for, then what redirects make of it, by the rules that
/// HttpClient documents.
class RequestTarget {
 public:
  explicit RequestTarget(const Url& asked);

  /// Moves on to a `Location`, relative or absolute.
  /// @throws TrustError for a refused place, NetworkError for an unreadable one
  void follow(const std::string& location);

  [[nodiscard]] const std::string& url() const noexcept { return url_; }  ///< With credentials.
  [[nodiscard]] const std::string& redacted() const noexcept { return redacted_; }
  [[nodiscard]] bool is_loopback() const noexcept { return origin_.is_loopback(); }

 private:
  Url asked_;
  Url origin_;  ///< Scheme, host and port of now.
  std::string url_, redacted_;
};

}  // namespace envlock
