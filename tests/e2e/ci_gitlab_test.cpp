// docs/ci/gitlab.yml: the jobs for merge requests and for the weekly update.

#include "tests/e2e/ci_pipeline.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;

/// GitLab's API as far as the template uses it.
struct GitLab {
  std::vector<LocalServer::Request> writes;
  std::string notes = "[]";
  std::string requests = "[]";
  LocalServer server{[this](const LocalServer::Request& request) -> LocalServer::Answer {
    if (request.header("private-token") != "secret") return {.status = 401};
    if (request.method != "GET") {
      writes.push_back(request);
      return {.status = 200, .body = "{}"};
    }
    if (request.path == "/api/v4/user") return {.body = R"({"id": 5})"};
    if (request.path.find("/notes?") != std::string::npos) {
      const bool is_first = request.path.ends_with("&page=1");
      return {.body = is_first ? "[]" : notes, .headers = {{"X-Next-Page", is_first ? "2" : ""}}};
    }
    return {.body = requests};
  }};
};

}  // namespace

TEST_CASE("ci, GitLab: a merge request has a report, a code quality file and one comment") {
  if (!have("jq") || !have("curl")) return;
  const Pipeline pipeline;
  pipeline.ask({"numpy <2", "requests"});
  pipeline.solve({});
  pipeline.commit("requests");
  GitLab gitlab;
  const Outcome outcome =
      pipeline.job("envlock:check", gitlab.server, {{"ENVLOCK_GITLAB_TOKEN", "secret"}});
  INFO(outcome.out << outcome.err);
  REQUIRE(outcome.exit == 0);
  const std::string report = pipeline.work().read(".envlock-ci/report.md");
  CHECK_THAT(report, Catch::StartsWith("<!-- envlock:diff -->\n") && Contains("requests"));
  CHECK(Json::parse(pipeline.work().read(".envlock-ci/quality.json")).is_array());
  CHECK_FALSE(pipeline.work().exists(".envlock-ci/curlrc"));
  REQUIRE(gitlab.writes.size() == 1);
  CHECK(gitlab.writes[0].method == "POST");
  CHECK(gitlab.writes[0].path == "/api/v4/projects/1/merge_requests/7/notes");
  gitlab.notes = R"([{"id": 1, "author": {"id": 6}, "body": "<!-- envlock:diff -->"},
                     {"id": 2, "author": {"id": 5}, "body": "<!-- envlock:diff -->"}])";
  CHECK(pipeline.job("envlock:check", gitlab.server, {{"ENVLOCK_GITLAB_TOKEN", "secret"}}).exit ==
        0);
  REQUIRE(gitlab.writes.size() == 2);
  CHECK(gitlab.writes[1].method == "PUT");
  CHECK(gitlab.writes[1].path == "/api/v4/projects/1/merge_requests/7/notes/2");
  CHECK_THAT(gitlab.writes[1].body, Contains("envlock%3Adiff"));
  // A fork has no token; a stale lock fails.
  CHECK(pipeline.job("envlock:check", gitlab.server).exit == 0);
  pipeline.ask({"numpy <2", "torch"});
  CHECK(pipeline.job("envlock:check", gitlab.server).exit == 1);
  CHECK_THAT(pipeline.work().read(".envlock-ci/report.md"), Contains("could not be proved"));
  CHECK(gitlab.writes.size() == 2);
  CHECK(pipeline.job("envlock:check", gitlab.server, {{"ENVLOCK_URL", gitlab.server.url("/x")}})
            .exit != 0);
}

