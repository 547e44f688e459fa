#include "model/lock_urls.hpp"

#include <catch2/catch.hpp>

namespace envlock::test {

TEST_CASE("url_for_lock makes local URLs relative to the lock's folder", "[lock_urls]") {
  const auto local = [](const std::string& path) {
    return url_for_lock(Url::from_path(path), "/home/me/project");
  };
  REQUIRE(local("/home/me/project/channel") == "./channel");
  REQUIRE(local("/home/me/project") == ".");
  REQUIRE(local("/home/me") == "..");
  REQUIRE(local("/home/me/project2") == "../project2");
  REQUIRE(local("/srv/a b") == "../../../srv/a%20b");
  REQUIRE(url_for_lock(*Url::parse("https://Example.org/x/"), "/home") == "https://example.org/x");
}

TEST_CASE("a local reference has one form only", "[lock_urls]") {
  for (const std::string text : {".", "..", "./a", "./a/b", "../a", "../../..", "../../a%20b"}) {
    CAPTURE(text);
    REQUIRE(is_local_reference(text));
  }
  for (const std::string text :
       {"",      "/",        "a",      "/a",       "./",  "./.",       "./../a",
        "./a/",  "./a/../b", "./a//b", "../a/./b", "...", ".a",        "./a b",
        "./%41", "./a?b",    "./a#b",  "../",      "~/a", "file:///a", "./a\nb"}) {
    CAPTURE(text);
    REQUIRE_FALSE(is_local_reference(text));
  }
}

TEST_CASE("absolute_url undoes url_for_lock", "[lock_urls]") {
  const std::string folder = "/home/me/project";
  for (const std::string path :
       {"/home/me/project", "/home/me/project/a/b", "/home/me", "/x/y+z"}) {
    const Url url = Url::from_path(path);
    REQUIRE(absolute_url(url_for_lock(url, folder), Url::from_path(folder)) == url.to_string());
  }
}

TEST_CASE("absolute_url takes no URL that may not stand in a lock", "[lock_urls]") {
  const Url folder = Url::from_path("/home/me/project");
  REQUIRE(absolute_url("https://example.org/x", folder) == "https://example.org/x");
  for (const std::string text :
       {"https://me:pw@example.org/x", "https://example.org/t/tk-1/x", "file:///srv/x",
        "https://example.org/x/", "https://EXAMPLE.org/x", "https://example.org:443/x",
        "https://example.org/a/../x", "ftp://example.org/x", "https://example.org/x?y", "x"}) {
    CAPTURE(text);
    REQUIRE(absolute_url(text, folder) == std::nullopt);
  }
}

TEST_CASE("package_url_for_lock follows its channel wherever that lies", "[lock_urls]") {
  const auto in_lock = [](const std::string& url, const std::string& channel_url,
                          const std::string& absolute) {
    return package_url_for_lock(url, {"c", channel_url, "sha256", {}}, absolute);
  };
  REQUIRE(in_lock("file:///p/c/noarch/x.conda", "./c", "file:///p/c") == "./c/noarch/x.conda");
  REQUIRE(in_lock("file:///p/noarch/x.conda", ".", "file:///p") == "./noarch/x.conda");
  REQUIRE(in_lock("file:///noarch/x.conda", "..", "file:///") == "../noarch/x.conda");
  REQUIRE(in_lock("file:///p/b/x.conda", "../c", "file:///p/c") == "../b/x.conda");
  REQUIRE(in_lock("file:///b/x.conda", "../c", "file:///p/c") == "../../b/x.conda");
  REQUIRE(in_lock("https://e.org/x.conda", "../c", "file:///p/c") == "https://e.org/x.conda");
}

}  // namespace envlock::test
