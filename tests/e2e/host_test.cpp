#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "model/host_description.hpp"
#include "tests/e2e/workspace.hpp"

namespace envlock::test {
namespace {

constexpr const char* rhel8_node =
    R"({"host_version": 1, "platform": "linux-64", "kernel": "4.18.0-553.el8_10.x86_64",
        "x86_64_level": 3, "glibc": "2.28", "nvidia_driver": "535.104.05"})";

HostDescription described(const std::string& text) {
  return read_host_description(text, "host.json");
}

/// What both ways of describing a machine find: nvidia-smi is asked by the script alone.
HostDescription common_part(HostDescription host) {
  host.compute_capabilities.clear();
  host.target.reset();
  return host;
}

/// What the script prints in a shell.
std::string by_script(const Workspace& work, const std::vector<std::string>& shell,
                      const std::string& script, const std::string& folder) {
  RunOptions options = work.options();
  options.input = script;
  std::vector<std::string> args(shell.begin() + 1, shell.end());
  args.emplace_back("-s");
  if (!folder.empty()) args.push_back(folder);
  const Outcome outcome = run_program(shell.front(), args, options);
  INFO(outcome.err);
  CHECK(outcome.exit == 0);
  CHECK(outcome.err.empty());
  return outcome.out;
}

/// The shells of the usual systems that are here.
std::vector<std::vector<std::string>> shells() {
  std::vector<std::vector<std::string>> out;
  for (const std::vector<std::string>& shell :
       std::vector<std::vector<std::string>>{{"/bin/sh"},
                                             {"/usr/bin/dash"},
                                             {"/bin/bash", "--posix"},
                                             {"/bin/busybox", "sh"},
                                             {"/usr/bin/mksh"},
                                             {"/usr/bin/ksh"}}) {
    if (::access(shell.front().c_str(), X_OK) == 0) out.push_back(shell);
  }
  return out;
}

}  // namespace

TEST_CASE("host: it prints this machine's description, or writes it", "[e2e]") {
  const Workspace work;
  const Outcome printed = work.run({"host"});
  CHECK(printed.exit == 0);
  const HostDescription host = described(printed.out);
  CHECK(host.platform == Platform::host());
  CHECK_FALSE(host.target);
  CHECK(work.run({"host", "-o", "host.json"}).exit == 0);
  CHECK(work.read("host.json") == printed.out);
  CHECK(work.json({"host"}).at("result").at("host") == Json::parse(printed.out));
}

TEST_CASE("host: --prefix describes the place of an environment that is not there yet", "[e2e]") {
  const Workspace work;
  const auto target = described(work.run({"host", "--prefix", "new/env"}).out).target;
  REQUIRE(target);
  CHECK(target->path == (work.project() / "new/env").string());
  CHECK(target->writable == true);
  CHECK_FALSE(work.exists("new"));
}

TEST_CASE("host: what overrides it is told and written down", "[e2e]") {
  const Workspace work;
  const Outcome outcome = run_envlock(
      {"host"}, work.options({{"CONDA_OVERRIDE_CUDA", "12.4"}, {"CONDA_OVERRIDE_GLIBC", "2.17"}}));
  CHECK(outcome.exit == 0);
  CHECK_THAT(outcome.err, Catch::Contains("CONDA_OVERRIDE_CUDA is set to '12.4'"));
  const HostDescription host = described(outcome.out);
  CHECK(host.cuda->text() == "12.4");
  CHECK(host.glibc->text() == "2.17");
  CHECK(host.overrides.size() == 2);
  CHECK(run_envlock({"host"}, work.options({{"CONDA_OVERRIDE_CUDA", "new"}})).exit == 3);
}

TEST_CASE("host-script: every shell prints what envlock finds", "[e2e]") {
  const Workspace work;
  const std::string script = work.run({"host-script"}).out;
  const HostDescription expected = described(work.run({"host"}).out);
  for (const std::vector<std::string>& shell : shells()) {
    INFO(shell.front());
    const HostDescription found = described(by_script(work, shell, script, ""));
    CHECK(common_part(found) == common_part(expected));
    CHECK_FALSE(found.target);
  }
}

