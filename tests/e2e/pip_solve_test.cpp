// `pip:` lists: the runnable channel's own pip resolves them, over an index of the tests' own.

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "model/digest.hpp"
#include "tests/e2e/pip_work.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
using Texts = std::vector<std::string>;
namespace fs = std::filesystem;

}  // namespace

TEST_CASE("pip: a list is locked with digests, and conda's packages count as installed", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  for (const auto form : {WheelIndex::Form::json, WheelIndex::Form::html}) {
    PipWork env(*channel, form);
    const TestWheel tool = wheel(
        "My_Tool", "2.0",
        {"helper>=1", "numpy>=1.20", "winonly; sys_platform == 'win32'", "fast; extra == 'fast'"});
    env.index.add(tool).add(wheel("helper", "1.5")).add(wheel("numpy", "9.0"));
    // Somebody's settings have no say.
    env.work.write(".config/pip/pip.conf", "[global]\nindex-url = http://127.0.0.1:1/no\n");
    env.ask({"my-tool ==2.*", "skipped; python_version < '3'"});
    const Outcome outcome =
        run_envlock({"solve"}, env.work.options({{"PIP_INDEX_URL", "http://127.0.0.1:1/no"},
                                                 {"PIP_CONFIG_FILE", "/nowhere"}}));
    INFO(outcome.err);
    REQUIRE(outcome.exit == 0);
    CHECK_THAT(outcome.out,
               Contains("by pip: 2 packages from 127.0.0.1:") && Contains("my-tool 2.0"));
    const Json lock = env.lock();
    CHECK(lock["complete"] == true);
    CHECK_FALSE(lock.contains("incomplete"));
    CHECK(lock["inputs"]["files"][0]["pip"].size() == 2);
    CHECK(env.locked() == Texts{"helper 1.5", "my-tool 2.0"});
    const Json& first = lock["platforms"]["linux-64"]["pypi"][1];
    CHECK(first["sha256"] == sha256_of(tool.bytes()).hex());
    CHECK(first["url"] == env.index.file_url(tool.file_name()));
    CHECK(first["requested"] == true);
    CHECK(first["requires"].size() == 4);
    CHECK_FALSE(lock["platforms"]["linux-64"]["pypi"][0].contains("requested"));
    if (form == WheelIndex::Form::json) CHECK(first["size"] == tool.bytes().size());
    CHECK(env.work.lock().find("127.0.0.1:1/") == std::string::npos);
    CHECK(env.run({"solve", "--check"}).exit == 0);

    // Where markers leave nothing, nothing is locked, and that is complete.
    env.ask({"skipped; python_version < '3'"});
    env.solve();
    CHECK(env.locked().empty());
    CHECK(env.lock()["complete"] == true);
    env.ask({"my-tool ==2.*", "skipped; python_version < '3'"});
    env.solve();

    // The same question again asks nobody.
    env.index.forget_requests();
    const std::string before = env.work.lock();
    env.solve();
    CHECK(env.work.lock() == before);
    CHECK(env.index.paths().empty());
  }
}

TEST_CASE("pip: pins stay until --update, and what was asked anew moves", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  env.index.add(wheel("one", "1.0")).add(wheel("two", "1.0"));
  env.ask({"one", "two"});
  env.solve();
  env.index.add(wheel("one", "1.1")).add(wheel("two", "1.1")).add(wheel("three", "1"));
  env.ask({"one", "two", "three"});
  env.solve();
  CHECK(env.locked() == Texts{"one 1.0", "three 1", "two 1.0"});
  const Json result = env.work.json({"solve", "--update", "two"})["result"];
  CHECK(env.locked() == Texts{"one 1.0", "three 1", "two 1.1"});
  const Json& changed = result["platforms"]["linux-64"]["pypi"]["changed"];
  REQUIRE(changed.size() == 1);
  CHECK(changed[0]["name"] == "two");
  CHECK(changed[0]["before"]["version"] == "1.0");
  // A pin that a line forbids gives way, and no other does.
  env.ask({"one >1", "two", "three"});
  env.solve();
  CHECK(env.locked() == Texts{"one 1.1", "three 1", "two 1.1"});
  env.index.add(wheel("three", "2"));
  env.solve({"--update-all"});
  CHECK(env.locked() == Texts{"one 1.1", "three 2", "two 1.1"});
  CHECK_THAT(env.refused(2, {"solve", "--update", "three==1"}), Contains("without a version"));
  CHECK_THAT(env.refused(2, {"solve", "--update", "nothing"}), Contains("no such package"));
}

