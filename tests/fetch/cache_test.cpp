#include "fetch/cache.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>
#include <vector>

#include "fetch/cache_lock.hpp"
#include "model/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {

namespace fs = std::filesystem;
using Catch::Contains;
using std::chrono::milliseconds;

namespace {

mode_t mode_of(const fs::path& file) {
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

void chmod_to(const fs::path& file, mode_t mode) { REQUIRE(::chmod(file.c_str(), mode) == 0); }

std::string failure(const fs::path& dir) {
  try {
    const Cache cache(dir);
    return "no failure";
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.exit_code())) + ": " + error.what() + " | " +
           error.hint();
  }
}

/// Only root can give files away.
bool is_root() {
  if (::geteuid() == 0) return true;
  WARN("SKIPPED: needs root to make files of another user");
  return false;
}

}  // namespace

TEST_CASE("cache_dir: the explicit one, else XDG's, else the home's", "[fetch]") {
  CHECK(cache_dir({"/c", "/x", "/h"}) == "/c");
  CHECK(cache_dir({"", "/x", "/h"}) == "/x/envlock");
  CHECK(cache_dir({"", "relative", "/h"}) == "/h/.cache/envlock");
  CHECK(cache_dir({"", "", "/h"}) == "/h/.cache/envlock");
  CHECK(cache_dir({"rel/dir", "", ""}) == fs::current_path() / "rel/dir");
  CHECK_THROWS_AS(cache_dir({"", "", ""}), UsageError);
}

TEST_CASE("cache: what is missing is made with mode 0700", "[fetch]") {
  const TempDir dir;
  const Cache cache(dir / "a/b/c");
  CHECK(cache.dir() == dir / "a/b/c");
  for (const char* made : {"a", "a/b", "a/b/c"}) CHECK(mode_of(dir / made) == 0700);
  CHECK(mode_of(cache.folder("repodata")) == 0700);
  CHECK(Cache(dir / "a/b/c/").dir() == cache.dir());
}

TEST_CASE("cache: a folder that others may write in is refused with the chmod to type", "[fetch]") {
  const TempDir dir;
  const mode_t mode = GENERATE(0777U, 0770U, 0702U, 0720U, 01777U);
  fs::create_directories(dir / "parent/cache");
  chmod_to(dir / "parent", 0700);
  chmod_to(dir / "parent/cache", 0700);
  const std::string guilty = GENERATE("parent", "parent/cache");
  chmod_to(dir / guilty, mode);
  if (mode == 01777 && ::geteuid() == 0) return;  // root's own sticky folders: below
  CHECK_THAT(failure(dir / "parent/cache"),
             Contains("6: ") && Contains("'" + (dir / guilty).string() + "'") &&
                 Contains("chmod go-w '" + (dir / guilty).string() + "'"));
  CHECK_FALSE(fs::exists(dir / "parent/cache/repodata"));
}

TEST_CASE("cache: others may read and search the folders on the way", "[fetch]") {
  const TempDir dir;
  fs::create_directories(dir / "parent/cache");
  chmod_to(dir / "parent", 0755);
  chmod_to(dir / "parent/cache", 0755);
  CHECK(failure(dir / "parent/cache") == "no failure");
}

TEST_CASE("cache: nothing is made below a folder that is not trusted", "[fetch]") {
  const TempDir dir;
  fs::create_directory(dir / "open");
  chmod_to(dir / "open", 0777);
  CHECK_THAT(failure(dir / "open/a/b"), Contains("6: "));
  CHECK(fs::is_empty(dir / "open"));
}

TEST_CASE("cache: a folder of another user is refused, also on the way", "[fetch]") {
  if (!is_root()) return;
  const TempDir dir;
  fs::create_directories(dir / "parent/cache");
  chmod_to(dir / "parent", 0755);
  chmod_to(dir / "parent/cache", 0755);
  const std::string guilty = GENERATE("parent", "parent/cache");
  REQUIRE(::chown((dir / guilty).c_str(), 12345, 12345) == 0);
  CHECK_THAT(failure(dir / "parent/cache"), Contains("6: ") && Contains("belongs to user 12345") &&
                                                Contains("'" + (dir / guilty).string() + "'"));
}

