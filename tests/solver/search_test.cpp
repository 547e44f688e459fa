#include <catch2/catch.hpp>

#include "tests/solver/question.hpp"

namespace envlock::test {
namespace {

PackageBuilder package(const std::string& name, const std::string& version,
                       const std::string& build = "0") {
  return PackageBuilder(name).version(version).build(build);
}

std::vector<std::string> found(const Question& question, const std::string& spec) {
  std::vector<std::string> records;
  for (const FoundRecord& hit : search(spec, question.question))
    records.push_back(question.question.channels[hit.channel].channel.name + "/" +
                      hit.record.subdir + "/" + hit.record.fn);
  return records;
}

Question two_channels() {
  Question question;
  question
      .channel("one", {package("a", "1.9"), package("a", "1.10"), package("ab", "1.0")},
               {package("a", "1.10", "h_1"), package("__a", "1")})
      .channel("two",
               {package("a", "3.0").without("sha256"), package("a", "2.0").track_features("x")});
  return question;
}

}  // namespace

TEST_CASE("search lists matching records by channel, then best first", "[solver]") {
  REQUIRE(found(two_channels(), "a") ==
          std::vector<std::string>{"one/noarch/a-1.10-h_1.conda", "one/linux-64/a-1.10-0.conda",
                                   "one/linux-64/a-1.9-0.conda", "two/linux-64/a-3.0-0.conda",
                                   "two/linux-64/a-2.0-0.conda"});
}

TEST_CASE("search takes globs, channels and fields of a MatchSpec", "[solver]") {
  const Question question = two_channels();
  REQUIRE(found(question, "a*") ==
          std::vector<std::string>{"one/noarch/a-1.10-h_1.conda", "one/linux-64/a-1.10-0.conda",
                                   "one/linux-64/a-1.9-0.conda", "two/linux-64/a-3.0-0.conda",
                                   "two/linux-64/a-2.0-0.conda", "one/linux-64/ab-1.0-0.conda"});
  REQUIRE(found(question, "two::a >=3") == std::vector<std::string>{"two/linux-64/a-3.0-0.conda"});
  REQUIRE(found(question, "a[subdir=noarch]") ==
          std::vector<std::string>{"one/noarch/a-1.10-h_1.conda"});
  REQUIRE(found(question, "nothing").empty());
}

TEST_CASE("search finds a channel's record with a virtual package's name", "[solver]") {
  REQUIRE(found(two_channels(), "__a") == std::vector<std::string>{"one/noarch/__a-1-0.conda"});
}

TEST_CASE("search gives whole records with their URLs", "[solver]") {
  const auto hits = search("ab", two_channels().question);
  REQUIRE(hits.size() == 1);
  REQUIRE(hits[0].record == package("ab", "1.0").record("https://example.org/one", "linux-64"));
}

TEST_CASE("search refuses what is no MatchSpec", "[solver]") {
  REQUIRE_THROWS_AS(search("a >=", two_channels().question), InputError);
}

}  // namespace envlock::test
