// `envlock fetch` where the system says no, and what it asks of the system: through strace, which
// makes single calls fail and writes all of them down.

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "model/digest.hpp"
#include "tests/e2e/workspace.hpp"
#include "tests/support/local_server.hpp"
#include "tests/support/trust_files.hpp"

namespace envlock::test {

using Catch::Contains;
namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

namespace {

constexpr const char* strace = "/usr/bin/strace";

/// Publishes `small` and `large`, which needs it, in the workspace's channel.
void publish(const Workspace& work) {
  fs::remove_all(work.channel());
  const auto package = [&](const std::string& name, const std::string& bytes) {
    work.dir().write("channel/linux-64/" + name + "-1.0-0.conda", bytes);
    PackageBuilder builder(name);
    builder.size(bytes.size()).set("sha256", sha256_of(bytes).hex()).without("md5");
    return builder;
  };
  RepodataBuilder linux("linux-64");
  linux.add(package("small", std::string(500, 's')))
      .add(package("large", std::string(2'500'000, 'l')).depends({"small"}));
  linux.write(work.channel());
}

/// Whether processes can be traced here; says why not.
bool can_trace(const Workspace& work) {
  if (!fs::exists(strace)) {
    WARN("SKIPPED: strace is not installed");
    return false;
  }
  const Outcome tried =
      run_program(strace, {"-f", "-qq", "-o", "calls", "/bin/true"}, {.cwd = work.project()});
  if (tried.exit == 0) return true;
  WARN("SKIPPED: processes cannot be traced here");
  return false;
}

/// Runs envlock under strace. @return also what was traced
std::pair<Outcome, std::string> traced(const Workspace& work, const Strings& what,
                                       const Strings& args) {
  Strings all = {"-f", "-qq", "-o", "calls"};
  all.insert(all.end(), what.begin(), what.end());
  all.push_back(envlock_program());
  all.insert(all.end(), args.begin(), args.end());
  Outcome outcome = run_program(strace, all, work.options());
  return {std::move(outcome), work.read("calls")};
}

/// Requires that every package below `dir` is one of the channel's, whole.
void check_packages(const Workspace& work, const fs::path& dir) {
  if (!fs::exists(dir)) return;
  Strings whole;
  for (const auto& entry : fs::directory_iterator(work.channel() / "linux-64"))
    if (entry.path().extension() == ".conda") whole.push_back(read_file(entry.path()));
  for (const auto& entry : fs::recursive_directory_iterator(dir)) {
    if (entry.path().extension() != ".conda") continue;
    const std::string bytes = read_file(entry.path());
    CAPTURE(entry.path());
    CHECK(std::count(whole.begin(), whole.end(), bytes) == 1);
  }
}

/// A listing that is there names packages that are there.
void check_listing(const fs::path& folder) {
  const fs::path file = folder / "linux-64/repodata.json";
  if (!fs::exists(file)) return;
  const Json listing = Json::parse(read_file(file));
  for (const auto& [name, record] : listing.at("packages.conda").items())
    CHECK(sha256_of(read_file(folder / "linux-64" / name)).hex() == record.at("sha256"));
}

}  // namespace

TEST_CASE("fetch: a disk that is full at any call leaves no wrong file", "[e2e]") {
  const Workspace work;
  if (!can_trace(work)) return;
  publish(work);
  work.write("environment.yml",
             "channels: [../channel]\nplatforms: [linux-64]\ndependencies: [large]\n");
  work.solve();
  const std::string call = GENERATE("pwrite64", "write", "renameat", "renameat2", "rename",
                                    "ftruncate", "fsync", "syncfs", "mkdir", "mkdirat", "linkat");
  constexpr int most = 40;
  int injected = 0;
  for (int n = 1; n <= most; ++n) {
    const fs::path cache = work.dir() / "trial-cache";
    const fs::path folder = work.project() / "out";
    fs::remove_all(cache);
    fs::remove_all(folder);
    const Strings fetch = {"fetch", "--cache-dir", cache.string(), "--to", "out"};
    const auto [outcome, calls] = traced(
        work,
        {"-e", "trace=" + call, "-e", "inject=" + call + ":error=ENOSPC:when=" + std::to_string(n)},
        fetch);
    if (calls.find("(INJECTED)") == std::string::npos) break;
    ++injected;
    CAPTURE(call, n, outcome.err);
    // 0: the message or a seal was all that could not be written.
    CHECK((outcome.exit == 7 || outcome.exit == 0));
    check_packages(work, cache);
    check_packages(work, folder);
    check_listing(folder);
    CHECK(work.run(fetch).exit == 0);
    check_packages(work, cache);
    check_listing(folder);
    CHECK(fs::exists(folder / "linux-64/large-1.0-0.conda"));
  }
  CHECK(injected < most);
  if (call == "pwrite64" || call == "renameat") CHECK(injected > 0);
}

TEST_CASE("offline: no command makes a socket call, whatever its files name", "[e2e]") {
  const Workspace work;
  if (!can_trace(work)) return;
  publish(work);
  const LocalServer server([&](const LocalServer::Request& request) {
    const fs::path file = work.channel() / fs::path(request.path).relative_path();
    return fs::is_regular_file(file) ? file_answer(request, read_file(file))
                                     : LocalServer::Answer{.status = 404};
  });
  work.write("environment.yml",
             "channels: [" + server.url() + "]\nplatforms: [linux-64]\ndependencies: [large]\n");
  work.solve();
  const bool is_filled = GENERATE(true, false);
  if (is_filled) CHECK(work.run({"fetch"}).exit == 0);
  if (!is_filled) fs::remove_all(work.project() / ".cache");
  const std::string key = TestKey(1).hex();
  const std::string channel = "channels:\n  one:\n    url: '" + server.url() + "'\n";
  const Strings files = {
      channel,
      channel + "    mirrors: [{url: 'https://127.0.0.1:1', serves: metadata+packages}]\n",
      channel + "    attestations: {keys: ['" + key + "']}\n",
      channel + "    attestations: {keys: ['" + key + "'], require: false}\n",
      channel + "    credentials: {as: bearer, env: TOKEN}\n",
      channel +
          "    credentials: {as: token, vault: {address: 'https://127.0.0.1:1', path: a, field: "
          "b, auth: {token_env: TOKEN}}}\n",
  };
  server.forget_requests();
  for (const std::string& file : files) {
    work.write("envlock.yml", file);
    for (const Strings& command :
         {Strings{"fetch", "--to", "out"}, Strings{"solve"},
          Strings{"solve", "--check", "--online"}, Strings{"search", "large", "-c", "one"},
          Strings{"trust", "update"}, Strings{"trust", "init", "one"}}) {
      Strings args = command;
      args.emplace_back("--offline");
      const auto [outcome, calls] = traced(work, {"-e", "trace=%network"}, args);
      CAPTURE(file, command, outcome.err);
      CHECK(outcome.exit != 70);
      CHECK_THAT(calls, !Contains("socket") && !Contains("connect"));
    }
  }
  CHECK(server.requests().empty());
}

}  // namespace envlock::test
