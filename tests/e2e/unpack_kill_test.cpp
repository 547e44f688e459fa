// `envlock unpack`, `relocate` and `pack`, killed or without room.

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "model/unique_fd.hpp"
#include "tests/e2e/packing.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;
using std::chrono::microseconds;
using std::chrono::steady_clock;

int kills() {
  const char* const wanted = std::getenv("ENVLOCK_KILLS");  // NOLINT(concurrency-mt-unsafe)
  return wanted == nullptr ? 20 : std::atoi(wanted);
}

/// Many files, most with a placeholder, so that a kill meets every stage.
ArchiveBuilder many_files() {
  ArchiveBuilder builder("many");
  for (int i = 0; i < 400; ++i) {
    const std::string number = std::to_string(i);
    builder.placeholder_text("etc/many/" + number, number + placeholder() + number);
    builder.file("share/many/" + number, std::string(2000, static_cast<char>('a' + i % 26)));
  }
  return builder;
}

/// Runs a command and kills it at a random moment of its usual time.
class Killer {
 public:
  explicit Killer(const Packing& work) : work_(work) {}
  void learn(const std::vector<std::string>& args) {
    const auto begun = steady_clock::now();
    const Outcome outcome = work_->run(args);
    INFO(outcome.err);
    REQUIRE(outcome.exit == 0);
    usual_ = std::chrono::duration_cast<microseconds>(steady_clock::now() - begun).count();
  }
  void kill_one(const std::vector<std::string>& args) {
    std::uniform_int_distribution<std::int64_t> moment(0, usual_);
    Process process(envlock_program(), args, work_->options());
    std::this_thread::sleep_for(microseconds(moment(random_)));
    process.signal(SIGKILL);
    process.wait();
  }

 private:
  const Packing& work_;
  std::mt19937 random_{4711};
  std::int64_t usual_ = 0;
};

/// All names that ever appear in a folder, from when it is made.
class NewNames {
 public:
  explicit NewNames(const fs::path& folder) : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    REQUIRE(::inotify_add_watch(fd_.get(), folder.c_str(), IN_CREATE | IN_MOVED_TO) >= 0);
  }
  std::set<std::string> read() {
    std::set<std::string> names;
    alignas(inotify_event) std::array<char, 65536> events{};
    for (;;) {
      const ssize_t count = ::read(fd_.get(), events.data(), events.size());
      if (count <= 0) return names;
      for (const char* at = events.data(); at < events.data() + count;) {
        const auto* event = reinterpret_cast<const inotify_event*>(at);
        names.emplace(static_cast<const char*>(event->name));
        at += sizeof(inotify_event) + event->len;
      }
    }
  }

 private:
  UniqueFd fd_;
};

/// Whether a folder's file system has files without a name; says that the test is skipped where
/// not.
bool has_nameless_files(const fs::path& folder) {
  if (UniqueFd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600))) return true;
  WARN("SKIPPED: the file system has no files without a name");
  return false;
}

}  // namespace

TEST_CASE(
    "unpack: killed at any moment, the target is whole or not there, and the next run ends it") {
  Packing work;
  work.channel().add_conda(many_files());
  work.ask("many");
  const std::string file = work.pack("e.tar.zst");
  Killer killer(work);
  killer.learn({"unpack", file, "-p", "env"});
  fs::rename(work.path("env"), work.path("good"));
  for (int i = 0; i < kills(); ++i) {
    killer.kill_one({"unpack", file, "-p", "env"});
    if (!work->exists("env")) {
      const Outcome next = work->run({"unpack", file, "-p", "env"});
      INFO(next.err);
      REQUIRE(next.exit == 0);
    }
    REQUIRE(difference(work.path("env"), work.path("good")).empty());
    REQUIRE_FALSE(work->exists(".env.envlock-partial"));
    fs::remove_all(work.path("env"));
  }
}

