#include "fetch/atomic_file.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "model/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {

namespace fs = std::filesystem;

namespace {

mode_t mode_of(const fs::path& file) {
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

std::size_t entries(const fs::path& dir) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(dir), {}));
}

}  // namespace

TEST_CASE("atomic file: nothing is visible before commit, all of it after", "[fetch]") {
  const TempDir dir;
  const fs::path target = dir.write("f", "old");
  {
    AtomicFile file(target);
    file.write("ne");
    file.write("w");
    CHECK(read_file(target) == "old");
    file.commit();
    CHECK(read_file(target) == "new");
  }
  CHECK(entries(dir.path()) == 1);
}

TEST_CASE("atomic file: without commit all is as before", "[fetch]") {
  const TempDir dir;
  const fs::path target = dir.write("f", "old");
  {
    AtomicFile file(target);
    file.write("new");
  }
  CHECK(read_file(target) == "old");
  CHECK(entries(dir.path()) == 1);
}

TEST_CASE("atomic file: the mode is the one asked for, whatever the umask", "[fetch]") {
  const TempDir dir;
  write_file(dir / "private", "x");
  write_file(dir / "public", "x", 0666);
  CHECK(mode_of(dir / "private") == 0600);
  CHECK(mode_of(dir / "public") == 0666);
}

TEST_CASE("atomic file: a link in the place of the target is replaced, not followed", "[fetch]") {
  const TempDir dir;
  dir.write("victim", "old");
  fs::create_symlink(dir / "victim", dir / "f");
  write_file(dir / "f", "new");
  CHECK(read_file(dir / "victim") == "old");
  CHECK_FALSE(fs::is_symlink(dir / "f"));
}

TEST_CASE("atomic file: a missing folder is an I/O error", "[fetch]") {
  const TempDir dir;
  CHECK_THROWS_AS(AtomicFile(dir / "none/f"), IoError);
}

TEST_CASE("atomic file: a target that is a folder is an I/O error and leaves nothing", "[fetch]") {
  const TempDir dir;
  fs::create_directory(dir / "f");
  CHECK_THROWS_AS(write_file(dir / "f", "x"), IoError);
  CHECK(entries(dir.path()) == 1);
}

TEST_CASE("atomic file: a full disk is an I/O error and leaves the old file", "[fetch]") {
  const TempDir dir;
  const fs::path target = dir.write("f", "old");
  // A limit on file sizes stands for the full disk; it holds for a whole process, so in a child.
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &small);
    try {
      write_file(target, std::string(5000, 'x'));
    } catch (const IoError&) {
      ::_exit(7);
    } catch (...) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
  CHECK(read_file(target) == "old");
  CHECK(entries(dir.path()) == 1);
}

TEST_CASE("atomic file: a kill at any point leaves the old or the new file", "[fetch]") {
  const TempDir dir;
  const fs::path target = dir.write("f", std::string(100'000, '0'));
  for (int round = 0; round < 20; ++round) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      for (char c = '1';; c = c == '9' ? '1' : static_cast<char>(c + 1))
        write_file(target, std::string(100'000, c), 0600, AtomicFile::Durability::relaxed);
    }
    ::usleep(static_cast<useconds_t>(500 + round * 137));
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    const std::string text = read_file(target);
    REQUIRE(text.size() == 100'000);
    REQUIRE(text == std::string(100'000, text[0]));
  }
  for (const auto& entry : fs::directory_iterator(dir.path()))
    CHECK((entry.path() == target ||
           AtomicFile::is_temporary_name(entry.path().filename().string())));
}

TEST_CASE("atomic file: commit_new never takes the place of a file or link", "[fetch]") {
  const TempDir dir;
  const fs::path there = dir.write("there", "old");
  fs::create_symlink("nowhere", dir / "link");
  for (const fs::path& target : {there, dir / "link"}) {
    AtomicFile file(target);
    file.write("new");
    CHECK_THROWS_AS(file.commit_new(), IoError);
  }
  CHECK(read_file(there) == "old");
  CHECK_FALSE(fs::exists(dir / "nowhere"));
  AtomicFile file(dir / "fresh", 0640);
  file.write("new");
  file.commit_new();
  CHECK(read_file(dir / "fresh") == "new");
  CHECK(mode_of(dir / "fresh") == 0640);
  CHECK(entries(dir.path()) == 3);
}

TEST_CASE("read_file: regular files only, within the limit", "[fetch]") {
  const TempDir dir;
  const fs::path file = dir.write("f", "0123456789");
  CHECK(envlock::read_file(file, 10) == "0123456789");
  CHECK(envlock::read_file(dir.write("empty", ""), 10).empty());
  CHECK_THROWS_AS(envlock::read_file(file, 9), TrustError);
  CHECK_THROWS_AS(envlock::read_file(dir / "none", 10), IoError);
  CHECK_THROWS_AS(envlock::read_file(dir.path(), 10), IoError);
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  CHECK_THROWS_AS(envlock::read_file(dir / "fifo", 10), IoError);
}

TEST_CASE("read_file: files that do not say their size are read whole", "[fetch]") {
  CHECK(envlock::read_file("/proc/self/status", 1 << 20U).size() > 100);
}

}  // namespace envlock::test