TEST_CASE("pip: of the pins only those give way that no longer fit conda's packages", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  env.index.add(wheel("One_Tool", "1.0", {"numpy<1.20"})).add(wheel("numpy", "1.0"));
  env.index.add(wheel("two", "1.0")).add(wheel("three", "1.0", {"two"}));
  env.work.write("environment.yml", "channels: ['" + channel->string() +
                                        "']\nplatforms: [linux-64]\ndependencies:\n  - python\n"
                                        "  - pip\n  - pip:\n      - one-tool\n      - two\n"
                                        "      - three\n");
  env.solve();
  REQUIRE(env.locked() == Texts{"numpy 1.0", "one-tool 1.0", "three 1.0", "two 1.0"});
  env.index.add(wheel("One_Tool", "1.1", {"numpy>=1.20"}));
  env.index.add(wheel("two", "1.1")).add(wheel("three", "1.1", {"two"}));
  env.ask({"one-tool", "two", "three"});  // with conda's numpy 1.24.2
  env.solve();
  CHECK(env.locked() == Texts{"one-tool 1.1", "three 1.0", "two 1.0"});
}

TEST_CASE("pip: what cannot be solved is pip's explanation under the user's line", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  env.index.add(wheel("fine", "1")).add(wheel("future", "1", {"numpy>=2"}));
  env.ask({"fine", "future"});
  const std::string conflict = env.refused(4);
  CHECK_THAT(conflict, Contains("environment.yml:10: pip finds no packages for linux-64") &&
                           Contains("numpy>=2") && Contains("conda provides 'numpy' 1.24.2") &&
                           Contains("asked for at environment.yml:7"));
  CHECK(conflict.find('\x1b') == std::string::npos);
  CHECK(conflict.find("requirements.txt") == std::string::npos);
  CHECK(conflict.find("/simple/") == std::string::npos);

  env.ask({"fine", "absent"});
  CHECK_THAT(env.refused(4), Contains("environment.yml:10") &&
                                 Contains("the index 'mine' has no project 'absent'"));

  TestWheel elsewhere = wheel("elsewhere", "1");
  elsewhere.tag = "cp311-cp311-win_amd64";
  env.index.add(elsewhere);
  env.ask({"elsewhere"});
  CHECK_THAT(env.refused(4), Contains("environment.yml:9") &&
                                 Contains("wheels of 'elsewhere' 1 for: cp311-win_amd64"));

  env.index.add_file("source", "source-1.0.tar.gz", "x");
  env.ask({"source"});
  CHECK_THAT(env.refused(4), Contains("source archives of 'source' only"));
}

TEST_CASE("pip: what conda is asked for as well is an error with both lines", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  env.ask({"NumPy >=1"});
  CHECK_THAT(env.refused(3), Contains("environment.yml:9: pip shall bring 'NumPy'") &&
                                 Contains("at environment.yml:7"));
  env.project_file("  names: {numpy: [other-name]}\n");
  env.ask({"other.name"});
  CHECK_THAT(env.refused(3), Contains("the same as 'numpy', at environment.yml:7"));
}

