#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "fixtures/shards/msgpack_writer.hpp"
#include "fixtures/shards/write_shards.hpp"
#include "tests/fetch/fetching.hpp"
#include "tests/support/repodata_builder.hpp"

namespace envlock::test {

using Catch::Contains;
using Answer = LocalServer::Answer;
using Request = LocalServer::Request;
using Origin = SubdirAnswer::Origin;
namespace fs = std::filesystem;

namespace {

const std::string index_path = "/c/linux-64/repodata_shards.msgpack.zst";
const std::string noarch_index = "/c/noarch/repodata_shards.msgpack.zst";

/// A channel with shards in both subdirs: app (linux-64) needs lib (noarch), which needs base
/// (linux-64); other is needed by nobody.
class ShardedChannel {
 public:
  explicit ShardedChannel(const fixtures::ShardOptions& options = {}) : options_(options) {
    publish("1.0");
  }

  void publish(const std::string& base_version) {
    RepodataBuilder linux("linux-64");
    linux.add(PackageBuilder("app").depends({"lib >=1", "__glibc >=2.17"}));
    linux.add(PackageBuilder("base").version(base_version).tar_bz2());
    linux.add(PackageBuilder("other"));
    linux.removed({"base-0.9-0.conda"});
    RepodataBuilder noarch("noarch");
    noarch.add(PackageBuilder("lib").noarch("generic").depends({"base"}).constrains({"other <9"}));
    noarch.add(PackageBuilder("other").noarch("generic"));
    linux.write(dir_ / "c");
    noarch.write(dir_ / "c");
    for (const char* subdir : {"linux-64", "noarch"})
      fixtures::write_shards(dir_ / "c" / subdir, options_);
  }

  /// By path: "/c/linux-64/...".
  [[nodiscard]] std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(dir_ / "c")) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      files["/" + fs::relative(entry.path(), dir_.path()).string()] = {
          std::istreambuf_iterator<char>(in), {}};
    }
    return files;
  }

  TempDir& dir() { return dir_; }

 private:
  TempDir dir_;
  fixtures::ShardOptions options_;
};

bool is_shard(const std::string& path) { return path.find("/shards/") != std::string::npos; }

std::size_t shards_asked(const LocalServer& server) {
  const auto paths = server.paths();
  return static_cast<std::size_t>(std::count_if(paths.begin(), paths.end(), is_shard));
}
bool whole_asked(const LocalServer& server) {
  const auto paths = server.paths();
  return std::any_of(paths.begin(), paths.end(), [](const std::string& path) {
    return path.find("repodata.json") != std::string::npos;
  });
}

const std::vector<std::string> both = {"linux-64", "noarch"};

WantedNames names(std::set<std::string> given, bool with_dependencies = true) {
  WantedNames wanted;
  wanted.names = std::move(given);
  wanted.with_dependencies = with_dependencies;
  return wanted;
}

/// The names of an answer's records.
std::set<std::string> names_in(const SubdirAnswer& answer) {
  std::set<std::string> found;
  const auto json = nlohmann::json::parse(json_of(answer));
  for (const char* key : {"packages", "packages.conda"})
    for (const auto& [fn, record] : json.at(key).items())
      found.insert(record.at("name").get<std::string>());
  return found;
}

std::string failure(Fetching& fetching, const LocalServer& server, const WantedNames& wanted) {
  try {
    (void)fetching.fetch_names(server.url("/c"), wanted, both);
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.exit_code())) + ": " + error.what() + " | " +
           error.hint();
  }
  FAIL("nothing was thrown");
  return {};
}

using Names = std::set<std::string>;

}  // namespace

TEST_CASE("shards: a name is followed through all subdirs, and nothing else is read", "[fetch]") {
  const ShardedChannel channel;
  const LocalServer server(serve_files(channel.files()));
  Fetching fetching;
  const auto answers = fetching.fetch_names(server.url("/c"), names({"app"}), both);
  CHECK(names_in(answers[0]) == Names{"app", "base"});
  CHECK(names_in(answers[1]) == Names{"lib"});
  CHECK(answers[0].source == server.url(index_path));
  CHECK(answers[0].served_sha256 == sha256_of(channel.files().at(index_path)));
  CHECK(answers[0].shard_count == 2);
  CHECK(answers[0].origin == Origin::downloaded);
  REQUIRE(answers[0].shards);
  CHECK(answers[0].shards->size() == 3);
  CHECK(shards_asked(server) == 3);
  CHECK_FALSE(whole_asked(server));
  const auto json = nlohmann::json::parse(json_of(answers[0]));
  CHECK(json.at("removed") == nlohmann::json{"base-0.9-0.conda"});
  CHECK(json.at("packages").size() == 1);
}

