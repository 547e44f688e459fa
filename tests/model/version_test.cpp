#include "model/version.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "model/error.hpp"
#include "tests/model/version_vectors.hpp"

namespace envlock::test {
namespace {

Version v(std::string_view text) { return Version::parse_or_throw(text); }

std::string_view relation(const Version& a, const Version& b) {
  const auto order = a <=> b;
  if (order == 0) return "==";
  return order < 0 ? "<" : ">";
}

/// Texts made of the pieces that version code treats specially.
std::string random_version(std::mt19937& random) {
  static constexpr std::array<std::string_view, 24> pieces{
      "0",   "1",    "2",   "10", "007", "a",        "b",         "rc",
      "dev", "post", "_",   ".",  ".",   ".",        "+",         "!",
      "*",   "DEV",  "pos", "t",  "00",  "abcdefgh", "abcdefghi", "99999999999999999999"};
  std::string text = "1";
  const auto length = std::uniform_int_distribution<int>(0, 7)(random);
  for (int i = 0; i < length; ++i) {
    text += pieces[std::uniform_int_distribution<std::size_t>(0, pieces.size() - 1)(random)];
  }
  return text;
}

std::vector<Version> many_versions() {
  std::vector<Version> versions;
  for (const auto& [a, rel, b] : ordering_vectors) {
    versions.push_back(v(a));
    versions.push_back(v(b));
  }
  std::mt19937 random(29);
  while (versions.size() < 500) {
    if (auto version = Version::parse(random_version(random))) versions.push_back(*version);
  }
  return versions;
}

}  // namespace

TEST_CASE("a version is ordered as conda orders it", "[version]") {
  for (const auto& [a, rel, b] : ordering_vectors) {
    CAPTURE(a, b);
    CHECK(relation(v(a), v(b)) == rel);
    CHECK(relation(v(b), v(a)) == (rel == "<" ? ">" : rel));
  }
}

TEST_CASE("every two of conda's sorted list of versions are in its order", "[version]") {
  for (std::size_t i = 0; i < sorted_versions.size(); ++i) {
    for (std::size_t j = 0; j < sorted_versions.size(); ++j) {
      const auto& [a, rank_a] = sorted_versions[i];
      const auto& [b, rank_b] = sorted_versions[j];
      CAPTURE(a, b);
      CHECK((v(a) <=> v(b)) == (rank_a <=> rank_b));
    }
  }
}

TEST_CASE("a version is read into the components of CEP 33", "[version]") {
  // Left as written, right with every epoch, fill value and separator spelt out.
  const std::vector<std::pair<std::string_view, std::string_view>> same{
      {"1.2g.beta15.rc", "0!1.2g.0beta15.0rc"},
      {"1!2.15.1_ALPHA", "1!2.15.1.0alpha"},
      {"1!2.15.1_alpha+1.2.3h123", "1!2.15.1.0alpha+1.2.3h123"},
      {"1.1_", "0!1.1_"},
      {"2.0b1pr0", "0!2.0b1pr"},
      {"14.3.1.post26.g9d75ca2", "14.3.1.0post26.0g9d75ca2"},
      {"v1.0", "0v1.0"},
      {" 1.0\n", "1.0"},
      {"1.0-1", "1.0.1"},
      {"1.0+0", "1.0"},
      {"001.0002", "1.2"},
  };
  for (const auto& [written, meant] : same) {
    CAPTURE(written, meant);
    CHECK(v(written) == v(meant));
  }
  CHECK(v("1!2.15.1alpha_") > v("1!2.15.1alpha_a"));  // the last '_' is part of the run
  CHECK(v("1!2.15.1alpha_") > v("1!2.15.1alpha"));
  CHECK(v("0.5*") < v("0.5dev"));
}

TEST_CASE("what is no version is refused with the reason", "[version]") {
  const std::vector<std::pair<std::string_view, std::string_view>> bad{
      {"", "empty"},         {"  ", "empty"},       {"3.5&1", "characters"},
      {"5.5++", "'+'"},      {"5.5..mw", "empty"},  {"!", "epoch"},
      {"a!1.0", "epoch"},    {"a!b!1.0", "'!'"},    {"1.2+", "empty"},
      {"+1.2", "empty"},     {"++", "empty"},       {"1.0.", "empty"},
      {"1.0__a", "empty"},   {"1-0_1", "both"},     {".1", "empty"},
      {"1 0", "characters"}, {"1@2", "characters"}, {"~1", "characters"},
      {"1!", "empty"},       {"1!2!3", "'!'"},      {"1.\xC3\xA9", "characters"},
      {"1+a_", "empty"},     {"1.0+a_b-c", "both"}, {"1!+1", "empty"},
  };
  for (const auto& [text, why] : bad) {
    CAPTURE(text);
    CHECK_FALSE(Version::parse(text));
    CHECK_THROWS_WITH(Version::parse_or_throw(text),
                      Catch::Contains("is not a version") && Catch::Contains(std::string(why)));
  }
  CHECK_FALSE(Version::parse(std::string_view("1\0", 2)));
}

TEST_CASE("a version keeps its spelling", "[version]") {
  CHECK(v("1.0RC1").text() == "1.0RC1");
  CHECK(v("\t2013a ").text() == "2013a");
}

TEST_CASE("runs of any length are compared whole", "[version]") {
  CHECK(v("1.20240131123456") < v("1.20240131123457"));
  CHECK(v("1.99999999999999999999") < v("1.100000000000000000000"));
  CHECK(v("1.99999999999999999998") < v("1.99999999999999999999"));
  CHECK(v("1.0000000000000000000000000000001") == v("1.1"));
  CHECK(v("1.999999999999999999") < v("1.1000000000000000000"));  // one word, then a place
  CHECK(v("1.0*99999999999999999999") < v("1.0*post"));
  CHECK(v("1.0abcdefg") < v("1.0abcdefga"));
  CHECK(v("1.0abcdefgh") < v("1.0abcdefgi"));
  CHECK(v("1.0ABCDEFGHI") == v("1.0abcdefghi"));
  CHECK(v("1.0abcdefgh-") == v("1.0abcdefgh_"));
  CHECK(v("1.0abcdefgh1") > v("1.0abcdefgh"));
}

TEST_CASE("a version of too many bytes or parts is refused", "[version]") {
  CHECK(Version::parse("1." + std::string(60000, '7')));
  CHECK_FALSE(Version::parse("1." + std::string(70000, '7')));
  std::string parts = "1";
  for (int i = 0; i < 1000; ++i) parts += ".1";
  CHECK(v(parts) > v(parts.substr(0, parts.size() - 2)));
  for (int i = 0; i < 4000; ++i) parts += ".1";
  CHECK_THROWS_WITH(Version::parse_or_throw(parts), Catch::Contains("too many parts"));
}

TEST_CASE("the order of versions is total", "[version]") {
  const std::vector<Version> versions = many_versions();
  for (const Version& a : versions) {
    REQUIRE(a == a);
    for (const Version& b : versions) {
      if (((a <=> b) == 0) != ((b <=> a) == 0) || (a < b) != (b > a)) {
        FAIL("not antisymmetric: " << a.text() << " and " << b.text());
      }
    }
  }
  // A sort by an order that is not transitive leaves some later element below an earlier one.
  std::vector<Version> sorted = versions;
  std::stable_sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (std::size_t j = i + 1; j < sorted.size(); ++j) {
      if (sorted[j] < sorted[i]) {
        FAIL("not transitive: " << sorted[j].text() << " and " << sorted[i].text());
      }
    }
  }
}

