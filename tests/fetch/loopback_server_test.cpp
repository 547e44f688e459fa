#include "fetch/loopback_server.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "fetch/http.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

std::string body_of(HttpResponse& response) {
  std::string body;
  for (;;) {
    const auto bytes = response.read();
    if (bytes.empty()) return body;
    body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
}

}  // namespace

TEST_CASE("LoopbackServer: texts and files, one request a connection", "[fetch]") {
  const TempDir dir;
  const std::string large(3'000'000, 'x');
  const auto file = dir.write("large", large);
  const LoopbackServer server([&](const std::string& path) -> LoopbackAnswer {
    if (path == "/text") return {.body = "hello"};
    if (path == "/file") return {.file = file};
    if (path == "/none") return {.file = dir / "none"};
    return {.status = 404};
  });
  HttpClient client({.user_agent = "test", .ca_file = {}, .ca_dir = {}});
  const auto ask = [&](const std::string& path) {
    HttpRequest request{
        .url = *Url::parse("http://127.0.0.1:" + std::to_string(server.port()) + path)};
    HttpResponse response = client.get(request, {});
    return std::to_string(response.status()) + ' ' + body_of(response);
  };
  CHECK(ask("/text") == "200 hello");
  CHECK(ask("/file") == "200 " + large);
  CHECK(ask("/none") == "500 ");
  CHECK(ask("/other") == "404 ");
  CHECK(ask("/" + std::string(5000, 'a')) == "400 ");
}

}  // namespace envlock::test