TEST_CASE("shards: the records are those of the whole repodata", "[fetch]") {
  const ShardedChannel channel;
  const LocalServer server(serve_files(channel.files()));
  Fetching fetching;
  const auto parts = fetching.fetch_names(server.url("/c"), names({"app", "other"}), both);
  const auto whole = fetching.fetch(server.url("/c"), both);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto part = nlohmann::json::parse(json_of(parts[i]));
    const auto all = nlohmann::json::parse(json_of(whole[i]));
    for (const char* key : {"packages", "packages.conda"}) CHECK(part.at(key) == all.at(key));
  }
}

TEST_CASE("shards: what was read is used again without a request, for fewer names too", "[fetch]") {
  const ShardedChannel channel;
  const LocalServer server([files = channel.files()](const Request& request) {
    Answer answer = serve_files(files)(request);
    answer.headers.emplace_back("Cache-Control", "max-age=1200");
    return answer;
  });
  Fetching fetching;
  const auto first = fetching.fetch_names(server.url("/c"), names({"app"}), both);
  server.forget_requests();
  const int made = fetching.indexer.started;
  const auto wanted = GENERATE(Names{"app"}, Names{"base"}, Names{"lib", "app"});
  const auto again = fetching.fetch_names(server.url("/c"), names(wanted), both);
  CHECK(server.paths().empty());
  CHECK(fetching.indexer.started == made);
  CHECK(json_of(again[0]) == json_of(first[0]));
  CHECK(again[0].origin == Origin::cached);
  CHECK(again[0].shard_count == 2);
  // Without their dependencies they are there as well.
  CHECK_NOTHROW(fetching.fetch_names(server.url("/c"), names(wanted, false), both));
  CHECK(server.paths().empty());
}

TEST_CASE("shards: a name more costs its own shards, and the earlier ones stay", "[fetch]") {
  const ShardedChannel channel;
  const LocalServer server(serve_files(channel.files()));
  Fetching fetching;
  (void)fetching.fetch_names(server.url("/c"), names({"app"}), both);
  server.forget_requests();
  const auto answers = fetching.fetch_names(server.url("/c"), names({"other"}), both);
  CHECK(shards_asked(server) == 2);
  CHECK(names_in(answers[0]) == Names{"app", "base", "other"});
  server.forget_requests();
  (void)fetching.fetch_names(server.url("/c"), names({"app"}), both);
  CHECK(shards_asked(server) == 0);
}

TEST_CASE("shards: of a new shard index only what changed is read", "[fetch]") {
  ShardedChannel channel;
  auto files = channel.files();
  const LocalServer server([&](const Request& request) { return serve_files(files)(request); });
  Fetching fetching;
  (void)fetching.fetch_names(server.url("/c"), names({"app"}), both);
  channel.publish("2.0");
  files = channel.files();
  server.forget_requests();
  const auto answers = fetching.fetch_names(server.url("/c"), names({"app"}), both);
  CHECK(shards_asked(server) == 1);
  CHECK_THAT(json_of(answers[0]), Contains("base-2.0-0.tar.bz2"));
  CHECK_THAT(json_of(answers[0]), !Contains("base-1.0-0.tar.bz2"));
}

TEST_CASE("shards: a change of other names leaves the index as it is", "[fetch]") {
  ShardedChannel channel;
  auto files = channel.files();
  const LocalServer server([&](const Request& request) { return serve_files(files)(request); });
  Fetching fetching;
  (void)fetching.fetch_names(server.url("/c"), names({"other"}), both);
  const int made = fetching.indexer.started;
  channel.publish("2.0");
  files = channel.files();
  (void)fetching.fetch_names(server.url("/c"), names({"other"}), both);
  CHECK(fetching.indexer.started == made);
}

