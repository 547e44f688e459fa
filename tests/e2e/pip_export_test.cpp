// `pip:` lists in what other tools read, and back.

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "model/digest.hpp"
#include "tests/e2e/pip_work.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
using Texts = std::vector<std::string>;
namespace fs = std::filesystem;

}  // namespace

TEST_CASE("pip: a wheel of the repository and one of an index come back from each export",
          "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  const TestWheel built = wheel("built", "3.0", {"helper"});
  env.work.write("my wheels/" + built.file_name(), built.bytes());
  env.index.add(wheel("helper", "1.5"));
  env.ask({"./my wheels/" + built.file_name()});
  env.solve();
  const Json before = env.lock()["platforms"]["linux-64"]["pypi"];
  REQUIRE(before.size() == 2);
  REQUIRE(before[0]["url"] == "./my%20wheels/" + built.file_name());
  fs::create_directory(env.work.project() / "out");
  for (const std::string format : {"pixi", "conda-lock", "explicit"}) {
    CAPTURE(format);
    // From a folder of its own: what is written counts from there.
    const Outcome exported = env.run({"export", "--format", format, "-o", "out/" + format});
    INFO(exported.err);
    REQUIRE(exported.exit == 0);
    const Outcome imported = env.run(
        {"import", "out/" + format, "-o", "back.lock", "--virtual-package", "__glibc=2.36"});
    INFO(imported.err << imported.out << env.work.read("out/" + format));
    REQUIRE(imported.exit == 0);
    const Json back = Json::parse(env.work.read("back.lock"));
    CHECK(back["complete"] == true);
    const Json& after = back["platforms"]["linux-64"]["pypi"];
    REQUIRE(after.size() == 2);
    for (const std::size_t i : {0U, 1U}) {
      for (const char* key : {"name", "version", "url", "sha256"})
        CHECK(after[i][key] == before[i][key]);
    }
  }
  const Outcome pinned =
      env.run({"export", "--format", "environment", "-o", "out/environment.yml"});
  REQUIRE(pinned.exit == 0);
  CHECK_THAT(pinned.err, Contains("no place for the SHA-256 of the wheel '../my wheels/"));
  const std::string text = env.work.read("out/environment.yml");
  CHECK_THAT(text, Contains("../my wheels/" + built.file_name()));
  // No index is named there that has it, so it is asked for by its URL.
  CHECK_THAT(text, Contains("helper @ " + before[1]["url"].get<std::string>() +
                            "#sha256=" + before[1]["sha256"].get<std::string>()));
  const Outcome solved = env.run(
      {"solve", "out/environment.yml", "-o", "again.lock", "--virtual-package", "__glibc=2.36"});
  INFO(solved.err);
  REQUIRE(solved.exit == 0);
  const Json again = Json::parse(env.work.read("again.lock"))["platforms"]["linux-64"]["pypi"];
  REQUIRE(again.size() == 2);
  for (const std::size_t i : {0U, 1U}) {
    CHECK(again[i]["url"] == before[i]["url"]);
    CHECK(again[i]["sha256"] == before[i]["sha256"]);
  }
}

TEST_CASE("pip: a wheel outside of the repository is not imported, and its path is told nobody",
          "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  const TestWheel inner = wheel("inner", "1.0");
  const TestWheel outer = wheel("outer", "2.0");
  const TestWheel linked = wheel("linked", "3.0");
  const TempDir elsewhere;
  fs::create_directory(env.work.project() / ".git");
  for (const TestWheel* one : {&inner, &linked}) env.work.write(one->file_name(), one->bytes());
  elsewhere.write(outer.file_name(), outer.bytes());
  env.ask({"./" + inner.file_name(), "./" + linked.file_name()});
  env.solve();
  REQUIRE(env.run({"export", "--format", "explicit", "-o", "list.txt"}).exit == 0);
  // A link that leads out is no better than a path that does.
  fs::remove(env.work.project() / linked.file_name());
  elsewhere.write(linked.file_name(), linked.bytes());
  fs::create_symlink(elsewhere.path() / linked.file_name(),
                     env.work.project() / linked.file_name());
  const std::string away =
      elsewhere.path().lexically_relative(fs::canonical(env.work.project())).string();
  env.work.write("list.txt", env.work.read("list.txt") + "# pip " + away + '/' + outer.file_name() +
                                 " --hash=sha256:" + sha256_of(outer.bytes()).hex() +
                                 "\n# pip built @ file://" + elsewhere.path().string() +
                                 "/built-1.0.tar.gz --hash=sha256:" + std::string(64, '0') + '\n');
  const Outcome imported =
      env.run({"import", "list.txt", "-o", "back.lock", "--virtual-package", "__glibc=2.36"});
  INFO(imported.err << imported.out);
  REQUIRE(imported.exit == 0);
  const std::string text = env.work.read("back.lock");
  CHECK(text.find(elsewhere.path().filename().string()) == std::string::npos);
  const Json back = Json::parse(text);
  CHECK(back["complete"] == false);
  REQUIRE(back["platforms"]["linux-64"]["pypi"].size() == 1);
  CHECK(back["platforms"]["linux-64"]["pypi"][0]["url"] == "./" + inner.file_name());
  REQUIRE(back["incomplete"].size() == 3);
  CHECK_THAT(back["incomplete"].dump(),
             Contains("'built @ built-1.0.tar.gz --hash=") &&
                 Contains("'outer 2.0' lies outside of the lock's repository") &&
                 Contains("'linked 3.0' lies outside"));
}

TEST_CASE("pip: an index of its own is named in a pixi.lock", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  WheelIndex own;
  own.add(wheel("acme-core", "1.0"));
  env.index.add(wheel("open", "1.0"));
  env.project_file("    acme: {url: \"" + own.url() + "\", packages: [acme-*]}\n");
  env.ask({"acme-core", "open"});
  env.solve();
  const Outcome outcome = env.run({"export", "--format", "pixi"});
  CHECK_THAT(outcome.out, Contains("    - " + own.url() + "\n    - " + env.index.url() + "\n"));
  CHECK(outcome.out.find("pypi.org") == std::string::npos);
  CHECK_THAT(outcome.err, Contains("which packages come from '" + own.url() + "' alone"));
}

}  // namespace envlock::test
