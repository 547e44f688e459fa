#include "verify/file_digest.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "model/unique_fd.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

/// @param space_bytes  how much is read at once
PlacedDigest digest_of(const std::string& text, const std::string& prefix,
                       std::size_t space_bytes = 4096) {
  const TempDir dir;
  const UniqueFd fd(::open(dir.write("file", text).c_str(), O_RDONLY | O_CLOEXEC));
  struct stat facts {};
  REQUIRE(::fstat(fd.get(), &facts) == 0);
  std::vector<std::byte> space(space_bytes);
  const auto digest = placed_digest(fd.get(), facts, space, 1U << 20U, prefix);
  REQUIRE(digest);
  CHECK(digest->content == sha256_of(text));
  return *digest;
}

std::string script(const std::string& prefix) {
  return "#!" + prefix + "/bin/python\nroot='" + prefix + "'\n# " + prefix;
}

}  // namespace

TEST_CASE("placed_digest: what names its prefix has the same evidence at every place") {
  const Sha256 here = digest_of(script("/opt/env"), "/opt/env").evidence;
  CHECK(here != sha256_of(script("/opt/env")));
  CHECK(digest_of(script("/a"), "/a").evidence == here);
  const std::string far = "/srv/" + std::string(200, 'x') + "/e v";
  for (const std::size_t space : {1U, 2U, 7U, 8U, 9U, 64U, 300U})
    CHECK(digest_of(script(far), far, space).evidence == here);
  // At another place than its own it is what it is.
  CHECK(digest_of(script("/opt/env"), "/srv/env").evidence == sha256_of(script("/opt/env")));
}

TEST_CASE("placed_digest: other texts have other evidence, wherever the prefix stands in them") {
  const std::string prefix = "/opt/env";
  std::vector<Sha256> all;
  for (const std::string& text :
       {prefix + "ab", prefix + "/ab", "/a" + prefix + " b", " a" + prefix + "/b", "ab " + prefix,
        prefix + prefix, prefix + " " + prefix, std::string(" ") + prefix, prefix + "\n",
        std::string("ab"), std::string(), prefix + ".old", prefix + "-2"}) {
    const Sha256 one = digest_of(text, prefix).evidence;
    CHECK(std::ranges::find(all, one) == all.end());
    all.push_back(one);
  }
}

TEST_CASE("placed_digest: longer names and binary files are taken as they are") {
  for (const std::string& text :
       {std::string("/opt/env-2/bin"), std::string("/opt/environment"), std::string("/opt/env.old"),
        "/opt/env" + std::string("\0", 1), std::string("nothing")})
    CHECK(digest_of(text, "/opt/env").evidence == sha256_of(text));
}

}  // namespace envlock::test
