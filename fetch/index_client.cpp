#include "fetch/index_client.hpp"

#include "fetch/atomic_file.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::uint64_t most_page_bytes = std::uint64_t{64} << 20U;
constexpr std::uint64_t most_text_bytes = std::uint64_t{16} << 20U;
constexpr std::uint64_t most_file_bytes = std::uint64_t{16} << 30U;
/// JSON first: it alone has sizes and upload times (PEP 691, 700).
constexpr const char* accept =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, "
    "text/html;q=0.1";

bool is_missing(int status) { return status == 404 || status == 410; }

std::string body_of(HttpResponse& response) {
  std::string body;
  for (;;) {
    const auto bytes = response.read();
    if (bytes.empty()) return body;
    body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
}

void require_digest(const std::string& what, const Sha256& found,
                    const std::optional<Sha256>& expected) {
  if (!expected || found == *expected) return;
  throw TrustError("'" + what + "' has sha256 " + found.hex() + ", expected " + expected->hex(),
                   "somebody changed the file or its digest: find out who before it is used");
}

}  // namespace

HttpResponse IndexClient::ask(const HttpRequest& request, const std::optional<Url>& index) {
  HttpRequest asked = request;
  http_.require_allowed_scheme(request.url);
  const Url named_by = index.value_or(request.url);
  asked.credential = credentials_.credential_for(request.url, stop_, named_by);
  HttpResponse response = http_.get(asked, stop_);
  const int status = response.status();
  if (status == 200 || is_missing(status)) return response;
  const std::string& shown = response.final_url();
  if (status == 401 || status == 403)
    credentials_.refuse(request.url, shown, status, stop_, named_by);
  const std::string message = "'" + shown + "' answered HTTP " + std::to_string(status);
  if (is_transient_status(status))
    throw TransientError(message, "try again later", response.retry_after());
  throw NetworkError(message, "is it the URL of an index (a simple API)?");
}

std::optional<ProjectPage> IndexClient::project(const Url& index, const std::string& project) {
  const Url url = index.join(percent_encode_segment(project));
  HttpRequest request{.url = url};
  request.as_folder = true;
  request.max_body_bytes = most_page_bytes;
  request.headers = {{"Accept", accept}};
  return with_retries(retry_, stop_, [&]() -> std::optional<ProjectPage> {
    HttpResponse response = ask(request);
    if (is_missing(response.status())) {
      response.discard();
      return std::nullopt;
    }
    const std::string shown = response.final_url();
    const std::string body = body_of(response);
    // References are relative to where the page was found in the end.
    const Url page = Url::parse(shown).value_or(url);
    const std::string type = response.headers().content_type;
    return type.find("json") != std::string::npos ? read_index_json(body, page, "'" + shown + "'")
                                                  : read_index_html(body, page, "'" + shown + "'");
  });
}

std::optional<std::string> IndexClient::text(const Url& url, const std::optional<Sha256>& expected,
                                             const std::optional<Url>& index) {
  HttpRequest request{.url = url};
  request.max_body_bytes = most_text_bytes;
  return with_retries(retry_, stop_, [&]() -> std::optional<std::string> {
    HttpResponse response = ask(request, index);
    if (is_missing(response.status())) {
      response.discard();
      return std::nullopt;
    }
    std::string body = body_of(response);
    require_digest(url.to_string(), sha256_of(body), expected);
    return body;
  });
}

IndexDownload IndexClient::download(const Url& url, const std::filesystem::path& file,
                                    const std::optional<Sha256>& expected,
                                    const std::optional<Url>& index) {
  HttpRequest request{.url = url};
  request.max_body_bytes = most_file_bytes;
  return with_retries(retry_, stop_, [&] {
    HttpResponse response = ask(request, index);
    if (is_missing(response.status()))
      throw NetworkError("'" + response.final_url() + "' answered HTTP " +
                         std::to_string(response.status()));
    AtomicFile out(file);
    Sha256Hasher hasher;
    IndexDownload done{};
    for (;;) {
      const auto bytes = response.read();
      if (bytes.empty()) break;
      hasher.update(bytes);
      done.size_bytes += bytes.size();
      out.write(bytes);
    }
    done.sha256 = hasher.finish();
    require_digest(url.to_string(), done.sha256, expected);
    out.commit(AtomicFile::Durability::relaxed);
    return done;
  });
}

}  // namespace envlock
