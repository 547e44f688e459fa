#include "model/package_record.hpp"

#include <catch2/catch.hpp>

#include "model/package_name.hpp"

namespace envlock::test {

TEST_CASE("split_file_name cuts from the right and decodes first", "[package_record]") {
  const auto parts = split_file_name("libgcc-ng-11.2.0-h1d223b6_13.tar.bz2");
  REQUIRE(parts);
  CHECK(parts->name == "libgcc-ng");
  CHECK(parts->version == "11.2.0");
  CHECK(parts->build == "h1d223b6_13");
  CHECK(parts->extension == "tar.bz2");
  CHECK(split_file_name("x264-1%21164.3095-h166bdaf_2.conda")->version == "1!164.3095");
  CHECK(split_file_name("a-2.1+sirius6.0.3-0.conda")->version == "2.1+sirius6.0.3");
}

TEST_CASE("split_file_name refuses what is no package file name", "[package_record]") {
  for (const std::string_view name :
       {"", ".conda", "a.conda", "a-1.conda", "-1-0.conda", "a--0.conda", "a-1-.conda",
        "a-1-0.tar.gz", "a-1-0conda", "a-1-0.CONDA", "x/a-1-0.conda", "x%2Fa-1-0.conda",
        "a-1-0%2.conda", "a-1-0%00.conda", "--.conda"}) {
    CAPTURE(name);
    CHECK_FALSE(split_file_name(name));
  }
}

TEST_CASE("noarch kinds are written as repodata writes them", "[package_record]") {
  CHECK(to_string(NoArch::none).empty());
  CHECK(to_string(NoArch::generic) == "generic");
  CHECK(to_string(NoArch::python) == "python");
}

TEST_CASE("is_package_name follows CEP 26", "[package_name]") {
  for (const std::string_view name :
       {"numpy", "libgcc-ng", "_libgcc_mutex", "r-base", "a", "_", "7zip", "ruamel.yaml", "__glibc",
        "FOO-Bar", "foo-", "__a.b", "_-a"}) {
    CAPTURE(name);
    CHECK(is_package_name(name));
  }
  for (const std::string_view name :
       {"", "-pkg", ".pkg", "pkg--name", "pkg..name", "pkg.-name", "___a", "__", "__-a", "pack@ge",
        "a b", "a/b", "caf\xC3\xA9", "_--a"}) {
    CAPTURE(name);
    CHECK_FALSE(is_package_name(name));
  }
}

}  // namespace envlock::test
