// Local channels and mirrors with a file that cannot be read.

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "tests/fetch/package_fetching.hpp"

namespace envlock::test {

using Catch::Contains;
using Catch::StartsWith;
namespace fs = std::filesystem;

namespace {

/// A mirror in a folder of its own, whose package cannot be read.
struct BadMirror {
  PackageFetching fetching;
  fs::path file = fetching.dir / "mirror/linux-64" / numpy_file;
  std::string url = "file://" + (fetching.dir / "mirror").string();

  BadMirror() { fs::create_directories(file.parent_path()); }
  /// @return the reason that a message must give; empty where it cannot be had here
  [[nodiscard]] std::string spoil(const std::string& how, const std::string& body) const {
    if (how == "a folder") {
      fs::create_directory(file);
      return "it is a folder";
    }
    if (how == "a link to itself") {
      fs::create_symlink(file, file);
      return "Too many levels of symbolic links";
    }
    if (how == "a disk that fails") {
      fs::create_symlink("/proc/self/mem", file);  // reading its first page is EIO
      return "Input/output error";
    }
    fetching.dir.write("mirror/linux-64/" + std::string(numpy_file), body);
    fs::permissions(file, fs::perms::none);
    return ::geteuid() == 0 ? "" : "Permission denied";
  }
};

}  // namespace

TEST_CASE("package fetch: where a mirror's file cannot be read, the next source is asked",
          "[fetch]") {
  const std::string how =
      GENERATE("a folder", "a link to itself", "a disk that fails", "a file without rights");
  const std::string body = package_content(5000);
  const std::string other = package_content(6000, 2);
  const LocalServer channel(serve_files(
      {{std::string("/linux-64/") + numpy_file, body}, {"/linux-64/other-1-0.conda", other}}));
  BadMirror mirror;
  const std::string why = mirror.spoil(how, body);
  if (why.empty()) {
    WARN("SKIPPED: root reads everything");
    return;
  }
  CAPTURE(how);

  SECTION("and the mirror is named in a notice") {
    const auto fetched = mirror.fetching.fetch(
        {package_request(body, {mirror.url, channel.url()}),
         package_request(other, {mirror.url, channel.url()}, "other-1-0.conda")});
    CHECK(fetched.at(0).source == channel.url());
    CHECK(bytes_of(fetched.at(0)) == body);
    REQUIRE(mirror.fetching.notices.size() == 1);
    CHECK_THAT(mirror.fetching.notices[0],
               StartsWith("'" + mirror.url + "' failed, and other sources served: cannot read '" +
                          mirror.file.string() + "': ") &&
                   Contains(why));
  }
  SECTION("where there is none, file and reason are named, and the other packages still come") {
    CHECK_THAT(mirror.fetching.failure(
                   {package_request(body, {mirror.url}),
                    package_request(other, {mirror.url, channel.url()}, "other-1-0.conda")}),
               StartsWith("7: cannot read '" + mirror.file.string() + "': ") && Contains(why));
    CHECK(mirror.fetching.fetch({package_request(other, {mirror.url}, "other-1-0.conda")})
              .at(0)
              .origin == FetchedPackage::Origin::cached);
  }
  SECTION("a channel that lacks the package does not hide that reason") {
    CHECK_THAT(mirror.fetching.failure(
                   {package_request(body, {mirror.url, channel.url() + "/elsewhere"})}),
               StartsWith("7: cannot read '" + mirror.file.string() + "': "));
  }
}

}  // namespace envlock::test
