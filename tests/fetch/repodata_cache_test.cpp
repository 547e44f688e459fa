#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "fetch/atomic_file.hpp"
#include "fetch/package_seal.hpp"
#include "fetch/repodata_state.hpp"
#include "tests/fetch/fetching.hpp"
#include "tests/support/program.hpp"

namespace envlock::test {

namespace fs = std::filesystem;
using Catch::Contains;
using Origin = SubdirAnswer::Origin;
using Request = LocalServer::Request;

namespace {

const std::string json = R"({"packages": {}})";

LocalServer::Handler with_etag() {
  return [](const Request& request) { return file_answer(request, zstd_frame(json), "\"one\""); };
}

fs::path state_file(const Fetching& fetching) {
  for (const std::string& name : fetching.cached_files())
    if (name.ends_with(".state")) return fetching.dir / ("cache/repodata/" + name);
  FAIL("no state");
  return {};
}

}  // namespace

TEST_CASE("repodata cache: files are private to the user", "[fetch]") {
  const LocalServer server(with_etag());
  Fetching fetching;
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  for (const std::string& name : fetching.cached_files()) {
    const auto status = fs::status(fetching.dir / ("cache/repodata/" + name));
    CHECK((status.permissions() & fs::perms::all) ==
          (fs::perms::owner_read | fs::perms::owner_write));
  }
}

TEST_CASE("repodata cache: a damaged index is fetched anew, without conditions", "[fetch]") {
  const LocalServer server(with_etag());
  Fetching fetching;
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  const fs::path index = fetching.index_file();
  SECTION("cut") { fs::resize_file(index, fs::file_size(index) - 1); }
  SECTION("empty") { fs::resize_file(index, 0); }
  SECTION("removed") { fs::remove(index); }
  SECTION("a link") {
    fs::rename(index, fetching.dir / "moved");
    fs::create_symlink(fetching.dir / "moved", index);
  }
  const SubdirAnswer answer = fetching.fetch_one(server.url("/c"));
  CHECK(answer.origin == Origin::downloaded);
  CHECK(json_of(answer) == json);
  CHECK(server.requests()[1].header("if-none-match").empty());
  CHECK(fetching.fetch_one(server.url("/c")).origin == Origin::revalidated);
}

TEST_CASE("repodata cache: an index that changed under its seal is checked, then sealed",
          "[fetch]") {
  const LocalServer server(with_etag());
  Fetching fetching;
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  CHECK(fetching.fetch_one(server.url("/c")).sealed);
  CHECK(fetching.indexer.checked == 0);
  const fs::path index = fetching.index_file();
  fs::copy_file(index, fetching.dir / "copy");  // restored from a backup, say
  fs::rename(fetching.dir / "copy", index);
  CHECK(json_of(fetching.fetch_one(server.url("/c"))) == json);
  CHECK(fetching.indexer.checked == 1);
  CHECK(fetching.fetch_one(server.url("/c")).origin == Origin::revalidated);
  CHECK(fetching.indexer.checked == 1);
}

TEST_CASE("repodata cache: the first run after a reboot checks the index, and no later one",
          "[fetch]") {
  const LocalServer server(with_etag());
  Fetching fetching;
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  const fs::path file = state_file(fetching);
  auto state = RepodataState::parse(read_file(file));
  REQUIRE(state);
  CHECK(state->index_boot == this_boot_id());
  state->index_boot = "00000000-0000-4000-8000-000000000000";
  write_file(file, state->to_string());
  CHECK(json_of(fetching.fetch_one(server.url("/c"))) == json);
  CHECK(fetching.indexer.checked == 1);
  state = RepodataState::parse(read_file(file));
  REQUIRE(state);
  CHECK(state->index_boot.empty());
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  CHECK(fetching.indexer.checked == 1);
}

TEST_CASE("repodata cache: a damaged or foreign state counts as none", "[fetch]") {
  const LocalServer server(with_etag());
  Fetching fetching;
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  const fs::path state = state_file(fetching);
  SECTION("binary") { write_file(state, std::string("\x00\xFF\n", 3)); }
  SECTION("huge") { write_file(state, std::string(200'000, 'x')); }
  SECTION("of another channel") {
    std::string text = read_file(state);
    write_file(state, text.replace(text.find("/c/noarch"), 9, "/d/noarch"));
  }
  SECTION("a folder") {
    fs::remove(state);
    fs::create_directory(state);
    CHECK_THAT(failure_of(fetching, server.url("/c")), Contains("7: "));
    return;
  }
  CHECK(fetching.fetch_one(server.url("/c")).origin == Origin::downloaded);
  CHECK(server.requests()[1].header("if-none-match").empty());
}

TEST_CASE("repodata cache: other versions of the index do not disturb each other", "[fetch]") {
  const LocalServer server(with_etag());
  Fetching fetching;
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  fetching.indexer.version = 2;
  CHECK(fetching.fetch_one(server.url("/c")).origin == Origin::downloaded);
  fetching.indexer.version = 1;
  CHECK(fetching.fetch_one(server.url("/c")).origin == Origin::revalidated);
}

TEST_CASE("repodata cache: equal names on two servers are two entries", "[fetch]") {
  const LocalServer one(with_etag());
  const LocalServer two([](const Request& request) {
    return file_answer(request, zstd_frame("{\"two\": 2}"), "\"one\"");
  });
  Fetching fetching;
  CHECK(json_of(fetching.fetch_one(one.url("/c"))) == json);
  CHECK(json_of(fetching.fetch_one(two.url("/c"))) == "{\"two\": 2}");
  CHECK(json_of(fetching.fetch_one(one.url("/c"))) == json);
}

TEST_CASE("repodata cache: two who want the same at once download it once", "[fetch]") {
  const LocalServer server([](const Request& request) {
    LocalServer::Answer answer = file_answer(request, zstd_frame(json));
    answer.headers.emplace_back("Cache-Control", "max-age=60");
    answer.delay = std::chrono::milliseconds(300);
    return answer;
  });
  Fetching fetching;
  std::vector<SubdirAnswer> answers(3);
  {
    std::vector<std::jthread> threads;
    for (SubdirAnswer& answer : answers)
      threads.emplace_back([&] { answer = fetching.fetch_one(server.url("/c")); });
  }
  for (const SubdirAnswer& answer : answers) CHECK(json_of(answer) == json);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("repodata cache: two who do not wait for each other both succeed", "[fetch]") {
  const LocalServer server([](const Request& request) {
    LocalServer::Answer answer = file_answer(request, zstd_frame(json));
    answer.delay = std::chrono::milliseconds(200);
    return answer;
  });
  Fetching fetching;
  fetching.settings.lock_patience = std::chrono::milliseconds(0);  // as where there are no locks
  std::vector<SubdirAnswer> answers(4);
  {
    std::vector<std::jthread> threads;
    for (SubdirAnswer& answer : answers)
      threads.emplace_back([&] { answer = fetching.fetch_one(server.url("/c")); });
  }
  for (const SubdirAnswer& answer : answers) CHECK(json_of(answer) == json);
  fetching.settings.offline = true;
  CHECK(json_of(fetching.fetch_one(server.url("/c"))) == json);
}

TEST_CASE("fetches until it is killed", "[.]") {
  // Not a test: the program that the next one starts, as a process without its threads.
  const char* const channel = std::getenv("CHANNEL");
  const char* const dir = std::getenv("DIR");
  REQUIRE((channel != nullptr && dir != nullptr));
  Fetching fetching;
  const Cache cache(dir);
  for (;;) {
    HttpClient client(fetching.http);
    static_cast<void>(RepodataFetcher(fetching.settings, cache, client, fetching.indexer)
                          .fetch({{Url::parse(channel).value(), "chan", "noarch"}}, {}));
  }
}

TEST_CASE("repodata cache: kills at any point leave a cache that works", "[fetch]") {
  // Another body each time, so that each fetch replaces index and state.
  const std::string filler(300'000, 'x');
  const LocalServer server([&, n = 0](const Request& request) mutable {
    LocalServer::Answer answer = file_answer(
        request, zstd_frame("{\"n\": " + std::to_string(++n) + ", \"x\": \"" + filler + "\"}"));
    answer.piece_bytes = 1000;
    return answer;
  });
  Fetching fetching;
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  RunOptions options{.cwd = fetching.dir.path()};
  options.env = {{"CHANNEL", server.url("/c")},
                 {"DIR", (fetching.dir / "cache").string()},
                 {"TMPDIR", fetching.dir.path().string()}};
  for (int round = 0; round < 20; ++round) {
    server.forget_requests();
    Process child("/proc/self/exe", {"fetches until it is killed"}, options);
    // Once it is at work, at another moment each time.
    const auto start = std::chrono::steady_clock::now();
    while (server.requests().size() < 2 &&
           std::chrono::steady_clock::now() - start < std::chrono::seconds(30))
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::microseconds(round * 1777));
    child.signal(SIGKILL);
    CHECK(child.wait().exit == 128 + SIGKILL);
    // Whatever has a final name is whole: what offline finds opens.
    fetching.settings.offline = true;
    CHECK_THAT(json_of(fetching.fetch_one(server.url("/c"))), Catch::EndsWith("x\"}"));
    fetching.settings.offline = false;
  }
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  std::size_t whole = 0;
  for (const std::string& name : fetching.cached_files())
    if (!AtomicFile::is_temporary_name(name)) ++whole;
  CHECK(whole == 3);  // index, state, lock
}

TEST_CASE("repodata cache: what killed processes left is removed after an hour", "[fetch]") {
  const LocalServer server(with_etag());
  Fetching fetching;
  static_cast<void>(Cache(fetching.dir / "cache").folder("repodata"));
  const auto old_file = fetching.dir.write("cache/repodata/.envlock-tmp-aaaaaa", "x");
  const auto new_file = fetching.dir.write("cache/repodata/.envlock-tmp-bbbbbb", "x");
  const auto other = fetching.dir.write("cache/repodata/other", "x");
  for (const auto& file : {old_file, other})
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(2));
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  CHECK_FALSE(fs::exists(old_file));
  CHECK(fs::exists(new_file));
  CHECK(fs::exists(other));
}

TEST_CASE("repodata cache: one that cannot be written still serves what it has", "[fetch]") {
  if (::geteuid() == 0) {
    WARN("SKIPPED: root writes everywhere");
    return;
  }
  const LocalServer server([](const Request& request) {
    LocalServer::Answer answer = file_answer(request, zstd_frame(json));
    answer.headers.emplace_back("Cache-Control", "max-age=60");
    return answer;
  });
  Fetching fetching;
  static_cast<void>(fetching.fetch_one(server.url("/c")));
  fs::permissions(fetching.dir / "cache/repodata", fs::perms::owner_read | fs::perms::owner_exec);
  CHECK(fetching.fetch_one(server.url("/c")).origin == Origin::cached);
  fetching.later(std::chrono::minutes(2));
  CHECK_THAT(failure_of(fetching, server.url("/c")), Contains("--cache-dir"));
}

}  // namespace envlock::test
