// docs/ci/github: the actions for pull requests and for the weekly update.

#include "model/digest.hpp"
#include "tests/e2e/ci_pipeline.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;

}  // namespace

TEST_CASE("ci, GitHub: envlock is taken from PATH, or by a download with the right sha256") {
  const Pipeline pipeline;
  const auto get = [&](const Values& inputs) {
    return pipeline.step("check", "Get envlock", inputs).exit;
  };
  CHECK(get({}) == 0);
  CHECK(pipeline.read("path").empty());
  const std::string program = calls_envlock();
  const LocalServer server(serve_files({{"/envlock", program}}));
  const std::string digest = sha256_of(program).hex();
  CHECK(get({{"url", server.url("/envlock")}}) == 1);
  CHECK(get({{"url", server.url("/envlock")}, {"sha256", std::string(64, 'a')}}) == 1);
  CHECK(get({{"url", server.url("/none")}, {"sha256", digest}}) == 1);
  CHECK(get({{"url", server.url("/envlock")}, {"sha256", digest + "\nx"}}) == 1);
  CHECK(pipeline.read("path").empty());
  CHECK(names_in(pipeline.work().dir() / "envlock-bin").empty());
  CHECK(get({{"url", server.url("/envlock")}, {"sha256", digest}}) == 0);
  CHECK(pipeline.read("path") == (pipeline.work().dir() / "envlock-bin").string() + "\n");
  fs::remove(pipeline.bin() / "envlock");
  CHECK(get({}) == 1);
}

TEST_CASE("ci, GitHub: a pull request that is in order has a report and passes") {
  const std::string folder = GENERATE(std::string(), std::string("some folder"));
  const Pipeline pipeline(folder);
  pipeline.ask({"numpy <2", "requests"});
  pipeline.solve({});
  pipeline.commit("requests");
  const Outcome outcome =
      pipeline.check({{"directory", folder.empty() ? "." : folder}, {"fail-on", "error"}});
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit == 0);
  CHECK(pipeline.output("failed").empty());
  const std::string report = read_file(pipeline.output("report"));
  CHECK_THAT(report, Catch::StartsWith("<!-- envlock:diff -->\n") && Contains("requests") &&
                         !Contains("could not be proved"));
  CHECK(report.find("envlock:diff", 20) == std::string::npos);
  CHECK(pipeline.read("summary") == report);
  const std::string lock = (folder.empty() ? "" : folder + "/") + "envlock.lock";
  CHECK_THAT(outcome.out, Contains("::notice file=" + lock + ",line="));
}

TEST_CASE(
    "ci, GitHub: where it is asked for, both locks' packages are fetched, and none has to be") {
  const Pipeline pipeline;
  pipeline.ask({"numpy <2", "requests"});
  pipeline.solve({});
  pipeline.commit("requests");
  make_program(pipeline.bin() / "envlock",
               "#!/bin/sh\nprintf '%s\\n' \"$*\" >>\"$STUB/envlock-calls\"\nexec '" +
                   envlock_program() + "' \"$@\"\n");
  const auto calls = [&] { return read_file(pipeline.stub() / "envlock-calls"); };
  CHECK(pipeline.check({{"fail-on", "none"}}).exit == 0);
  CHECK(calls().find("fetch") == std::string::npos);
  const Outcome outcome = pipeline.check({{"fail-on", "none"}, {"scripts", "true"}});
  INFO(outcome.out << outcome.err << calls());
  // The channel of this test has no archives: that is told, and fails nothing.
  CHECK(outcome.exit == 0);
  CHECK_THAT(outcome.out, Contains("could not be fetched"));
  CHECK_THAT(calls(),
             Contains("/before.lock --project") && Contains("fetch envlock.lock --project"));
  CHECK_THAT(read_file(pipeline.output("report")),
             Contains("it is not known whether code in them runs by itself"));
}

