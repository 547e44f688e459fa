#include "fetch/credential_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>

#include "model/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {

namespace {

int open_with(const TempDir& dir, const std::string& text, mode_t mode) {
  const auto file = dir.write("secrets", text);
  ::chmod(file.c_str(), mode);
  return ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
}

}  // namespace

TEST_CASE("credential descriptor: a pipe is read to its end and closed", "[fetch]") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  REQUIRE(::write(ends[1], "abc\n", 4) == 4);
  ::close(ends[1]);
  CHECK(read_credential_descriptor(ends[0]).reveal() == "abc\n");
  CHECK(::fcntl(ends[0], F_GETFD) == -1);
}

TEST_CASE("credential descriptor: a file is for its owner alone, and short", "[fetch]") {
  const TempDir dir;
  CHECK(read_credential_descriptor(open_with(dir, "x", 0600)).reveal() == "x");
  CHECK_THROWS_AS(read_credential_descriptor(open_with(dir, "x", 0644)), TrustError);
  CHECK_THROWS_AS(read_credential_descriptor(open_with(dir, std::string(65537, 'x'), 0600)),
                  TrustError);
  CHECK(read_credential_descriptor(open_with(dir, std::string(65536, 'x'), 0600)).reveal().size() ==
        65536);
}

TEST_CASE("credential descriptor: one that is not open or is for output is a usage error",
          "[fetch]") {
  CHECK_THROWS_AS(read_credential_descriptor(987), UsageError);
  CHECK_THROWS_AS(read_credential_descriptor(STDERR_FILENO), UsageError);
}

TEST_CASE("credential file: guards by owner and mode", "[fetch]") {
  const TempDir dir;
  const auto file = dir.write("f", "secret\n");
  ::chmod(file.c_str(), 0640);
  CHECK(without_line_end(read_credential_file(file, FileGuard::not_world_readable)).reveal() ==
        "secret");
  CHECK_THROWS_AS(read_credential_file(file, FileGuard::owner_only), TrustError);
  ::chmod(file.c_str(), 0604);
  CHECK_THROWS_AS(read_credential_file(file, FileGuard::not_world_readable), TrustError);
  ::chmod(file.c_str(), 0600);
  CHECK(read_credential_file(file, FileGuard::owner_only).reveal() == "secret\n");
  CHECK(read_credential_file(dir / "none", FileGuard::owner_only).empty());
  CHECK_THROWS_AS(read_credential_file(dir.path(), FileGuard::owner_only), TrustError);
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  CHECK_THROWS_AS(read_credential_file(dir / "fifo", FileGuard::owner_only), TrustError);
}

TEST_CASE("environment: a secret is taken out, and wiped where it stood", "[fetch]") {
  ::setenv("ENVLOCK_TEST_SECRET", "tk-canary", 1);
  const char* const place = std::getenv("ENVLOCK_TEST_SECRET");
  const Secret secret = take_environment_secret("ENVLOCK_TEST_SECRET");
  CHECK(secret.reveal() == "tk-canary");
  CHECK(std::getenv("ENVLOCK_TEST_SECRET") == nullptr);
  for (std::size_t i = 0; i < 9; ++i) CHECK(place[i] == '\0');
  CHECK(take_environment_secret("ENVLOCK_TEST_SECRET").empty());
}

}  // namespace envlock::test
