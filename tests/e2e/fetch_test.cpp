// `envlock fetch` through the built program, against the tests' own server.

#include <fcntl.h>
#include <sys/file.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "model/digest.hpp"
#include "model/unique_fd.hpp"
#include "tests/e2e/workspace.hpp"
#include "tests/support/local_server.hpp"
#include "tests/support/trust_files.hpp"
#include "verify/attestation.hpp"
#include "verify/base64.hpp"
#include "verify/ed25519.hpp"

namespace envlock::test {

using Catch::Contains;
using Catch::StartsWith;
using Catch::WithinAbs;
using Files = std::map<std::string, std::string>;

namespace {

PackageBuilder package(const std::string& name, const std::string& bytes) {
  PackageBuilder builder(name);
  builder.size(bytes.size()).set("sha256", sha256_of(bytes).hex()).without("md5");
  return builder;
}

/// A channel with `app`, which needs `lib`, and a noarch package `data`, by path below it.
Files channel_files() {
  const std::string app(3000, 'a');
  const std::string lib(20'000, 'l');
  const std::string data(500, 'd');
  RepodataBuilder linux("linux-64");
  linux.add(package("app", app).depends({"lib", "data"})).add(package("lib", lib));
  RepodataBuilder mac("osx-arm64");
  mac.add(package("app", app + "mac").depends({"data"}));
  RepodataBuilder noarch("noarch");
  noarch.add(package("data", data).noarch("generic"));
  return {{"/linux-64/repodata.json", linux.json()}, {"/osx-arm64/repodata.json", mac.json()},
          {"/noarch/repodata.json", noarch.json()},  {"/linux-64/app-1.0-0.conda", app},
          {"/linux-64/lib-1.0-0.conda", lib},        {"/osx-arm64/app-1.0-0.conda", app + "mac"},
          {"/noarch/data-1.0-0.conda", data}};
}

/// A project whose lock is made from a channel at `url`.
class Fetching {
 public:
  explicit Fetching(const std::string& url) {
    work_.write("environment.yml",
                "channels: [" + url + "]\nplatforms: [linux-64, osx-arm64]\ndependencies: [app]\n");
    work_.solve();
  }
  [[nodiscard]] const Workspace& operator*() const { return work_; }
  [[nodiscard]] const Workspace* operator->() const { return &work_; }
  [[nodiscard]] std::vector<std::string> cached_packages() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(work_.dir().path())) {
      if (entry.path().parent_path().filename() == "packages" &&
          entry.path().extension() == ".conda")
        names.push_back(entry.path().stem());
    }
    return names;
  }

 private:
  Workspace work_;
};

std::size_t requests_for_packages(const LocalServer& server) {
  std::size_t count = 0;
  for (const std::string& path : server.paths()) count += path.ends_with(".conda") ? 1U : 0U;
  return count;
}

}  // namespace

TEST_CASE("fetch: every package of the lock comes into the cache, once") {
  const LocalServer server(serve_files(channel_files()));
  const Fetching project(server.url());
  const Outcome first = project->run({"fetch"});
  INFO(first.err);
  CHECK(first.exit == 0);
  CHECK(first.out == "Fetched and verified 4 packages (26 kB); 0 came from the cache.\n");
  CHECK_THAT(first.err, Contains("fetched lib-1.0-0.conda (20 kB, ") && Contains("4 of 4)\n"));
  CHECK(project.cached_packages().size() == 4);
  server.forget_requests();
  const Outcome second = project->run({"fetch"});
  CHECK(second.out == "All 4 packages are in the cache, verified.\n");
  CHECK(second.err.empty());
  CHECK(server.requests().empty());
}

