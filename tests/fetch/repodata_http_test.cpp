#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "tests/fetch/fetching.hpp"

namespace envlock::test {

using Catch::Contains;
using Catch::StartsWith;
using Origin = SubdirAnswer::Origin;
using Answer = LocalServer::Answer;
using Request = LocalServer::Request;
using Paths = std::vector<std::string>;

namespace {

const std::string json = R"({"packages": {}, "packages.conda": {}})";
const std::string zst_path = "/c/noarch/repodata.json.zst";
const std::string json_path = "/c/noarch/repodata.json";
const std::string bz2_path = "/c/noarch/repodata.json.bz2";

Answer status(int code) {
  Answer answer;
  answer.status = code;
  return answer;
}

/// Answers `first` to the first `times` requests, then as `handler`.
LocalServer::Handler at_first(int times, Answer first, LocalServer::Handler handler) {
  return [times, first = std::move(first), handler = std::move(handler), count = 0](
             const Request& request) mutable { return count++ < times ? first : handler(request); };
}

LocalServer::Handler always(Answer answer) {
  return [answer = std::move(answer)](const Request&) { return answer; };
}

LocalServer::Handler honest() { return serve_files({{zst_path, zstd_frame(json)}}); }

/// One zst file with an ETag, and what else the test wants in the header.
LocalServer::Handler with_etag(std::string etag, std::string body,
                               std::vector<std::pair<std::string, std::string>> headers = {}) {
  return [=](const Request& request) {
    if (request.path != zst_path) return status(404);
    Answer answer = file_answer(request, zstd_frame(body), etag);
    answer.headers.insert(answer.headers.end(), headers.begin(), headers.end());
    return answer;
  };
}

}  // namespace

TEST_CASE("repodata: .zst is asked for first and arrives decompressed", "[fetch]") {
  const LocalServer server(serve_files({{zst_path, zstd_frame(json)}, {json_path, "{}"}}));
  Fetching fetching;
  const SubdirAnswer answer = fetching.fetch_one(server.url("/c"));
  CHECK(json_of(answer) == json);
  CHECK(answer.origin == Origin::downloaded);
  CHECK(answer.source == server.url(zst_path));
  CHECK(answer.served_sha256 == sha256_of(zstd_frame(json)));
  CHECK(answer.served_bytes == zstd_frame(json).size());
  CHECK(server.paths() == Paths{zst_path});
  CHECK(server.requests()[0].header("user-agent") == "envlock/test");
  CHECK(server.requests()[0].header("accept-encoding") == "identity");
}

TEST_CASE("repodata: a missing .zst falls back to .json, then to .bz2", "[fetch]") {
  Fetching fetching;
  SECTION("json") {
    const LocalServer server(serve_files({{json_path, json}, {bz2_path, "not asked for"}}));
    CHECK(json_of(fetching.fetch_one(server.url("/c"))) == json);
    CHECK(server.paths() == Paths{zst_path, json_path});
    CHECK(server.connections() == 1);
  }
  SECTION("bz2") {
    const LocalServer server(serve_files({{bz2_path, bz2_compressed(json)}}));
    CHECK(json_of(fetching.fetch_one(server.url("/c"))) == json);
    CHECK(server.paths() == Paths{zst_path, json_path, bz2_path});
  }
}

TEST_CASE("repodata: 403 and 501 for .zst alone mean that there is no .zst", "[fetch]") {
  const int code = GENERATE(403, 501);
  const LocalServer server([&](const Request& request) {
    return request.path == zst_path ? status(code) : file_answer(request, json);
  });
  Fetching fetching;
  CHECK(json_of(fetching.fetch_one(server.url("/c"))) == json);
}

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
      [](const Request& request) { return status(request.path == zst_path ? 403 : 404); });
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

TEST_CASE("repodata: one missing subdir of a channel that exists is a notice", "[fetch]") {
  const std::string present = GENERATE("linux-64", "noarch");
  const std::string missing = present == "noarch" ? "linux-64" : "noarch";
  const LocalServer server(serve_files({{"/c/" + present + "/repodata.json", json}}));
  Fetching fetching;
  const auto answers = fetching.fetch(server.url("/c"), {present, missing});
  CHECK(json_of(answers[0]) == json);
  CHECK(answers[0].notices.empty());
  CHECK(answers[1].origin == Origin::absent);
  CHECK(answers[1].index == nullptr);
  CHECK(answers[1].notices == Paths{"channel 'chan' has nothing for '" + missing + "'"});
}

