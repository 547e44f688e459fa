#include <catch2/catch.hpp>

#include "tests/solver/question.hpp"
#include "tests/solver/solution_check.hpp"

// Which records of which channels are candidates: design sections 6 and 12, CF 6.2 and 6.5.

namespace envlock::test {
namespace {

PackageBuilder package(const std::string& name, const std::string& version) {
  return PackageBuilder(name).version(version);
}

/// Channel high has a 1.0, channel low a 2.0: the pair that tells priorities apart.
Question pair_of_channels(ChannelPriority priority) {
  Question question;
  question.channel("high", {package("a", "1.0")}).channel("low", {package("a", "2.0")});
  question.question.priority = priority;
  return question;
}

std::string solved(const Question& question, std::string_view name) {
  return version_of(solve(question.question), name);
}

}  // namespace

TEST_CASE("Strict priority takes a name only from the highest channel that has it", "[solver]") {
  Question question = pair_of_channels(ChannelPriority::strict);
  REQUIRE(solved(question.request("a"), "a") == "a=1.0=0");
  REQUIRE_THROWS_AS(solve(question.request("a >=2").question), UnsolvableError);
}

TEST_CASE("Strict priority counts every subdir of a channel", "[solver]") {
  Question question;
  question.channel("high", {}, {package("a", "1.0")}).channel("low", {package("a", "2.0")});
  REQUIRE(solved(question.request("a"), "a") == "a=1.0=0");
}

TEST_CASE("Strict priority hides lower channels even where nothing of the higher one is usable",
          "[solver]") {
  Question question;
  question.channel("high", {package("a", "1.0").timestamp(2'000)})
      .channel("low", {package("a", "2.0").timestamp(1'000)});
  question.question.exclude_newer_ms = 1'500;
  REQUIRE_THROWS_AS(solve(question.request("a").question), UnsolvableError);
}

TEST_CASE("Flexible priority beats the version, but falls back to lower channels", "[solver]") {
  Question question = pair_of_channels(ChannelPriority::flexible);
  REQUIRE(solved(question.request("a"), "a") == "a=1.0=0");
  REQUIRE(solved(question.request("a >=2"), "a") == "a=2.0=0");
}

TEST_CASE("Disabled priority takes the highest version, and only breaks ties by channel",
          "[solver]") {
  Question question = pair_of_channels(ChannelPriority::disabled);
  REQUIRE(solved(question.request("a"), "a") == "a=2.0=0");

  Question tie;
  tie.channel("high", {package("a", "1.0").build("h_0")})
      .channel("low", {package("a", "1.0").build("h_1")});
  tie.question.priority = ChannelPriority::disabled;
  REQUIRE(solved(tie.request("a"), "a") == "a=1.0=h_0");
}

TEST_CASE("channel:: takes the package from that channel under strict priority too", "[solver]") {
  Question question = pair_of_channels(ChannelPriority::strict);
  const Solution solution = solve(question.request("low::a").question);
  REQUIRE(version_of(solution, "a") == "a=2.0=0");
  REQUIRE(solution.packages.at(0).channel == 1);
  REQUIRE(solution.packages.at(0).record.channel_url == "https://example.org/low");
  REQUIRE(solution.packages.at(0).record.url == "https://example.org/low/linux-64/a-2.0-0.conda");
}

TEST_CASE("channel:: compares base URLs, not names", "[solver]") {
  Question question = pair_of_channels(ChannelPriority::strict);
  REQUIRE(solved(question.request("https://example.org/low::a"), "a") == "a=2.0=0");
  Question other = pair_of_channels(ChannelPriority::strict);
  REQUIRE_THROWS_AS(solve(other.request("https://elsewhere.org/low::a").question), UnsolvableError);
}

TEST_CASE("A channel that is not listed serves only what is asked of it by name", "[solver]") {
  Question question;
  question.channel("main", {package("b", "1.0"), package("c", "1.0")})
      .channel("extra", {package("a", "1.0").depends({"b"}), package("b", "9.0")});
  question.last_channel().only_by_name = true;
  REQUIRE(names_of(solve(question.request("extra::a").question)) ==
          std::vector<std::string>{"a=1.0=0", "b=1.0=0"});

  Question unnamed;
  unnamed.channel("main", {package("c", "1.0")}).channel("extra", {package("a", "1.0")});
  unnamed.last_channel().only_by_name = true;
  REQUIRE_THROWS_AS(solve(unnamed.request("a").question), UnsolvableError);
}

TEST_CASE("Where only an unlisted channel has a dependency, the line to add is named", "[solver]") {
  Question question;
  question.channel("main", {package("c", "1.0")})
      .channel("extra", {package("a", "1.0").depends({"only-there"}), package("only-there", "1")});
  question.last_channel().only_by_name = true;
  question.request("extra::a");
  REQUIRE_THROWS_WITH(solve(question.question), Catch::Contains("cannot be installed"));
  try {
    solve(question.question);
  } catch (const UnsolvableError& error) {
    REQUIRE(error.hint() == "add 'extra' to 'channels:', it has 'only-there'");
  }
}

TEST_CASE("Where an unlisted channel's newer version lacks a dependency, a notice says so",
          "[solver]") {
  Question question;
  question.channel("main", {package("c", "1.0")})
      .channel("extra", {package("a", "1.0"), package("a", "2.0").depends({"only-there"}),
                         package("only-there", "1")});
  question.last_channel().only_by_name = true;
  const Solution solution = solve(question.request("extra::a").question);
  REQUIRE(version_of(solution, "a") == "a=1.0=0");
  REQUIRE(find_notice(solution, "channel-not-listed") != nullptr);
  REQUIRE(find_notice(solution, "channel-not-listed")->hint == "add 'extra' to 'channels:'");
}

TEST_CASE("An owned name is only taken from its owner, whatever the priority", "[solver]") {
  Question question;
  question.channel("public", {package("acme-tool", "9.0")})
      .channel("acme", {package("acme-tool", "1.0")});
  question.last_channel().owns = {"acme-*"};
  question.question.priority = ChannelPriority::disabled;
  const Solution solution = solve(question.request("acme-tool").question);
  REQUIRE(version_of(solution, "acme-tool") == "acme-tool=1.0=0");
  REQUIRE(find_notice(solution, "owned-by-other") != nullptr);
}

TEST_CASE("A needed name that only another channel than its owner has is refused", "[solver]") {
  Question question;
  question.channel("public", {package("a", "1.0").depends({"acme-lib"}), package("acme-lib", "9")})
      .channel("acme", {package("acme-tool", "1.0")});
  question.last_channel().owns = {"acme-*"};
  question.request("a");
  REQUIRE_THROWS_AS(solve(question.question), TrustError);
  REQUIRE_THROWS_WITH(solve(question.question),
                      Catch::Contains("'acme'") && Catch::Contains("'public'"));
}

TEST_CASE("exclude_newer leaves out later records and keeps those of that very moment",
          "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0").timestamp(1'600'000'000'000),
                            package("a", "2.0").timestamp(1'600'000'000'001)});
  question.request("a").question.exclude_newer_ms = 1'600'000'000'000;
  REQUIRE(solved(question, "a") == "a=1.0=0");
}

TEST_CASE("exclude_newer prefers the channel's own time to the builder's", "[solver]") {
  Question question;
  question.channel(
      "main",
      {package("a", "1.0").timestamp(1'600'000'000'000),
       package("a", "2.0").timestamp(1'500'000'000'000).indexed_timestamp(1'700'000'000'000)});
  question.request("a").question.exclude_newer_ms = 1'650'000'000'000;
  REQUIRE(solved(question, "a") == "a=1.0=0");
}

TEST_CASE("Under exclude_newer a record without a time is left out, unless the policy keeps it",
          "[solver]") {
  Question question;
  question.channel("main",
                   {package("a", "1.0").timestamp(1'600'000'000'000),
                    package("a", "2.0").without("timestamp"), package("a", "3.0").timestamp(0)});
  question.request("a").question.exclude_newer_ms = 1'600'000'000'000;
  const Solution solution = solve(question.question);
  REQUIRE(version_of(solution, "a") == "a=1.0=0");
  REQUIRE(find_notice(solution, "without-timestamp") != nullptr);
  question.question.keep_records_without_timestamp = true;
  REQUIRE(solved(question, "a") == "a=3.0=0");
}

TEST_CASE("A .conda hides its .tar.bz2 twin", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0").tar_bz2().timestamp(2'000'000'000'000),
                            package("a", "1.0").timestamp(1'000'000'000'000)});
  const Solution solution = solve(question.request("a").question);
  REQUIRE(solution.packages.at(0).record.fn == "a-1.0-0.conda");
}

TEST_CASE("A .conda that exclude_newer leaves out hides nothing", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0").tar_bz2().timestamp(1'600'000'000'000),
                            package("a", "1.0").timestamp(1'700'000'000'000)});
  question.request("a").question.exclude_newer_ms = 1'650'000'000'000;
  REQUIRE(solve(question.question).packages.at(0).record.fn == "a-1.0-0.tar.bz2");
}