TEST_CASE("fetch: --platform brings that platform only, and --json says what came from where") {
  const LocalServer server(serve_files(channel_files()));
  const Fetching project(server.url());
  const Json result = project->json({"fetch", "--platform", "linux-64"}).at("result");
  CHECK(result.at("fetched") == 3);
  CHECK(result.at("cached") == 0);
  CHECK(result.at("bytes_fetched") == 23'500);
  REQUIRE(result.at("packages").size() == 3);
  const Json& app = result.at("packages").at(0);
  CHECK(app.at("fn") == "app-1.0-0.conda");
  CHECK(app.at("subdir") == "linux-64");
  CHECK(app.at("origin") == "downloaded");
  CHECK(app.at("source") == server.url());
  CHECK(app.at("size") == 3000);
  CHECK(sha256_of(read_file(app.at("file").get<std::string>())).hex() == app.at("sha256"));
  CHECK(project->json({"fetch", "--platform", "win-64"}).at("error").at("kind") == "usage");
}

TEST_CASE("fetch: a package with one wrong byte is refused, exit 6, and the others are kept") {
  Files files = channel_files();
  const std::size_t at = GENERATE(std::size_t{0}, std::size_t{10'000}, std::size_t{19'999});
  files["/linux-64/lib-1.0-0.conda"][at] ^= 1;
  const LocalServer server(serve_files(files));
  const Fetching project(server.url());
  const Outcome outcome = project->run({"fetch"});
  CHECK(outcome.exit == 6);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, Contains("error: ") && Contains("lib-1.0-0.conda") && Contains("sha256"));
  CHECK(project.cached_packages().size() == 3);
}

TEST_CASE("fetch: mirrors of envlock.yml are asked before the channel") {
  const LocalServer channel(serve_files(channel_files()));
  const LocalServer mirror([files = channel_files()](const LocalServer::Request& request) {
    // It has all but one, under a path of its own.
    if (request.path.starts_with("/mirror/") && !request.path.ends_with("lib-1.0-0.conda"))
      return serve_files(files)({request.method, request.path.substr(7), request.headers, {}});
    return serve_files({})(request);
  });
  const Fetching project(channel.url());
  project->write("envlock.yml", "channels:\n  acme:\n    url: " + channel.url() +
                                    "\n    mirrors: ['" + mirror.url("/mirror") + "']\n");
  channel.forget_requests();
  const Json result = project->json({"fetch"}).at("result");
  std::map<std::string, int> sources;
  for (const Json& one : result.at("packages")) ++sources[one.at("source")];
  CHECK(sources == std::map<std::string, int>{{mirror.url("/mirror"), 3}, {channel.url(), 1}});
  CHECK(channel.paths() == std::vector<std::string>{"/linux-64/lib-1.0-0.conda"});
}

TEST_CASE("solve: a mirror's repodata stands in where envlock.yml says so, and is not kept long") {
  const LocalServer mirror(serve_files(channel_files()));
  bool down = true;
  const LocalServer channel([&](const LocalServer::Request& request) {
    LocalServer::Answer answer = serve_files(channel_files())(request);
    if (down) answer.status = 500;
    return answer;
  });
  const Workspace work;
  work.write("environment.yml",
             "channels: [" + channel.url() + "]\nplatforms: [linux-64]\ndependencies: [app]\n");
  const auto serves = [&](const std::string& what) {
    work.write("envlock.yml", "channels:\n  acme:\n    url: '" + channel.url() +
                                  "'\n    mirrors: [{url: '" + mirror.url() + "', serves: " + what +
                                  "}]\n");
  };
  serves("packages");
  CHECK(work.run({"solve"}).exit == 5);
  CHECK(mirror.requests().empty());
  serves("metadata+packages");
  const Outcome outcome = work.run({"solve"});
  INFO(outcome.err);
  CHECK(outcome.exit == 0);
  CHECK_THAT(outcome.err, Contains("is that of the mirror '" + mirror.url() + "', because: "));
  CHECK_THAT(work.lock(),
             Contains(channel.url() + "/linux-64/app-1.0-0.conda") && !Contains(mirror.url()));
  down = false;
  channel.forget_requests();
  const Outcome later = work.run({"solve"});
  CHECK(later.exit == 0);
  CHECK(later.err.find("mirror") == std::string::npos);
  CHECK_FALSE(channel.requests().empty());
  for (const LocalServer::Request& request : channel.requests())
    CHECK(request.header("if-none-match").empty());
}

