#include "verify/policy.hpp"

#include <catch2/catch.hpp>

#include "model/error.hpp"

namespace envlock::test {
namespace {

constexpr Instant now{1'000'000};

Finding finding(std::string_view rule, const std::string& path, std::string_view content = "x") {
  Finding made = make_finding(verify_rules(), rule, path);
  made.message = "m";
  made.sha256 = sha256_of(content);
  return made;
}

Acceptance acceptance(const Finding& of, std::string_view content, std::int64_t end_ms) {
  return {of.id, sha256_of(content), "because", "some day", {end_ms}, {"envlock.yml", 3, 1}};
}

}  // namespace

TEST_CASE("apply_policy: an acceptance hides its finding, of these bytes, until its end") {
  const Finding found = finding("EL231", "bin/x", "bytes");
  VerifyPolicy policy;
  policy.accepted = {acceptance(found, "bytes", now.ms + 1)};
  const JudgedFindings judged = apply_policy({found}, policy, now, verify_rules());
  CHECK(judged.findings.empty());
  REQUIRE(judged.acceptances.size() == 1);
  CHECK(judged.acceptances[0].state == AcceptanceUse::State::applied);
  CHECK(judged.acceptances[0].finding->path == "bin/x");
}

TEST_CASE("apply_policy: an expired or other acceptance hides nothing, and is said") {
  const Finding found = finding("EL231", "bin/x", "bytes");
  VerifyPolicy policy;
  policy.accepted = {acceptance(found, "bytes", now.ms)};
  JudgedFindings judged = apply_policy({found}, policy, now, verify_rules());
  REQUIRE(judged.findings.size() == 1);
  CHECK_THAT(judged.findings[0].message, Catch::Contains("accepted until some day, which is over"));
  CHECK(judged.acceptances[0].state == AcceptanceUse::State::expired);

  policy.accepted = {acceptance(found, "other", now.ms + 1)};
  judged = apply_policy({found}, policy, now, verify_rules());
  REQUIRE(judged.findings.size() == 1);
  CHECK_THAT(judged.findings[0].message, Catch::Contains("other bytes than these were accepted"));
  CHECK(judged.acceptances[0].state == AcceptanceUse::State::other_bytes);

  // A finding whose bytes are not known cannot be accepted.
  Finding unknown = found;
  unknown.sha256.reset();
  policy.accepted[0].sha256 = Sha256();
  CHECK(apply_policy({unknown}, policy, now, verify_rules()).findings.size() == 1);

  judged = apply_policy({}, policy, now, verify_rules());
  CHECK(judged.acceptances[0].state == AcceptanceUse::State::unused);
}

TEST_CASE("apply_policy: severities by id and name; code is never ignored") {
  VerifyPolicy policy;
  policy.severities = {{"extra-file", "ignore", {}}, {"EL212", "error", {}}};
  const JudgedFindings judged =
      apply_policy({finding("EL250", "a"), finding("EL212", "b")}, policy, now, verify_rules());
  CHECK(judged.ignored == 1);
  REQUIRE(judged.findings.size() == 1);
  CHECK(judged.findings[0].severity == Severity::error);
  policy.severities = {{"extra-program", "ignore", {"envlock.yml", 4, 1}}};
  CHECK_THROWS_WITH(apply_policy({}, policy, now, verify_rules()),
                    Catch::Contains("envlock.yml:4") && Catch::Contains("never ignored"));
  policy.severities = {{"extra-fil", "note", {}}};
  CHECK_THROWS_AS(apply_policy({}, policy, now, verify_rules()), InputError);
  policy.severities = {{"extra-file", "note", {}}, {"EL250", "error", {}}};
  CHECK_THROWS_AS(apply_policy({}, policy, now, verify_rules()), InputError);
}

TEST_CASE("fails: by the threshold, and what was skipped or not checked fails anyway") {
  const std::vector<Finding> note{finding("EL250", "a")};
  const std::vector<Finding> warning{finding("EL212", "a")};
  const std::vector<Finding> error{finding("EL203", "a")};
  const std::vector<Finding> skipped{finding("EL207", "a")};
  const std::vector<Finding> nothing{finding("EL200", "")};
  CHECK_FALSE(fails({}, FailOn::any));
  CHECK(fails(note, FailOn::any));
  CHECK_FALSE(fails(note, FailOn::warning));
  CHECK(fails(warning, FailOn::warning));
  CHECK_FALSE(fails(warning, FailOn::error));
  CHECK(fails(error, FailOn::error));
  CHECK_FALSE(fails(error, FailOn::none));
  CHECK(fails(skipped, FailOn::error));
  CHECK_FALSE(fails(skipped, FailOn::none));
  CHECK(fails(nothing, FailOn::none));
}

TEST_CASE(
    "apply_policy: what is accepted as a whole is accepted in its parts, as long as it holds") {
  const Finding whole = finding("EL237", "x.dist-info", "bytes");
  Finding part = finding("EL231", "bin/x", "program");
  part.part_of = whole.id;
  VerifyPolicy policy;
  CHECK(apply_policy({whole, part}, policy, now, verify_rules()).findings.size() == 2);
  policy.accepted = {acceptance(whole, "bytes", now.ms + 1)};
  CHECK(apply_policy({part, whole}, policy, now, verify_rules()).findings.empty());
  policy.accepted = {acceptance(whole, "other", now.ms + 1)};
  CHECK(apply_policy({whole, part}, policy, now, verify_rules()).findings.size() == 2);
  policy.accepted = {acceptance(whole, "bytes", now.ms)};
  CHECK(apply_policy({whole, part}, policy, now, verify_rules()).findings.size() == 2);
}

TEST_CASE("apply_policy: the acceptance of a part is none of something gone") {
  const Finding whole = finding("EL237", "lib/site/x.dist-info");
  Finding part = finding("EL231", "bin/x");
  part.part_of = whole.id;
  VerifyPolicy policy;
  policy.accepted = {acceptance(whole, "x", now.ms + 1), acceptance(part, "x", now.ms + 1)};
  const JudgedFindings judged = apply_policy({whole, part}, policy, now, verify_rules());
  CHECK(judged.findings.empty());
  REQUIRE(judged.acceptances.size() == 2);
  for (const AcceptanceUse& use : judged.acceptances)
    CHECK(use.state == AcceptanceUse::State::applied);
  const auto state_of_part = [&](const Acceptance& own) {
    policy.accepted = {acceptance(whole, "x", now.ms + 1), own};
    for (const AcceptanceUse& use :
         apply_policy({whole, part}, policy, now, verify_rules()).acceptances) {
      if (use.acceptance.finding == part.id) return use.state;
    }
    return AcceptanceUse::State::unused;
  };
  CHECK(state_of_part(acceptance(part, "x", now.ms)) == AcceptanceUse::State::expired);
  CHECK(state_of_part(acceptance(part, "y", now.ms + 1)) == AcceptanceUse::State::other_bytes);
}

TEST_CASE("apply_policy: two acceptances of other kinds at one place are told there once") {
  VerifyPolicy policy;
  policy.accepted = {acceptance(finding("EL231", "extras"), "x", now.ms + 1),
                     acceptance(finding("EL249", "extras"), "x", now.ms + 1)};
  const JudgedFindings judged =
      apply_policy({finding("EL250", "extras", "less")}, policy, now, verify_rules());
  const std::string& message = judged.findings.at(0).message;
  CHECK_THAT(message, Catch::Contains("another kind of finding"));
  CHECK(message.find("what was accepted here") == message.rfind("what was accepted here"));
  REQUIRE(judged.acceptances.size() == 2);
  for (const AcceptanceUse& use : judged.acceptances)
    CHECK(use.state == AcceptanceUse::State::other_bytes);
}

TEST_CASE("apply_policy: what is another kind of finding by now is no acceptance of nothing") {
  VerifyPolicy policy;
  policy.accepted = {acceptance(finding("EL231", "extras"), "x", now.ms + 1)};
  const JudgedFindings judged =
      apply_policy({finding("EL250", "extras", "less")}, policy, now, verify_rules());
  REQUIRE(judged.findings.size() == 1);
  CHECK_THAT(judged.findings[0].message, Catch::Contains("another kind of finding (EL231-"));
  CHECK(judged.acceptances.at(0).state == AcceptanceUse::State::other_bytes);
}

}  // namespace envlock::test