TEST_CASE("pip: no project comes from two indexes, and none from one that is not named", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  WheelIndex own;
  own.add(wheel("acme-core", "1.0")).add(wheel("open", "9.0"));
  // The same name, newer, on the index that everybody can upload to.
  env.index.add(wheel("acme-core", "99.0")).add(wheel("open", "1.0"));
  env.ask({"--extra-index-url " + own.url(), "acme-core", "open"});
  CHECK_THAT(env.refused(6), Contains("environment.yml:9") && Contains(own.url()) &&
                                 Contains("packages: [PACKAGE]"));
  env.project_file("    acme: {url: \"" + own.url() + "\", packages: [acme-*], private: true}\n");
  CHECK_THAT(env.refused(6), Contains("acme"));
  env.project_file(
      "    acme:\n      url: " + own.url() +
      "\n      packages: [acme-*]\n      credentials: {as: bearer, env: ACME_TOKEN}\n");
  own.need_password("Bearer canary-31415");
  const Outcome outcome =
      run_envlock({"solve"}, env.work.options({{"ACME_TOKEN", "canary-31415"}}));
  INFO(outcome.err);
  REQUIRE(outcome.exit == 0);
  CHECK(env.locked() == Texts{"acme-core 1.0", "open 1.0"});
  CHECK(env.work.lock().find("canary") == std::string::npos);
  for (const std::string& path : own.paths()) CHECK(path.find("open") == std::string::npos);
  for (const std::string& path : env.index.paths()) CHECK(path.find("acme") == std::string::npos);
}

TEST_CASE("pip: which index and which names hold is part of the question", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  WheelIndex own;
  TestWheel ours = wheel("acme-tool", "1.0");
  ours.needs = {"helper"};
  own.add(ours);
  env.index.add(wheel("acme-tool", "1.0")).add(wheel("helper", "1"));
  env.ask({"acme-tool"});
  env.solve();
  CHECK(env.locked() == Texts{"acme-tool 1.0"});
  const auto is_stale = [&](const std::string& what) {
    const Outcome stale = env.run({"solve", "--check"});
    INFO(stale.err);
    CHECK(stale.exit == 1);
    CHECK_THAT(stale.out, Contains(what));
  };
  // The index of everybody had the name first: its wheel goes once the name is somebody's own.
  env.project_file("    acme: {url: \"" + own.url() + "\", packages: [tool-*, acme-*]}\n");
  is_stale("pypi_indexes: '" + own.url() + " for acme-*, tool-*' is asked now");
  env.solve();
  CHECK(env.locked() == Texts{"acme-tool 1.0", "helper 1"});
  const Json lock = env.lock();
  CHECK(lock["platforms"]["linux-64"]["pypi"][0]["url"] == own.file_url(ours.file_name()));
  CHECK(lock["inputs"]["pypi_indexes"] ==
        Json::array({{{"url", own.url()}, {"packages", {"acme-*", "tool-*"}}},
                     {{"url", env.index.url()}}}));
  CHECK(env.run({"solve", "--check"}).exit == 0);
  // What an index is called, and how its patterns are ordered, asks for nothing else.
  env.project_file("    ours: {url: \"" + own.url() + "\", packages: [acme-*, tool-*]}\n");
  CHECK(env.run({"solve", "--check"}).exit == 0);
  env.project_file("    ours: {url: \"" + own.url() +
                   "\", packages: [acme-*, tool-*]}\n  names: {numpy: [helper]}\n");
  is_stale("pypi_names: numpy");
  env.solve();
  CHECK(env.locked() == Texts{"acme-tool 1.0"});
  CHECK(env.run({"solve", "--check"}).exit == 0);
}

TEST_CASE("pip: an index that is down, yanked files, digests that differ", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  TestWheel yanked = wheel("yanked", "1.0");
  yanked.yanked = "it was broken";
  const TestWheel tool = wheel("tool", "1.0");
  env.index.add(yanked).add(tool);
  env.ask({"yanked ==1.0"});
  const Outcome warned = env.run();
  INFO(warned.err);
  CHECK(warned.exit == 0);
  CHECK_THAT(warned.err, Contains("'yanked 1.0' was yanked: it was broken"));

  const std::string zeros(64, '0');
  env.ask({"tool ==1.0 --hash=sha256:" + zeros});
  CHECK_THAT(env.refused(6), Contains("environment.yml:9") && Contains("none of the line's"));
  const std::string url = "tool @ " + env.index.file_url(tool.file_name()) + "#sha256=";
  env.ask({url + zeros});
  CHECK_THAT(env.refused(6), Contains("environment.yml:9") && Contains("expected " + zeros));
  env.ask({url + sha256_of(tool.bytes()).hex()});
  env.solve();
  CHECK(env.locked() == Texts{"tool 1.0"});
  // One of several digests is enough.
  const std::string digest = sha256_of(tool.bytes()).hex();
  const std::string place = "tool @ " + env.index.file_url(tool.file_name());
  env.ask({place + " --hash=sha256:" + zeros + " --hash=sha256:" + digest});
  env.solve();
  CHECK(env.lock()["platforms"]["linux-64"]["pypi"][0]["sha256"] == digest);
  env.ask({place + " --hash=sha256:" + zeros + " --hash=sha256:1" + zeros.substr(1)});
  CHECK_THAT(env.refused(6), Contains("environment.yml:9") && Contains("none of the line's"));

  // The file is not what its page says.
  env.index.forget_metadata();
  env.index.spoil(tool.file_name());
  env.ask({"tool"});
  CHECK_THAT(env.refused(6, {"solve", "--update-all"}), Contains("has sha256"));

  env.work.write("envlock.yml",
                 "virtual_packages: {linux-64: [__glibc=2.36]}\npypi: {indexes: "
                 "{mine: \"http://127.0.0.1:9/simple\"}}\n");
  CHECK_THAT(env.refused(5, {"solve", "--update-all"}), Contains("127.0.0.1:9"));
  CHECK_THAT(env.refused(5, {"solve", "--update-all", "--offline"}), Contains("offline"));
}

