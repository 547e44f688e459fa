#include "model/project_accept.hpp"

#include <catch2/catch.hpp>

#include "model/project.hpp"

namespace envlock::test {
namespace {

const std::string digits(64, 'a');

std::string accept(const std::string& fields) {
  return "policy:\n  accept:\n    - " + fields + '\n';
}

std::string refusal(const std::string& yaml) {
  try {
    (void)parse_project(yaml, "envlock.yml");
  } catch (const InputError& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("parse_project: an accepted finding has an id, a digest, a reason and an end") {
  const Project project =
      parse_project(accept("{finding: EL231-0123456789ab, sha256: " + digits +
                           ", reason: \"the vendor's licence daemon\", until: 2027-01-31}"),
                    "envlock.yml");
  REQUIRE(project.verify.accepted.size() == 1);
  const Acceptance& accepted = project.verify.accepted.front();
  CHECK(accepted.finding == "EL231-0123456789ab");
  CHECK(accepted.sha256.hex() == digits);
  CHECK(accepted.reason == "the vendor's licence daemon");
  CHECK(accepted.end.to_string() == "2027-02-01T00:00:00Z");  // the whole of its last day
  CHECK(accepted.place.line == 3);
}

TEST_CASE("parse_project: an acceptance that lacks something is no acceptance") {
  const std::string all = "finding: EL231-0123456789ab, sha256: " + digits;
  CHECK_THAT(refusal(accept("{" + all + ", reason: x}")), Catch::Contains("needs 'finding'"));
  CHECK_THAT(refusal(accept("{" + all + ", until: 2027-01-31}")), Catch::Contains("'reason'"));
  CHECK_THAT(refusal(accept("{" + all + ", reason: x, until: never}")),
             Catch::Contains("'never' is no date"));
  CHECK_THAT(
      refusal(accept("{finding: EL231, sha256: " + digits + ", reason: x, until: 2027-01-31}")),
      Catch::Contains("envlock.yml:3:") && Catch::Contains("no id of a finding"));
  CHECK_THAT(
      refusal(accept("{finding: EL231-0123456789ab, sha256: AA, reason: x, until: 2027-01-31}")),
      Catch::Contains("no sha256"));
  CHECK_THAT(refusal(accept("{" + all + ", reason: x, until: 2027-01-31, path: y}")),
             Catch::Contains("path"));
  const std::string one = "{" + all + ", reason: x, until: 2027-01-31}";
  CHECK_THAT(refusal(accept(one + "\n    - " + one)), Catch::Contains("accepted twice"));
}

TEST_CASE("parse_project: severities are words that exist") {
  const Project project =
      parse_project("policy:\n  severities: {extra-file: ignore, EL212: error}\n", "envlock.yml");
  REQUIRE(project.verify.severities.size() == 2);
  CHECK(project.verify.severities[0].rule == "extra-file");
  CHECK(project.verify.severities[0].level == "ignore");
  CHECK_THAT(refusal("policy: {severities: {EL212: fatal}}\n"),
             Catch::Contains("'fatal' is no severity"));
}

TEST_CASE("is_finding_id: the form and nothing else") {
  CHECK(is_finding_id("EL203-0123456789ab"));
  for (const std::string_view text :
       {"", "EL", "EL-0123456789ab", "EL203-0123456789a", "EL203-0123456789abc",
        "EL203-0123456789aB", "EL2x3-0123456789ab", "XX203-0123456789ab"}) {
    INFO(text);
    CHECK_FALSE(is_finding_id(text));
  }
}

}  // namespace envlock::test