TEST_CASE("shards: without their dependencies, names alone are read", "[fetch]") {
  const ShardedChannel channel;
  const LocalServer server(serve_files(channel.files()));
  Fetching fetching;
  SECTION("by name") {
    const auto answers = fetching.fetch_names(server.url("/c"), names({"app"}, false), both);
    CHECK(names_in(answers[0]) == Names{"app"});
    CHECK(shards_asked(server) == 1);
  }
  SECTION("by what matches") {
    WantedNames wanted = names({}, false);
    wanted.matching = [](std::string_view name) { return name.find('e') != std::string::npos; };
    const auto answers = fetching.fetch_names(server.url("/c"), wanted, both);
    CHECK(names_in(answers[0]) == Names{"base", "other"});
    CHECK(names_in(answers[1]) == Names{"other"});
  }
}

TEST_CASE("shards: a channel without them is read whole, which is remembered for a week",
          "[fetch]") {
  const ShardedChannel channel;
  auto files = channel.files();
  const std::string page = GENERATE("", "<html>not found</html>");
  for (const std::string& path : {index_path, noarch_index}) {
    files.erase(path);
    if (!page.empty()) files[path] = page;  // some servers have a page for everything
  }
  const LocalServer server(serve_files(files));
  Fetching fetching;
  const auto asked = [&] {
    const auto paths = server.paths();
    return std::count(paths.begin(), paths.end(), index_path);
  };
  const auto answers = fetching.fetch_names(server.url("/c"), names({"app"}), both);
  CHECK(names_in(answers[0]) == Names{"app", "base", "other"});
  CHECK_FALSE(answers[0].shards);
  CHECK(answers[0].notices.empty());
  CHECK(asked() == 1);
  (void)fetching.fetch_names(server.url("/c"), names({"app"}), both);
  CHECK(asked() == 1);
  fetching.later(std::chrono::hours(24 * 8));
  (void)fetching.fetch_names(server.url("/c"), names({"app"}), both);
  CHECK(asked() == 2);
}

TEST_CASE("shards: one subdir may have them and the other not", "[fetch]") {
  const ShardedChannel channel;
  auto files = channel.files();
  files.erase(noarch_index);
  const LocalServer server(serve_files(files));
  Fetching fetching;
  const auto answers = fetching.fetch_names(server.url("/c"), names({"app"}), both);
  // "base" is found in noarch's whole repodata.
  CHECK(names_in(answers[0]) == Names{"app", "base"});
  CHECK(names_in(answers[1]) == Names{"lib", "other"});
}

TEST_CASE("shards: a wrong byte in one is refused with exit 6, and nothing is kept", "[fetch]") {
  const ShardedChannel channel;
  auto files = channel.files();
  std::string path;
  for (auto& [name, bytes] : files) {
    if (!is_shard(name)) continue;
    path = name;
    bytes[bytes.size() / 2] ^= 1;
  }
  const LocalServer server(serve_files(files));
  Fetching fetching;
  const std::string text = failure(fetching, server, names({"app", "other"}));
  CHECK_THAT(text, Contains("6: ") && Contains("expected sha256") && Contains("/shards/") &&
                       Contains("repodata_shards.msgpack.zst") && Contains("shards: false"));
  CHECK_FALSE(fs::exists(fetching.dir / "cache/shards" / fs::path(path).filename()));
}

TEST_CASE("shards: one that is damaged in the cache is fetched again", "[fetch]") {
  const ShardedChannel channel;
  const LocalServer server(serve_files(channel.files()));
  Fetching fetching;
  const auto first = fetching.fetch_names(server.url("/c"), names({"app"}), both);
  for (const auto& entry : fs::directory_iterator(fetching.dir / "cache/shards"))
    std::ofstream(entry.path(), std::ios::binary | std::ios::app) << "x";
  server.forget_requests();
  const auto again = fetching.fetch_names(server.url("/c"), names({"app", "other"}), both);
  CHECK(shards_asked(server) == 5);
  CHECK(names_in(again[0]) == Names{"app", "base", "other"});
}