TEST_CASE("pip: an index without digests and metadata is read by its files", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel, WheelIndex::Form::html);
  const TestWheel tool = wheel("tool", "1.0", {"helper"});
  env.index.add(tool).add(wheel("helper", "1"));
  env.index.forget_digests();
  env.index.forget_metadata();
  // Longer than pip would wait of itself, which is 15 s.
  env.index.delay(tool.file_name(), std::chrono::seconds(17));
  env.ask({"tool"});
  env.solve();
  CHECK(env.locked() == Texts{"helper 1", "tool 1.0"});
  CHECK(env.lock()["platforms"]["linux-64"]["pypi"][1]["sha256"] == sha256_of(tool.bytes()).hex());
}

TEST_CASE("pip: exclude_newer holds, by the index's upload times", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  // Debian's packages of the channel are of this decade.
  TestWheel later = wheel("tool", "2.0");
  later.uploaded = "2099-06-01T00:00:00Z";
  TestWheel untimed = wheel("untimed", "1.0");
  untimed.uploaded = "";
  env.index.add(wheel("tool", "1.0")).add(later).add(untimed);
  env.ask({"tool"});
  env.solve({"--exclude-newer", "2100-01-01"});
  CHECK(env.locked() == Texts{"tool 2.0"});
  env.solve({"--exclude-newer", "2099-01-01"});
  CHECK(env.locked() == Texts{"tool 1.0"});
  CHECK(env.run({"solve", "--check"}).exit == 0);
  env.ask({"tool >1"});
  CHECK_THAT(env.refused(4), Contains("exclude_newer leaves out 1 wheel of 'tool'"));
  env.ask({"untimed"});
  CHECK_THAT(env.refused(4), Contains("does not say when the wheels of 'untimed' came"));
  env.work.write("envlock.yml",
                 env.work.read("envlock.yml") + "policy: {keep_records_without_timestamp: true}\n");
  env.solve();
  CHECK(env.locked() == Texts{"untimed 1.0"});
}

TEST_CASE("pip: requirements and constraints files are part of the question", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  env.index.add(wheel("tool", "1.0")).add(wheel("tool", "2.0")).add(wheel("other", "1"));
  env.work.write("more/dev.txt", "# tools\ntool \\\n  >=1\n-c pins.txt\n");
  env.work.write("more/pins.txt", "tool <2\n");
  env.ask({"-r more/dev.txt"});
  env.solve();
  CHECK(env.locked() == Texts{"tool 1.0"});
  CHECK(env.lock()["inputs"]["files"][0]["pip"] ==
        Json::array({"tool   >=1", "constraint: tool <2"}));
  CHECK(env.run({"solve", "--check"}).exit == 0);
  env.work.write("more/pins.txt", "tool <3\n");
  const Outcome stale = env.run({"solve", "--check"});
  CHECK(stale.exit == 1);
  CHECK_THAT(stale.out, Contains("tool <3"));
  env.solve({"--update", "tool"});
  CHECK(env.locked() == Texts{"tool 2.0"});

  env.work.write("more/dev.txt", "tool\ngit+https://github.com/a/b\n");
  CHECK_THAT(env.refused(3), Contains("more/dev.txt:2") && Contains("source repository"));
  env.work.write("more/dev.txt", "-r dev.txt\n");
  CHECK_THAT(env.refused(3), Contains("more/dev.txt:1") && Contains("includes itself"));
  env.ask({"-r ../../../../../../../../etc/passwd"});
  CHECK_THAT(env.refused(3), Contains("outside of the repository"));
  env.ask({"-r none.txt"});
  CHECK_THAT(env.refused(7), Contains("environment.yml:9"));
}

