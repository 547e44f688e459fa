#include <signal.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <thread>

#include "tests/e2e/workspace.hpp"
#include "tests/support/local_server.hpp"

namespace envlock::test {
namespace {

namespace fs = std::filesystem;

/// Waits until the program has asked the server for something.
void wait_for_request(const LocalServer& server) {
  for (int i = 0; i < 5000 && server.requests().empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  REQUIRE_FALSE(server.requests().empty());
}

}  // namespace

TEST_CASE("Ctrl-C: exit 130 at once, the old lock untouched and no half-written file", "[e2e]") {
  const int number = GENERATE(SIGINT, SIGTERM);
  const Workspace work;
  work.environment({"openssl"});
  work.solve();
  const std::string before = work.lock();
  const LocalServer server([](const LocalServer::Request&) {
    LocalServer::Answer answer;
    answer.body = "{\"packages\": {}}";
    answer.delay = std::chrono::seconds(3);
    return answer;
  });
  work.write("environment.yml", "channels: ['" + server.url("/ch") +
                                    "']\nplatforms: [linux-64]\ndependencies: [openssl]\n");
  Process process(envlock_program(), {"solve", "--json"}, work.options());
  wait_for_request(server);
  const auto start = std::chrono::steady_clock::now();
  process.signal(number);
  const Outcome outcome = process.wait();
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
  CHECK(outcome.exit == 130);
  const Json document = require_envelope(outcome, "solve");
  CHECK(document["error"]["kind"] == "interrupted");
  CHECK(work.lock() == before);
  for (const auto& entry : std::filesystem::directory_iterator(work.project())) {
    const std::string name = entry.path().filename().string();
    CHECK((name == "environment.yml" || name == "envlock.lock"));
  }
}

TEST_CASE("Ctrl-C: a git that does not answer is not waited for, and does not live on", "[e2e]") {
  const Workspace work;
  work.write("envlock.lock", "");
  const fs::path git = work.dir().write("bin/git",
                                        "#!/bin/sh\necho $$ >started.part\nmv started.part "
                                        "started\nexec sleep 60\n");
  fs::permissions(git, fs::perms::owner_all);
  RunOptions options = work.options({{"PATH", (work.dir() / "bin").string() + ":/usr/bin:/bin"}});
  Process process(envlock_program(), {"diff", "git:main:envlock.lock", "envlock.lock"}, options);
  const fs::path started = work.project() / "started";
  for (int i = 0; i < 5000 && !fs::exists(started); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  const int pid = std::stoi(read_file(started));
  const auto start = std::chrono::steady_clock::now();
  process.signal(SIGINT);
  CHECK(process.wait().exit == 130);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
  CHECK(::kill(pid, 0) != 0);
}

TEST_CASE("killed at any moment: the lock is the old one or the new one, whole", "[e2e]") {
  const Workspace work;
  work.environment({"openssl"});
  work.solve();
  const std::string old_lock = work.lock();
  work.environment({"openssl", "libzlib"});
  work.solve();
  const std::string new_lock = work.lock();
  REQUIRE(new_lock != old_lock);
  for (int i = 0; i < 20; ++i) {
    work.write("envlock.lock", old_lock);
    Process process(envlock_program(), {"solve"}, work.options());
    std::this_thread::sleep_for(std::chrono::milliseconds(i));
    process.signal(SIGKILL);
    process.wait();
    const std::string lock = work.lock();
    CHECK((lock == old_lock || lock == new_lock));
  }
  work.solve();
  CHECK(work.lock() == new_lock);
}

}  // namespace envlock::test
