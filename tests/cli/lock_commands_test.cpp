// why, tree and export over a lock on disk.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/export_text.hpp"
#include "tests/cli/run_in_process.hpp"
#include "tests/cli/small_lock.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

using nlohmann::json;

/// A folder with the small lock in it.
struct LockDir {
  TempDir dir;
  std::string lock = dir.write("envlock.lock", write_lockfile(small_lock())).string();
};

json result_of(const InProcess& run) {
  INFO(run.err << run.out);
  const json document = json::parse(run.out);
  REQUIRE(document.at("ok") == true);
  return document.at("result");
}

}  // namespace

TEST_CASE("why: who needs it, what it is held back by, and the ways from what was asked for") {
  const LockDir at;
  const InProcess run = run_cli({"why", "openssl", at.lock, "--platform", "linux-64"});
  CHECK(run.exit == 0);
  CHECK(run.out ==
        "openssl 3.3.2 h1_0 (conda-forge, linux-64)\n"
        "\n"
        "needed by\n"
        "  python 3.12.7  openssl >=3.3,<4.0a0\n"
        "\n"
        "what you asked for that leads to it, shortest way first\n"
        "  python -> openssl  (environment.yml: python 3.12.*, environment.yml: python !=3.12.0)\n"
        "  numpy -> python -> openssl  (environment.yml: numpy)\n");
}

TEST_CASE("why: --json has needers, constraints and chains with the spec of each link") {
  const LockDir at;
  const json result = result_of(run_cli({"why", "pip", at.lock, "--platform=linux-64", "--json"}));
  CHECK(result.at("requested") == false);
  CHECK(result.at("needed_by") ==
        json::array({{{"name", "python"}, {"version", "3.12.7"}, {"spec", "pip"}}}));
  CHECK(result.at("constrained_by") ==
        json::array({{{"name", "numpy"}, {"version", "2.1.0"}, {"spec", "pip >=20"}}}));
  const json& chain = result.at("chains").at(1);
  CHECK(chain.at("requests") == json::array({{{"file", "environment.yml"}, {"spec", "numpy"}}}));
  CHECK(chain.at("links").at(1) ==
        json{{"name", "python"}, {"version", "3.12.7"}, {"spec", "python >=3.12,<3.13.0a0"}});
}

TEST_CASE("why: a virtual package is answered too") {
  const LockDir at;
  const InProcess run = run_cli({"why", "__glibc", at.lock, "--platform", "linux-64"});
  CHECK_THAT(run.out, Catch::StartsWith("__glibc 2.28 0 (assumed of the target, linux-64)\n"));
  CHECK_THAT(run.out, Catch::Contains("openssl 3.3.2  __glibc >=2.17,<3.0.a0"));
}

TEST_CASE("why: a name that is not locked is exit 2 with the nearest one") {
  const LockDir at;
  const InProcess run = run_cli({"why", "openss", at.lock, "--platform", "linux-64"});
  CHECK(run.exit == 2);
  CHECK(run.err ==
        "envlock: error: no package 'openss' is locked for linux-64\n"
        "  hint: did you mean 'openssl'?\n");
}

TEST_CASE("tree: each part is drawn once, and what needs each other is said") {
  const LockDir at;
  const InProcess run = run_cli({"tree", at.lock, "--platform", "linux-64"});
  CHECK(run.exit == 0);
  CHECK(run.out ==
        "numpy 2.1.0\n"
        "└─ python 3.12.7\n"
        "   ├─ openssl 3.3.2\n"
        "   ├─ pip 24.2\n"
        "   │  └─ python 3.12.7 (needs each other)\n"
        "   └─ tzdata 2024b\n"
        "python 3.12.7 (see above)\n");
}

TEST_CASE("tree: --depth ends it early, -v adds build and channel") {
  const LockDir at;
  const InProcess flat = run_cli({"tree", at.lock, "--platform=linux-64", "--depth", "0"});
  CHECK(flat.out == "numpy 2.1.0\npython 3.12.7\n");
  const InProcess one = run_cli({"tree", at.lock, "--platform=linux-64", "--depth=1", "-v"});
  CHECK(one.out ==
        "numpy 2.1.0 h1_0 (conda-forge)\n"
        "└─ python 3.12.7 h1_0 (conda-forge)\n"
        "python 3.12.7 h1_0 (conda-forge)\n"
        "├─ openssl 3.3.2 h1_0 (conda-forge)\n"
        "├─ pip 24.2 h1_0 (conda-forge)\n"
        "└─ tzdata 2024b h1_0 (conda-forge)\n");
  CHECK(run_cli({"tree", at.lock, "--platform=linux-64", "--depth=-1"}).exit == 2);
}