TEST_CASE("shards: offline, what the cache has is used, and what it lacks is named", "[fetch]") {
  const ShardedChannel channel;
  const LocalServer server(serve_files(channel.files()));
  Fetching fetching;
  const auto first = fetching.fetch_names(server.url("/c"), names({"app"}), both);
  server.forget_requests();
  fetching.settings.offline = true;
  const auto again = fetching.fetch_names(server.url("/c"), names({"base"}), both);
  CHECK(json_of(again[0]) == json_of(first[0]));
  CHECK_THAT(
      failure(fetching, server, names({"app", "other"})),
      Contains("5: offline, and the cache lacks the repodata shards of 'other' from 'chan'"));
  CHECK(server.paths().empty());
}

TEST_CASE("shards: offline, a whole repodata in the cache stands in for missing shards",
          "[fetch]") {
  const ShardedChannel channel;
  const LocalServer server(serve_files(channel.files()));
  Fetching fetching;
  (void)fetching.fetch_names(server.url("/c"), names({"app"}), both);
  (void)fetching.fetch(server.url("/c"), both);
  fetching.settings.offline = true;
  const auto answers = fetching.fetch_names(server.url("/c"), names({"other"}), both);
  CHECK(names_in(answers[0]) == Names{"app", "base", "other"});
}

TEST_CASE("shards: where a listed one is gone, the whole repodata is read, with a notice",
          "[fetch]") {
  const ShardedChannel channel;
  const LocalServer server([files = channel.files()](const Request& request) {
    return is_shard(request.path) ? status(404) : serve_files(files)(request);
  });
  Fetching fetching;
  const auto answers = fetching.fetch_names(server.url("/c"), names({"app"}), both);
  CHECK(names_in(answers[0]) == Names{"app", "base", "other"});
  REQUIRE(answers[0].notices.size() == 1);
  CHECK_THAT(answers[0].notices[0], Contains("404") && Contains("whole repodata"));
}

TEST_CASE("shards: a server's hiccup is waited out", "[fetch]") {
  const ShardedChannel channel;
  Fetching fetching;
  std::atomic<int> left = 2;
  const LocalServer server([&, files = channel.files()](const Request& request) {
    return is_shard(request.path) && left-- > 0 ? status(503) : serve_files(files)(request);
  });
  const auto answers = fetching.fetch_names(server.url("/c"), names({"app"}), both);
  CHECK(names_in(answers[0]) == Names{"app", "base"});
  CHECK(answers[0].notices.empty());
}

TEST_CASE(
    "shards: where their server or their index fails for good, the whole is read, with a "
    "notice",
    "[fetch]") {
  const ShardedChannel channel;
  Fetching fetching;
  const bool index_fails = GENERATE(true, false);
  const LocalServer server([&, files = channel.files()](const Request& request) {
    const bool fails = index_fails ? request.path == index_path : is_shard(request.path);
    return fails ? status(503) : serve_files(files)(request);
  });
  const auto answers = fetching.fetch_names(server.url("/c"), names({"app"}), both);
  CHECK(names_in(answers[0]) == Names{"app", "base", "other"});
  REQUIRE(answers[0].notices.size() == 1);
  CHECK_THAT(answers[0].notices[0], Contains("503") && Contains("whole repodata was read"));
}

TEST_CASE("shards: where all of the server fails, that is exit 5", "[fetch]") {
  const ShardedChannel channel;
  Fetching fetching;
  const bool index_fails = GENERATE(true, false);
  const LocalServer server([&, files = channel.files()](const Request& request) {
    const bool lists = request.path == index_path || request.path == noarch_index;
    return lists && !index_fails ? serve_files(files)(request) : status(503);
  });
  CHECK_THAT(failure(fetching, server, names({"app"})), Contains("5: ") && Contains("503"));
  // The first was waited for, the whole is asked for once.
  const auto paths = server.paths();
  const auto asked = [&](const std::string& path) {
    return std::count(paths.begin(), paths.end(), path);
  };
  CHECK(asked("/c/linux-64/repodata.json.zst") + asked("/c/noarch/repodata.json.zst") >= 1);
  CHECK(asked("/c/linux-64/repodata.json.zst") <= 1);
  CHECK(asked("/c/noarch/repodata.json.zst") <= 1);
}

