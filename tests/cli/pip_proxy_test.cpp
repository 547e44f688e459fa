// What pip sees of the indexes, and what is asked of them for that.

#include "cli/pip_proxy.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "tests/support/local_server.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/wheel_index.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;

/// A proxy over one index, and a client that asks it as pip does.
struct Proxied {
  explicit Proxied(const std::string& index_url) {
    view.rules.indexes.push_back({"mine", *Url::parse(index_url)});
    proxy.show(view);
  }
  /// Status and body. @param path  below the proxy's root, or a whole URL
  std::string ask(const std::string& path) {
    const std::string url = path.starts_with("http") ? path : proxy.root() + path;
    HttpRequest request{.url = *Url::parse(url)};
    request.as_folder = path.starts_with("simple/");
    HttpResponse response = http.get(request, {});
    std::string all = std::to_string(response.status()) + ' ';
    for (;;) {
      const auto bytes = response.read();
      if (bytes.empty()) return all;
      all.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
  }

  TempDir dir;
  HttpClient http{{.user_agent = "test", .ca_file = {}, .ca_dir = {}}};
  CredentialStore credentials{{}, http};
  IndexClient client{
      http, credentials, {}, {.tries = 2, .first_delay = std::chrono::milliseconds(1)}};
  PipView view;
  PipProxy proxy{client, dir.path()};
};

LocalServer::Answer json(const std::string& files) {
  return {.body = R"({"meta": {"api-version": "1.0"}, "files": [)" + files + "]}",
          .headers = {{"Content-Type", "application/vnd.pypi.simple.v1+json"}}};
}

}  // namespace

TEST_CASE("PipProxy: a file whose metadata would have too long a URL is shown without it",
          "[pip]") {
  std::string url;
  const LocalServer server([&](const LocalServer::Request&) {
    return json(R"({"filename": "tool-1.0-py3-none-any.whl", "url": ")" + url +
                R"(", "hashes": {}, "core-metadata": true})");
  });
  const std::string name = "/tool-1.0-py3-none-any.whl";
  url = server.url("/");
  while (url.size() + 101 + name.size() < 8190) url += std::string(100, 'a') + '/';
  url += std::string(8190 - url.size() - name.size(), 'b') + name;
  REQUIRE(Url::parse(url));
  REQUIRE_FALSE(Url::parse(url + ".metadata"));
  Proxied pip(server.url("/simple"));
  const std::string page = pip.ask("simple/tool");
  CHECK_THAT(page, Contains("file/0/tool-1.0-py3-none-any.whl"));
  CHECK(page.find("metadata") == std::string::npos);
  CHECK(pip.ask("file/0/tool-1.0-py3-none-any.whl.metadata") == "404 ");
  CHECK_FALSE(pip.proxy.failure());
}

TEST_CASE("PipProxy: metadata that the index promises and does not have is its failure", "[pip]") {
  const LocalServer server([&](const LocalServer::Request& request) -> LocalServer::Answer {
    if (!request.path.starts_with("/simple/")) return {.status = 404};
    return json(R"({"filename": "tool-1.0-py3-none-any.whl", "url": "/tool-1.0-py3-none-any.whl",
                    "hashes": {}, "core-metadata": true})");
  });
  Proxied pip(server.url("/simple"));
  CHECK_THAT(pip.ask("simple/tool"), Contains("data-core-metadata"));
  CHECK(pip.ask("file/0/tool-1.0-py3-none-any.whl.metadata") == "500 ");
  REQUIRE(pip.proxy.failure());
  CHECK_THROWS_WITH(std::rethrow_exception(pip.proxy.failure()),
                    Contains(".metadata' is not there") && Contains("'mine'"));
}

TEST_CASE("PipProxy: a file is fetched once, however often pip is run", "[pip]") {
  for (const bool has_digests : {true, false}) {
    WheelIndex index;
    TestWheel tool;
    tool.name = "tool";
    index.add(tool);
    if (!has_digests) index.forget_digests();
    const std::string wheel = "/files/" + tool.file_name();
    Proxied pip(index.url());
    for (int i = 0; i < 3; ++i) {
      pip.proxy.show(pip.view);
      const std::string page = pip.ask("simple/tool");
      const std::string file = "file/" + std::to_string(i) + '/' + tool.file_name();
      CHECK_THAT(page, Contains(file));
      CHECK(pip.ask(file) == "200 " + tool.bytes());
      CHECK(pip.proxy.resolve(pip.proxy.root() + file).file.sha256 == sha256_of(tool.bytes()));
    }
    CHECK(pip.ask(pip.proxy.add_wheel(*Url::parse(index.file_url(tool.file_name())),
                                      has_digests ? std::optional(sha256_of(tool.bytes()))
                                                  : std::nullopt)) == "200 " + tool.bytes());
    const auto paths = index.paths();
    CHECK(std::ranges::count(paths, wheel) == 1);
    // Under another digest it is another file.
    CHECK(pip.ask(pip.proxy.add_wheel(*Url::parse(index.file_url(tool.file_name())), Sha256())) ==
          "500 ");
    CHECK_THROWS_AS(std::rethrow_exception(pip.proxy.failure()), TrustError);
  }
}

TEST_CASE("PipProxy: files that cannot be used are told of", "[pip]") {
  const LocalServer server([&](const LocalServer::Request& request) -> LocalServer::Answer {
    const std::string bad = "<a href='/tool-1.0-py3-none-any.whl#sha256=12'>x</a>";
    return {.body = request.path == "/simple/tool/"
                        ? bad + "<a href='/tool-2.0-cp39-none-win32.whl'>x</a>" + bad
                        : bad,
            .headers = {{"Content-Type", "text/html"}}};
  });
  Proxied pip(server.url("/simple"));
  static_cast<void>(pip.ask("simple/tool"));
  static_cast<void>(pip.ask("simple/bare"));
  CHECK_THAT(pip.proxy.remark("tool", true),
             Contains("wheels of 'tool' 2.0 for: cp39-win32; 2 files of the "
                      "index 'mine' for 'tool' cannot be used"));
  CHECK_THAT(pip.proxy.remark("bare", false), Catch::StartsWith("1 file of the index 'mine'"));
}

}  // namespace envlock::test
