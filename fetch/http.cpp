#include "fetch/http.hpp"

#include <algorithm>
#include <charconv>
#include <mutex>
#include <utility>

#include "fetch/curl_api.hpp"
#include "fetch/redirect.hpp"
#include "fetch/transfer.hpp"

namespace envlock {

namespace {

void add_header(CurlList& list, const std::string& line) {
  curl_slist* const longer = curl_api().slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(list.release());  // `longer` begins with it
  list.reset(longer);
}

/// The URL as sent, where the credential is part of it.
std::string with_token(const std::string& url, const Credential& credential) {
  const std::size_t path = url.find('/', url.find("://") + 3);
  std::string_view rest = path == std::string::npos ? "" : std::string_view(url).substr(path);
  if (rest.starts_with("/t/")) return url;  // a redirect of the server's own that kept it
  std::string sent = url.substr(0, path);
  sent.reserve(url.size() + credential.secret.reveal().size() + 3);
  sent.append("/t/").append(credential.secret.reveal()).append(rest);
  return sent;
}

/// libcurl keeps copies of its own, which it does not wipe: they go with the process.
void add_credential(const CurlEasy& easy, CurlList& headers, const RequestTarget& target,
                    const Credential& credential) {
  switch (credential.kind) {
    case Credential::Kind::basic:
      set_option(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
      set_option(easy, CURLOPT_USERNAME, credential.name.c_str());
      set_option(easy, CURLOPT_PASSWORD, credential.secret.c_str());
      return;
    case Credential::Kind::bearer:
      set_option(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BEARER));
      set_option(easy, CURLOPT_XOAUTH2_BEARER, credential.secret.c_str());
      return;
    case Credential::Kind::token: {
      std::string sent = with_token(target.url(), credential);
      set_option(easy, CURLOPT_URL, sent.c_str());
      wipe(sent);
      return;
    }
    case Credential::Kind::header: {
      std::string line = credential.name;
      line.reserve(line.size() + credential.secret.reveal().size() + 2);
      line.append(": ").append(credential.secret.reveal());
      add_header(headers, line);
      wipe(line);
      return;
    }
  }
}

CurlEasy make_easy(const HttpSettings& settings, const RequestTarget& target,
                   const HttpRequest& request) {
  CurlEasy easy(curl_api().easy_init());
  if (!easy) throw std::bad_alloc();
  set_option(easy, CURLOPT_URL, target.url().c_str());
  set_option(easy, CURLOPT_USERAGENT, settings.user_agent.c_str());
  set_option(easy, CURLOPT_NOSIGNAL, 1L);
  set_option(easy, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
  set_option(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set_option(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set_option(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  set_option(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  set_option(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!settings.ca_file.empty()) set_option(easy, CURLOPT_CAINFO, settings.ca_file.c_str());
  if (!settings.ca_dir.empty()) set_option(easy, CURLOPT_CAPATH, settings.ca_dir.c_str());
  set_option(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_timeout.count()));
  set_option(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(settings.low_speed_time.count()));
  set_option(easy, CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(settings.low_speed_bytes));
  set_option(easy, CURLOPT_FRESH_CONNECT, request.fresh_connection ? 1L : 0L);
  constexpr long buffer_bytes = 262'144;
  set_option(easy, CURLOPT_BUFFERSIZE, buffer_bytes);
  // Where a server speaks HTTP/2, one more stream on its connection, not one more connection. In
  // TLS that is known before the first answer; in plain http it would wait for that.
  if (target.url().starts_with("https:")) set_option(easy, CURLOPT_PIPEWAIT, 1L);
  if (request.body) {
    set_option(easy, CURLOPT_POST, 1L);
    set_option(easy, CURLOPT_POSTFIELDS, request.body->c_str());
    set_option(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body->reveal().size()));
  }
  // Plain http is allowed on loopback because nobody else sees it: so it never goes to a proxy.
  if (target.is_loopback()) set_option(easy, CURLOPT_PROXY, "");
#if LIBCURL_VERSION_NUM >= 0x075700
  // Without it, ending a transfer waits for a name server that does not answer. An older library
  // at run time does not know the option, and waits.
  curl_api().easy_setopt(easy.get(), CURLOPT_QUICK_EXIT, 1L);
#endif
  return easy;
}

CurlList make_headers(const HttpRequest& request) {
  CurlList list;
  add_header(list, "Accept-Encoding: identity");
  if (!request.if_none_match.empty()) add_header(list, "If-None-Match: " + request.if_none_match);
  if (!request.if_modified_since.empty())
    add_header(list, "If-Modified-Since: " + request.if_modified_since);
  // Not CURLOPT_RANGE: with it libcurl judges the answer, and calls a full one an error.
  if (request.first_byte > 0)
    add_header(list, "Range: bytes=" + std::to_string(request.first_byte) + "-");
  if (!request.if_range.empty()) add_header(list, "If-Range: " + request.if_range);
  if (request.body) {
    add_header(list, "Content-Type: application/json");
    add_header(list, "Expect:");  // bodies are short: not a round trip more
  }
  for (const auto& [name, value] : request.headers) add_header(list, name + ": " + value);
  return list;
}

/// Throws for a transfer that ended without success.
[[noreturn]] void fail(Transfer& transfer, const std::string& redacted_url) {
  const auto state = transfer.state();
  const CURLcode code = state->result;
  std::string detail = redact_urls(transfer.error_text());
  if (detail.empty()) detail = curl_api().easy_strerror(code);
  const std::string message = "cannot fetch '" + redacted_url + "': " + detail;
  if (state->header_too_long)
    throw TrustError("cannot fetch '" + redacted_url + "': the header of the answer is too long");
  switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
      throw TransientError(message,
                           "check the network, the proxy variables and the channel's URL; with "
                           "--offline, only what the cache has is used");
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      throw TransientError(message, "try again later; the server or the connection is at fault");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      throw TrustError(message,
                       "where a company's own authority signs certificates here, name its file in "
                       "SSL_CERT_FILE");
    case CURLE_SSL_CACERT_BADFILE:
      throw IoError(message, "SSL_CERT_FILE must name a readable file of PEM certificates");
    default:
      throw NetworkError(message);
  }
}

std::optional<std::chrono::milliseconds> parse_retry_after(const std::string& text) {
  if (text.empty()) return std::nullopt;
  std::uint32_t seconds = 0;
  const char* const end = text.data() + text.size();
  if (const auto [at, error] = std::from_chars(text.data(), end, seconds);
      error == std::errc{} && at == end)
    return std::chrono::seconds(seconds);
  const time_t when = curl_api().getdate(text.c_str(), nullptr);
  if (when < 0) return std::nullopt;
  const auto wait = std::chrono::system_clock::from_time_t(when) - std::chrono::system_clock::now();
  return std::max(std::chrono::milliseconds(0),
                  std::chrono::duration_cast<std::chrono::milliseconds>(wait));
}

}  // namespace

struct HttpResponse::Impl {
  Impl(TransferLoop& owner, std::shared_ptr<Transfer> request, std::stop_token stop_token)
      : loop(owner), transfer(std::move(request)), stop(std::move(stop_token)) {
    loop.add(transfer);
  }
  ~Impl() {
    // The loop is woken up only where it has something to end.
    if (!transfer->state()->done) loop.cancel(transfer);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  TransferLoop& loop;
  std::shared_ptr<Transfer> transfer;
  std::stop_token stop;
  std::string url;
  int status = 0;
  HttpHeaders headers;
  std::uint64_t max_body_bytes = 0;
  std::uint64_t received = 0;
  std::vector<std::byte> chunk;
};

HttpResponse::HttpResponse(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpResponse::~HttpResponse() = default;
HttpResponse::HttpResponse(HttpResponse&&) noexcept = default;
HttpResponse& HttpResponse::operator=(HttpResponse&&) noexcept = default;

int HttpResponse::status() const noexcept { return impl_->status; }
const HttpHeaders& HttpResponse::headers() const noexcept { return impl_->headers; }
const std::string& HttpResponse::final_url() const noexcept { return impl_->url; }

std::optional<std::chrono::milliseconds> HttpResponse::retry_after() const {
  return parse_retry_after(impl_->headers.retry_after);
}

std::span<const std::byte> HttpResponse::read() {
  bool resume = false;
  impl_->chunk = impl_->transfer->next_chunk(impl_->stop, resume);
  if (resume) impl_->loop.resume(impl_->transfer);
  if (impl_->chunk.empty() && impl_->transfer->state()->result != CURLE_OK)
    fail(*impl_->transfer, impl_->url);
  impl_->received += impl_->chunk.size();
  if (impl_->received > impl_->max_body_bytes)
    throw TrustError("'" + impl_->url + "' has more than the " +
                     std::to_string(impl_->max_body_bytes) + " bytes that are allowed");
  return impl_->chunk;
}

void HttpResponse::discard() {
  // A connection can be used again only once the answer is read; a long one is not worth it.
  constexpr std::uint64_t enough = 64 * 1024;
  try {
    while (impl_->received < enough && !read().empty()) {
    }
  } catch (const TransientError&) {
    return;  // nobody wanted the rest
  }
}

struct HttpClient::Impl {
  explicit Impl(HttpSettings given) : settings(std::move(given)) {}
  TransferLoop& running_loop() {
    std::call_once(started, [this] {
      loop.emplace(settings.max_connections, settings.max_connections_per_host);
    });
    return *loop;
  }

  HttpSettings settings;
  std::once_flag started;
  std::optional<TransferLoop> loop;
};

HttpClient::HttpClient(HttpSettings settings)
    : impl_(std::make_unique<Impl>(std::move(settings))) {}
HttpClient::~HttpClient() = default;

void HttpClient::start() { static_cast<void>(impl_->running_loop()); }

HttpResponse HttpClient::get(const HttpRequest& request, const std::stop_token& stop) {
  require_allowed_scheme(request.url);
  const HttpSettings& settings = impl_->settings;
  RequestTarget target(request.url, request.query, settings.plain_http_origins, request.as_folder);
  const Credential* const credential = request.credential.get();
  for (unsigned redirects = 0;; ++redirects) {
    CurlEasy easy = make_easy(settings, target, request);
    CurlList headers = make_headers(request);
    if (credential != nullptr && target.origin() == credential->origin.origin())
      add_credential(easy, headers, target, *credential);
    auto transfer = std::make_shared<Transfer>(std::move(easy), std::move(headers), request.body,
                                               settings.max_header_bytes);
    HttpResponse response(
        std::make_unique<HttpResponse::Impl>(impl_->running_loop(), transfer, stop));
    auto& impl = *response.impl_;
    impl.url = target.redacted();
    impl.max_body_bytes = request.max_body_bytes;
    if (!transfer->wait_for_header(stop)) fail(*transfer, impl.url);
    {
      const auto state = transfer->state();
      impl.status = state->header.status();
      impl.headers = state->header.headers();
    }
    const bool redirect = impl.status == 301 || impl.status == 302 || impl.status == 303 ||
                          impl.status == 307 || impl.status == 308;
    if (!redirect || impl.headers.location.empty() || request.body || !request.follow_redirects)
      return response;
    if (redirects == settings.max_redirects)
      throw NetworkError("'" + request.url.to_string() + "' redirects more than " +
                         std::to_string(settings.max_redirects) + " times, at last to '" +
                         redact_urls(impl.headers.location) + "'");
    target.follow(impl.headers.location);
    if (credential != nullptr && target.origin() != credential->origin.origin() &&
        target.url().find(credential->secret.reveal()) != std::string::npos)
      throw TrustError("'" + request.url.to_string() + "' redirects to '" + target.origin() +
                           "' and would carry its credential there",
                       "ask who runs the channel; a credential belongs to one server");
    response.discard();
  }
}

void HttpClient::require_allowed_scheme(const Url& url) const {
  if (is_allowed_scheme(url, impl_->settings.plain_http_origins)) return;
  if (url.scheme() != "http")
    throw TrustError("'" + url.to_string() + "' is not fetched: envlock speaks http and https");
  throw TrustError("'" + url.to_string() + "' cannot be trusted: plain http is for this host alone",
                   "use https, or allow it in envlock.yml, where anybody on the way can then read "
                   "what is fetched and hold back updates: policy: {plain_http: [\"" +
                       url.origin() + "\"]}");
}

}  // namespace envlock