TEST_CASE(
    "shards: where they fail and there is no whole repodata, the subdir is not taken as empty",
    "[fetch]") {
  const ShardedChannel channel;
  Fetching fetching;
  const int failing = GENERATE(0, 1, 2);  // the index; the shards; a shard that is gone
  const LocalServer server([&, files = channel.files()](const Request& request) {
    if (request.path.find("/linux-64/repodata.json") != std::string::npos) return status(404);
    const bool fails = failing == 0 ? request.path == index_path : is_shard(request.path);
    return fails ? status(failing == 2 ? 404 : 503) : serve_files(files)(request);
  });
  CHECK_THAT(failure(fetching, server, names({"app"})),
             Contains("5: ") && Contains(failing == 2 ? "no repodata.json" : "503"));
}

TEST_CASE("shards: what one server's index lacks costs another channel neither retries nor shards",
          "[fetch]") {
  const ShardedChannel channel;
  Fetching fetching;
  const LocalServer failing([&, files = channel.files()](const Request& request) {
    return request.path == index_path ? status(503) : serve_files(files)(request);
  });
  std::atomic<int> hiccups = 1;
  const LocalServer other([&, files = channel.files()](const Request& request) {
    return hiccups-- > 0 ? status(503) : serve_files(files)(request);
  });
  const Cache cache(fetching.dir / "cache");
  HttpClient client(fetching.http);
  std::vector<SubdirRequest> wanted;
  for (const LocalServer* server : {&failing, &other}) {
    wanted.push_back({Url::parse(server->url("/c")).value(), "chan", "linux-64"});
    wanted.back().may_be_sharded = true;
  }
  const WantedNames app = names({"app"});
  const auto answers =
      RepodataFetcher(fetching.settings, cache, client, fetching.indexer).fetch(wanted, {}, &app);
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].shard_count == 0);
  CHECK(answers[0].notices.size() == 1);
  CHECK(answers[1].shard_count > 0);
  CHECK(answers[1].notices.empty());
}

TEST_CASE("shards: another host, plain http elsewhere and local files are refused", "[fetch]") {
  const std::string base =
      GENERATE("https://elsewhere.example/s/", "http://elsewhere.example/s/", "file:///etc/");
  const ShardedChannel channel({.shards_base_url = base});
  const LocalServer server(serve_files(channel.files()));
  Fetching fetching;
  CHECK_THAT(failure(fetching, server, names({"app"})), Contains("6: "));
  CHECK(shards_asked(server) == 0);
}

TEST_CASE("shards: a base beside the subdir is followed", "[fetch]") {
  const ShardedChannel channel({.shards_base_url = "../shards/"});
  const LocalServer server(serve_files(channel.files()));
  Fetching fetching;
  const auto answers = fetching.fetch_names(server.url("/c"), names({"app"}), both);
  CHECK(names_in(answers[0]) == Names{"app", "base"});
}

TEST_CASE("shards: a bomb is refused with exit 6", "[fetch]") {
  const std::string bomb = fixtures::zstd_file(std::string(200'000'000, '\0'));
  fixtures::MsgpackWriter index;
  const Sha256 digest = sha256_of(bomb);
  const std::string hash(digest.bytes().begin(), digest.bytes().end());
  index.map(1).text("shards").map(1).text("app").binary(hash);
  const LocalServer server(serve_files({{index_path, fixtures::zstd_file(index.bytes)},
                                        {noarch_index, fixtures::zstd_file(index.bytes)},
                                        {"/c/linux-64/" + digest.hex() + ".msgpack.zst", bomb},
                                        {"/c/noarch/" + digest.hex() + ".msgpack.zst", bomb}}));
  Fetching fetching;
  CHECK_THAT(failure(fetching, server, names({"app"})), Contains("6: ") && Contains("bytes"));
}

TEST_CASE("shards: of the same records, the index is the same in whatever order they come",
          "[fetch]") {
  const ShardedChannel channel;
  std::atomic<unsigned> count{0};
  const LocalServer server([&, files = channel.files()](const Request& request) {
    Answer answer = serve_files(files)(request);
    answer.delay = std::chrono::milliseconds((count++ * 7) % 20);
    return answer;
  });
  std::set<std::string> seen;
  for (int i = 0; i < 4; ++i) {
    Fetching fetching;
    seen.insert(json_of(fetching.fetch_names(server.url("/c"), names({"app", "other"}), both)[0]));
  }
  CHECK(seen.size() == 1);
}

}  // namespace envlock::test