TEST_CASE("host-script: of a folder it tells what envlock tells", "[e2e]") {
  const Workspace work;
  const std::string script = work.run({"host-script"}).out;
  const std::string folder = (work.project() / "an odd \"name\" \\ here/env").string();
  const auto expected = described(work.run({"host", "--prefix", folder}).out).target;
  REQUIRE(expected);
  for (const std::vector<std::string>& shell : shells()) {
    INFO(shell.front());
    const auto found = described(by_script(work, shell, script, folder)).target;
    REQUIRE(found);
    CHECK(found->path == expected->path);
    CHECK(found->noexec == expected->noexec);
    CHECK(found->writable == expected->writable);
    REQUIRE(found->free_bytes);
    CHECK(*found->free_bytes > 0);
  }
}

TEST_CASE("host-script: no line needs more than POSIX or writes a file", "[e2e]") {
  const Workspace work;
  const std::string script = work.run({"host-script"}).out;
  CHECK(script.substr(0, 10) == "#!/bin/sh\n");
  CHECK(script.find('\r') == std::string::npos);
  for (const char* no : {"[[", "function ", "local ", "<<<", "$'", "=~"})
    CHECK(script.find(no) == std::string::npos);
  CHECK(work.json({"host-script"}).at("result").at("document") == script);
}

TEST_CASE("solve: --virtual-package host:FILE assumes that machine", "[e2e]") {
  const Workspace work;
  work.environment({"torch"});
  work.write("node.json", rhel8_node);
  work.solve({"--virtual-package", "host:node.json"});
  const Json packages =
      Json::parse(work.lock()).at("platforms").at("linux-64").at("virtual_packages");
  std::string told;
  for (const Json& one : packages)
    told += one.at("name").get<std::string>() + "=" + one.at("version").get<std::string>() + " ";
  CHECK(told == "__archspec=1 __cuda=12.2 __glibc=2.28 __linux=4.18.0 __unix=0 ");
  CHECK_THAT(work.lock(), !Catch::Contains("node.json"));
}

TEST_CASE("solve: envlock.yml names hosts", "[e2e]") {
  const Workspace work;
  work.environment({"torch"});
  work.write("hosts/node.json", rhel8_node);
  work.write("envlock.yml", "hosts:\n  node: hosts/node.json\n  other: hosts/gone.json\n");
  work.solve({"--virtual-package", "host:node"});
  CHECK_THAT(work.lock(), Catch::Contains("\"__cuda\""));
  CHECK(work.run({"solve", "--virtual-package", "host:other"}).exit == 7);
  const Outcome unknown = work.run({"solve", "--virtual-package", "host:nodes"});
  CHECK(unknown.exit == 7);
  CHECK_THAT(unknown.err, Catch::Contains("node, other"));
}

TEST_CASE("solve: a host of another platform, two of one, or 'none' beside it are refused",
          "[e2e]") {
  const Workspace work;
  work.environment({"torch"});
  work.write("node.json", rhel8_node);
  work.write("arm.json", R"({"host_version": 1, "platform": "linux-aarch64"})");
  work.write("bad.json", R"({"host_version": 1, "platform": "linux-64", "gpu": true})");
  const auto exit = [&](std::vector<std::string> values) {
    std::vector<std::string> args{"solve"};
    for (std::string& value : values) {
      args.emplace_back("--virtual-package");
      args.push_back(std::move(value));
    }
    return work.run(args).exit;
  };
  CHECK(exit({"host:arm.json"}) == 2);
  CHECK(exit({"host:node.json", "host:node.json"}) == 2);
  CHECK(exit({"host:node.json", "none"}) == 2);
  CHECK(exit({"host:bad.json"}) == 3);
  CHECK_FALSE(work.exists("envlock.lock"));
}

}  // namespace envlock::test
