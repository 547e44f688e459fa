// docs/ci: the shell of the actions, the template and the hooks is taken out of the files that
// users copy or refer to, and run on a repository with a remote of its own.

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>

#include "model/digest.hpp"
#include "tests/e2e/packing.hpp"
#include "tests/support/local_server.hpp"
#include "yaml-cpp/yaml.h"

namespace envlock::test {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;
using Values = std::map<std::string, std::string>;

const fs::path source_dir(ENVLOCK_SOURCE_DIR);
const fs::path ci_dir = source_dir / "docs/ci";

void make_program(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
  REQUIRE(::chmod(file.c_str(), 0755) == 0);
}

std::string calls_envlock() { return "#!/bin/sh\nexec '" + envlock_program() + "' \"$@\"\n"; }

/// What stands for `gh`: it notes its arguments, answers queries from comments.json by jq, and
/// keeps the body that it was given.
constexpr const char* stub_gh = R"HELP(#!/bin/sh
printf '%s\n' "$*" | tr '\n' ' ' >>"$STUB/calls"; echo >>"$STUB/calls"
printf '%s\n' "$GH_TOKEN" >"$STUB/token"
[ -e "$STUB/denied" ] && exit 1
filter=
for word; do
  case $word in body=@*) cp "${word#body=@}" "$STUB/body" ;; esac
  [ "$last" = --jq ] && filter=$word
  [ "$last" = --body-file ] && cp "$word" "$STUB/body"
  last=$word
done
case $* in
  "api graphql"*) exec jq -r "$filter" "$STUB/comments.json" ;;
  "pr list"*) exec jq -r "$filter" "$STUB/requests.json" ;;
esac
)HELP";

/// A clone with a branch `change`, checked out, of a bare origin whose main has a lock; programs of
/// the test's own before all others on PATH.
class Pipeline {
 public:
  explicit Pipeline(const std::string& folder = "") : folder_(folder) {
    fs::create_directories(here());
    fs::create_directories(stub());
    make_program(bin() / "envlock", calls_envlock());
    make_program(bin() / "gh", stub_gh);
    write("stub/comments.json",
          R"({"data":{"repository":{"pullRequest":{"comments":{"nodes":[]}}}}})");
    write("stub/requests.json", "[]");
    write("summary", "");
    write("output", "");
    write("path", "");
    git("init -q -b main --bare ../origin.git");
    git("init -q -b main .");
    git("remote add origin ../origin.git");
    ask({"numpy <2"});
    solve({});
    commit("base");
    git("push -q origin main");
    git("checkout -q -b change");
  }

  [[nodiscard]] const Workspace& work() const { return work_; }
  [[nodiscard]] fs::path top() const { return work_.project(); }
  [[nodiscard]] fs::path here() const { return top() / folder_; }
  [[nodiscard]] fs::path bin() const { return work_.dir() / "bin"; }
  [[nodiscard]] fs::path stub() const { return work_.dir() / "stub"; }
  void write(const std::string& name, const std::string& text) const {
    work_.dir().write(name, text);
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    return read_file(work_.dir() / name);
  }

  void ask(const std::vector<std::string>& specs) const {
    std::string text = "channels: ['" +
                       work_.channel().lexically_relative(here()).generic_string() +
                       "']\nplatforms: [linux-64]\ndependencies:\n";
    for (const std::string& spec : specs) text += "  - " + spec + "\n";
    std::ofstream(here() / "environment.yml") << text;
  }
  void solve(std::vector<std::string> args) const {
    args.insert(args.begin(), "solve");
    RunOptions options = work_.options();
    options.cwd = here();
    REQUIRE(run_envlock(args, options).exit == 0);
  }
  void commit(const std::string& message) const {
    git("add -A");
    git("commit -q -m " + message);
  }
  std::string git(const std::string& line) const {
    const Outcome outcome = bash("git " + line, {});
    INFO("git " << line << "\n" << outcome.out << outcome.err);
    REQUIRE(outcome.exit == 0);
    return outcome.out;
  }