TEST_CASE("minimum_age leaves out the young records of its own channel alone", "[solver]") {
  Question question;
  question
      .channel("main", {package("a", "1.0").timestamp(1'600'000'000'000),
                        package("a", "2.0").timestamp(1'700'000'000'000),
                        package("a", "3.0").without("timestamp")})
      .channel("other", {package("b", "1.0").timestamp(1'700'000'000'000)});
  question.request("a").request("b").question.channels.at(0).newest_ms = 1'650'000'000'000;
  const Solution solution = solve(question.question);
  REQUIRE(version_of(solution, "a") == "a=1.0=0");
  REQUIRE(version_of(solution, "b") == "b=1.0=0");
  REQUIRE(find_notice(solution, "too-young") != nullptr);
  REQUIRE(find_notice(solution, "without-timestamp") != nullptr);
  question.question.keep_records_without_timestamp = true;
  REQUIRE(version_of(solve(question.question), "a") == "a=3.0=0");
}

TEST_CASE("minimum_age counts the channel's own time before the builder's", "[solver]") {
  Question question;
  question.channel(
      "main",
      {package("a", "1.0").timestamp(1'600'000'000'000),
       package("a", "2.0").timestamp(1'600'000'000'000).indexed_timestamp(1'700'000'000'000)});
  question.request("a").question.channels.at(0).newest_ms = 1'650'000'000'000;
  REQUIRE(version_of(solve(question.question), "a") == "a=1.0=0");
}

