#include "verify/finding.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "model/error.hpp"

namespace envlock::test {

TEST_CASE("finding: the id depends on rule, path and kind, and on nothing else") {
  const std::string id = finding_id("EL203", "lib/a.so", "");
  CHECK(id.size() == 5 + 1 + 12);
  CHECK(id.substr(0, 6) == "EL203-");
  CHECK(finding_id("EL203", "lib/a.so", "") == id);
  CHECK(finding_id("EL204", "lib/a.so", "").substr(6) != id.substr(6));
  CHECK(finding_id("EL203", "lib/b.so", "") != id);
  CHECK(finding_id("EL203", "lib/a.so", "x") != id);
  // The border between path and kind counts.
  CHECK(finding_id("EL203", "lib/a.sox", "") != finding_id("EL203", "lib/a.so", "x"));
}

TEST_CASE("finding: the worst come first, then by path") {
  std::vector<Finding> findings;
  for (const auto& [rule, path] :
       {std::pair("EL250", "a"), {"EL203", "z"}, {"EL203", "b"}, {"EL212", "a"}})
    findings.push_back(make_finding(verify_rules(), rule, path));
  sort_findings(findings);
  std::string order;
  for (const Finding& finding : findings) order += finding.rule + finding.path + ' ';
  CHECK(order == "EL203b EL203z EL212a EL250a ");
}

TEST_CASE("rules: ids and names are unique, ascending, and say what to do") {
  std::set<std::string_view> names;
  std::string_view last;
  for (const Rule& rule : verify_rules()) {
    INFO(rule.id);
    CHECK(rule.id > last);
    CHECK(names.insert(rule.name).second);
    CHECK(rule.help.ends_with('.'));
    CHECK_FALSE(rule.advice.empty());
    last = rule.id;
  }
  CHECK(find_rule(verify_rules(), "changed-file") == find_rule(verify_rules(), "EL203"));
  CHECK(find_rule(verify_rules(), "EL999") == nullptr);
  CHECK_THROWS_AS(make_finding(verify_rules(), "EL999", ""), InternalError);
}

}  // namespace envlock::test