TEST_CASE("fetch: a mirror that lies is named, and the package taken elsewhere") {
  const LocalServer channel(serve_files(channel_files()));
  Files bad = channel_files();
  for (auto& [path, text] : bad) text[0] ^= 1;
  const LocalServer mirror(serve_files(bad));
  const Fetching project(channel.url());
  project->write("envlock.yml", "channels:\n  acme:\n    url: " + channel.url() +
                                    "\n    mirrors: ['" + mirror.url() + "']\n");
  const Outcome outcome = project->run({"fetch"});
  CHECK(outcome.exit == 0);
  CHECK_THAT(outcome.err,
             Contains("warning: '" + mirror.url() + "' is not asked again in this run"));
  // What the liar sent is said apart: several downloads may have begun before the first showed it.
  CHECK_THAT(outcome.out, StartsWith("Fetched and verified 4 packages (26 kB); 0 came from the "
                                     "cache.\n") &&
                              Contains("B more came for nothing; the warnings say why.\n"));
  CHECK(project.cached_packages().size() == 4);
}

TEST_CASE("fetch: what envlock.yml does not allow is refused before anything is asked for") {
  const LocalServer server(serve_files(channel_files()));
  const Fetching project(server.url());
  server.forget_requests();
  const std::string channels = "channels: {acme: '" + server.url() + "'}\n";
  const auto refused = [&](const std::string& text) {
    project->write("envlock.yml", text);
    const Outcome outcome = project->run({"fetch"});
    CHECK(outcome.exit == 6);
    CHECK(server.requests().empty());
    return outcome.err;
  };
  CHECK_THAT(refused("channels: {other: 'https://other.example/c'}\n"),
             Contains("'app-1.0-0.conda' is of channel") && Contains("does not list"));
  CHECK_THAT(
      refused(channels + "policy:\n  denied:\n    - {spec: 'lib <2', reason: 'it is old'}\n"),
      Contains("'lib-1.0-0.conda' is denied by envlock.yml:4: 'lib <2'"));
  CHECK_THAT(refused("channels:\n  acme: '" + server.url() +
                     "'\n  other: {url: 'https://other.example/c', owns: ['da*']}\n"),
             Contains("'data-1.0-0.conda' is of channel") && Contains("'da*' belongs to 'other'"));
}

