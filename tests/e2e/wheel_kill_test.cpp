// Environments with wheels: `envlock install`, `pack` and `unpack`, killed.

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/locked_wheels.hpp"

namespace envlock::test {
namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;
namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

int kills() {
  const char* const wanted = std::getenv("ENVLOCK_KILLS");  // NOLINT(concurrency-mt-unsafe)
  return wanted == nullptr ? 20 : std::atoi(wanted);
}

/// Files of every kind that are laid out in a way of their own, many of them, so that a kill meets
/// every stage.
WheelBuilder many(const std::string& version) {
  WheelBuilder wheel("hello", version);
  for (int i = 0; i < 150; ++i) {
    const std::string number = std::to_string(i);
    wheel.file("hello/v" + version + "_" + number + ".py", "x = " + number + "\n");
    wheel.file("hello/same" + number + ".py", version + " = " + number + "\n");
    wheel.data("scripts", "run" + number, "#!python\nprint(" + version + number + ")\n");
    wheel.data("data", "share/hello/" + number, number + " of " + version);
  }
  return wheel.command("hello = hello.same1:main");
}

/// Kills at a random moment of the usual time.
class Killer {
 public:
  Killer(const Workspace& work, microseconds usual) : work_(work), moment_(0, usual.count()) {}
  void kill_one(const Texts& args) {
    Process process(envlock_program(), args, work_.options());
    std::this_thread::sleep_for(microseconds(moment_(random_)));
    process.signal(SIGKILL);
    process.wait();
  }

 private:
  const Workspace& work_;
  std::mt19937 random_{815};
  std::uniform_int_distribution<std::int64_t> moment_;
};

void run(const LockedWheels& locked, const Texts& args) {
  const Outcome outcome = locked->run(args);
  INFO(args.front() << ": " << outcome.err);
  REQUIRE(outcome.exit == 0);
}

/// But for the history, which tells by which way an environment came about.
std::string unlike(const LockedWheels& locked, const std::string& a, const std::string& b) {
  return run_program("/usr/bin/diff", {"-r", "--no-dereference", "-x", "history", a, b},
                     {.cwd = locked->project()})
      .out;
}

}  // namespace

TEST_CASE(
    "wheels: install killed at any moment leaves the old state, a whole one, or one that the next "
    "run completes") {
  const LockedWheels locked;
  const auto lock = [&](const std::string& version) {
    locked.put(many(version), version);
    fs::rename(locked->project() / "envlock.lock", locked->project() / (version + ".lock"));
  };
  const std::string conda = locked->lock();
  lock("1.0");
  locked->write("envlock.lock", conda);
  lock("2.0");
  microseconds usual{0};
  for (const std::string version : {"1.0", "2.0"}) {
    const auto begun = steady_clock::now();
    run(locked, {"install", version + ".lock", "-p", "env"});
    usual = std::chrono::duration_cast<microseconds>(steady_clock::now() - begun);
    fs::rename(locked.env(), locked->project() / version);
  }
  Killer killer(*locked, usual);
  for (int n = 0; n < kills(); n += 2) {
    killer.kill_one({"install", "1.0.lock", "-p", "env"});
    if (fs::exists(locked.env())) CHECK(unlike(locked, "env", "1.0").empty());
    run(locked, {"install", "1.0.lock", "-p", "env"});
    REQUIRE(unlike(locked, "env", "1.0").empty());
    killer.kill_one({"install", "2.0.lock", "-p", "env"});
    run(locked, {"install", "2.0.lock", "-p", "env"});
    REQUIRE(unlike(locked, "env", "2.0").empty());
    fs::remove_all(locked.env());
  }
}

TEST_CASE("wheels: pack and unpack killed at any moment leave a whole thing or none") {
  const LockedWheels locked;
  locked.put(many("1.0"), "1.0");
  auto begun = steady_clock::now();
  const auto since = [&] {
    return std::chrono::duration_cast<microseconds>(steady_clock::now() - begun);
  };
  run(locked, {"pack", "-o", "good.tar.zst"});
  Killer pack_killer(*locked, since());
  begun = steady_clock::now();
  run(locked, {"unpack", "good.tar.zst", "-p", "there"});
  Killer unpack_killer(*locked, since());
  fs::rename(locked->project() / "there", locked->project() / "good");
  for (int n = 0; n < kills(); n += 2) {
    pack_killer.kill_one({"pack", "-o", "env.tar.zst"});
    if (!locked->exists("env.tar.zst")) run(locked, {"pack", "-o", "env.tar.zst"});
    REQUIRE(locked->read("env.tar.zst") == locked->read("good.tar.zst"));
    unpack_killer.kill_one({"unpack", "env.tar.zst", "-p", "there"});
    if (!locked->exists("there")) run(locked, {"unpack", "env.tar.zst", "-p", "there"});
    REQUIRE(unlike(locked, "there", "good").empty());
    fs::remove_all(locked->project() / "there");
    fs::remove(locked->project() / "env.tar.zst");
  }
}

}  // namespace envlock::test