TEST_CASE("pip: a project on disk is locked by its path, and its dependencies with it", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  env.index.add(wheel("helper", "1")).add(wheel("tester", "1")).add(wheel("mine", "9"));
  const std::string head = "[project]\nname = \"Mine\"\nversion = \"0.1\"\n";
  env.work.write("tool/pyproject.toml",
                 head +
                     "dependencies = [\"helper\", \"numpy\"]\n[project.optional-dependencies]\n"
                     "dev = [\"tester\"]\n");
  env.ask({"-e ./tool[dev]"});
  env.solve();
  CHECK(env.locked() == Texts{"helper 1", "mine 0.1", "tester 1"});
  const Json mine = env.lock()["platforms"]["linux-64"]["pypi"][1];
  CHECK(mine["path"] == "./tool");
  CHECK(mine["metadata_sha256"].get<std::string>().size() == 64);
  CHECK(env.run({"solve", "--check"}).exit == 0);
  env.work.write("tool/pyproject.toml", head + "dependencies = [\"helper\"]\n");
  const Outcome stale = env.run({"solve", "--check"});
  CHECK(stale.exit == 1);
  CHECK_THAT(stale.out, Contains("'./tool' has changed"));
  env.ask({"-e ./tool"});
  env.solve();
  CHECK(env.locked() == Texts{"helper 1", "mine 0.1"});

  env.work.write("tool/pyproject.toml", head + "dynamic = [\"dependencies\"]\n");
  CHECK_THAT(env.refused(3), Contains("environment.yml:9") && Contains("is dynamic"));
  env.work.write("tool/pyproject.toml", "[project\n");
  CHECK_THAT(env.refused(3), Contains("no TOML"));
  fs::remove(env.work.project() / "tool/pyproject.toml");
  CHECK_THAT(env.refused(3),
             Contains("environment.yml:9") && Contains("has neither pyproject.toml"));
  env.work.write("tool/setup.py", "raise SystemExit('never run')\n");
  CHECK_THAT(env.refused(3), Contains("runs its code"));

  const TestWheel built = wheel("built", "3.0", {"helper"});
  env.work.write("wheels/" + built.file_name(), built.bytes());
  env.ask({"./wheels/" + built.file_name()});
  env.solve();
  CHECK(env.locked() == Texts{"built 3.0", "helper 1"});
  const Json locked = env.lock()["platforms"]["linux-64"]["pypi"][0];
  CHECK(locked["url"] == "./wheels/" + built.file_name());
  CHECK(locked["sha256"] == sha256_of(built.bytes()).hex());
}

TEST_CASE("pip: a list whose selectors hold for no platform leaves nothing open", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  env.index.add(wheel("tool", "1.0"));
  env.work.write("environment.yml", "channels: ['" + channel->string() +
                                        "']\nplatforms: [linux-64]\ndependencies:\n  - numpy\n"
                                        "  - pip:\n      - pywin32  # [win]\n");
  env.solve();
  CHECK(env.lock()["complete"] == true);
  CHECK_FALSE(env.lock().contains("incomplete"));
  CHECK(env.locked().empty());
  CHECK(env.run({"solve", "--check"}).exit == 0);
  CHECK(env.index.paths().empty());
}

