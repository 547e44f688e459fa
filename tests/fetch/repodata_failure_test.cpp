#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/fetch/fetching.hpp"

namespace envlock::test {

using Catch::Contains;
using Catch::StartsWith;
using Answer = LocalServer::Answer;
using Request = LocalServer::Request;

namespace {

const std::string json = R"({"packages": {}, "packages.conda": {}})";

LocalServer::Handler honest() { return serve_files({{noarch_zst, zstd_frame(json)}}); }

}  // namespace

TEST_CASE("repodata: 401 and 403 are never an empty subdir", "[fetch]") {
  const int code = GENERATE(401, 403);
  const LocalServer server(always(status(code)));
  Fetching fetching;
  CHECK_THAT(failure_of(fetching, server.url("/c")),
             StartsWith("5: ") && Contains("wants credentials (HTTP " + std::to_string(code)));
  CHECK(fetching.indexer.started == 0);
}

TEST_CASE("repodata: 403 for one name and 404 for the others is not an empty subdir", "[fetch]") {
  const LocalServer server(
      [](const Request& request) { return status(request.path == noarch_zst ? 403 : 404); });
  Fetching fetching;
  CHECK_THAT(failure_of(fetching, server.url("/c")), Contains("wants credentials"));
}

TEST_CASE("repodata: a channel without any of the subdirs does not exist", "[fetch]") {
  const LocalServer server(always(status(404)));
  Fetching fetching;
  CHECK_THAT(failure_of(fetching, server.url("/c"), {"linux-64", "noarch"}),
             StartsWith("5: no such channel") && Contains(server.url("/c")) &&
                 Contains("'linux-64', 'noarch'"));
}

TEST_CASE("repodata: a server's failure is tried again", "[fetch]") {
  const int code = GENERATE(500, 502, 503, 408, 429);
  const LocalServer server(at_first(2, status(code), honest()));
  Fetching fetching;
  CHECK(json_of(fetching.fetch_one(server.url("/c"))) == json);
  CHECK(server.requests().size() == 3);
}

TEST_CASE("repodata: after three tries a server's failure is exit 5", "[fetch]") {
  const LocalServer server(always(status(503)));
  Fetching fetching;
  CHECK_THAT(failure_of(fetching, server.url("/c")),
             StartsWith("5: ") && Contains("answered HTTP 503 (tried 3 times)"));
  CHECK(server.requests().size() == 3);
  CHECK(fetching.cached_files().size() == 1);  // the lock
}

TEST_CASE("repodata: other refusals are not tried again", "[fetch]") {
  const int code = GENERATE(400, 418, 206, 302, 304);
  const LocalServer server(always(status(code)));
  Fetching fetching;
  CHECK_THAT(failure_of(fetching, server.url("/c")),
             StartsWith("5: ") && Contains("answered HTTP " + std::to_string(code)));
  CHECK(server.requests().size() == 1);
}

TEST_CASE("repodata: a failure with a copy in the cache points to --offline", "[fetch]") {
  std::atomic<bool> broken = false;
  const LocalServer server(
      [&](const Request& request) { return broken ? status(500) : honest()(request); });
  Fetching fetching;
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  broken = true;
  fetching.later(std::chrono::hours(5));
  CHECK_THAT(failure_of(fetching, server.url("/c")),
             Contains("--offline uses the copy of 5 hours ago"));
  fetching.settings.offline = true;
  CHECK(json_of(fetching.fetch_one(server.url("/c"))) == json);
}

TEST_CASE("repodata: a body shorter than announced is a failed download", "[fetch]") {
  Answer cut = file_answer({}, zstd_frame(json));
  cut.claimed_length = cut.body.size();
  cut.cut_after = cut.body.size() / 2;
  Fetching fetching;
  SECTION("that is tried again") {
    const LocalServer server(at_first(1, cut, honest()));
    CHECK(json_of(fetching.fetch_one(server.url("/c"))) == json);
    CHECK(fetching.indexer.started == 2);
    CHECK(fetching.indexer.finished == 1);
  }
  SECTION("and never a smaller repodata") {
    const LocalServer server(always(cut));
    CHECK_THAT(failure_of(fetching, server.url("/c")), StartsWith("5: "));
    CHECK(fetching.indexer.finished == 0);
    CHECK(fetching.cached_files().size() == 1);
  }
}

TEST_CASE("repodata: a body of unknown length that was cut is a failed download", "[fetch]") {
  Answer cut = file_answer({}, zstd_frame(json));
  cut.without_length = true;
  cut.cut_after = cut.body.size() - 1;
  const LocalServer server(at_first(1, cut, honest()));
  Fetching fetching;
  CHECK(json_of(fetching.fetch_one(server.url("/c"))) == json);
  CHECK(server.requests().size() == 2);
}

TEST_CASE("repodata: a Content-Length that is too small cuts nothing silently", "[fetch]") {
  Answer lying = file_answer({}, zstd_frame(json));
  lying.claimed_length = lying.body.size() - 3;
  const LocalServer server(always(lying));
  Fetching fetching;
  CHECK_THAT(failure_of(fetching, server.url("/c")), StartsWith("5: ") && Contains("ends early"));
  CHECK(fetching.indexer.finished == 0);
}

TEST_CASE("repodata: an endless body is stopped at the limit", "[fetch]") {
  Answer endless;
  endless.endless = true;
  endless.body = std::string(100'000, ' ');
  const LocalServer server(
      [&](const Request& request) { return request.path == noarch_json ? endless : status(404); });
  Fetching fetching;
  fetching.settings.max_json_bytes = 5'000'000;
  CHECK_THAT(failure_of(fetching, server.url("/c")),
             StartsWith("6: ") && Contains("5000000 bytes"));
  CHECK(fetching.cached_files().size() == 1);
}

TEST_CASE("repodata: a zstd bomb is stopped at the limit", "[fetch]") {
  const LocalServer server(serve_files({{noarch_zst, zstd_frame(std::string(3'000'000, ' '))}}));
  Fetching fetching;
  fetching.settings.max_json_bytes = 1'000'000;
  CHECK_THAT(failure_of(fetching, server.url("/c")),
             StartsWith("6: ") && Contains("1000000 bytes"));
}

TEST_CASE("repodata: a web page is called one", "[fetch]") {
  const std::string page =
      GENERATE("<!DOCTYPE html><p>Log in", " \r\n<html>", "\xEF\xBB\xBF<html>");
  const LocalServer server(always(file_answer({}, page)));
  Fetching fetching;
  CHECK_THAT(failure_of(fetching, server.url("/c")),
             StartsWith("5: ") && Contains("is a web page"));
}

TEST_CASE("repodata: a body that is not of its kind is malformed", "[fetch]") {
  Fetching fetching;
  SECTION("gzip named .zst") {
    const LocalServer server(always(file_answer({}, "\x1f\x8b\x08 and so on")));
    CHECK_THAT(failure_of(fetching, server.url("/c")),
               StartsWith("3: ") && Contains("is not zstd"));
  }
  SECTION("something after the frame") {
    const LocalServer server(serve_files({{noarch_zst, zstd_frame(json) + "more"}}));
    CHECK_THAT(failure_of(fetching, server.url("/c")),
               StartsWith("3: ") && Contains("after its zstd"));
  }
  CHECK(fetching.indexer.finished == 0);
  CHECK(fetching.cached_files().size() == 1);
}

TEST_CASE("repodata: what the sink throws reaches the caller and nothing is kept", "[fetch]") {
  struct Refusing : TextIndexer {
    std::unique_ptr<RepodataSink> start(const SubdirRequest&, const std::string& source) override {
      throw InputError("'" + source + "': no");
    }
  };
  const LocalServer server(honest());
  Fetching fetching;
  Refusing refusing;
  const Cache cache(fetching.dir / "cache");
  HttpClient client(fetching.http);
  RepodataFetcher fetcher(fetching.settings, cache, client, refusing);
  CHECK_THROWS_AS(fetcher.fetch({{Url::parse(server.url("/c")).value(), "c", "noarch"}}, {}),
                  InputError);
  CHECK(server.requests().size() == 1);
  CHECK(fetching.cached_files().size() == 1);
}

TEST_CASE("repodata: one failure stops the others and is the one reported", "[fetch]") {
  const LocalServer server([](const Request& request) {
    if (request.path.find("/bad/") != std::string::npos) return status(400);
    Answer answer = file_answer(request, zstd_frame(json));
    answer.delay = std::chrono::seconds(20);
    return answer;
  });
  Fetching fetching;
  const auto start = std::chrono::steady_clock::now();
  CHECK_THAT(failure_of(fetching, server.url("/c"), {"slow", "bad"}), Contains("HTTP 400"));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
}

TEST_CASE("repodata: a requested stop ends the fetch as interrupted, quickly", "[fetch]") {
  Answer slow = file_answer({}, zstd_frame(json));
  slow.delay = std::chrono::seconds(GENERATE(20, 0));
  slow.piece_bytes = 1;
  slow.piece_delay = std::chrono::milliseconds(500);
  const LocalServer server(always(slow));
  Fetching fetching;
  std::atomic<std::chrono::steady_clock::rep> stopped_at{0};
  const std::jthread killer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    stopped_at = std::chrono::steady_clock::now().time_since_epoch().count();
    fetching.stop.request_stop();
  });
  CHECK_THAT(failure_of(fetching, server.url("/c")), StartsWith("130: interrupted"));
  const auto took = std::chrono::steady_clock::now().time_since_epoch() -
                    std::chrono::steady_clock::duration(stopped_at);
  CHECK(took < std::chrono::seconds(5));  // 100 ms on a machine that does nothing else
  CHECK(fetching.cached_files().size() == 1);
}

TEST_CASE("repodata: plain http elsewhere than on this host is refused unasked", "[fetch]") {
  Fetching fetching;
  fetching.settings.offline = GENERATE(true, false);
  CHECK_THAT(failure_of(fetching, "http://channel.invalid/c"),
             StartsWith("6: ") && Contains("plain http") && Contains("use https"));
}

}  // namespace envlock::test