TEST_CASE("ci, GitHub: a stale lock, a tampered one and a change above the limit fail the job") {
  const Pipeline pipeline;
  SECTION("stale") {
    pipeline.ask({"numpy <2", "requests"});
    pipeline.commit("stale");
    CHECK(pipeline.check().exit == 1);
    CHECK(pipeline.output("failed") == "check");
    CHECK_THAT(pipeline.read("summary"), Contains("does not answer what is asked"));
  }
  SECTION("tampered") {
    std::string lock = pipeline.work().read("envlock.lock");
    const std::size_t at = lock.find("\"sha256\": \"") + 11;
    lock[at] = lock[at] == '0' ? '1' : '0';
    pipeline.work().write("envlock.lock", lock);
    pipeline.commit("tampered");
    CHECK(pipeline.check({{"fail-on", "none"}}).exit == 1);
    CHECK_THAT(pipeline.read("summary"), Contains("could not be proved (exit 6)"));
  }
  SECTION("any change is too much") {
    pipeline.ask({"numpy <2", "requests"});
    pipeline.solve({});
    pipeline.commit("requests");
    CHECK(pipeline.check({{"fail-on", "any"}}).exit == 1);
    CHECK(pipeline.output("failed") == "diff");
  }
}

TEST_CASE("ci, GitHub: a pull request is judged by the envlock.yml of its base") {
  const Pipeline pipeline;
  // The base: whatever is added is an error.
  pipeline.git("checkout -q main");
  pipeline.work().write("envlock.yml", "policy: {severities: {added-package: error}}\n");
  pipeline.commit("policy");
  pipeline.git("push -q origin main");
  pipeline.git("checkout -q -B change main");
  pipeline.ask({"numpy <2", "requests"});
  pipeline.solve({});
  pipeline.work().write("envlock.yml", "policy: {severities: {added-package: note}}\n");
  pipeline.commit("loosened");
  CHECK(pipeline.check().exit == 1);
  CHECK(pipeline.output("failed") == "diff");
  CHECK_THAT(pipeline.read("summary"), Contains("judged by the one of its base"));
}

TEST_CASE("ci, GitHub: where the base has no envlock.yml, a pull request cannot bring its policy") {
  const Pipeline pipeline;
  pipeline.ask({"numpy <2", "requests"});
  pipeline.solve({});
  pipeline.work().write("envlock.yml",
                        "policy: {severities: {question-changed: ignore, "
                        "added-package: ignore, scripts-unknown: ignore}}\n");
  pipeline.commit("own");
  // By its own policy, there would be nothing.
  REQUIRE(pipeline.work().run({"diff", "git:origin/main:envlock.lock", "envlock.lock"}).exit == 0);
  CHECK(pipeline.check({{"fail-on", "any"}}).exit == 1);
}

TEST_CASE("ci, GitHub: names of branches and locks are never shell") {
  const Pipeline pipeline;
  pipeline.ask({"numpy <2", "requests"});
  pipeline.solve({});
  pipeline.commit("requests");
  const Outcome outcome = pipeline.step(
      "check", "Check the lock", {{"locks", "$(touch pwned)\n`touch pwned`"}, {"directory", "."}},
      {{"inputs.base || github.base_ref", "main"}});
  CHECK(outcome.exit == 0);
  CHECK(pipeline
            .step("check", "Check the lock", {},
                  {{"inputs.base || github.base_ref", "$(touch pwned)"}})
            .exit != 0);
  CHECK_FALSE(fs::exists(pipeline.top() / "pwned"));
}

