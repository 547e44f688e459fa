// What pip is told: which projects conda provides, and what the target's interpreter is.

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "cli/pip_messages.hpp"
#include "cli/pip_names.hpp"
#include "cli/pip_project.hpp"
#include "cli/pip_target.hpp"
#include "tests/cli/small_lock.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
using Texts = std::vector<std::string>;

Platform platform(const char* name) { return Platform::parse(name).value(); }

Texts names(const std::vector<LockedPackage>& packages, const PypiRules& rules = {}) {
  Texts found;
  for (const ProvidedProject& one : provided_projects(packages, rules))
    found.push_back(one.project + "==" + one.version);
  return found;
}

LockPlatform with_python(const std::string& version, const std::string& build,
                         std::vector<VirtualPackage> assumed) {
  LockPlatform content;
  content.packages.push_back(locked("python", version, {}));
  content.packages.back().record.build = build;
  content.virtual_packages = std::move(assumed);
  return content;
}

PipTarget target(const char* name, const LockPlatform& content) {
  const auto found = pip_target(platform(name), content);
  if (const auto* why = std::get_if<std::string>(&found)) FAIL(*why);
  return std::get<PipTarget>(found);
}

std::string refusal(const std::string& json, const Texts& extras = {}) {
  try {
    (void)read_local_project(json, "pyproject.toml", extras, "3.12.1");
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("provided_projects: what needs python is the project of its name, unless told otherwise",
          "[pip]") {
  const std::vector<LockedPackage> packages{
      locked("Typing_Extensions", "4.12", {"python >=3.8"}),
      locked("graphviz", "12.0", {"libzlib"}), locked("python", "3.12.1", {}),
      locked("pytorch", "2.5.1", {"python >=3.12"}), locked("matplotlib-base", "3.9.0", {"python"}),
      locked("our-build", "1.0", {"python"}), locked("odd", "2024b_x", {"python"}),
      locked("rc", "1.0rc1", {"python"}),
      // No project can have these names.
      locked("_anaconda_depends", "1", {"python"}), locked("odd_", "1", {"python"})};
  CHECK(names(packages) == Texts{"matplotlib==3.9.0", "odd==", "our-build==1.0", "rc==1.0rc1",
                                 "torch==2.5.1", "typing-extensions==4.12"});
  PypiRules rules;
  rules.names = {{"our-build", {"one", "two"}}, {"graphviz", {"graphviz"}}, {"odd", {}}};
  CHECK(names(packages, rules) == Texts{"graphviz==12.0", "matplotlib==3.9.0", "one==1.0",
                                        "rc==1.0rc1", "torch==2.5.1", "two==1.0",
                                        "typing-extensions==4.12"});
}

TEST_CASE("pip_messages: warnings and errors stay, however much pip says between them", "[pip]") {
  std::string log = "WARNING: tool 1.0 does not provide the extra 'fast'\n\n";
  for (int i = 0; i < 500; ++i) log += "Collecting package" + std::to_string(i) + " \r\n";
  log += "\x1b[31mERROR: first\x1b[0m\nERROR: first\n";
  for (int i = 0; i < 100; ++i) log += "  candidate " + std::to_string(i) + "\n";
  log += "ERROR: ResolutionImpossible: for help visit x";
  const Texts lines = pip_messages(log);
  REQUIRE(lines.size() == 63);
  CHECK(lines[0] == "WARNING: tool 1.0 does not provide the extra 'fast'");
  CHECK(lines[1] == "ERROR: first");
  CHECK(lines[2] == "  candidate 40");
  CHECK(lines.back() == "ERROR: ResolutionImpossible: for help visit x");

  std::string flood;
  for (int i = 0; i < 5000; ++i) flood += "WARNING: " + std::to_string(i) + '\n';
  flood += "WARNING: a 1 does not provide the extra 'b'";
  CHECK(pip_messages(flood).size() == 2001);
  CHECK(tells_of_missing_extra(pip_messages(flood).back()));
}

TEST_CASE("pip_found_nothing: a pip that broke has not found that there is nothing", "[pip]") {
  CHECK(
      pip_found_nothing({"ERROR: Cannot install a and b because these package versions have "
                         "conflicting dependencies.",
                         "ERROR: ResolutionImpossible: for help visit x"}));
  CHECK(pip_found_nothing({"WARNING: x", "ERROR: No matching distribution found for a"}));
  CHECK(pip_found_nothing(
      {"ERROR: Package 'a' requires a different Python: 3.11.2 not in '>=3.12'"}));
  CHECK_FALSE(pip_found_nothing({"ERROR: Exception:", "Traceback (most recent call last):",
                                 "pip._vendor.packaging.version.InvalidVersion: ''"}));
  CHECK_FALSE(pip_found_nothing(
      {"ERROR: No matching distribution found for a", "Traceback (most recent call last):"}));
  CHECK_FALSE(pip_found_nothing({"Usage:", "no such option: --report"}));
  CHECK_FALSE(pip_found_nothing({"Collecting a-No matching distribution"}));
  CHECK_FALSE(pip_found_nothing({}));
}

TEST_CASE("pip_target: tags and markers of the locked environment, not of this machine", "[pip]") {
  const PipTarget intel =
      target("linux-64", with_python("3.12.7", "h1_0_cpython", {{"__glibc", "2.17", "0"}}));
  CHECK(intel.abi == "cp312");
  CHECK(intel.platforms.front() == "manylinux_2_17_x86_64");
  CHECK(intel.platforms.at(1) == "manylinux2014_x86_64");
  CHECK(intel.platforms.back() == "linux_x86_64");
  CHECK(std::ranges::count(intel.platforms, "manylinux1_x86_64") == 1);
  CHECK(intel.markers.at("python_version") == "3.12");
  CHECK(intel.markers.at("python_full_version") == "3.12.7");
  const PipTarget arm =
      target("linux-aarch64", with_python("3.13.0", "h1_2_cp313t", {{"__glibc", "2.28", "0"}}));
  CHECK(arm.abi == "cp313t");
  CHECK(arm.platforms.front() == "manylinux_2_28_aarch64");
  CHECK(std::ranges::count(arm.platforms, "manylinux_2_16_aarch64") == 0);
  const PipTarget mac = target("osx-arm64", with_python("3.12.7", "0", {{"__osx", "13.4", "0"}}));
  CHECK(mac.platforms == Texts{"macosx_13_0_arm64"});
  CHECK(mac.markers.at("sys_platform") == "darwin");
  CHECK(target("osx-64", with_python("3.12.7", "0", {{"__osx", "10.13", "0"}})).platforms ==
        Texts{"macosx_10_13_x86_64"});
  const PipTarget windows = target("win-64", with_python("3.12.7", "0", {}));
  CHECK(windows.platforms == Texts{"win_amd64"});
  CHECK(windows.markers.at("platform_machine") == "AMD64");

  const auto why = [](const char* name, const LockPlatform& content) {
    return std::get<std::string>(pip_target(platform(name), content));
  };
  CHECK_THAT(why("linux-64", {}), Contains("no python"));
  CHECK_THAT(why("linux-64", with_python("3.12.7", "0", {})), Contains("__glibc"));
  CHECK_THAT(why("osx-arm64", with_python("3.12.7", "0", {})), Contains("__osx"));
  CHECK_THAT(why("linux-64", with_python("3.10.1", "0_73_pypy", {{"__glibc", "2.28", "0"}})),
             Contains("CPython"));
  CHECK_THAT(why("linux-riscv64", with_python("3.12.7", "0", {})), Contains("not known"));
}

TEST_CASE("read_local_project: static metadata with the extras that were asked for", "[pip]") {
  const LocalProject project = read_local_project(
      R"({"name": "My_Tool", "dynamic": ["version"], "dependencies": ["a>=1"], "unknown": 1,
          "requires-python": ">=3.10",
          "optional-dependencies": {"all": ["my-tool[Dev_X]", "b"], "dev-x": ["c"], "no": ["d"]}})",
      "pyproject.toml", {"all"}, "3.12.1");
  CHECK(project.name == "My_Tool");
  CHECK(project.version == dynamic_version);
  CHECK(project.dependencies == Texts{"a>=1", "b", "c"});
  CHECK_THAT(refusal("null"), Contains("runs its code"));
  CHECK_THAT(refusal("[]"), Contains("no [project]"));
  CHECK_THAT(refusal("{}"), Contains("without name"));
  CHECK_THAT(refusal(R"({"name": "a", "version": "x"})"), Contains("version"));
  CHECK_THAT(refusal(R"({"name": "a", "dynamic": ["dependencies"]})"), Contains("is dynamic"));
  CHECK_THAT(refusal(R"({"name": "a", "requires-python": "<3.12"})"),
             Contains("needs python <3.12"));
  CHECK_THAT(refusal(R"({"name": "a", "dependencies": "b"})"), Contains("dependencies"));
  CHECK_THAT(refusal(R"({"name": "a"})", {"dev"}), Contains("no extra 'dev'"));
}

}  // namespace envlock::test
