#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "model/baseline.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

namespace fs = std::filesystem;

/// A prefix with one package, its baseline, and a home of its own.
struct Audited {
  Audited() {
    Baseline baseline{*Platform::parse("linux-64"), sha256_of("lock"), {}, {}, {}, {}};
    baseline.packages.push_back({"lab", "1.0", "0", "linux-64", "https://repo.example/main",
                                 "lab-1.0-0.conda", sha256_of("archive")});
    for (const auto& [path, text] :
         {std::pair("bin/jupyter-lab", "#!/bin/sh\n"), {"etc/lab.yaml", "password: packaged\n"}}) {
      const fs::path file = dir.write("home/env/" + std::string(path), text);
      const bool executable = path[0] == 'b';
      fs::permissions(file, fs::perms(executable ? 0755 : 0644));
      BaselineFile entry;
      entry.path = path;
      entry.executable = executable;
      entry.size_bytes = std::string_view(text).size();
      entry.sha256 = sha256_of(text);
      baseline.files.push_back(entry);
    }
    dir.write("b.json", write_baseline(baseline));
  }

  /// The rules and places of the findings below the home, and how the program ended.
  std::string verify(const std::vector<std::string>& more,
                     std::map<std::string, std::string> env = {}) const {
    std::vector<std::string> args{"verify", "home/env", "--baseline", "b.json", "--json"};
    args.insert(args.end(), more.begin(), more.end());
    RunOptions options{dir.path()};
    env.emplace("HOME", (dir / "home").string());
    options.env = std::move(env);
    const Outcome outcome = run_envlock(args, options);
    CAPTURE(outcome.out, outcome.err);
    const auto json = nlohmann::json::parse(outcome.out);
    const std::string home = (dir / "home").string() + "/";
    std::string out;
    for (const auto& finding : json.at("result").at("findings")) {
      const std::string rule = finding.at("rule");
      std::string path = finding.at("path");
      // What this host has beside is not this test's business, nor is how /tmp is made.
      if (rule.substr(0, 3) != "EL4") continue;
      if (path.substr(0, home.size()) == home) path.replace(0, home.size(), "~/");
      if (path.empty() || path.front() != '/') out.append(rule).append(" ").append(path) += '\n';
    }
    return out;
  }

  TempDir dir;
};

}  // namespace

TEST_CASE("verify --audit tells what the host does with an environment, and only with --audit",
          "[e2e][verify]") {
  const Audited host;
  host.dir.write("home/.jupyter/jupyter_server_config.py", "c.ServerApp.ip = '*'\n");
  const std::map<std::string, std::string> env{{"PYTHONPATH", "/x"}};
  CHECK(host.verify({}, env).empty());
  CHECK(host.verify({"--audit"}, env) == "EL411 ~/.jupyter/jupyter_server_config.py\nEL404 \n");
}

TEST_CASE("verify --audit says how much it looked for where it found nothing", "[e2e][verify]") {
  const Audited host;
  RunOptions options{host.dir.path()};
  options.env = {{"HOME", (host.dir / "home").string()}};
  const std::vector<std::string> args{"verify", "home/env", "--baseline", "b.json"};
  CHECK_THAT(run_envlock(args, options).out, !Catch::Contains("audit of the host"));
  std::vector<std::string> audited = args;
  audited.push_back("--audit");
  const std::string told = run_envlock(audited, options).out;
  CHECK_THAT(told,
             Catch::Contains("audit of the host: ") && Catch::Contains(" places looked at, "));
  host.dir.write("home/.jupyter/jupyter_server_config.py", "c.ServerApp.ip = '*'\n");
  CHECK_THAT(run_envlock(audited, options).out, !Catch::Contains("nothing was found"));
}

TEST_CASE("verify --audit takes no packaged file for a secret, unless it was changed",
          "[e2e][verify]") {
  const Audited host;
  fs::permissions(host.dir.path(), fs::perms(0755));
  fs::permissions(host.dir / "home", fs::perms(0755));
  fs::permissions(host.dir / "home/env", fs::perms(0755));
  fs::permissions(host.dir / "home/env/etc", fs::perms(0755));
  CHECK(host.verify({"--audit"}).empty());
  host.dir.write("home/env/etc/lab.yaml", "password: hunter2\n");
  fs::permissions(host.dir / "home/env/etc/lab.yaml", fs::perms(0644));
  CHECK(host.verify({"--audit"}) == "EL431 etc/lab.yaml\n");
}

TEST_CASE("rules of the audit can be named in envlock.yml", "[e2e][verify]") {
  const Audited host;
  host.dir.write("home/.jupyter/jupyter_server_config.py", "c.ServerApp.allow_root = True\n");
  host.dir.write("envlock.yml", "policy:\n  severities: {allow-root: note}\n");
  RunOptions options{host.dir.path()};
  options.env = {{"HOME", (host.dir / "home").string()}};
  const Outcome outcome = run_envlock({"verify", "home/env", "--baseline", "b.json", "--audit",
                                       "--project", "envlock.yml", "--json"},
                                      options);
  CAPTURE(outcome.out, outcome.err);
  bool found = false;
  const auto json = nlohmann::json::parse(outcome.out);
  for (const auto& finding : json.at("result").at("findings")) {
    if (finding.at("rule") == "EL416") found = finding.at("severity") == "note";
  }
  CHECK(found);
}

}  // namespace envlock::test
