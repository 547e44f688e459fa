#include "cli/explanation.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/cli/run_in_process.hpp"

namespace envlock::test {
namespace {

using nlohmann::json;

ExitCode fail(const ParsedArgs&, Context&) {
  Explanation why;
  why.headline = "a 1 and b 2 cannot be installed together";
  ExplanationLine request;
  request.text = "a 1";
  request.place = {"environment.yml", 4, 0};
  ExplanationLine reason;
  reason.depth = 1;
  reason.text = "needs c <2";
  why.lines = {request, reason};
  why.suggestions = {"relax 'a 1'"};
  throw UnsolvableError("linux-64", why);
}

const std::vector<Command> commands{{{.name = "fail"}, fail}};

}  // namespace

TEST_CASE("explanation: the lines stand below the error, indented, the suggestions last") {
  const InProcess run = run_cli({"fail"}, {}, commands);
  CHECK(run.exit == 4);
  CHECK(run.err ==
        "envlock: error: a 1 and b 2 cannot be installed together\n"
        "  a 1  (environment.yml:4)\n"
        "    needs c <2\n"
        "  hint: relax 'a 1'\n");
}

TEST_CASE("explanation: error.details of the JSON hold all of it") {
  const InProcess run = run_cli({"fail", "--json"}, {}, commands);
  CHECK(run.exit == 4);
  const json error = json::parse(run.out).at("error");
  CHECK(error.at("kind") == "unsolvable");
  const json& details = error.at("details");
  CHECK(details.at("platform") == "linux-64");
  CHECK(details.at("headline") == "a 1 and b 2 cannot be installed together");
  CHECK(details.at("lines") ==
        json::array({{{"depth", 0}, {"text", "a 1"}, {"file", "environment.yml"}, {"line", 4}},
                     {{"depth", 1}, {"text", "needs c <2"}}}));
  CHECK(details.at("suggestions") == json::array({"relax 'a 1'"}));
}

}  // namespace envlock::test