TEST_CASE("repodata: an unchanged ETag costs one conditional request", "[fetch]") {
  const LocalServer server(with_etag("\"one\"", json));
  Fetching fetching;
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  fetching.later(std::chrono::seconds(1));
  const SubdirAnswer again = fetching.fetch_one(server.url("/c"));
  CHECK(again.origin == Origin::revalidated);
  CHECK(again.fetched == fetching.settings.now);
  CHECK(json_of(again) == json);
  CHECK(fetching.indexer.started == 1);
  REQUIRE(server.requests().size() == 2);
  CHECK(server.requests()[1].header("if-none-match") == "\"one\"");
}

TEST_CASE("repodata: Last-Modified is sent back where there is no ETag", "[fetch]") {
  const std::string date = "Sat, 21 Nov 2026 10:00:00 GMT";
  const LocalServer server([&](const Request& request) {
    if (request.header("if-modified-since") == date) return status(304);
    Answer answer = file_answer(request, zstd_frame(json));
    answer.headers.emplace_back("Last-Modified", date);
    return answer;
  });
  Fetching fetching;
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  CHECK(fetching.fetch_one(server.url("/c")).origin == Origin::revalidated);
}

TEST_CASE("repodata: a changed ETag brings the new repodata and drops the old index", "[fetch]") {
  std::atomic<bool> changed = false;
  const LocalServer server([&](const Request& request) {
    return changed ? file_answer(request, zstd_frame("{\"new\": 1}"), "\"two\"")
                   : file_answer(request, zstd_frame(json), "\"one\"");
  });
  Fetching fetching;
  const SubdirAnswer old = fetching.fetch_one(server.url("/c"));
  changed = true;
  const SubdirAnswer answer = fetching.fetch_one(server.url("/c"));
  CHECK(answer.origin == Origin::downloaded);
  CHECK(json_of(answer) == "{\"new\": 1}");
  CHECK(json_of(old) == json);                 // whoever still reads the old one is not disturbed
  CHECK(fetching.cached_files().size() == 3);  // index, state, lock
}

TEST_CASE("repodata: within max-age nothing is asked, after it one request", "[fetch]") {
  const LocalServer server(with_etag("\"one\"", json, {{"Cache-Control", "public, max-age=60"}}));
  Fetching fetching;
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  fetching.later(std::chrono::seconds(59));
  CHECK(fetching.fetch_one(server.url("/c")).origin == Origin::cached);
  CHECK(server.requests().size() == 1);
  SECTION("revalidate asks all the same") {
    fetching.settings.revalidate = true;
    CHECK(fetching.fetch_one(server.url("/c")).origin == Origin::revalidated);
  }
  SECTION("a clock that was set back makes no answer fresh") {
    fetching.later(std::chrono::seconds(-3600));
    CHECK(fetching.fetch_one(server.url("/c")).origin == Origin::revalidated);
  }
  SECTION("after it") {
    fetching.later(std::chrono::seconds(2));
    CHECK(fetching.fetch_one(server.url("/c")).origin == Origin::revalidated);
    fetching.later(std::chrono::seconds(59));  // the 304 has a max-age of its own
    CHECK(fetching.fetch_one(server.url("/c")).origin == Origin::cached);
  }
}

TEST_CASE("repodata: the missing .zst is remembered for seven days", "[fetch]") {
  const LocalServer server([](const Request& request) {
    return request.path == json_path ? file_answer(request, json, "\"one\"") : status(404);
  });
  Fetching fetching;
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  CHECK(server.paths() == Paths{zst_path, json_path});
  fetching.later(std::chrono::hours(6 * 24));
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  CHECK(server.paths() == Paths{zst_path, json_path, json_path});
  fetching.later(std::chrono::hours(2 * 24));
  CHECK(fetching.fetch_one(server.url("/c")).origin == Origin::revalidated);
  CHECK(server.paths() == Paths{zst_path, json_path, json_path, zst_path, json_path});
}

TEST_CASE("repodata: a .zst that is new is found although .json has gone", "[fetch]") {
  std::atomic<bool> moved = false;
  const LocalServer server([&](const Request& request) {
    if (request.path == (moved ? zst_path : json_path))
      return file_answer(request, moved ? zstd_frame(json) : json, "\"one\"");
    return status(404);
  });
  Fetching fetching;
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  moved = true;
  CHECK(fetching.fetch_one(server.url("/c")).source == server.url(zst_path));
}

TEST_CASE("repodata: offline asks nobody and says how old the answer is", "[fetch]") {
  const LocalServer server(honest());
  Fetching fetching;
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  fetching.settings.offline = true;
  fetching.later(std::chrono::hours(72));
  const SubdirAnswer answer = fetching.fetch_one(server.url("/c"));
  CHECK(json_of(answer) == json);
  CHECK(answer.origin == Origin::cached);
  REQUIRE(answer.notices.size() == 1);
  CHECK_THAT(answer.notices[0], Contains("3 days ago") && Contains(server.url("/c/noarch")));
  CHECK(server.requests().size() == 1);
  CHECK(server.connections() == 1);
}