TEST_CASE("equal versions are equal to the same others and start with the same prefixes",
          "[version]") {
  std::vector<Version> sorted = many_versions();
  std::stable_sort(sorted.begin(), sorted.end());
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i] != sorted[i - 1]) continue;
    for (const Version& prefix : sorted) {
      CAPTURE(sorted[i].text(), sorted[i - 1].text(), prefix.text());
      REQUIRE(sorted[i].starts_with(prefix) == sorted[i - 1].starts_with(prefix));
    }
  }
}

TEST_CASE("a version starts with itself, and what starts with a prefix is one stretch of the order",
          "[version]") {
  std::vector<Version> sorted = many_versions();
  std::stable_sort(sorted.begin(), sorted.end());
  for (const Version& prefix : sorted) {
    CAPTURE(prefix.text());
    REQUIRE(prefix.starts_with(prefix));
    int changes = 0;
    bool inside = false;
    for (const Version& version : sorted) {
      if (version.starts_with(prefix) != inside) {
        inside = !inside;
        ++changes;
      }
    }
    REQUIRE(changes <= 2);
  }
}

TEST_CASE("a version starts with a prefix as CF 3.4 says", "[version]") {
  CHECK(v("1.0").starts_with(v("1.0.0")));
  CHECK(v("1.0.1").starts_with(v("1.0")));
  CHECK_FALSE(v("1.70").starts_with(v("1.7")));
  CHECK(v("1.7rc1").starts_with(v("1.7")));
  CHECK(v("1.7post3").starts_with(v("1.7")));
  CHECK(v("3.8.0rc1").starts_with(v("3.8")));
  CHECK(v("2013ab").starts_with(v("2013a")));
  CHECK(v("1.0.0rcx").starts_with(v("1.0.0rc")));
  CHECK_FALSE(v("1.0.0").starts_with(v("1.0.0rc")));
  CHECK(v("1.2.3+4.5.6").starts_with(v("1.2.3")));
  CHECK(v("1.2.3+4.5.6").starts_with(v("1.2.3+4")));
  CHECK_FALSE(v("1.2.3.1+4.5.6").starts_with(v("1.2.3+4")));
  CHECK_FALSE(v("1.2a.1").starts_with(v("1.2.1")));  // the component before the last is not equal
  CHECK_FALSE(v("1!1.2").starts_with(v("1.2")));
  CHECK(v("1.0abcdefghijk").starts_with(v("1.0abcdefghi")));
  CHECK(v("1.0abcdefghijk").starts_with(v("1.0abcdefg")));
  CHECK(v("1.0abcdefghijk").starts_with(v("1.0ab")));
  CHECK_FALSE(v("1.0abcdefg").starts_with(v("1.0abcdefgh")));
  CHECK_FALSE(v("1.0devel").starts_with(v("1.0dev")));  // DEV is a token of its own
  CHECK_FALSE(v("1.99999999999999999999").starts_with(v("1.9999999999999999999")));
}

TEST_CASE("without_last_component drops what follows the last dot and the local part",
          "[version]") {
  CHECK(v("1.10.0").without_last_component()->text() == "1.10");
  CHECK(v("1.0a2").without_last_component()->text() == "1");
  CHECK(v("1!2.3").without_last_component()->text() == "1!2");
  CHECK(v("1.2+3.4").without_last_component()->text() == "1");
  CHECK_FALSE(v("1").without_last_component());
  CHECK_FALSE(v("1+2.3").without_last_component());
}

}  // namespace envlock::test
