// Sharded repodata (CEP 16) through the built program: the same locks, less to move.

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "fixtures/shards/write_shards.hpp"
#include "tests/e2e/workspace.hpp"
#include "tests/support/local_server.hpp"
#include "tests/support/look_alike.hpp"

namespace envlock::test {

using Catch::Contains;
namespace fs = std::filesystem;

namespace {

void add_shards(const fs::path& channel) {
  for (const auto& entry : fs::directory_iterator(channel))
    if (fs::exists(entry.path() / "repodata.json") ||
        fs::exists(entry.path() / "repodata.json.zst"))
      fixtures::write_shards(entry.path());
}

/// Serves the folder as it is at each request; without shards where `plain`.
class Served {
 public:
  explicit Served(fs::path folder)
      : folder_(std::move(folder)), server_([this](const auto& request) { return get(request); }) {}

  [[nodiscard]] const LocalServer& operator*() const { return server_; }
  [[nodiscard]] const LocalServer* operator->() const { return &server_; }
  [[nodiscard]] std::size_t asked(std::string_view part) const {
    const auto paths = server_.paths();
    return static_cast<std::size_t>(
        std::count_if(paths.begin(), paths.end(),
                      [&](const auto& path) { return path.find(part) != std::string::npos; }));
  }
  bool plain = false;

 private:
  LocalServer::Answer get(const LocalServer::Request& request) const {
    LocalServer::Answer missing;
    missing.status = 404;
    if (plain && request.path.find("shards") != std::string::npos) return missing;
    std::ifstream in(folder_ / request.path.substr(1), std::ios::binary);
    if (!in) return missing;
    return file_answer(request, {std::istreambuf_iterator<char>(in), {}});
  }

