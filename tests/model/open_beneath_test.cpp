#include "model/open_beneath.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>

#include "tests/support/temp_dir.hpp"

namespace envlock::test {

namespace fs = std::filesystem;

TEST_CASE("open_beneath: a file in folders is opened, by either method", "[open_beneath]") {
  const auto method = GENERATE(BeneathMethod::automatic, BeneathMethod::component_wise);
  const TempDir dir;
  fs::create_directories(dir.path() / "a/b");
  dir.write("a/b/file", "text");
  const UniqueFd root(::open(dir.path().c_str(), O_PATH | O_DIRECTORY));
  CHECK(open_beneath(root.get(), "a/b/file", O_RDONLY, 0, method));
  CHECK(open_beneath(root.get(), "a", O_RDONLY | O_DIRECTORY, 0, method));
  CHECK(open_beneath(root.get(), ".", O_RDONLY | O_DIRECTORY, 0, method));
  CHECK_FALSE(open_beneath(root.get(), "a/none", O_RDONLY, 0, method));
  CHECK(errno == ENOENT);
  CHECK(open_beneath(root.get(), "a/new", O_WRONLY | O_CREAT | O_EXCL, 0600, method));
}

TEST_CASE("open_beneath: no link is followed and nothing outside is reached, by either method",
          "[open_beneath]") {
  const auto method = GENERATE(BeneathMethod::automatic, BeneathMethod::component_wise);
  const TempDir dir;
  fs::create_directories(dir.path() / "root/inside");
  dir.write("secret", "text");
  dir.write("root/inside/file", "text");
  fs::create_directory_symlink("..", dir.path() / "root/up");
  fs::create_directory_symlink("inside", dir.path() / "root/linked");
  fs::create_symlink("inside/file", dir.path() / "root/last");
  const UniqueFd root(::open((dir.path() / "root").c_str(), O_PATH | O_DIRECTORY));
  for (const char* path : {"up/secret", "linked/file", "last", "../secret", "inside/../../secret",
                           "/etc/passwd", ""}) {
    INFO(path);
    CHECK_FALSE(open_beneath(root.get(), path, O_RDONLY, 0, method));
  }
}

}  // namespace envlock::test
