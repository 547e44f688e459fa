// docs/ci.md: its examples, and the hooks.

#include "tests/e2e/ci_pipeline.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;

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
  // The work tree is in order, and the commit would not be.
  for (const char* const left : {"envlock.lock", "environment.yml"}) {
    CAPTURE(left);
    pipeline.git("add -A");
    pipeline.git(std::string("reset -q -- ") + left);
    const Outcome half = pipeline.bash("git commit -q -m half", {});
    CHECK(half.exit != 0);
    CHECK_THAT(half.err + half.out,
               Catch::Contains('\'' + std::string(left) + "' is not staged as it is in the work"));
  }
  // Nor one without a lock that git does not know yet.
  pipeline.git("rm -q --cached envlock.lock");
  CHECK(pipeline.bash("git commit -q -m none", {}).exit != 0);
  pipeline.commit("fresh");
}

}  // namespace envlock::test
