#include "model/record_match.hpp"

#include <catch2/catch.hpp>

namespace envlock::test {
namespace {

PackageRecord sample() {
  PackageRecord record;
  record.name = "Foo";
  record.version = "1.2";
  record.build = "h0_3";
  record.build_number = 3;
  record.subdir = "linux-64";
  record.fn = "foo-1.2-h0_3.conda";
  record.sha256 = sha256_of("foo");
  record.license = "MIT";
  record.track_features = {"b", "a"};
  return record;
}

bool matches(const std::string& spec) {
  return record_matches(MatchSpec::parse(spec), sample(), *Version::parse("1.2"));
}

}  // namespace

TEST_CASE("record_matches: every field that a spec can name is looked at", "[record_match]") {
  for (const std::string field : {"build_number=3", "build='h0_*'", "subdir=linux-64",
                                  "fn=foo-1.2-h0_3.conda", "license=mit"}) {
    INFO(field);
    CHECK(matches("foo[version='>=1'," + field + "]"));
  }
  CHECK(matches("foo[sha256=" + sha256_of("foo").hex() + "]"));
  CHECK_FALSE(matches("foo[sha256=" + sha256_of("bar").hex() + "]"));
  CHECK_FALSE(matches("foo[md5=12345678901234567890123456789012]"));  // the record has none
  CHECK_FALSE(matches("foo[license=BSD]"));
  CHECK_FALSE(matches("foo >=2"));
  CHECK_FALSE(matches("bar"));
}

TEST_CASE("record_matches: track_features are a set, in whatever order", "[record_match]") {
  CHECK(matches("foo[track_features='a b']"));
  CHECK(matches("foo[track_features='b a']"));
  CHECK_FALSE(matches("foo[track_features='a']"));
}

}  // namespace envlock::test