TEST_CASE("repodata: offline without a copy is exit 5 with what to do", "[fetch]") {
  const LocalServer server(honest());
  Fetching fetching;
  fetching.settings.offline = true;
  CHECK_THAT(failure_of(fetching, server.url("/c")),
             StartsWith("5: offline") && Contains("without --offline"));
  CHECK(server.connections() == 0);
}

TEST_CASE("repodata: offline remembers that a subdir is missing", "[fetch]") {
  const LocalServer server(serve_files({{zst_path, zstd_frame(json)}}));
  Fetching fetching;
  static_cast<void>(fetching.fetch(server.url("/c"), {"noarch", "linux-64"}));
  fetching.settings.offline = true;
  const auto answers = fetching.fetch(server.url("/c"), {"noarch", "linux-64"});
  CHECK(answers[0].origin == Origin::cached);
  CHECK(answers[1].origin == Origin::absent);
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

TEST_CASE("repodata: chunked bodies and bodies without length arrive whole", "[fetch]") {
  Answer answer = file_answer({}, zstd_frame(json));
  answer.piece_bytes = 5;
  SECTION("chunked") { answer.chunked = true; }
  SECTION("until the connection ends") { answer.without_length = true; }
  const LocalServer server(always(answer));
  Fetching fetching;
  CHECK(json_of(fetching.fetch_one(server.url("/c"))) == json);
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
      [&](const Request& request) { return request.path == json_path ? endless : status(404); });
  Fetching fetching;
  fetching.settings.max_json_bytes = 5'000'000;
  CHECK_THAT(failure_of(fetching, server.url("/c")),
             StartsWith("6: ") && Contains("5000000 bytes"));
  CHECK(fetching.cached_files().size() == 1);
}

TEST_CASE("repodata: a zstd bomb is stopped at the limit", "[fetch]") {
  const LocalServer server(serve_files({{zst_path, zstd_frame(std::string(3'000'000, ' '))}}));
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
    const LocalServer server(serve_files({{zst_path, zstd_frame(json) + "more"}}));
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

TEST_CASE("repodata: several subdirs are fetched at the same time", "[fetch]") {
  // Each answer waits a second: one after another they would take four.
  const LocalServer server([](const Request& request) {
    Answer answer = file_answer(request, zstd_frame(json));
    answer.delay = std::chrono::seconds(1);
    return answer;
  });
  Fetching fetching;
  const auto start = std::chrono::steady_clock::now();
  const auto answers = fetching.fetch(server.url("/c"), {"noarch", "linux-64", "osx-64", "win-64"});
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(3500));
  CHECK(std::all_of(answers.begin(), answers.end(),
                    [](const SubdirAnswer& answer) { return json_of(answer) == json; }));
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

TEST_CASE("repodata: credentials reach the server and nothing else", "[fetch]") {
  const LocalServer server([](const Request& request) {
    if (request.header("authorization") != "Basic dXNlcjpwYXNz") return status(401);
    return request.path == "/t/tk-secret/c/noarch/repodata.json.zst"
               ? file_answer(request, zstd_frame(json), "\"one\"")
               : status(400);
  });
  std::string channel = server.url("/t/tk-secret/c");
  channel.insert(channel.find("127"), "user:pass@");
  Fetching fetching;
  const SubdirAnswer answer = fetching.fetch_one(channel);
  CHECK(answer.source == server.url("/c/noarch/repodata.json.zst"));
  for (const std::string& name : fetching.cached_files()) {
    const std::string text = read_file(fetching.dir / ("cache/repodata/" + name));
    CHECK_THAT(text + name, !Contains("tk-secret") && !Contains("pass"));
  }
  SECTION("also in the message of a failure") {
    std::string wrong = channel;
    wrong.replace(wrong.find("user"), 4, "uses");
    fetching.settings.revalidate = true;
    const std::string failure = failure_of(fetching, wrong);
    CHECK_THAT(failure,
               Contains("wants credentials") && !Contains("tk-secret") && !Contains("pass@"));
  }
}

TEST_CASE("repodata: odd cache headers are not stored", "[fetch]") {
  const LocalServer server(with_etag("\"a\x01\"", json, {{"Cache-Control", "max-age=never"}}));
  Fetching fetching;
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  CHECK(fetching.fetch_one(server.url("/c")).origin == Origin::downloaded);
  CHECK(server.requests()[1].header("if-none-match").empty());
}

}  // namespace envlock::test
