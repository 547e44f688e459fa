#pragma once

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/e2e/packing.hpp"
#include "tests/support/local_server.hpp"
#include "yaml-cpp/yaml.h"

// docs/ci: the shell of the actions, the template and the hooks is taken out of the files that
// users copy or refer to, and run on a repository with a remote of its own.

namespace envlock::test {

namespace fs = std::filesystem;
using Values = std::map<std::string, std::string>;

inline const fs::path source_dir(ENVLOCK_SOURCE_DIR);
inline const fs::path ci_dir = source_dir / "docs/ci";

inline void make_program(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
  REQUIRE(::chmod(file.c_str(), 0755) == 0);
}

inline std::string calls_envlock() {
  return "#!/bin/sh\nexec '" + envlock_program() + "' \"$@\"\n";
}

/// What stands for `gh`: it notes its arguments, answers queries from comments.json by jq, and
/// keeps the body that it was given.
inline constexpr const char* stub_gh = R"HELP(#!/bin/sh
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

}  // namespace envlock::test
