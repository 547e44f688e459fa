#include "verify/prefix_walk.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

#include "model/error.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/verify/made_prefix.hpp"

namespace envlock::test {
namespace {

namespace fs = std::filesystem;

/// Keeps what it is told.
class Told final : public WalkVisitor {
 public:
  bool folder(const std::string& path, int /*fd*/, const struct stat& /*facts*/) override {
    const std::lock_guard lock(mutex_);
    folders.insert(path);
    return path != leave_out;
  }
  void entry(const WalkEntry& entry) override {
    const OpenedEntry opened =
        S_ISREG(entry.facts.st_mode) ? open_entry(entry.folder_fd, entry.name) : OpenedEntry{};
    const std::lock_guard lock(mutex_);
    CHECK(entries.insert(entry.path).second);
    open_files += opened.fd ? 1 : 0;
    if (fail_at == entry.path) throw IoError("as the test wants");
  }
  void early_entry(const WalkEntry& entry) override {
    const std::lock_guard lock(mutex_);
    early.push_back(entry.path);
  }
  void unreadable(const std::string& path, int error_number) override {
    const std::lock_guard lock(mutex_);
    faults.emplace_back(path.substr(0, 20), error_number);
  }

  std::string leave_out = "?", fail_at = "?";
  std::set<std::string> folders, entries;
  std::vector<std::string> early;
  std::vector<std::pair<std::string, int>> faults;
  std::size_t open_files = 0;

 private:
  std::mutex mutex_;
};

UniqueFd opened(const fs::path& folder) {
  return UniqueFd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

}  // namespace

TEST_CASE("walk_prefix: tells everything once, links as links, and leaves out what is refused") {
  const TempDir dir;
  for (int i = 0; i < 1000; ++i) dir.write("many/f" + std::to_string(i), "x");
  dir.write("a/b/c", "x");
  dir.write("left/out", "x");
  fs::create_directory_symlink("..", dir / "a/up");
  const UniqueFd root = opened(dir.path());
  for (const std::size_t threads : {1U, 4U}) {
    Told told;
    told.leave_out = "left";
    walk_prefix(root.get(), {.threads = threads, .first = {"many/f7", "a/up/a/b/c", "none/x"}},
                told);
    CHECK(told.folders == std::set<std::string>{"", "a", "a/b", "left", "many"});
    CHECK(told.entries.size() == 1002);
    CHECK(told.entries.contains("a/up"));
    CHECK(told.early == std::vector<std::string>{"many/f7"});
    CHECK(told.faults.empty());
  }
}

TEST_CASE("walk_prefix: a failure in one thread ends the walk and is told") {
  const TempDir dir;
  for (int i = 0; i < 500; ++i) dir.write("many/f" + std::to_string(i), "x");
  const UniqueFd root = opened(dir.path());
  Told told;
  told.fail_at = "many/f250";
  CHECK_THROWS_AS(walk_prefix(root.get(), {.threads = 4}, told), IoError);
  std::stop_source stopped;
  stopped.request_stop();
  Told none;
  CHECK_THROWS_AS(walk_prefix(root.get(), {.threads = 2, .stop = stopped.get_token()}, none),
                  Interrupted);
}

TEST_CASE("walk_prefix: folders deeper than any path, with few descriptors (V02)") {
  const TempDir dir;
  const std::string name(200, 'd');
  UniqueFd at = opened(dir.path());
  for (int depth = 0; depth < 60; ++depth) {
    REQUIRE(::mkdirat(at.get(), name.c_str(), 0755) == 0);
    at = UniqueFd(::openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(at);
  }
  const UniqueFd root = opened(dir.path());
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  Told told;
  walk_prefix(root.get(), {.threads = 2}, told);
  CHECK(told.folders.size() == 4096 / 201 + 1);
  REQUIRE(told.faults.size() == 1);
  CHECK(told.faults.front().second == ENAMETOOLONG);
}

TEST_CASE("open_entry: what was put in the place of a file is seen, and never waited for") {
  const TempDir dir;
  dir.write("file", "x");
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0644) == 0);
  fs::create_symlink("file", dir / "link");
  fs::create_directory(dir / "folder");
  const UniqueFd root = opened(dir.path());
  CHECK(open_entry(root.get(), "file").fd);
  for (const char* name : {"fifo", "link", "folder"}) {
    INFO(name);
    const OpenedEntry entry = open_entry(root.get(), name);
    CHECK_FALSE(entry.fd);
    CHECK(entry.replaced);
  }
  CHECK(open_entry(root.get(), "none").error_number == ENOENT);
  CHECK_FALSE(open_entry(root.get(), "none").replaced);
}

TEST_CASE("verify: a file that turns into a FIFO, a link and back never blocks (T14, V01)") {
  const MadePrefix prefix;
  const fs::path victim = prefix / "lib/python3.11/os.py";
  const fs::path beside = prefix.dir().path() / "beside";
  const std::string content = read_file(victim);
  std::atomic<bool> done{false};
  // Renames, so that there is always something at the path.
  std::jthread racer([&] {
    for (unsigned turn = 0; !done; ++turn) {
      fs::remove(beside);
      if (turn % 3 == 0) {
        (void)::mkfifo(beside.c_str(), 0644);
      } else if (turn % 3 == 1) {
        fs::create_symlink("/etc/passwd", beside);
      } else {
        prefix.dir().write("beside", content);
        (void)::chmod(beside.c_str(), 0644);
      }
      fs::rename(beside, victim);
    }
  });
  std::set<std::string> rules;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  std::size_t runs = 0;
  while (std::chrono::steady_clock::now() < until) {
    ++runs;
    for (const Finding& finding : prefix.verify().findings) {
      INFO(finding.rule << ' ' << finding.path << ' ' << finding.found);
      CHECK(finding.path == "lib/python3.11/os.py");
      rules.insert(finding.rule);
    }
  }
  done = true;
  racer.join();
  CHECK(runs > 3);
  CHECK(rules.contains("EL204"));
  rules.erase("EL204");  // something else in its place
  rules.erase("EL208");  // changed while it was looked at
  rules.erase("EL201");  // never seen: a rename came between listing and looking
  CHECK(rules.empty());
}

}  // namespace envlock::test
