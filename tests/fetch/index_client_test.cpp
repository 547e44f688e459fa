#include "fetch/index_client.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "tests/support/local_server.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/wheel_index.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;

/// A client that does not wait between its tries.
struct Client {
  HttpClient http{{.user_agent = "test", .ca_file = {}, .ca_dir = {}}};
  CredentialStore credentials{{}, http};
  IndexClient index{
      http, credentials, {}, {.tries = 2, .first_delay = std::chrono::milliseconds(1)}};
};

TestWheel tool() {
  TestWheel wheel;
  wheel.name = "tool";
  wheel.needs = {"helper"};
  return wheel;
}

}  // namespace

TEST_CASE("IndexClient: pages in JSON and HTML, metadata and files with their digests", "[fetch]") {
  for (const auto form : {WheelIndex::Form::json, WheelIndex::Form::html}) {
    WheelIndex index(form);
    index.add(tool());
    Client client;
    const auto page = client.index.project(*Url::parse(index.url()), "tool");
    REQUIRE(page);
    REQUIRE(page->files.size() == 1);
    const IndexFile& file = page->files[0];
    CHECK(file.name == tool().file_name());
    CHECK(file.url.to_string() == index.file_url(tool().file_name()));
    CHECK(file.uploaded.has_value() == (form == WheelIndex::Form::json));
    CHECK_FALSE(client.index.project(*Url::parse(index.url()), "absent"));
    const Url metadata = *Url::parse(file.url.to_string() + ".metadata");
    CHECK(client.index.text(metadata, file.metadata_sha256) == tool().metadata());
    CHECK_THROWS_WITH(client.index.text(metadata, Sha256()), Contains("has sha256"));
    CHECK_FALSE(client.index.text(*Url::parse(index.url() + "/none"), {}));
    const TempDir dir;
    const IndexDownload done = client.index.download(file.url, dir / "w", file.sha256);
    CHECK(done.sha256 == sha256_of(tool().bytes()));
    CHECK(done.size_bytes == tool().bytes().size());
    CHECK_THROWS_WITH(client.index.download(file.url, dir / "x", Sha256()), Contains("has sha256"));
    CHECK_FALSE(std::filesystem::exists(dir / "x"));
  }
}

TEST_CASE("IndexClient: failures name the place, and are tried again where that may help",
          "[fetch]") {
  const LocalServer server([](const LocalServer::Request& request) -> LocalServer::Answer {
    if (request.path == "/odd/tool/")
      return {.body = "<a", .headers = {{"Content-Type", "x/json"}}};
    return {.status = request.path == "/busy/tool/" ? 503 : 403};
  });
  Client client;
  CHECK_THROWS_WITH(client.index.project(*Url::parse(server.url("/busy")), "tool"),
                    Contains("503") && Contains("2 times"));
  CHECK(server.paths().size() == 2);
  CHECK_THROWS_AS(client.index.project(*Url::parse(server.url("/odd")), "tool"), InputError);
  CHECK_THROWS_WITH(client.index.project(*Url::parse(server.url("/no")), "tool"), Contains("403"));
  CHECK_THROWS_AS(client.index.project(*Url::parse("http://index.example/simple"), "tool"),
                  TrustError);
}

}  // namespace envlock::test