TEST_CASE("cache: a user is not told to change what is root's, but what to use instead",
          "[fetch]") {
  const auto hint_for = [](const fs::path& cache) {
    const std::string text = failure(cache);
    return text.starts_with("6: ") ? text.substr(text.find(" | ") + 3) : text;
  };
  // /etc is root's on every system.
  const auto holds = [&] {
    return hint_for("/etc") ==
           "name another folder with --cache-dir; to take packages from this one, add --read-cache "
           "'/etc'";
  };
  if (::geteuid() != 0) {
    CHECK(holds());
    return;
  }
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    constexpr uid_t nobody = 65534;
    ::_exit(::setgid(nobody) == 0 && ::setuid(nobody) == 0 && holds() ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("cache: nobody is told to take a folder such as /tmp away from the others", "[fetch]") {
  if (!is_root()) return;
  const TempDir dir;
  fs::create_directory(dir / "tmp");
  chmod_to(dir / "tmp", 01777);
  CHECK_THAT(failure(dir / "tmp"), Contains("6: ") && !Contains("chmod"));
  try {
    require_private_path(dir / "tmp");
    FAIL("it was trusted");
  } catch (const TrustError& error) {
    CHECK(error.hint() == "name another folder with --read-cache");
  }
}

TEST_CASE("cache: a sticky folder counts only where it is root's", "[fetch]") {
  if (!is_root()) return;
  const TempDir dir;
  fs::create_directories(dir / "tmp/cache");
  chmod_to(dir / "tmp", 01777);
  chmod_to(dir / "tmp/cache", 0700);
  CHECK(failure(dir / "tmp/cache") == "no failure");
  REQUIRE(::chown((dir / "tmp").c_str(), 12345, 12345) == 0);
  CHECK_THAT(failure(dir / "tmp/cache"), Contains("6: "));
}

TEST_CASE("cache: symbolic links are resolved, and what they lead to is judged", "[fetch]") {
  const TempDir dir;
  fs::create_directories(dir / "real/cache");
  chmod_to(dir / "real", 0700);
  chmod_to(dir / "real/cache", 0700);
  fs::create_directory_symlink(dir / "real", dir / "link");
  CHECK(Cache(dir / "link/cache").dir() == dir / "real/cache");
  CHECK(Cache(dir / "link/new").dir() == dir / "real/new");
  chmod_to(dir / "real", 0777);
  CHECK_THAT(failure(dir / "link/cache"), Contains("'" + (dir / "real").string() + "'"));
}

TEST_CASE("cache: what is no folder is refused", "[fetch]") {
  const TempDir dir;
  dir.write("file", "");
  CHECK_THAT(failure(dir / "file"), Contains("7: "));
  CHECK_THAT(failure(dir / "file/below"), Contains("7: "));
  fs::create_symlink(dir / "nowhere", dir / "dangling");
  CHECK_THAT(failure(dir / "dangling"), Contains("7: "));
}

TEST_CASE("cache: an inner folder that was replaced is refused", "[fetch]") {
  const TempDir dir;
  const Cache cache(dir / "cache");
  fs::create_directory(dir / "elsewhere");
  fs::create_directory_symlink(dir / "elsewhere", dir / "cache/repodata");
  CHECK_THROWS_AS(cache.folder("repodata"), IoError);
}

TEST_CASE("require_private_path: a folder that only root and the user may change", "[fetch]") {
  const TempDir dir;
  CHECK(require_private_path(dir.path()) == dir.path());
  CHECK_THROWS_AS(require_private_path(dir / "none"), IoError);
}

TEST_CASE("cache lock: one holder at a time", "[fetch]") {
  const TempDir dir;
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 3; ++n) {
        const CacheLock lock(dir / "lock", std::chrono::minutes(1), {});
        most = std::max(most.load(), ++inside);
        std::this_thread::sleep_for(milliseconds(2));
        --inside;
      }
    });
  threads.clear();
  CHECK(most == 1);
}

TEST_CASE("cache lock: patience has an end, a requested stop ends it at once", "[fetch]") {
  const TempDir dir;
  const CacheLock held(dir / "lock", std::chrono::minutes(1), {});
  CHECK_NOTHROW(CacheLock(dir / "lock", milliseconds(30), {}));
  std::stop_source stop;
  stop.request_stop();
  CHECK_THROWS_AS(CacheLock(dir / "lock", std::chrono::minutes(1), stop.get_token()), Interrupted);
}

}  // namespace envlock::test