  fs::path folder_;
  LocalServer server_;
};

std::string environment_for(const std::string& channel, const std::vector<std::string>& specs) {
  std::string text = "channels:\n  - " + channel + "\nplatforms:\n  - linux-64\ndependencies:\n";
  for (const std::string& spec : specs) text += "  - " + spec + "\n";
  return text;
}

}  // namespace

TEST_CASE("shards: locks are those of the whole repodata, byte for byte", "[e2e]") {
  const Workspace work;
  const fs::path channel = work.dir() / "conda-forge";
  make_look_alike(channel);
  add_shards(channel);
  Served server(channel);
  const std::vector<std::vector<std::string>> requests = {
      {"python"},
      {"python 3.11.*", "numpy", "pandas", "scikit-learn"},
      {"jupyterlab", "matplotlib"},
      {"pytorch", "scipy >=1.10"}};
  for (const auto& specs : requests) {
    work.write("environment.yml", environment_for(server->url(), specs));
    fs::remove(work.project() / "envlock.lock");
    server.plain = false;
    const Json result = work.json({"solve", "--cache-dir", (work.dir() / "parts").string()});
    const std::string from_shards = work.lock();
    for (const Json& seen : result.at("result").at("seen")) {
      CHECK_THAT(seen.at("source").get<std::string>(), Contains("repodata_shards.msgpack.zst"));
      CHECK(seen.at("shards").get<int>() > 0);
    }
    fs::remove(work.project() / "envlock.lock");
    server.plain = true;
    const Json whole = work.json({"solve", "--cache-dir", (work.dir() / "whole").string()});
    for (const Json& seen : whole.at("result").at("seen")) CHECK_FALSE(seen.contains("shards"));
    CHECK(work.lock() == from_shards);
  }
}

TEST_CASE("shards: unsolvable requests are explained as with the whole repodata", "[e2e]") {
  const Workspace work;
  add_shards(work.channel());
  Served server(work.channel());
  const auto explained = [&](const std::vector<std::string>& specs, bool plain) {
    server.plain = plain;
    work.write("environment.yml", environment_for(server->url(), specs));
    const Outcome outcome =
        work.run({"solve", "--cache-dir", (work.dir() / (plain ? "whole" : "parts")).string()});
    CHECK(outcome.exit == 4);
    return outcome.err;
  };
  const std::vector<std::vector<std::string>> requests = {
      {"nunpy"}, {"numpy 9.*"}, {"python 3.11.*", "python 3.12.*"}, {"pandas", "python <3"}};
  for (const auto& specs : requests) CHECK(explained(specs, false) == explained(specs, true));
  CHECK_THAT(explained({"nunpy"}, false), Contains("did you mean 'numpy'?"));
}

TEST_CASE("shards: envlock.yml can turn them off", "[e2e]") {
  const Workspace work;
  add_shards(work.channel());
  Served server(work.channel());
  work.write("environment.yml", environment_for("here", {"numpy"}));
  work.write("envlock.yml",
             "channels:\n  here:\n    url: " + server->url() + "\n    shards: false\n");
  work.solve();
  CHECK(server.asked("shards") == 0);
  work.write("envlock.yml", "channels:\n  here:\n    url: " + server->url() + "\n");
  work.solve({"--update-all"});
  CHECK(server.asked("repodata_shards") == 2);
  CHECK(work.run({"search", "numpy"}).exit == 0);
}

TEST_CASE("shards: another host gets no credential, and none may be in its URL", "[e2e]") {
  const Workspace work;
  const Served shards(work.channel());
  const auto publish = [&](const std::string& base) {
    for (const char* subdir : {"linux-64", "noarch"}) {
      const fs::path folder = work.channel() / subdir;
      fixtures::write_shards(folder);  // where the other server has them
      fixtures::write_shards(folder, {.shards_base_url = base + subdir + "/shards/"});
    }
  };
  publish(shards->url("/"));
  const Served channel(work.channel());
  work.write("environment.yml", environment_for("here", {"numpy"}));
  work.write("envlock.yml", "channels:\n  here:\n    url: " + channel->url() +
                                "\n    credentials: {as: bearer, env: HERE_TOKEN}\n");
  const Outcome solved = run_envlock({"solve", "-v"}, work.options({{"HERE_TOKEN", "tk-canary"}}));
  CHECK(solved.exit == 0);
  CHECK_THAT(solved.out + solved.err, !Contains("tk-canary"));
  REQUIRE(shards.asked("/shards/") > 0);
  for (const auto& request : shards->requests()) CHECK(request.header("authorization").empty());
  for (const auto& request : channel->requests())
    CHECK(request.header("authorization") == "Bearer tk-canary");

  publish("http://me:tk-other@127.0.0.1:9/");
  const Outcome refused =
      run_envlock({"solve", "--update-all"}, work.options({{"HERE_TOKEN", "tk-canary"}}));
  CHECK(refused.exit == 6);
  CHECK_THAT(refused.err, !Contains("tk-other"));

  publish("http://elsewhere.example/");
  const Outcome plain =
      run_envlock({"solve", "--update-all"}, work.options({{"HERE_TOKEN", "tk-canary"}}));
  CHECK(plain.exit == 6);
  CHECK_THAT(plain.err,
             Contains("shards lie at 'http://elsewhere.example/") && Contains("not https"));
}

TEST_CASE("shards: search reads the shards of what it looks for alone", "[e2e]") {
  const Workspace work;
  add_shards(work.channel());
  const Served server(work.channel());
  const Json found = work.json({"search", "numpy", "-c", server->url(), "--platform", "linux-64"});
  CHECK(found.at("result").at("records").size() == 4);
  CHECK(server.asked("/shards/") == 1);
  CHECK(server.asked("repodata.json") == 0);
  const Json globbed = work.json({"search", "num*", "-c", server->url(), "--platform", "linux-64"});
  CHECK(globbed.at("result") == found.at("result"));
}

TEST_CASE("shards: --check --online compares a lock by the shards of its packages", "[e2e]") {
  const Workspace work;
  add_shards(work.channel());
  Served server(work.channel());
  work.write("environment.yml", environment_for(server->url(), {"pandas"}));
  work.solve();
  CHECK(work.run({"solve", "--check", "--online"}).exit == 0);
  CHECK(server.asked("repodata.json") == 0);
  // A lock that names another hash than the channel.
  std::string lock = work.lock();
  const std::size_t at = lock.find("\"sha256\": \"", lock.find("\"fn\": \"numpy")) + 11;
  lock[at] = lock[at] == '0' ? '1' : '0';
  work.write("envlock.lock", lock);
  CHECK(work.run({"solve", "--check", "--online"}).exit == 6);
}

TEST_CASE("shards: --update and a newer record are seen", "[e2e]") {
  const Workspace work;
  add_shards(work.channel());
  const Served server(work.channel());
  work.write("environment.yml", environment_for(server->url(), {"numpy"}));
  work.solve();
  const std::string before = work.locked("numpy");
  work.publish_newer();
  add_shards(work.channel());
  work.solve();
  CHECK(work.locked("numpy") == before);
  work.solve({"--update", "numpy"});
  CHECK_THAT(work.locked("numpy"), Contains("2.2.0"));
}

TEST_CASE("shards: offline says which are missing; cache knows and cleans them", "[e2e]") {
  const Workspace work;
  add_shards(work.channel());
  const Served server(work.channel());
  work.write("environment.yml", environment_for(server->url(), {"numpy"}));
  work.solve();
  CHECK(work.run({"solve", "--offline"}).exit == 0);
  work.write("environment.yml", environment_for(server->url(), {"requests"}));
  const Outcome missing = work.run({"solve", "--offline"});
  CHECK(missing.exit == 5);
  CHECK_THAT(missing.err, Contains("lacks the repodata shards of") && Contains("'requests'"));
  const Json info = work.json({"cache", "info"});
  CHECK(info.at("result").at("kinds").at("shards").at("items").get<int>() > 2);
  CHECK(info.at("result").at("kinds").at("other").at("items").get<int>() == 0);
  CHECK(work.run({"cache", "clean", "--all"}).exit == 0);
  const Json after = work.json({"cache", "info"});
  CHECK(after.at("result").at("kinds").at("shards").at("items").get<int>() == 0);
}

}  // namespace envlock::test
