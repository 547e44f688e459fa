#include "model/pep440.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace envlock;

namespace {

bool accepts(const std::string& clause, const std::string& version) {
  const auto parsed = PypiSpecifier::parse(clause);
  INFO(clause);
  REQUIRE(parsed);
  return parsed->accepts(version);
}

}  // namespace

TEST_CASE("PypiVersion: the order of the specification", "[pip]") {
  // Its own example, and epochs.
  const std::vector<std::string> ascending{"1.dev0",
                                           "1.0.dev456",
                                           "1.0a1",
                                           "1.0a2.dev456",
                                           "1.0a12.dev456",
                                           "1.0a12",
                                           "1.0b1.dev456",
                                           "1.0b2",
                                           "1.0b2.post345.dev456",
                                           "1.0b2.post345",
                                           "1.0rc1.dev456",
                                           "1.0rc1",
                                           "1.0",
                                           "1.0+abc.5",
                                           "1.0+abc.7",
                                           "1.0+5",
                                           "1.0.post456.dev34",
                                           "1.0.post456",
                                           "1.0.15",
                                           "1.1.dev1",
                                           "1!0.1"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    const auto left = PypiVersion::parse(ascending[i]);
    REQUIRE(left);
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      const auto right = PypiVersion::parse(ascending[j]);
      INFO(ascending[i] << " and " << ascending[j]);
      CHECK((*left <=> *right) == (i <=> j));
    }
  }
}

TEST_CASE("PypiVersion: spellings of one version", "[pip]") {
  const std::vector<std::pair<std::string, std::string>> spellings{
      {"1.0RC1", "1.0rc1"},   {"1.0-alpha.1", "1.0a1"},          {"v1.0", "1.0"},
      {"1.0-1", "1.0.post1"}, {"1.0.rev2", "1.0.post2"},         {"1.0_dev", "1.0.dev0"},
      {"1.0c3", "1.0rc3"},    {"1.0+Ubuntu-01", "1.0+ubuntu.1"}, {"01.02", "1.2"}};
  for (const auto& [text, normal] : spellings) {
    INFO(text);
    const auto version = PypiVersion::parse(text);
    REQUIRE(version);
    CHECK(version->to_string() == normal);
    CHECK(PypiVersion::parse(normal) == version);
  }
  CHECK(PypiVersion::parse("1.0") == PypiVersion::parse("1.0.0"));
}

TEST_CASE("PypiVersion: what is no version", "[pip]") {
  for (const char* text : {"", "a", "1.0.x", "1..0", "1.0+", "1.0+a..b", "1.0 1", "1!", "2024b-1x",
                           "1111111111111111111", "1.0+é"}) {
    INFO(text);
    CHECK_FALSE(PypiVersion::parse(text));
  }
}

TEST_CASE("PypiSpecifier: clauses", "[pip]") {
  CHECK(accepts("~=2.2", "2.9"));
  CHECK_FALSE(accepts("~=2.2", "3.0"));
  CHECK_FALSE(accepts("~=2.2.post3", "2.2"));
  CHECK_FALSE(accepts("~=1.4.5", "1.5.0"));
  CHECK(accepts("==1.1.*", "1.1a1"));
  CHECK_FALSE(accepts("==1.1.*", "1.10"));
  CHECK(accepts("!=1.1.*", "1.2"));
  CHECK(accepts("==1.0", "1.0+local"));
  CHECK_FALSE(accepts("==1.0+other", "1.0+local"));
  CHECK_FALSE(accepts(">1.7", "1.7.0.post1"));
  CHECK_FALSE(accepts(">1.7", "1.7+local"));
  CHECK(accepts(">1.7", "1.7.1"));
  CHECK_FALSE(accepts("<2.0", "2.0rc1"));
  CHECK(accepts("<2.0rc2", "2.0rc1"));
  CHECK(accepts("===2.0-weird", "2.0-WEIRD"));
  CHECK_FALSE(accepts(">=1", "no version"));
  for (const char* text :
       {"", "1.0", "=1.0", "~=1", ">=1.*", ">=1.0+local", "==1.0.dev1.*", "=="}) {
    INFO(text);
    CHECK_FALSE(PypiSpecifier::parse(text));
  }
}