TEST_CASE("ci, GitHub: one comment is made, then kept up to date, and none of somebody else's") {
  if (!have("jq")) return;
  const Pipeline pipeline;
  pipeline.ask({"numpy <2", "requests"});
  pipeline.solve({});
  pipeline.commit("requests");
  REQUIRE(pipeline.check().exit == 0);
  REQUIRE(pipeline.comment().exit == 0);
  CHECK_THAT(pipeline.read("stub/calls"),
             Contains("api --silent --method POST repos/owner/name/issues/7/comments "));
  CHECK(pipeline.read("stub/body") == pipeline.read("summary"));
  CHECK(pipeline.read("stub/token") == "secret\n");
  pipeline.write("stub/comments.json",
                 R"({"data":{"repository":{"pullRequest":{"comments":{"nodes":[
      {"databaseId": 1, "viewerDidAuthor": false, "body": "<!-- envlock:diff -->\nx"},
      {"databaseId": 2, "viewerDidAuthor": true, "body": "other"},
      {"databaseId": 3, "viewerDidAuthor": true, "body": "<!-- envlock:diff -->\nx"},
      {"databaseId": 4, "viewerDidAuthor": true, "body": "<!-- envlock:diff -->\ny"}]}}}}})");
  pipeline.write("stub/calls", "");
  REQUIRE(pipeline.comment().exit == 0);
  CHECK_THAT(pipeline.read("stub/calls"),
             Contains("api --silent --method PATCH repos/owner/name/issues/comments/3 ") &&
                 !Contains("POST"));
}

TEST_CASE("ci, GitHub: without the right to comment, or with a report too long, the job goes on") {
  if (!have("jq")) return;
  const Pipeline pipeline;
  pipeline.write("stub/denied", "");
  pipeline.write("report", "<!-- envlock:diff -->\nx\n");
  const auto comment = [&] {
    return pipeline.step(
        "check", "Comment", {{"token", "secret"}},
        {{"github.event.pull_request.number", "7"},
         {"steps.check.outputs.report", (pipeline.work().dir() / "report").string()}});
  };
  const Outcome denied = comment();
  CHECK(denied.exit == 0);
  CHECK_THAT(denied.out, Contains("::notice::no comment"));
  fs::remove(pipeline.stub() / "denied");
  std::string text = "<!-- envlock:diff -->\n";
  while (text.size() < 100'000) text += "a line of a report that is far too long\n";
  pipeline.write("report", text);
  CHECK(comment().exit == 0);
  CHECK(pipeline.read("stub/body").size() < 65'000);
  CHECK_THAT(pipeline.read("stub/body"), Contains("The rest is in the summary of the job."));
}

TEST_CASE("ci, GitHub: the update opens a pull request with what moves, and renews it") {
  if (!have("jq")) return;
  const Pipeline pipeline;
  pipeline.git("checkout -q main");
  CHECK(pipeline.update().exit == 0);
  // The wish for old packages is new in the lock.
  pipeline.git("checkout -q main");
  pipeline.work().publish_newer();
  fs::remove(pipeline.stub() / "calls");
  const Outcome opened = pipeline.update();
  INFO(opened.out << opened.err);
  REQUIRE(opened.exit == 0);
  CHECK_THAT(pipeline.read("stub/calls"), Contains("pr create --head envlock/update --base main "
                                                   "--title Update the lock --body-file "));
  CHECK_THAT(pipeline.read("stub/body"), Contains("openssl") && Contains("3.4.0"));
  CHECK(pipeline.git("diff --name-only main origin/envlock/update") == "envlock.lock\n");
  CHECK_THAT(pipeline.git("show origin/envlock/update:envlock.lock"), Contains("\"3.4.0\""));
  pipeline.write("stub/requests.json", R"([{"number": 12}])");
  pipeline.git("checkout -q main");
  CHECK(pipeline.update().exit == 0);
  CHECK_THAT(pipeline.read("stub/calls"), Contains("pr edit 12 --title Update the lock "));
  // Once it is merged, there is nothing to do.
  pipeline.git("checkout -q main");
  pipeline.git("merge -q origin/envlock/update");
  fs::remove(pipeline.stub() / "calls");
  const Outcome nothing = pipeline.update();
  CHECK(nothing.exit == 0);
  CHECK_THAT(nothing.out, Contains("Nothing is newer."));
  CHECK_FALSE(fs::exists(pipeline.stub() / "calls"));
}

}  // namespace envlock::test