  /// As a runner runs a step.
  [[nodiscard]] Outcome bash(const std::string& script, Values env) const {
    const std::string dir = work_.dir().path().string();
    for (const auto& [name, value] : Values{{"GIT_CONFIG_GLOBAL", "/dev/null"},
                                            {"GIT_CONFIG_SYSTEM", "/dev/null"},
                                            {"GIT_AUTHOR_NAME", "n"},
                                            {"GIT_AUTHOR_EMAIL", "e"},
                                            {"GIT_COMMITTER_NAME", "n"},
                                            {"GIT_COMMITTER_EMAIL", "e"},
                                            {"PATH", bin().string() + ":/usr/bin:/bin"},
                                            {"STUB", stub().string()},
                                            {"RUNNER_TEMP", dir},
                                            {"GITHUB_STEP_SUMMARY", dir + "/summary"},
                                            {"GITHUB_OUTPUT", dir + "/output"},
                                            {"GITHUB_PATH", dir + "/path"},
                                            {"GITHUB_REPOSITORY", "owner/name"}})
      env.emplace(name, value);
    RunOptions options = work_.options(env);
    options.cwd = top();
    return run_program("/bin/bash", {"--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script},
                       options);
  }

  /// Runs the step of an action that has this name, with what its expressions stand for.
  [[nodiscard]] Outcome step(const std::string& action, const std::string& name, Values inputs = {},
                             const Values& others = {}) const {
    const fs::path folder = ci_dir / "github" / action;
    const YAML::Node document = YAML::LoadFile((folder / "action.yml").string());
    for (const auto& input : document["inputs"]) {
      const auto& fallback = input.second["default"];
      inputs.emplace(input.first.as<std::string>(), fallback.as<std::string>());
    }
    for (const auto& each : document["runs"]["steps"]) {
      if (each["name"].as<std::string>() != name) continue;
      CHECK(each["shell"].as<std::string>() == "bash");
      Values env{{"GITHUB_ACTION_PATH", folder.string()}};
      for (const auto& variable : each["env"]) {
        std::string text = variable.second.as<std::string>();
        std::smatch expression;
        if (std::regex_match(text, expression, std::regex(R"(\$\{\{ (.*) \}\})"))) {
          const std::string inner = expression[1];
          text = inner.starts_with("inputs.") && !inner.starts_with("inputs.base")
                     ? inputs.at(inner.substr(7))
                     : others.at(inner);
        }
        env[variable.first.as<std::string>()] = text;
      }
      return bash(each["run"].as<std::string>(), env);
    }
    throw std::runtime_error("no step '" + name + "'");
  }
  [[nodiscard]] Outcome check(const Values& inputs = {}) const {
    return step("check", "Check the lock", inputs, {{"inputs.base || github.base_ref", "main"}});
  }
  /// What a step wrote to GITHUB_OUTPUT under this name, last.
  [[nodiscard]] std::string output(const std::string& name) const {
    std::istringstream lines(read("output"));
    std::string value;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(name + "=")) value = line.substr(name.size() + 1);
    }
    return value;
  }
  [[nodiscard]] Outcome comment() const {
    return step("check", "Comment", {{"token", "secret"}},
                {{"github.event.pull_request.number", "7"},
                 {"steps.check.outputs.report", output("report")}});
  }
  [[nodiscard]] Outcome update() const {
    return step("update", "Lock again", {{"token", "secret"}}, {{"github.ref_name", "main"}});
  }

  /// Runs a job of the GitLab template.
  [[nodiscard]] Outcome job(const std::string& name, const LocalServer& api,
                            Values more = {}) const {
    const YAML::Node document = YAML::LoadFile((ci_dir / "gitlab.yml").string());
    Values env = std::move(more);
    for (const auto& variable : document[".envlock"]["variables"])
      env.emplace(variable.first.as<std::string>(), variable.second.as<std::string>());
    const std::string url = api.url();
    const std::string host_port = url.substr(std::string("http://").size());
    std::string base = bash("git rev-parse origin/main", {}).out;
    base.pop_back();
    for (const auto& [variable, value] :
         Values{{"CI_PROJECT_ID", "1"},
                {"CI_MERGE_REQUEST_PROJECT_ID", "1"},
                {"CI_MERGE_REQUEST_IID", "7"},
                {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"},
                {"CI_MERGE_REQUEST_DIFF_BASE_SHA", base},
                {"CI_API_V4_URL", url + "/api/v4"},
                {"CI_SERVER_PROTOCOL", "http"},
                {"CI_SERVER_HOST", "127.0.0.1"},
                {"CI_SERVER_PORT", host_port.substr(host_port.find(':') + 1)},
                {"CI_PROJECT_PATH", "group/name"},
                {"CI_DEFAULT_BRANCH", "main"},
                {"GIT_CONFIG_COUNT", "1"},
                {"GIT_CONFIG_KEY_0", "url." + (work_.dir() / "origin.git").string() + ".insteadOf"},
                {"GIT_CONFIG_VALUE_0", "http://envlock@" + host_port + "/group/name.git"}})
      env.emplace(variable, value);
    return bash(document[".envlock"]["before_script"][0].as<std::string>() + "\n" +
                    document[name]["script"][0].as<std::string>(),
                env);
  }

 private:
  Workspace work_;
  std::string folder_;
};

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

