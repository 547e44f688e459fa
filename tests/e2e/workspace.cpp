#include "tests/e2e/workspace.hpp"

#include <catch2/catch.hpp>

#include "tests/support/lock_check.hpp"

namespace envlock::test {
namespace {

constexpr std::int64_t day_ms = 86'400'000;
constexpr std::int64_t base_ms = 1'704'067'200'000;  // 2024-01-01

void add_python(RepodataBuilder& repodata, const std::string& version, const std::string& glibc) {
  std::vector<std::string> depends = {"openssl >=3.2.0,<4.0a0", "libzlib >=1.2.13,<2.0a0"};
  if (!glibc.empty()) depends.push_back(glibc);
  repodata.add(PackageBuilder("python")
                   .version(version)
                   .build("h1_0_cpython")
                   .depends(depends)
                   .timestamp(base_ms));
}

/// One build for each python, as conda-forge has them.
void add_compiled(RepodataBuilder& repodata, const std::string& name, const std::string& version,
                  const std::vector<std::string>& depends, std::int64_t days) {
  for (const int minor : {11, 12}) {
    const std::string python = "3." + std::to_string(minor);
    std::vector<std::string> all = depends;
    all.push_back("python >=" + python + ",<3." + std::to_string(minor + 1) + ".0a0");
    repodata.add(PackageBuilder(name)
                     .version(version)
                     .build("py3" + std::to_string(minor) + "h0_0")
                     .depends(all)
                     .timestamp(base_ms + days * day_ms));
  }
}

void add_library(RepodataBuilder& repodata, const std::string& name, const std::string& version,
                 std::int64_t days) {
  repodata.add(
      PackageBuilder(name).version(version).build("h0_0").timestamp(base_ms + days * day_ms));
}

PackageBuilder pure(const std::string& name, const std::string& version, std::int64_t days) {
  PackageBuilder package(name);
  package.version(version).build("pyh0_0").noarch("python").timestamp(base_ms + days * day_ms);
  return package;
}

RepodataBuilder platform_repodata(const std::string& subdir, bool newer) {
  const bool linux_os = subdir == "linux-64";
  RepodataBuilder repodata(subdir);
  const std::string glibc = linux_os ? "__glibc >=2.17,<3.0.a0" : "__osx >=11.0";
  add_python(repodata, "3.11.9", glibc);
  add_python(repodata, "3.12.5", glibc);
  add_compiled(repodata, "numpy", "1.26.4", {}, 10);
  add_compiled(repodata, "numpy", "2.1.0", {}, 200);
  add_compiled(repodata, "pandas", "2.2.2", {"numpy >=1.22.4"}, 120);
  add_library(repodata, "openssl", "3.2.0", 0);
  add_library(repodata, "openssl", "3.3.1", 150);
  add_library(repodata, "libzlib", "1.2.13", 0);
  add_library(repodata, "libzlib", "1.3.1", 30);
  repodata.add(PackageBuilder("torch").version("2.4.0").build("cpu_h0_0").timestamp(base_ms));
  if (linux_os) {
    repodata.add(PackageBuilder("torch")
                     .version("2.4.0")
                     .build("cuda_h0_200")
                     .depends({"__cuda >=12"})
                     .timestamp(base_ms));
  }
  if (newer) {
    add_compiled(repodata, "numpy", "2.2.0", {}, 340);
    add_library(repodata, "openssl", "3.4.0", 330);
  }
  return repodata;
}

void write_channel(const std::filesystem::path& dir, bool newer) {
  platform_repodata("linux-64", newer).write(dir, true);
  platform_repodata("osx-arm64", newer).write(dir, true);
  RepodataBuilder noarch("noarch");
  noarch.add(
      pure("requests", "2.31.0", 5).depends({"python >=3.8", "urllib3 >=1.21.1,<3", "certifi"}));
  noarch.add(
      pure("requests", "2.32.3", 140).depends({"python >=3.8", "urllib3 >=1.21.1,<3", "certifi"}));
  noarch.add(pure("urllib3", "2.2.1", 50).depends({"python >=3.8"}));
  noarch.add(pure("certifi", "2024.7.4", 180).depends({"python >=3.7"}));
  if (newer) noarch.add(pure("urllib3", "2.3.0", 350).depends({"python >=3.8"}));
  noarch.write(dir, true);
}

}  // namespace

Workspace::Workspace() {
  write_channel(channel(), false);
  std::filesystem::create_directory(project());
}

void Workspace::publish_newer() const { write_channel(channel(), true); }

void Workspace::environment(const std::vector<std::string>& specs) const {
  std::string text = "channels:\n  - ../channel\nplatforms:\n  - linux-64\ndependencies:\n";
  for (const std::string& spec : specs) text += "  - " + spec + "\n";
  write("environment.yml", text);
}

void Workspace::write(const std::string& name, const std::string& text) const {
  dir_.write("project/" + name, text);
}

std::string Workspace::read(const std::string& name) const { return read_file(project() / name); }

bool Workspace::exists(const std::string& name) const {
  return std::filesystem::exists(project() / name);
}

RunOptions Workspace::options(std::map<std::string, std::string> env) const {
  env.emplace("ENVLOCK_CACHE_DIR", (dir_ / "cache").string());
  return {.cwd = project(), .env = std::move(env)};
}

Outcome Workspace::run(const std::vector<std::string>& args) const {
  return run_envlock(args, options());
}

Json Workspace::json(std::vector<std::string> args) const {
  const std::string command = args.front();
  args.emplace_back("--json");
  return require_envelope(run(args), command);
}

void Workspace::solve(std::vector<std::string> args) const {
  args.insert(args.begin(), "solve");
  const Outcome outcome = run(args);
  INFO(outcome.out << outcome.err);
  REQUIRE(outcome.exit == 0);
}

std::string Workspace::locked(const std::string& name, const std::string& platform) const {
  const Json lock = Json::parse(this->lock());
  for (const Json& package : lock.at("platforms").at(platform).at("packages")) {
    if (package.at("name") == name) {
      return package.at("version").get<std::string>() + " " +
             package.at("build").get<std::string>();
    }
  }
  return "";
}

std::string Workspace::lock_problems() const {
  std::string all;
  for (const std::string& problem : LockCheck().problems(project() / "envlock.lock")) {
    all += problem + "\n";
  }
  return all;
}

Json require_envelope(const Outcome& outcome, const std::string& command) {
  INFO("stdout: " << outcome.out << "\nstderr: " << outcome.err);
  REQUIRE_FALSE(outcome.out.empty());
  REQUIRE(outcome.out.back() == '\n');
  const Json document = Json::parse(outcome.out);  // one document: trailing text would not parse
  REQUIRE(document.is_object());
  REQUIRE(document.at("schema") == 1);
  REQUIRE(document.at("command") == command);
  REQUIRE(document.at("exit_code") == outcome.exit);
  REQUIRE(document.at("ok") == (outcome.exit == 0 || outcome.exit == 1));
  if (document.at("ok")) {
    REQUIRE(document.at("result").is_object());
    REQUIRE_FALSE(document.contains("error"));
  } else {
    const Json& error = document.at("error");
    REQUIRE(error.at("kind").is_string());
    REQUIRE_FALSE(error.at("message").get<std::string>().empty());
    REQUIRE(error.at("hint").is_string());
    REQUIRE(error.at("details").is_object());
    REQUIRE_FALSE(document.contains("result"));
  }
  return document;
}

}  // namespace envlock::test
