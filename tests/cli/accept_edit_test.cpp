#include "cli/accept_edit.hpp"

#include <catch2/catch.hpp>

#include "model/project.hpp"

namespace envlock::test {
namespace {

const Acceptance added{
    "EL231-0123456789ab", sha256_of("x"), "it's #1: \"ours\"", "2027-06-30", {}, {}};

std::string edited(const std::string& yaml) {
  return with_acceptance(yaml, added, "envlock.yml").text;
}

std::string lines(std::size_t indent) { return acceptance_lines(added, indent); }

}  // namespace

TEST_CASE("accept: a file without a policy gets one at its end") {
  CHECK(edited("platforms: [linux-64]\n") ==
        "platforms: [linux-64]\npolicy:\n  accept:\n" + lines(4));
  CHECK(edited("platforms: [linux-64]") ==
        "platforms: [linux-64]\npolicy:\n  accept:\n" + lines(4));
}

TEST_CASE("accept: the entry goes below the others, whatever their indent, and comments stay") {
  const std::string other = "- {finding: EL203-aaaaaaaaaaaa, sha256: " + std::string(64, 'a') +
                            ", reason: r, until: 2027-01-01}\n";
  CHECK(edited("policy:\n    severities: {EL212: note}  # why\n# end\n") ==
        "policy:\n    accept:\n" + lines(6) + "    severities: {EL212: note}  # why\n# end\n");
  CHECK(edited("policy:\n  accept:  # ours\n    " + other + "\n  severities: {EL212: note}\n") ==
        "policy:\n  accept:  # ours\n    " + other + lines(4) + "\n  severities: {EL212: note}\n");
  CHECK(edited("policy:\n  accept:\n  " + other + "channels: {}\n") ==
        "policy:\n  accept:\n  " + other + lines(2) + "channels: {}\n");
  CHECK(edited("policy:\n  accept:\nplatforms: [linux-64]\n") ==
        "policy:\n  accept:\n" + lines(4) + "platforms: [linux-64]\n");
  CHECK(edited("policy:\nplatforms: [linux-64]\n") ==
        "policy:\n  accept:\n" + lines(4) + "platforms: [linux-64]\n");
}

TEST_CASE("accept: what is written reads back as what was meant") {
  const Project project = parse_project(edited("platforms: [linux-64]\n"), "envlock.yml");
  REQUIRE(project.verify.accepted.size() == 1);
  CHECK(project.verify.accepted[0].reason == added.reason);
  CHECK(project.verify.accepted[0].sha256 == added.sha256);
}

TEST_CASE("accept: a file that is empty, or not there, has the policy alone") {
  CHECK(edited("") == "policy:\n  accept:\n" + lines(4));
  CHECK(edited("# ours\n\n") == "# ours\n\npolicy:\n  accept:\n" + lines(4));
}

TEST_CASE("accept: an older entry of the same finding is replaced, and nothing else") {
  const std::string old = "- finding: EL231-0123456789ab\n      sha256: " + std::string(64, 'b') +
                          "\n      # why\n      reason: r\n      until: 2027-01-01\n";
  const std::string other = "    - {finding: EL203-aaaaaaaaaaaa, sha256: " + std::string(64, 'a') +
                            ", reason: r, until: 2027-01-01}\n";
  const std::string start = "policy:\n  accept:\n";
  const auto done =
      with_acceptance(start + "    " + old + "    # of lib\n" + other, added, "envlock.yml");
  CHECK(done.text == start + lines(4) + "    # of lib\n" + other);
  REQUIRE(done.replaced);
  CHECK(done.replaced->sha256.hex() == std::string(64, 'b'));
  CHECK(edited(start + other + "    " + old + "platforms: [linux-64]\n") ==
        start + other + lines(4) + "platforms: [linux-64]\n");
  CHECK(edited(edited(start + other)) == start + other + lines(4));
  const std::string braces = "    - {finding: EL231-0123456789ab, sha256: " + std::string(64, 'b') +
                             ",\n      reason: r, until: 2027-01-01}\n";
  CHECK(edited(start + braces + other) == start + lines(4) + other);
}

TEST_CASE("accept: braces are left to the user, with the entry") {
  for (const std::string yaml :
       {"policy: {severities: {EL212: note}}\n", "policy:\n  accept: []\n"}) {
    INFO(yaml);
    try {
      edited(yaml);
      FAIL("it was edited");
    } catch (const InputError& error) {
      CHECK_THAT(error.hint(), Catch::Contains("- finding: EL231-0123456789ab"));
    }
  }
  const std::string inner =
      "policy: {accept: [{finding: EL231-0123456789ab, sha256: " + std::string(64, 'b') +
      ", reason: r, until: 2027-01-01}]}\n";
  CHECK_THROWS_WITH(edited(inner), Catch::Contains("cannot be put into its lines"));
  CHECK_THROWS_AS(edited("nonsense: 1\n"), InputError);
}

}  // namespace envlock::test