TEST_CASE("pip: a link out of the repository is not followed", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  const fs::path root = env.work.project();
  fs::create_directory(root / ".git");
  const fs::path outside = root.parent_path() / "outside";
  fs::create_directory(outside);
  const TestWheel tool = wheel("tool", "1.0");
  env.index.add(tool);
  std::ofstream(outside / "netrc") << "machine example.org login me password canary-2718\n";
  std::ofstream(outside / "pyproject.toml") << "[project]\nname = \"p\"\nversion = \"1\"\n";
  std::ofstream(outside / tool.file_name(), std::ios::binary) << tool.bytes();
  fs::create_symlink(outside / "netrc", root / "requirements.txt");
  fs::create_symlink(outside, root / "away");
  fs::create_directory(root / "half");
  fs::create_symlink(outside / "netrc", root / "half/pyproject.toml");
  fs::create_symlink(outside / tool.file_name(), root / tool.file_name());
  for (const std::string& line :
       {std::string("-r requirements.txt"), std::string("-c requirements.txt"),
        std::string("-r away/netrc"), std::string("-e ./away"), std::string("./half"),
        "./" + tool.file_name()}) {
    CAPTURE(line);
    env.ask({line});
    const std::string refusal = env.refused(3);
    CHECK_THAT(refusal, Contains("environment.yml:9") &&
                            Contains("outside of the repository, where a link leads to"));
    CHECK(refusal.find("canary") == std::string::npos);
  }
  // Links inside of it are files as others.
  env.work.write("real/list.txt", "tool\n");
  fs::remove(root / "requirements.txt");
  fs::create_symlink("real/list.txt", root / "requirements.txt");
  env.ask({"-r requirements.txt"});
  env.solve();
  CHECK(env.locked() == Texts{"tool 1.0"});
  fs::remove(root / "requirements.txt");
  fs::create_symlink(outside / "netrc", root / "requirements.txt");
  const Outcome check = env.run({"solve", "--check"});
  CHECK(check.exit == 3);
  CHECK((check.out + check.err).find("canary") == std::string::npos);
}

TEST_CASE("pip: another platform gets its own wheels and markers", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  TestWheel linux_wheel = wheel("fast", "1.0");
  linux_wheel.tag = "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64";
  TestWheel mac_wheel = wheel("fast", "1.0");
  mac_wheel.tag = "cp312-cp312-macosx_10_13_universal2";
  TestWheel too_new = wheel("fast", "2.0");
  too_new.tag = "cp311-cp311-manylinux_2_99_x86_64";
  env.index.add(linux_wheel).add(mac_wheel).add(too_new).add(wheel("mac-part", "1"));
  TestWheel tool = wheel("tool", "1", {"fast", "mac-part; sys_platform == 'darwin'"});
  tool.requires_python = ">=3.11";
  TestWheel newer = wheel("tool", "2", {"fast"});
  newer.requires_python = ">=3.12";
  env.index.add(tool).add(newer);
  env.ask({"tool ==1", "fast"}, "linux-64, osx-arm64", ", '../channel'");
  env.solve();
  CHECK(env.locked() == Texts{"fast 1.0", "tool 1"});
  CHECK(env.locked("osx-arm64") == Texts{"fast 1.0", "mac-part 1", "tool 1"});
  const Json lock = env.lock();
  CHECK(lock["complete"] == true);
  CHECK_THAT(lock["platforms"]["linux-64"]["pypi"][0]["url"].get<std::string>(),
             Contains("manylinux_2_17"));
  CHECK_THAT(lock["platforms"]["osx-arm64"]["pypi"][0]["url"].get<std::string>(),
             Contains("macosx"));
  // Requires-Python is judged for each environment's python, too.
  env.ask({"tool"}, "linux-64, osx-arm64", ", '../channel'");
  env.solve({"--update-all"});
  CHECK(env.locked() == Texts{"fast 1.0", "tool 1"});
  CHECK(env.locked("osx-arm64") == Texts{"fast 1.0", "tool 2"});

  // What depends on the target's kernel is not guessed.
  env.index.add(wheel("kernel", "1",
                      {"fast; platform_release >= '20'", "fast; '20' < platform_version",
                       "fast; platform_version ~= 'x'"}));
  env.ask({"kernel"});
  const Outcome outcome = env.run();
  INFO(outcome.err);
  CHECK(outcome.exit == 0);
  CHECK(env.lock()["complete"] == false);
  CHECK_THAT(outcome.err, Contains("platform_release"));
}

}  // namespace envlock::test