TEST_CASE("ci, GitLab: what a branch puts where reports go is neither run nor written through") {
  if (!have("jq") || !have("curl")) return;
  const Pipeline pipeline;
  const fs::path elsewhere = pipeline.work().dir() / "elsewhere";
  const fs::path temporary = pipeline.work().dir() / "temporary";
  fs::create_directories(elsewhere);
  fs::create_directories(temporary);
  pipeline.ask({"numpy <2", "requests"});
  pipeline.solve({});
  SECTION("programs, and links in place of files") {
    const std::string pwn = "#!/bin/sh\ntouch '" + (elsewhere / "pwned").string() + "'\n";
    for (const char* name : {"git", "curl", "jq", "envlock", "askpass", "bin/git"})
      make_program(pipeline.top() / ".envlock-ci" / name, pwn);
    for (const char* name : {"curlrc", "headers", "notes.json", "report.md", "quality.json"})
      fs::create_symlink(elsewhere / name, pipeline.top() / ".envlock-ci" / name);
  }
  SECTION("a link in place of the folder") {
    fs::create_directory_symlink(elsewhere, pipeline.top() / ".envlock-ci");
  }
  pipeline.commit("hostile");
  const std::string program = calls_envlock();
  const LocalServer download(serve_files({{"/envlock", program}}));
  GitLab gitlab;
  const Values env{{"ENVLOCK_GITLAB_TOKEN", "secret"},
                   {"ENVLOCK_URL", download.url("/envlock")},
                   {"ENVLOCK_SHA256", sha256_of(program).hex()},
                   {"TMPDIR", temporary.string()}};
  const Outcome outcome = pipeline.job("envlock:check", gitlab.server, env);
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit == 0);
  CHECK(gitlab.writes.size() == 1);
  CHECK(names_in(pipeline.top() / ".envlock-ci") ==
        std::vector<std::string>{"quality.json", "report.md"});
  CHECK_FALSE(fs::is_symlink(pipeline.top() / ".envlock-ci"));
  CHECK(names_in(elsewhere).empty());
  CHECK(names_in(temporary).empty());
  pipeline.git("checkout -q -f change");
  pipeline.work().publish_newer();
  const Outcome update = pipeline.job("envlock:update", gitlab.server, env);
  INFO(update.out << update.err);
  CHECK(update.exit == 0);
  CHECK(gitlab.writes.size() == 2);
  CHECK(names_in(elsewhere).empty());
  CHECK(names_in(temporary).empty());
}

TEST_CASE(
    "ci, GitLab: an expired token costs the comment alone, and several locks are one report") {
  if (!have("jq") || !have("curl")) return;
  const Pipeline pipeline;
  pipeline.git("checkout -q main");
  fs::copy_file(pipeline.top() / "envlock.lock", pipeline.top() / "other.lock");
  pipeline.commit("other");
  pipeline.git("push -q origin main");
  pipeline.git("checkout -q -B change main");
  pipeline.ask({"numpy <2", "requests"});
  pipeline.solve({});
  GitLab gitlab;
  const Values env{{"ENVLOCK_GITLAB_TOKEN", "expired"},
                   {"ENVLOCK_LOCKS", "other.lock envlock.lock"}};
  const auto check = [&] {
    const Outcome outcome = pipeline.job("envlock:check", gitlab.server, env);
    INFO(outcome.out << outcome.err);
    CHECK(outcome.exit == 0);
    CHECK_THAT(outcome.out, Contains("the comment could not be written"));
    CHECK_THAT(pipeline.work().read(".envlock-ci/report.md"), Contains("requests"));
    return Json::parse(pipeline.work().read(".envlock-ci/quality.json"));
  };
  const std::size_t of_one = check().size();
  CHECK(of_one > 0);
  fs::copy_file(pipeline.top() / "envlock.lock", pipeline.top() / "other.lock",
                fs::copy_options::overwrite_existing);
  CHECK(check().size() == 2 * of_one);
  CHECK(gitlab.writes.empty());
}

TEST_CASE("ci, GitLab: the update opens a merge request, and renews it") {
  if (!have("jq") || !have("curl")) return;
  const Pipeline pipeline;
  pipeline.git("checkout -q main");
  pipeline.work().publish_newer();
  GitLab gitlab;
  const Outcome opened =
      pipeline.job("envlock:update", gitlab.server, {{"ENVLOCK_GITLAB_TOKEN", "secret"}});
  INFO(opened.out << opened.err);
  REQUIRE(opened.exit == 0);
  REQUIRE(gitlab.writes.size() == 1);
  CHECK(gitlab.writes[0].path == "/api/v4/projects/1/merge_requests");
  CHECK_THAT(gitlab.writes[0].body, Contains("target_branch=main") && Contains("3.4.0"));
  CHECK_THAT(pipeline.git("--git-dir=../origin.git show envlock/update:envlock.lock"),
             Contains("\"3.4.0\""));
  gitlab.requests = R"([{"iid": 3}])";
  pipeline.git("checkout -q main");
  CHECK(pipeline.job("envlock:update", gitlab.server, {{"ENVLOCK_GITLAB_TOKEN", "secret"}}).exit ==
        0);
  REQUIRE(gitlab.writes.size() == 2);
  CHECK(gitlab.writes[1].path == "/api/v4/projects/1/merge_requests/3");
}

}  // namespace envlock::test