TEST_CASE("unpack --replace: killed at any moment, one of the two is there whole") {
  Packing work;
  const std::string old_pack = work.pack("old.tar");
  work.channel().add_conda(many_files());
  work.ask("app, many");
  const std::string new_pack = work.pack("new.tar");
  for (const auto& [pack, name] : {std::pair(old_pack, "old"), std::pair(new_pack, "new")}) {
    REQUIRE(work->run({"unpack", pack, "-p", "env"}).exit == 0);
    fs::rename(work.path("env"), work.path(name));
  }
  const auto is = [&](const std::string& name) {
    return difference(work.path("env"), work.path(name)).empty();
  };
  const std::vector<std::string> replace{"unpack", new_pack, "-p", "env", "--replace"};
  Killer killer(work);
  REQUIRE(work->run({"unpack", old_pack, "-p", "env"}).exit == 0);
  killer.learn(replace);
  for (int i = 0; i < kills(); ++i) {
    REQUIRE(work->run({"unpack", old_pack, "-p", "env", "--replace"}).exit == 0);
    REQUIRE(is("old"));
    killer.kill_one(replace);
    fs::remove(work.path("env/conda-meta/.envlock-incoming"));
    REQUIRE((is("old") || is("new")));
    const Outcome next = work->run(replace);
    INFO(next.err);
    REQUIRE(next.exit == 0);
    REQUIRE(is("new"));
    CHECK_FALSE(work->exists(".env.envlock-partial"));
    CHECK_FALSE(work->exists(".env.envlock-older"));
    CHECK_FALSE(work->exists(".env.envlock-next"));
    CHECK_FALSE(work->exists("env/conda-meta/.envlock-incoming"));
  }
}

TEST_CASE("relocate: killed at any moment, the next run completes it") {
  Packing work;
  work.channel().add_conda(many_files());
  work.ask("many");
  const std::string file = work.pack("e.tar.zst");
  REQUIRE(work->run({"unpack", file, "-p", "b"}).exit == 0);
  fs::rename(work.path("b"), work.path("good"));
  REQUIRE(work->run({"unpack", file, "-p", "a"}).exit == 0);
  fs::rename(work.path("a"), work.path("b"));
  Killer killer(work);
  killer.learn({"relocate", "b"});
  for (int i = 0; i < kills(); ++i) {
    fs::rename(work.path("b"), work.path("a"));
    REQUIRE(work->run({"relocate", "a"}).exit == 0);
    fs::rename(work.path("a"), work.path("b"));
    killer.kill_one({"relocate", "b"});
    const Outcome next = work->run({"relocate", "b"});
    INFO(next.err);
    REQUIRE(next.exit == 0);
    REQUIRE(difference(work.path("b"), work.path("good")).empty());
  }
}

TEST_CASE("pack: interrupted or killed, it leaves no file and no half of one") {
  Packing work;
  work.channel().add_conda(many_files());
  work.ask("many");
  Killer killer(work);
  const std::vector<std::string> before = names_in(work->project());
  killer.learn({"pack", "-o", "e.tar.zst"});
  const std::string good = work->read("e.tar.zst");
  for (int i = 0; i < kills() / 2; ++i) {
    fs::remove(work.path("e.tar.zst"));
    fs::remove(work.path("e.tar.zst.sha256"));
    killer.kill_one({"pack", "-o", "e.tar.zst"});
    if (work->exists("e.tar.zst")) {
      CHECK(work->read("e.tar.zst") == good);
    } else {
      CHECK(names_in(work->project()) == before);
    }
  }
}

TEST_CASE("pack: what it writes has no name but its own, so that no kill can leave another") {
  const Packing work;
  if (!has_nameless_files(work->project())) return;
  REQUIRE(work->run({"keygen", "-o", "k", "--no-password"}).exit == 0);
  NewNames names(work->project());
  work.pack("e.tar.zst", {"--key", "k.key"});
  CHECK(names.read() ==
        std::set<std::string>{"e.tar.zst", "e.tar.zst.minisig", "e.tar.zst.sha256"});
}

TEST_CASE("pack and unpack: a full disk is exit 7 or 8, and leaves nothing") {
  Packing work;
  work.channel().add_conda(many_files());
  work.ask("many");
  work.pack("e.tar.zst");
  if (!have("unshare") || shell("/", "unshare -Urm true").exit != 0) {
    WARN("SKIPPED: user namespaces are forbidden here");
    return;
  }
  fs::create_directory(work.path("small"));
  const auto in_small = [&](const std::string& line) {
    return run_program(
        "/usr/bin/env",
        {"unshare", "-Urm", "sh", "-c",
         "mount -t tmpfs -o size=200k none small && \"$0\" " + line + "; echo exit $?; ls -A small",
         envlock_program()},
        work->options());
  };
  const Outcome judged = in_small("unpack e.tar.zst -p small/env");
  CHECK(judged.out == "exit 8\n");
  CHECK_THAT(judged.err, Contains("disk"));
  const Outcome forced = in_small("unpack e.tar.zst -p small/env --force disk --force inodes");
  INFO(forced.err);
  CHECK(forced.out == "exit 7\n");
  CHECK_THAT(forced.err, Contains("No space left"));
  const Outcome packed = in_small("pack -o small/e.tar");
  INFO(packed.err);
  CHECK(packed.out == "exit 7\n");
  CHECK_THAT(packed.err, Contains("No space left"));
}

}  // namespace envlock::test
