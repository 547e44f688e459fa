#include "tests/support/lock_check.hpp"

#include <catch2/catch.hpp>
#include <functional>

#include "tests/support/repodata_builder.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

/// app needs lib >=2 and constrains extra <1; a second channel has lib too.
struct Scene {
  TempDir dir;
  Json app, lib;
  Scene() {
    PackageBuilder app_builder("app");
    app_builder.depends({"lib >=2", "__glibc >=2.17"}).constrains({"extra <1"});
    PackageBuilder lib_builder("lib");
    lib_builder.version("2.1");
    RepodataBuilder("linux-64").add(app_builder).add(lib_builder).write(dir / "main");
    RepodataBuilder("linux-64").add(lib_builder).write(dir / "second");
    app = locked(app_builder);
    app["requested"] = true;
    lib = locked(lib_builder);
  }

  static Json locked(const PackageBuilder& builder) {
    Json record = builder.json("linux-64");
    record["channel"] = "main";
    record["fn"] = builder.fn();
    record["url"] = "./main/linux-64/" + builder.fn();
    return record;
  }

  [[nodiscard]] Json lock() const {
    Json lock;
    lock["lockfile_version"] = 1;
    lock["inputs"] = {{"files", Json::array({{{"path", "environment.yml"}, {"specs", {"app"}}}})},
                      {"channels", Json::array({{{"name", "main"}, {"url", "./main"}},
                                                {{"name", "second"}, {"url", "./second"}}})},
                      {"channel_priority", "strict"}};
    lock["channels"] = {{"main", {{"url", "./main"}}}, {"second", {{"url", "./second"}}}};
    lock["platforms"]["linux-64"] = {
        {"virtual_packages",
         Json::array({{{"name", "__glibc"}, {"version", "2.28"}, {"build", "0"}}})},
        {"packages", Json::array({app, lib})}};
    return lock;
  }

  [[nodiscard]] std::string judged(const Json& lock) const {
    std::string all;
    for (const std::string& problem :
         LockCheck().problems(dir.write("envlock.lock", lock.dump()))) {
      all += problem + "\n";
    }
    return all;
  }

  [[nodiscard]] std::string with(const std::function<void(Json& packages)>& change) const {
    Json changed = lock();
    change(changed["platforms"]["linux-64"]["packages"]);
    return judged(changed);
  }
};

using Catch::Contains;

}  // namespace

TEST_CASE("LockCheck: a right lock has no problem", "[support]") {
  const Scene scene;
  CHECK(scene.judged(scene.lock()).empty());
}

TEST_CASE("LockCheck: a missing or too old dependency is found", "[support]") {
  const Scene scene;
  CHECK_THAT(scene.with([](Json& packages) { packages.erase(1); }), Contains("needs 'lib >=2'"));
  CHECK_THAT(scene.with([](Json& packages) { packages[1]["version"] = "1.9"; }),
             Contains("needs 'lib >=2'"));
  Json old_glibc = scene.lock();
  old_glibc["platforms"]["linux-64"]["virtual_packages"][0]["version"] = "2.12";
  CHECK_THAT(scene.judged(old_glibc), Contains("needs '__glibc >=2.17'"));
}

TEST_CASE("LockCheck: a broken constraint and a package that nothing needs are found",
          "[support]") {
  const Scene scene;
  const std::string problems = scene.with([](Json& packages) {
    packages.insert(packages.begin() + 1, Scene::locked(PackageBuilder("extra").version("1.5")));
  });
  CHECK_THAT(problems, Contains("constrains 'extra <1'"));
  CHECK_THAT(problems, Contains("extra is there though nothing needs it"));
  CHECK_THAT(problems, Contains("the channel has no extra-1.5-0.conda"));
}

TEST_CASE("LockCheck: two records of a name, and wrong order, are found", "[support]") {
  const Scene scene;
  CHECK_THAT(scene.with([](Json& packages) { packages.push_back(packages[1]); }),
             Contains("lib is there twice"));
  CHECK_THAT(scene.with([](Json& packages) { std::swap(packages[0], packages[1]); }),
             Contains("app stands behind lib"));
}

TEST_CASE("LockCheck: an entry unlike the channel's record is found", "[support]") {
  const Scene scene;
  for (const char* key : {"sha256", "md5", "license"}) {
    CHECK_THAT(scene.with([&](Json& packages) { packages[1][key] = "other"; }),
               Contains("lib is not the channel's record"));
  }
  CHECK_THAT(scene.with([](Json& packages) { packages[1]["size"] = 1; }),
             Contains("lib is not the channel's record"));
  CHECK_THAT(scene.with([](Json& packages) { packages[0]["depends"] = {"lib >=2"}; }),
             Contains("app is not the channel's record"));
}

TEST_CASE("LockCheck: a wrong flag, and an unmet request, are found", "[support]") {
  const Scene scene;
  CHECK_THAT(scene.with([](Json& packages) { packages[0].erase("requested"); }),
             Contains("app was asked for and is not flagged"));
  CHECK_THAT(scene.with([](Json& packages) { packages[1]["requested"] = true; }),
             Contains("lib is flagged though nobody asked for it"));
  Json asks_more = scene.lock();
  asks_more["inputs"]["files"][0]["specs"] = {"app >=2"};
  CHECK_THAT(scene.judged(asks_more), Contains("asked for 'app >=2': not met"));
}

TEST_CASE("LockCheck: a record that strict priority hides is found", "[support]") {
  const Scene scene;
  Json lock = scene.lock();
  lock["platforms"]["linux-64"]["packages"][1]["channel"] = "second";
  CHECK_THAT(scene.judged(lock), Contains("main has it too and comes first"));
}

TEST_CASE("LockCheck: a removed record is found", "[support]") {
  const Scene scene;
  PackageBuilder app("app");
  app.depends({"lib >=2", "__glibc >=2.17"}).constrains({"extra <1"});
  PackageBuilder lib("lib");
  lib.version("2.1");
  RepodataBuilder("linux-64")
      .add(app)
      .add(lib)
      .removed({"lib-2.1-0.conda"})
      .write(scene.dir / "main");
  CHECK_THAT(scene.judged(scene.lock()), Contains("lib-2.1-0.conda is removed"));
}

}  // namespace envlock::test
