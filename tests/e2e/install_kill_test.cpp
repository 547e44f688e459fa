// `envlock install`, killed.

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <thread>

#include "model/digest.hpp"
#include "tests/e2e/workspace.hpp"
#include "tests/support/channel_builder.hpp"

namespace envlock::test {

namespace fs = std::filesystem;
using std::chrono::microseconds;
using std::chrono::steady_clock;

namespace {

/// Many small files, so that a kill meets every stage.
ArchiveBuilder package(const std::string& name, const std::string& version) {
  ArchiveBuilder builder(name, version);
  for (int i = 0; i < 300; ++i) {
    const std::string number = std::to_string(i);
    builder.file("share/" + name + "/v" + version + "/" + number, version + number);
    builder.file("share/" + name + "/same/" + number, number + " of " + version);
  }
  return builder.placeholder_text("etc/" + name + ".conf", placeholder() + version);
}

int kills() {
  const char* const wanted = std::getenv("ENVLOCK_KILLS");  // NOLINT(concurrency-mt-unsafe)
  return wanted == nullptr ? 20 : std::atoi(wanted);
}

/// What `diff` says of two trees; the history tells by which way an environment came about.
std::string difference(const fs::path& a, const fs::path& b, const fs::path& cwd) {
  return run_program("/usr/bin/diff",
                     {"-r", "--no-dereference", "-x", "history", a.string(), b.string()},
                     {.cwd = cwd})
      .out;
}

}  // namespace

TEST_CASE(
    "install: killed at any moment, a new prefix is whole or not there, and an old one is "
    "completed by the next run") {
  const Workspace work;
  const fs::path folder = work.dir().path();
  ChannelBuilder channel(folder / "packages");
  for (const char* version : {"1.0", "2.0"})
    channel.add_conda(package("a", version)).add_tar_bz2(package("b", version));
  const auto lock = [&](const std::string& version) {
    fs::remove(work.project() / "envlock.lock");
    work.write("environment.yml", "channels: [" + channel.path().string() +
                                      "]\nplatforms: [linux-64]\ndependencies: [a==" + version +
                                      ", b==" + version + "]\n");
    work.solve();
    fs::rename(work.project() / "envlock.lock", work.project() / (version + ".lock"));
  };
  lock("1.0");
  lock("2.0");
  // What each must be, at the same place.
  const auto begun = steady_clock::now();
  for (const char* version : {"1.0", "2.0"}) {
    const std::string name = std::string(version) + ".lock";
    REQUIRE(work.run({"install", name, "-p", "env"}).exit == 0);
    fs::rename(work.project() / "env", folder / version);
  }
  const auto one_run =
      std::chrono::duration_cast<microseconds>(steady_clock::now() - begun).count() / 2;

  std::mt19937 random(4711);
  std::uniform_int_distribution<std::int64_t> moment(0, one_run);
  const auto kill_one = [&](const std::string& name) {
    Process process(envlock_program(), {"install", name, "-p", "env"}, work.options());
    std::this_thread::sleep_for(microseconds(moment(random)));
    process.signal(SIGKILL);
    process.wait();
  };
  for (int n = 0; n < kills(); n += 2) {
    kill_one("1.0.lock");
    if (fs::exists(work.project() / "env"))
      CHECK(difference(work.project() / "env", folder / "1.0", folder).empty());
    REQUIRE(work.run({"install", "1.0.lock", "-p", "env"}).exit == 0);
    REQUIRE(difference(work.project() / "env", folder / "1.0", folder).empty());
    kill_one("2.0.lock");
    const Outcome completed = work.run({"install", "2.0.lock", "-p", "env"});
    INFO(completed.err);
    REQUIRE(completed.exit == 0);
    REQUIRE(difference(work.project() / "env", folder / "2.0", folder).empty());
    fs::remove_all(work.project() / "env");
  }
}

TEST_CASE(
    "install: killed or interrupted in a link script, the environment says so and the next run "
    "takes the script up") {
  const Workspace work;
  const fs::path folder = work.dir().path();
  ChannelBuilder channel(folder / "packages");
  // Waits as long as there is a file, and is no orphan after that.
  const std::string script =
      "echo >>\"$PREFIX/../started\"\n"
      "while [ -e \"$PREFIX/../wait\" ]; do sleep 0.02; done\n"
      "echo done >>\"$PREFIX/ran\"\n";
  channel.add_conda(ArchiveBuilder("setup").link_script("post-link", script));
  work.write("environment.yml", "channels: [" + channel.path().string() +
                                    "]\nplatforms: [linux-64]\ndependencies: [setup]\n");
  work.write("envlock.yml", "policy: {link_scripts: [" + sha256_of(script).hex() + "]}\n");
  work.solve();
  REQUIRE(work.run({"baseline", "-o", "base"}).exit == 0);
  const int signal = GENERATE(SIGKILL, SIGINT);
  work.write("wait", "");
  Process process(envlock_program(), {"install", "-p", "env"}, work.options());
  const auto begun = steady_clock::now();
  while (!work.exists("started") && steady_clock::now() - begun < std::chrono::seconds(20))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  REQUIRE(work.exists("started"));
  process.signal(signal);
  const Outcome ended = process.wait();
  if (signal == SIGINT) CHECK(ended.exit == 130);
  fs::remove(work.project() / "wait");
  // The orphan of the kill ends; that of the interrupt was ended.
  while (signal == SIGKILL && !work.exists("env/ran") &&
         steady_clock::now() - begun < std::chrono::seconds(20))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(work.exists("env/ran") == (signal == SIGKILL));
  fs::remove(work.project() / "env/ran");

  const Outcome unfinished = work.run({"verify", "env", "--baseline", "base"});
  CHECK(unfinished.exit == 1);
  CHECK_THAT(unfinished.out, Catch::Contains("EL228") && !Catch::Contains("EL250"));
  const Outcome next = work.run({"install", "-p", "env"});
  INFO(next.err);
  CHECK(next.exit == 0);
  CHECK_THAT(next.err, Catch::Contains("left undone"));
  CHECK_THAT(next.out, !Catch::Contains("nothing was changed"));
  CHECK(work.read("env/ran") == "done\n");
  fs::remove(work.project() / "env/ran");
  const Outcome verified = work.run({"verify", "env", "--baseline", "base"});
  INFO(verified.out);
  CHECK(verified.exit == 0);
  CHECK_THAT(work.run({"install", "-p", "env"}).out, Catch::Contains("nothing was changed"));
}

}  // namespace envlock::test