/// The fenced blocks of a Markdown file that are marked as YAML.
std::vector<std::string> yaml_blocks(const fs::path& file) {
  std::istringstream lines(read_file(file));
  std::vector<std::string> blocks;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "```yaml") {
      inside = true;
      blocks.emplace_back();
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      blocks.back() += line + "\n";
    }
  }
  REQUIRE_FALSE(inside);
  return blocks;
}

/// Every `run:` and `script:` below a node.
void collect_shell(const YAML::Node& node, std::vector<std::string>& into) {
  if (node.IsMap()) {
    for (const auto& entry : node) {
      const std::string key = entry.first.as<std::string>();
      if (entry.second.IsScalar() && key == "run") into.push_back(entry.second.as<std::string>());
      if (entry.second.IsSequence() && (key == "script" || key == "before_script")) {
        for (const auto& line : entry.second) into.push_back(line.as<std::string>());
      }
      collect_shell(entry.second, into);
    }
  } else if (node.IsSequence()) {
    for (const auto& each : node) collect_shell(each, into);
  }
}

}  // namespace

TEST_CASE(
    "ci: no shell of the actions, the template or the examples has an expression in its text") {
  std::vector<std::string> shell;
  for (const char* file : {"github/check/action.yml", "github/update/action.yml", "gitlab.yml"})
    collect_shell(YAML::LoadFile((ci_dir / file).string()), shell);
  CHECK(shell.size() >= 8);
  for (const std::string& block : yaml_blocks(source_dir / "docs/ci.md"))
    collect_shell(YAML::Load(block), shell);
  for (const std::string& script : shell) {
    INFO(script);
    CHECK(script.find("${{") == std::string::npos);
    CHECK(run_program("/bin/bash", {"-n", "-c", script}, {.cwd = "/"}).exit == 0);
  }
}

TEST_CASE("ci: the examples name files and inputs that there are") {
  const std::vector<std::string> blocks = yaml_blocks(source_dir / "docs/ci.md");
  std::size_t uses = 0;
  std::size_t hooks = 0;
  for (const std::string& block : blocks) {
    const YAML::Node document = YAML::Load(block);
    INFO(block);
    for (const auto& job : document["jobs"]) {
      for (const auto& step : job.second["steps"]) {
        const std::string name = step["uses"] ? step["uses"].as<std::string>() : "";
        const std::string prefix = "OWNER/envlock/";
        if (!name.starts_with(prefix)) continue;
        ++uses;
        const std::string path = name.substr(prefix.size(), name.find('@') - prefix.size());
        const YAML::Node action = YAML::LoadFile((source_dir / path / "action.yml").string());
        for (const auto& input : step["with"])
          CHECK(action["inputs"][input.first.as<std::string>()].IsDefined());
      }
    }
    for (const auto& include : document["include"])
      CHECK(fs::exists(source_dir / include["file"].as<std::string>().substr(1)));
    for (const auto& repository : document["repos"]) {
      for (const auto& hook : repository["hooks"]) {
        const YAML::Node known = YAML::LoadFile((source_dir / ".pre-commit-hooks.yaml").string());
        CHECK(known[0]["id"].as<std::string>() == hook["id"].as<std::string>());
        ++hooks;
      }
    }
  }
  CHECK(uses == 2);
  CHECK(hooks == 1);
}

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

TEST_CASE("ci: the hooks refuse a commit that the lock does not answer") {
  const Pipeline pipeline;
  const YAML::Node hook = YAML::LoadFile((source_dir / ".pre-commit-hooks.yaml").string())[0];
  const std::string entry = hook["entry"].as<std::string>();
  CHECK(pipeline.bash(entry, {}).exit == 0);
  const std::regex files(hook["files"].as<std::string>());
  for (const char* name : {"environment.yml", "a/environment.yaml", "envlock.lock", "x/dev.lock"})
    CHECK(std::regex_search(name, files));
  CHECK_FALSE(std::regex_search("my-environment.yml", files));
  fs::copy_file(ci_dir / "pre-commit", pipeline.top() / ".git/hooks/pre-commit");
  REQUIRE(::chmod((pipeline.top() / ".git/hooks/pre-commit").c_str(), 0755) == 0);
  pipeline.work().write("README", "text");
  pipeline.commit("readme");
  pipeline.ask({"numpy <2", "requests"});
  CHECK(pipeline.bash(entry, {}).exit == 1);
  CHECK(pipeline.bash("git commit -q -a -m stale", {}).exit != 0);
  pipeline.solve({});
  pipeline.commit("fresh");
}

}  // namespace envlock::test
