// What docs/ says of verify is what it does.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "verify/report/report.hpp"

namespace envlock::test {
namespace {

std::string document(const std::string& name) {
  std::ifstream in(ENVLOCK_SOURCE_DIR "/docs/" + name);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> names_of(const nlohmann::json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  std::ranges::sort(names);
  return names;
}

}  // namespace

TEST_CASE("docs/verify.md: lists each rule with its name, severity and meaning, and no other") {
  const std::string text = document("verify.md");
  std::size_t rows = 0;
  for (std::size_t at = 0; (at = text.find("\n| EL", at)) != std::string::npos; ++at) ++rows;
  CHECK(rows == verify_rules().size());
  for (const Rule& rule : verify_rules()) {
    const std::string row = "\n| " + std::string(rule.id) + " | " + std::string(rule.name) + " | " +
                            std::string(to_string(rule.severity)) + " | " + std::string(rule.help) +
                            " |\n";
    CHECK_THAT(text, Catch::Contains(row));
  }
}

TEST_CASE("docs/verify.schema.json: has the members that the report writes") {
  VerifyReport report;
  report.now = Instant{0};
  report.rules = verify_rules();
  report.judged.findings = {make_finding(verify_rules(), "EL203", "x")};
  report.judged.acceptances.push_back({});
  JsonWriter json;
  json.begin_object();
  write_json_report(json, report);
  json.end_object();
  const auto written = nlohmann::json::parse(json.take());
  const auto schema = nlohmann::json::parse(document("verify.schema.json"));
  CHECK(names_of(schema.at("properties")) == names_of(written));
  CHECK(names_of(schema.at("$defs").at("finding").at("properties")) ==
        names_of(written.at("findings").at(0)));
  CHECK(names_of(schema.at("$defs").at("acceptance").at("properties")) ==
        names_of(written.at("acceptances").at(0)));
  for (const auto& required : schema.at("required")) CHECK(written.contains(required));
}

}  // namespace envlock::test