TEST_CASE("tree: packages that nothing asked for are listed apart") {
  Lockfile lock = small_lock();
  lock.platforms.begin()->second.packages.push_back(locked("zlib", "1.3", {}));
  const TempDir dir;
  const std::string file = dir.write("envlock.lock", write_lockfile(lock)).string();
  const InProcess run = run_cli({"tree", file, "--platform=linux-64", "--depth=0"});
  CHECK(run.out ==
        "numpy 2.1.0\npython 3.12.7\nnot needed by anything that you asked for:\nzlib 1.3\n");
}

TEST_CASE("tree: --json lists each package once with what it needs") {
  const LockDir at;
  const json result = result_of(run_cli({"tree", at.lock, "--platform=linux-64", "--json"}));
  REQUIRE(result.at("packages").size() == 5);
  CHECK(result.at("packages").at(0) ==
        json{{"name", "numpy"},
             {"version", "2.1.0"},
             {"build", "h1_0"},
             {"channel", "conda-forge"},
             {"requested", true},
             {"needs", {{{"name", "python"}, {"spec", "python >=3.12,<3.13.0a0"}}}}});
}

TEST_CASE("export: to standard output, to a file, and as result.document") {
  const LockDir at;
  const std::string expected = explicit_list(small_lock(), Platform::parse("linux-64").value());
  const std::vector<std::string> base{"export",   at.lock,      "--format",
                                      "explicit", "--platform", "linux-64"};
  CHECK(run_cli(base).out == expected);

  std::vector<std::string> to_file = base;
  to_file.insert(to_file.end(), {"-o", (at.dir / "out.txt").string()});
  const InProcess written = run_cli(to_file);
  CHECK(written.exit == 0);
  CHECK(written.out.empty());
  CHECK(read_file(at.dir / "out.txt") == expected);

  std::vector<std::string> as_json = base;
  as_json.emplace_back("--json");
  const json result = result_of(run_cli(as_json));
  CHECK(result.at("document") == expected);
  CHECK(result.at("format") == "explicit");
}

TEST_CASE("export: without a format, or with one that is none, exit 2 names the choices") {
  const LockDir at;
  const InProcess none = run_cli({"export", at.lock});
  CHECK(none.exit == 2);
  CHECK_THAT(none.err, Catch::Contains("'environment', 'requirements', 'conda-lock' or 'pixi'"));
  CHECK(run_cli({"export", at.lock, "--format", "conda"}).exit == 2);
}

TEST_CASE("export: a file that cannot be written is exit 7, and nothing is printed") {
  const LockDir at;
  const InProcess run = run_cli({"export", at.lock, "--format", "explicit", "--platform",
                                 "linux-64", "-o", (at.dir / "no/such/folder.txt").string()});
  CHECK(run.exit == 7);
  CHECK(run.out.empty());
}

TEST_CASE("lock commands: a missing lock is exit 7 with the command that makes one") {
  const TempDir dir;
  const InProcess run = run_cli({"tree", (dir / "envlock.lock").string()});
  CHECK(run.exit == 7);
  CHECK_THAT(run.err, Catch::Contains("there is no lock '") && Catch::Contains("envlock solve"));
}

TEST_CASE("lock commands: another tool's lock is exit 3 with the command that takes it over") {
  const TempDir dir;
  const std::string lock =
      dir.write("list.txt", "@EXPLICIT\nhttps://conda.example/forge/noarch/a-1-0.conda\n").string();
  const InProcess run = run_cli({"why", "a", lock});
  CHECK(run.exit == 3);
  CHECK_THAT(run.err, Catch::Contains("is an explicit list, no lock of envlock") &&
                          Catch::Contains("envlock import " + lock));
}

TEST_CASE("lock commands: a lock that is none is exit 3 with its name") {
  const TempDir dir;
  const std::string lock = dir.write("envlock.lock", "<<<<<<< HEAD\n{}").string();
  const InProcess run = run_cli({"tree", lock});
  CHECK(run.exit == 3);
  CHECK_THAT(run.err, Catch::Contains("envlock.lock"));
}

TEST_CASE("lock commands: a platform that the lock lacks is exit 2 with those that it has") {
  const LockDir at;
  const InProcess run = run_cli({"tree", at.lock, "--platform", "win-64"});
  CHECK(run.exit == 2);
  CHECK(run.err ==
        "envlock: error: the lock has no platform 'win-64'\n"
        "  hint: its platforms are linux-64\n");
}

}  // namespace envlock::test
