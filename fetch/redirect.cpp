#include "fetch/redirect.hpp"

#include <algorithm>
#include <optional>

#include "model/error.hpp"
#include "model/text.hpp"

namespace envlock {

namespace {

/// One part of a URL, or nothing where it is not there.
std::optional<std::string> part(const CurlUrl& url, CURLUPart which) {
  char* text = nullptr;
  if (curl_api().url_get(url.get(), which, &text, 0) != CURLUE_OK) return std::nullopt;
  std::string copy = text;
  curl_api().free(text);
  return copy;
}

bool set(const CurlUrl& url, CURLUPart which, const std::string& text) {
  return curl_api().url_set(url.get(), which, text.c_str(),
                            which == CURLUPART_URL ? CURLU_URLENCODE : 0) == CURLUE_OK;
}

Url origin_of(const Url& url) {
  // An origin of a valid URL is a valid URL.
  return Url::parse(url.origin()).value();
}

}  // namespace

bool is_allowed_scheme(const Url& url, std::span<const std::string> plain_http_origins) noexcept {
  if (url.scheme() == "https") return true;
  return url.scheme() == "http" &&
         (url.is_loopback() || std::ranges::count(plain_http_origins, url.origin()) != 0);
}

RequestTarget::RequestTarget(const Url& asked, const std::string& query,
                             std::span<const std::string> plain_http_origins, bool as_folder)
    : plain_http_origins_(plain_http_origins),
      asked_(asked),
      origin_(origin_of(asked)),
      url_(asked.with_credentials() + (as_folder ? "/" : "") + (query.empty() ? "" : '?' + query)),
      redacted_(asked.to_string()) {}

void RequestTarget::follow(const std::string& location) {
  const CurlUrl url(curl_api().url());
  if (!url || !set(url, CURLUPART_URL, url_)) throw InternalError("libcurl cannot parse a URL");
  const auto old_user = part(url, CURLUPART_USER);
  const auto old_password = part(url, CURLUPART_PASSWORD);
  if (!set(url, CURLUPART_URL, location))
    throw NetworkError("'" + redacted_ + "' redirects to what is no URL");
  // A fragment is not sent.
  curl_api().url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  const std::string refused = "'" + redacted_ + "' redirects to '" +
                              redact_urls(part(url, CURLUPART_URL).value_or("")) + "'";

  const std::string scheme = to_lower(part(url, CURLUPART_SCHEME).value_or(""));
  const std::string port = part(url, CURLUPART_PORT).value_or("");
  const auto origin = Url::parse(scheme + "://" + part(url, CURLUPART_HOST).value_or("") +
                                 (port.empty() ? "" : ":" + port));
  if (!origin || (scheme != "http" && scheme != "https"))
    throw TrustError(refused + ", which is no http or https URL");
  if (!is_allowed_scheme(*origin, plain_http_origins_) ||
      (scheme == "http" && origin_.scheme() == "https"))
    throw TrustError(refused + ": plain http cannot be trusted",
                     "name the channel by its https URL, or ask who runs it to redirect to https");

  const auto user = part(url, CURLUPART_USER);
  const auto password = part(url, CURLUPART_PASSWORD);
  const bool same_origin = *origin == origin_of(asked_);
  // A relative redirect keeps the credentials of this request; any others come from the server.
  const bool kept = user == old_user && password == old_password && same_origin;
  if ((user || password) && !kept)
    throw TrustError(refused + ", a URL that carries credentials of its own");
  if (same_origin && !user && asked_.has_credentials()) {
    const CurlUrl first(curl_api().url());
    if (!first || !set(first, CURLUPART_URL, asked_.with_credentials()))
      throw InternalError("libcurl cannot parse a URL");
    for (const CURLUPart which : {CURLUPART_USER, CURLUPART_PASSWORD})
      if (const auto text = part(first, which)) set(url, which, *text);
  }
  const auto next = part(url, CURLUPART_URL);
  if (!next) throw NetworkError(refused + ", which cannot be followed");
  url_ = *next;
  redacted_ = redact_urls(url_);
  origin_ = *origin;
}

}  // namespace envlock
