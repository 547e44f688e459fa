#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>

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

LocalServer::Handler honest() { return serve_files({{noarch_zst, zstd_frame(json)}}); }

/// One zst file with an ETag, and what else the test wants in the header.
LocalServer::Handler with_etag(std::string etag, std::string body,
                               std::vector<std::pair<std::string, std::string>> headers = {}) {
  return [=](const Request& request) {
    if (request.path != noarch_zst) return status(404);
    Answer answer = file_answer(request, zstd_frame(body), etag);
    answer.headers.insert(answer.headers.end(), headers.begin(), headers.end());
    return answer;
  };
}

}  // namespace

TEST_CASE("repodata: .zst is asked for first and arrives decompressed", "[fetch]") {
  const LocalServer server(serve_files({{noarch_zst, zstd_frame(json)}, {noarch_json, "{}"}}));
  Fetching fetching;
  const SubdirAnswer answer = fetching.fetch_one(server.url("/c"));
  CHECK(json_of(answer) == json);
  CHECK(answer.origin == Origin::downloaded);
  CHECK(answer.source == server.url(noarch_zst));
  CHECK(answer.served_sha256 == sha256_of(zstd_frame(json)));
  CHECK(answer.served_bytes == zstd_frame(json).size());
  CHECK(server.paths() == Paths{noarch_zst});
  CHECK(server.requests()[0].header("user-agent") == "envlock/test");
  CHECK(server.requests()[0].header("accept-encoding") == "identity");
}

TEST_CASE("repodata: a missing .zst falls back to .json, then to .bz2", "[fetch]") {
  Fetching fetching;
  SECTION("json") {
    const LocalServer server(serve_files({{noarch_json, json}, {noarch_bz2, "not asked for"}}));
    CHECK(json_of(fetching.fetch_one(server.url("/c"))) == json);
    CHECK(server.paths() == Paths{noarch_zst, noarch_json});
    CHECK(server.connections() == 1);
  }
  SECTION("bz2") {
    const LocalServer server(serve_files({{noarch_bz2, bz2_compressed(json)}}));
    CHECK(json_of(fetching.fetch_one(server.url("/c"))) == json);
    CHECK(server.paths() == Paths{noarch_zst, noarch_json, noarch_bz2});
  }
}

TEST_CASE("repodata: 403 and 501 for .zst alone mean that there is no .zst", "[fetch]") {
  const int code = GENERATE(403, 501);
  const LocalServer server([&](const Request& request) {
    return request.path == noarch_zst ? status(code) : file_answer(request, json);
  });
  Fetching fetching;
  CHECK(json_of(fetching.fetch_one(server.url("/c"))) == json);
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
    return request.path == noarch_json ? file_answer(request, json, "\"one\"") : status(404);
  });
  Fetching fetching;
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  CHECK(server.paths() == Paths{noarch_zst, noarch_json});
  fetching.later(std::chrono::hours(6 * 24));
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  CHECK(server.paths() == Paths{noarch_zst, noarch_json, noarch_json});
  fetching.later(std::chrono::hours(2 * 24));
  CHECK(fetching.fetch_one(server.url("/c")).origin == Origin::revalidated);
  CHECK(server.paths() == Paths{noarch_zst, noarch_json, noarch_json, noarch_zst, noarch_json});
}

TEST_CASE("repodata: a .zst that is new is found although .json has gone", "[fetch]") {
  std::atomic<bool> moved = false;
  const LocalServer server([&](const Request& request) {
    if (request.path == (moved ? noarch_zst : noarch_json))
      return file_answer(request, moved ? zstd_frame(json) : json, "\"one\"");
    return status(404);
  });
  Fetching fetching;
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  moved = true;
  CHECK(fetching.fetch_one(server.url("/c")).source == server.url(noarch_zst));
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
  const LocalServer server(serve_files({{noarch_zst, zstd_frame(json)}}));
  Fetching fetching;
  static_cast<void>(fetching.fetch(server.url("/c"), {"noarch", "linux-64"}));
  fetching.settings.offline = true;
  const auto answers = fetching.fetch(server.url("/c"), {"noarch", "linux-64"});
  CHECK(answers[0].origin == Origin::cached);
  CHECK(answers[1].origin == Origin::absent);
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

TEST_CASE("repodata: that noarch yields slows no transfer but its own", "[fetch]") {
  // The one that asks is noarch's thread, since the other subdir lies on disk.
  const LocalServer server(honest());
  Fetching fetching;
  fetching.dir.write("local/linux-64/repodata.json", json);
  const Cache cache((fetching.dir / "cache").string());
  HttpClient http(fetching.http);
  RepodataFetcher fetcher(fetching.settings, cache, http, fetching.indexer);
  const Url local = Url::from_path((fetching.dir / "local").string());
  const auto answers = fetcher.fetch(
      {{*Url::parse(server.url("/c")), "chan", "noarch"}, {local, "local", "linux-64"}},
      fetching.stop.get_token());
  REQUIRE(answers.size() == 2);
  const int own = ::getpriority(PRIO_PROCESS, 0);
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    const auto id = static_cast<id_t>(std::stoul(task.path().filename().string()));
    CHECK(::getpriority(PRIO_PROCESS, id) == own);
  }
}

}  // namespace envlock::test