TEST_CASE("A record without sha256 is no candidate, and a notice counts it", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0"), package("a", "2.0").without("sha256")});
  const Solution solution = solve(question.request("a").question);
  REQUIRE(version_of(solution, "a") == "a=1.0=0");
  REQUIRE(find_notice(solution, "without-sha256") != nullptr);
}

TEST_CASE("Where the only records of a needed name have no sha256, it is refused", "[solver]") {
  Question direct;
  direct.channel("main", {package("a", "1.0").without("sha256")});
  REQUIRE_THROWS_AS(solve(direct.request("a").question), TrustError);

  Question needed;
  needed.channel("main", {package("a", "1.0").depends({"b"}), package("b", "1").without("sha256")});
  REQUIRE_THROWS_AS(solve(needed.request("a").question), TrustError);
}

TEST_CASE("A record with a condition is no candidate, and a notice counts it", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0"), package("b", "1.0"),
                            package("a", "2.0").depends_when("b", "python <3.8")});
  const Solution solution = solve(question.request("a").question);
  REQUIRE(version_of(solution, "a") == "a=1.0=0");
  REQUIRE(find_notice(solution, "conditional") != nullptr);
}

TEST_CASE("A record with a dependency that is no MatchSpec is no candidate", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0"), package("a", "2.0").depends({"b >="}),
                            package("a", "3.0").constrains({"c[unknown=1]"})});
  const Solution solution = solve(question.request("a").question);
  REQUIRE(version_of(solution, "a") == "a=1.0=0");
  REQUIRE(find_notice(solution, "unreadable-dependency") != nullptr);
}

TEST_CASE("What the policy denies is no candidate", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0"), package("a", "2.0").license("GPL-3.0-only")});
  question.question.denied = {{"*[license=GPL*]", {"envlock.yml", 3, 1}}};
  const Solution solution = solve(question.request("a").question);
  REQUIRE(version_of(solution, "a") == "a=1.0=0");
  REQUIRE(find_notice(solution, "denied") != nullptr);
}

TEST_CASE("A name that must be one exact record is that one, or there is no solution", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0"), package("a", "2.0")}).request("a");
  question.question.exactly["a"] = question.record("a-1.0-0.conda");
  REQUIRE(solved(question, "a") == "a=1.0=0");
  question.question.exactly["a"].sha256 = Sha256();
  REQUIRE_THROWS_AS(solve(question.question), UnsolvableError);
}

TEST_CASE("A constraint holds where the package is present and does not bring it", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0"), package("a", "2.0"),
                            package("b", "1.0").depends({"a"}), package("c", "1.0")});
  question.question.constraints = {{"a <2", {"command line", 0, 0}}};
  Question with = question;
  REQUIRE(names_of(solve(with.request("b").question)) ==
          std::vector<std::string>{"a=1.0=0", "b=1.0=0"});
  Question without = question;
  REQUIRE(names_of(solve(without.request("c").question)) == std::vector<std::string>{"c=1.0=0"});
}

}  // namespace envlock::test