TEST_CASE("fetch: --to writes a channel that can be solved against, offline") {
  Files files = channel_files();
  auto server = std::make_unique<LocalServer>(serve_files(files));
  const Fetching project(server->url());
  const Outcome outcome = project->run({"fetch", "--to", "air gap"});
  INFO(outcome.err);
  CHECK(outcome.exit == 0);
  CHECK_THAT(outcome.out, Contains("'air gap' is a channel with all of them: conda create -c '" +
                                   (project->project() / "air gap").string() + "'"));
  server.reset();
  const std::filesystem::path folder = project->project() / "air gap";
  CHECK(read_file(folder / "linux-64/app-1.0-0.conda") == files["/linux-64/app-1.0-0.conda"]);
  const Json listing = Json::parse(read_file(folder / "linux-64/repodata.json"));
  CHECK(listing.at("packages.conda").at("lib-1.0-0.conda").at("size") == 20'000);
  project->write("environment.yml",
                 "channels: ['./air gap']\nplatforms: [linux-64, osx-arm64]\n"
                 "dependencies: [app]\n");
  const Outcome solved = project->run({"solve", "--offline", "-o", "offline.lock"});
  INFO(solved.err);
  CHECK(solved.exit == 0);
  CHECK(project->run({"fetch", "offline.lock", "--offline"}).exit == 0);
}

TEST_CASE("fetch: the lines that --to prints are all that envlock needs to take from the folder") {
  auto server = std::make_unique<LocalServer>(serve_files(channel_files()));
  const Fetching project(server->url());
  const Outcome outcome = project->run({"fetch", "--to", "it's here"});
  const std::string before =
      "envlock takes them from there with this in envlock.yml, beside the "
      "lock:\n";
  const std::size_t at = outcome.out.find(before);
  REQUIRE(at != std::string::npos);
  const std::string lines = outcome.out.substr(at + before.size());
  CHECK_THAT(lines, StartsWith("  channels:\n    '127.0.0.1': {url: '" + server->url() +
                               "', mirrors: ['") &&
                        Contains("/it''s here']}\n"));
  server.reset();
  project->write("envlock.yml", lines);
  const Json result =
      project->json({"fetch", "--cache-dir", (project->dir() / "new").string(), "--offline"})
          .at("result");
  CHECK(result.at("fetched") == 4);
  for (const Json& one : result.at("packages")) CHECK(one.at("origin") == "copied");
}

TEST_CASE("fetch: a folder beside envlock.yml can be a mirror") {
  auto server = std::make_unique<LocalServer>(serve_files(channel_files()));
  const Fetching project(server->url());
  REQUIRE(project->run({"fetch", "--to", "../air gap"}).exit == 0);
  project->write("envlock.yml", "channels:\n  acme:\n    url: " + server->url() +
                                    "\n    mirrors: [./nothing, ../air gap]\n");
  server.reset();
  const Outcome outcome =
      project->run({"fetch", "--cache-dir", (project->dir() / "new").string(), "--offline"});
  INFO(outcome.err);
  CHECK(outcome.exit == 0);
}

TEST_CASE("fetch: a --read-cache that is none is told, with the next step") {
  const LocalServer server(serve_files(channel_files()));
  const Fetching project(server.url());
  REQUIRE(project->run({"fetch", "--to", "out"}).exit == 0);
  const std::string out = (project->project() / "out").string();
  const Outcome channel = project->run({"fetch", "--read-cache", "out"});
  CHECK(channel.exit == 0);
  CHECK_THAT(channel.err, Contains("warning: '" + out +
                                   "' is no cache of envlock: it has no folder "
                                   "'packages'; it is a channel: name it below 'mirrors:'"));
  std::filesystem::create_directory(project->project() / "empty");
  CHECK_THAT(project->run({"fetch", "--read-cache", "empty"}).err,
             Contains("is no cache of envlock") && Contains("'envlock fetch --cache-dir "));
  const std::string own = project->json({"cache", "info"}).at("result").at("path");
  CHECK_THAT(project->run({"fetch", "--read-cache", own + "/packages"}).err,
             Contains("name the folder above it"));
  CHECK(project->run({"fetch", "--read-cache", own}).err.empty());
}

TEST_CASE("fetch: two at once with one --to folder list all packages of both") {
  const LocalServer server(serve_files(channel_files()));
  const Fetching project(server.url());
  REQUIRE(project->run({"fetch"}).exit == 0);
  const std::filesystem::path folder = project->project() / "out";
  std::filesystem::create_directories(folder);
  const UniqueFd held(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  REQUIRE(::flock(held.get(), LOCK_EX) == 0);
  const auto fetch = [&](const std::string& platform) {
    return std::make_unique<Process>(
        envlock_program(), std::vector<std::string>{"fetch", "--platform", platform, "--to", "out"},
        project->options());
  };
  const auto killed = fetch("osx-arm64");
  const auto one = fetch("linux-64");
  const auto other = fetch("osx-arm64");
  for (const Process* process : {killed.get(), one.get(), other.get()}) {
    for (int i = 0; i < 5000 && process->err_so_far().empty(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    CHECK_THAT(process->err_so_far(), Contains("note: waits for another envlock that writes into "
                                               "'out'"));
  }
  CHECK_FALSE(std::filesystem::exists(folder / "noarch"));
  killed->signal(SIGKILL);
  CHECK(killed->wait().exit == 128 + SIGKILL);
  REQUIRE(::flock(held.get(), LOCK_UN) == 0);
  for (Process* process : {one.get(), other.get()}) CHECK(process->wait().exit == 0);
  const auto listed = [&](const std::string& subdir) {
    return Json::parse(read_file(folder / subdir / "repodata.json")).at("packages.conda").size();
  };
  CHECK(listed("linux-64") == 2);
  CHECK(listed("osx-arm64") == 1);
  CHECK(listed("noarch") == 1);
}

TEST_CASE("fetch: a folder for --to that cannot be is refused before anything is asked for") {
  const LocalServer server(serve_files(channel_files()));
  const Fetching project(server.url());
  project->write("file", "");
  server.forget_requests();
  CHECK(project->run({"fetch", "--to", "https://host.example/channel"}).exit == 2);
  CHECK(project->run({"fetch", "--to", ""}).exit == 2);
  CHECK(project->run({"fetch", "--to", "file"}).exit == 7);
  CHECK(server.requests().empty());
  CHECK_FALSE(project->exists("https:"));
  const RunOptions elsewhere = project->options({{"ENVLOCK_CACHE_DIR", "https://host.example/c"}});
  const Outcome outcome = run_envlock({"fetch"}, elsewhere);
  CHECK(outcome.exit == 2);
  CHECK_THAT(outcome.err, Contains("'ENVLOCK_CACHE_DIR' takes a folder"));
}

TEST_CASE("fetch: an environment file in place of the lock is told apart") {
  const Workspace work;
  work.write("environment.yml", "dependencies: [app]\n");
  const Outcome outcome = work.run({"fetch", "environment.yml"});
  CHECK(outcome.exit == 3);
  CHECK_THAT(outcome.err, Contains("'environment.yml' is no lock") &&
                              Contains("make one from it: envlock solve environment.yml"));
}

TEST_CASE("fetch: offline it opens no socket and says which packages are missing") {
  const LocalServer server(serve_files(channel_files()));
  const Fetching project(server.url());
  server.forget_requests();
  const Outcome outcome = project->run({"fetch", "--offline"});
  CHECK(outcome.exit == 5);
  CHECK_THAT(outcome.err, Contains("offline, and the cache has no 'lib-1.0-0.conda'"));
  CHECK(server.connections() <= 3);
  CHECK(server.requests().empty());
}

TEST_CASE("fetch: plain http elsewhere is refused with the line to add") {
  const LocalServer server(serve_files(channel_files()));
  const Fetching project(server.url());
  std::string lock = project->lock();
  for (std::size_t at = 0; (at = lock.find("http://127.0.0.1", at)) != std::string::npos;)
    lock.replace(at, 16, "http://192.0.2.7");
  project->write("envlock.lock", lock);
  const Outcome outcome = project->run({"fetch"});
  INFO(outcome.err);
  // The digest of the inputs names the edit first; both are refusals.
  CHECK((outcome.exit == 3 || outcome.exit == 6));
  project->write("elsewhere.yml", "channels: [http://192.0.2.7:8080/c]\ndependencies: [app]\n");
  const Outcome solve = project->run({"solve", "elsewhere.yml", "-o", "elsewhere.lock"});
  CHECK(solve.exit == 6);
  CHECK_THAT(solve.err, Contains("policy: {plain_http: [\"http://192.0.2.7:8080\"]}"));
}

TEST_CASE("fetch: envlock.yml's environments are fetched together, or by name") {
  const LocalServer server(serve_files(channel_files()));
  const Fetching project(server.url());
  project->write("other.yml",
                 "channels: [" + server.url() + "]\nplatforms: [linux-64]\ndependencies: [data]\n");
  project->write(
      "envlock.yml",
      "environments:\n  main: {files: [environment.yml]}\n  small: {files: [other.yml]}\n");
  project->solve();
  CHECK(project->json({"fetch", "-e", "small"}).at("result").at("packages").size() == 1);
  CHECK(project->json({"fetch"}).at("result").at("packages").size() == 4);
  const Json unknown = project->json({"fetch", "-e", "large"});
  CHECK(unknown.at("exit_code") == 2);
  CHECK(unknown.at("error").at("hint") == "it has main, small");
}

TEST_CASE("fetch: several processes at once get every package, each downloaded once") {
  Files files = channel_files();
  const LocalServer server([&files](const LocalServer::Request& request) {
    LocalServer::Answer answer = serve_files(files)(request);
    if (request.path.ends_with(".conda")) answer.delay = std::chrono::milliseconds(50);
    return answer;
  });
  const Fetching project(server.url());
  std::vector<std::unique_ptr<Process>> processes;
  for (int i = 0; i < 4; ++i)
    processes.push_back(std::make_unique<Process>(
        envlock_program(), std::vector<std::string>{"fetch"}, project->options()));
  for (const auto& process : processes) {
    const Outcome outcome = process->wait();
    INFO(outcome.err);
    CHECK(outcome.exit == 0);
  }
  CHECK(requests_for_packages(server) == 4);
}

namespace {

/// An attestation of CEP 27 for a package that `channel` published.
std::string attestation(const TestKey& key, const std::string& file_name, const std::string& bytes,
                        const std::string& channel) {
  const Json statement = {
      {"_type", "https://in-toto.io/Statement/v1"},
      {"subject", {{{"name", file_name}, {"digest", {{"sha256", sha256_of(bytes).hex()}}}}}},
      {"predicateType", "https://schemas.conda.org/attestations-publish-1.schema.json"},
      {"predicate", {{"targetChannel", channel}}}};
  const std::string type = "application/vnd.in-toto+json";
  const std::string payload = statement.dump();
  const auto signature = ed25519_sign(key.seed(), dsse_signed_bytes(type, payload));
  const std::string raw(reinterpret_cast<const char*>(signature.data()), signature.size());
  return Json{{"payload", base64_of(payload)},
              {"payloadType", type},
              {"signatures", {{{"sig", base64_of(raw)}}}}}
      .dump();
}

}  // namespace

TEST_CASE("fetch: where envlock.yml asks for attestations, every package needs one") {
  const TestKey key(1);
  Files files = channel_files();
  const LocalServer server(
      [&files](const LocalServer::Request& request) { return serve_files(files)(request); });
  for (const char* path :
       {"/linux-64/app-1.0-0.conda", "/noarch/data-1.0-0.conda", "/osx-arm64/app-1.0-0.conda"}) {
    const std::string name = std::filesystem::path(path).filename();
    files[std::string(path) + ".sigs"] = attestation(key, name, files[path], server.url());
  }
  const std::string lib = "/linux-64/lib-1.0-0.conda";
  const Fetching project(server.url());
  const auto rule = [&](const std::string& require) {
    project->write("envlock.yml", "channels:\n  acme:\n    url: '" + server.url() +
                                      "'\n    attestations: {keys: ['" + key.hex() +
                                      "'], require: " + require + "}\n");
  };
  rule("true");
  server.forget_requests();

  SECTION("one without is refused, before any package is fetched") {
    const Outcome outcome = project->run({"fetch"});
    CHECK(outcome.exit == 6);
    CHECK_THAT(outcome.err, Contains("'lib-1.0-0.conda' has no attestation"));
    CHECK(requests_for_packages(server) == 0);
    server.forget_requests();
    const Outcome offline = project->run({"fetch", "--offline"});
    CHECK(offline.exit == 6);
    CHECK_THAT(offline.err, Contains("'lib-1.0-0.conda' has no attestation in the cache"));
    CHECK(server.requests().empty());
    rule("false");
    const Outcome lenient = project->run({"fetch"});
    CHECK(lenient.exit == 0);
    CHECK_THAT(lenient.err, Contains("warning: 'lib-1.0-0.conda' has no attestation"));
  }
  SECTION("one by another key is refused, required or not") {
    rule(GENERATE("true", "false"));
    files[lib + ".sigs"] = attestation(TestKey(2), "lib-1.0-0.conda", files[lib], server.url());
    const Outcome outcome = project->run({"fetch"});
    CHECK(outcome.exit == 6);
    CHECK_THAT(outcome.err, Contains("none of its signatures is by a key that envlock.yml pins"));
  }
  SECTION("a Sigstore bundle is no proof") {
    files[lib + ".sigs"] = R"({"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"})";
    const Outcome outcome = project->run({"fetch"});
    CHECK(outcome.exit == 6);
    CHECK_THAT(outcome.err, Contains("a Sigstore bundle, which envlock does not verify"));
  }
  SECTION("with all of them it is said who attested, and they are kept for later") {
    files[lib + ".v0.sigs"] = attestation(key, "lib-1.0-0.conda", files[lib], server.url());
    const Json result = project->json({"fetch"}).at("result");
    REQUIRE(result.at("packages").size() == 4);
    for (const Json& one : result.at("packages")) CHECK(one.at("attested_by") == key.hex());
    CHECK(project->run({"fetch", "--offline"}).exit == 0);
    SECTION("for those who trust other keys by now they prove nothing") {
      project->write("envlock.yml", "channels:\n  acme:\n    url: '" + server.url() +
                                        "'\n    attestations: {keys: ['" + TestKey(2).hex() +
                                        "']}\n");
      CHECK(project->run({"fetch"}).exit == 6);
    }
  }
}

}  // namespace envlock::test
