#include "model/platform.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

namespace envlock::test {

TEST_CASE("Platform: a subdir is split into system and architecture", "[model]") {
  const auto platform = Platform::parse("linux-64");
  REQUIRE(platform);
  CHECK(platform->subdir() == "linux-64");
  CHECK(platform->os() == "linux");
  CHECK(platform->arch() == "64");
}

TEST_CASE("Platform: any subdir of CEP 26's form is accepted, known or not", "[model]") {
  CHECK(Platform::parse("haiku-m68k"));
  CHECK_FALSE(is_known_subdir("haiku-m68k"));
}

TEST_CASE("Platform: what is not SYSTEM-ARCHITECTURE is refused", "[model]") {
  for (const char* text : {"", "linux", "noarch", "-64", "linux-", "Linux-64", "linux-64-x",
                           "linux_64", "linux-64/", "../x-y", "linux-6 4"})
    CHECK_FALSE(Platform::parse(text));
  CHECK_FALSE(Platform::parse(std::string(30, 'a') + "-64"));
  CHECK(Platform::parse(std::string(29, 'a') + "-64"));
}

TEST_CASE("known_subdirs: holds conda's own list and noarch, sorted", "[model]") {
  // conda/base/constants.py, KNOWN_SUBDIRS
  for (const char* subdir : {"noarch", "emscripten-wasm32", "wasi-wasm32", "freebsd-64", "linux-32",
                             "linux-64", "linux-aarch64", "linux-armv6l", "linux-armv7l",
                             "linux-ppc64", "linux-ppc64le", "linux-riscv64", "linux-s390x",
                             "osx-64", "osx-arm64", "win-32", "win-64", "win-arm64", "zos-z"})
    CHECK(is_known_subdir(subdir));
  CHECK(std::ranges::is_sorted(known_subdirs()));
  for (const auto subdir : known_subdirs()) CHECK((subdir == "noarch" || Platform::parse(subdir)));
}

TEST_CASE("Platform: the host's is one of the known ones", "[model]") {
  CHECK(is_known_subdir(Platform::host().subdir()));
}

}  // namespace envlock::test
