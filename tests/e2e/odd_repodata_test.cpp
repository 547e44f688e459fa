#include <catch2/catch.hpp>

#include "tests/e2e/workspace.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;

/// A workspace whose channel holds one repodata of linux-64 only, as odd as the test wishes.
class OddChannel : public Workspace {
 public:
  OddChannel() { std::filesystem::remove_all(channel()); }
  void publish(const RepodataBuilder& repodata) const { repodata.write(channel()); }
  [[nodiscard]] Json package(const std::string& name) const {
    const Json document = Json::parse(lock());
    for (const Json& package : document["platforms"]["linux-64"]["packages"]) {
      if (package["name"] == name) return package;
    }
    return {};
  }
};

}  // namespace

TEST_CASE("odd repodata: a .conda hides its .tar.bz2 twin, after exclude_newer", "[e2e]") {
  const OddChannel work;
  work.publish(RepodataBuilder("linux-64")
                   .add(PackageBuilder("tool").tar_bz2().timestamp(1'600'000'000'000))
                   .add(PackageBuilder("tool").timestamp(1'700'000'000'000)));
  work.environment({"tool"});
  work.solve();
  CHECK(work.package("tool")["fn"] == "tool-1.0-0.conda");
  work.solve({"--exclude-newer", "2022-01-01"});
  CHECK(work.package("tool")["fn"] == "tool-1.0-0.tar.bz2");
}

TEST_CASE("odd repodata: what is removed is not offered", "[e2e]") {
  const OddChannel work;
  work.publish(RepodataBuilder("linux-64")
                   .add(PackageBuilder("tool").version("1.0"))
                   .add(PackageBuilder("tool").version("2.0"))
                   .removed({"tool-2.0-0.conda"}));
  work.environment({"tool"});
  work.solve();
  CHECK(work.locked("tool") == "1.0 0");
}

TEST_CASE("odd repodata: fewer track_features win over a higher version", "[e2e]") {
  const OddChannel work;
  work.publish(RepodataBuilder("linux-64")
                   .add(PackageBuilder("tool").version("1.0"))
                   .add(PackageBuilder("tool").version("2.0").track_features("nightly, other")));
  work.environment({"tool"});
  work.solve();
  CHECK(work.locked("tool") == "1.0 0");
  work.environment({"tool=2"});
  work.solve();
  CHECK(work.package("tool")["track_features"] == Json::array({"nightly", "other"}));
}

TEST_CASE("odd repodata: old spellings of fields are read", "[e2e]") {
  const OddChannel work;
  work.publish(RepodataBuilder("linux-64")
                   .add(PackageBuilder("tool")
                            .set("noarch", true)
                            .set("build_number", "3")
                            .set("timestamp", 1'500'000'000)  // seconds
                            .set("license", nullptr)));
  work.environment({"tool"});
  work.solve();
  const Json tool = work.package("tool");
  CHECK(tool["noarch"] == "generic");
  CHECK(tool["build_number"] == 3);
  CHECK(tool["timestamp"] == 1'500'000'000'000);
  CHECK_FALSE(tool.contains("license"));
}

TEST_CASE("odd repodata: the record counts, its key only names the file", "[e2e]") {
  const OddChannel work;
  work.publish(RepodataBuilder("linux-64")
                   .add(PackageBuilder("tool").version("2.0").file_name("renamed-1-x_0.conda"))
                   .add(PackageBuilder("tool").version("9.0").file_name("../tool-9.0-0.conda"))
                   .add(PackageBuilder("tool").version("9.1").file_name("tool-9.1-0.zip"))
                   .add(PackageBuilder("tool").version("not a version").build("x_0")));
  work.environment({"tool"});
  const Outcome outcome = work.run({"solve", "-v"});
  REQUIRE(outcome.exit == 0);
  CHECK(work.package("tool")["version"] == "2.0");
  CHECK(work.package("tool")["url"] == "../channel/linux-64/renamed-1-x_0.conda");
  CHECK_THAT(outcome.err, Contains("2 records left out") && Contains("1 record left out"));
}

TEST_CASE("odd repodata: conditional dependencies are never misread", "[e2e]") {
  const OddChannel work;
  work.publish(RepodataBuilder("linux-64")
                   .add(PackageBuilder("tool").version("1.0"))
                   .add(PackageBuilder("tool").version("2.0").depends_when("gone", "__win"))
                   .add_v3(PackageBuilder("tool").version("3.0")));
  work.environment({"tool"});
  const Outcome outcome = work.run({"solve", "-v"});
  REQUIRE(outcome.exit == 0);
  CHECK(work.locked("tool") == "1.0 0");
  CHECK_THAT(outcome.err, Contains("conditional") && Contains("v3"));
}

TEST_CASE("odd repodata: base_url says where the packages lie", "[e2e]") {
  const OddChannel work;
  RepodataBuilder repodata("linux-64");
  repodata.add(PackageBuilder("tool"));
  work.environment({"tool"});
  SECTION("below the channel") {
    work.publish(repodata.base_url("../pool/"));
    work.solve();
    CHECK(work.package("tool")["url"] == "../channel/pool/tool-1.0-0.conda");
    CHECK(work.run({"solve", "--check"}).exit == 0);
  }
  SECTION("on a host of its own over plain http it is refused") {
    work.publish(repodata.base_url("http://example.org/pool/"));
    const Outcome outcome = work.run({"solve"});
    CHECK(outcome.exit == 6);
    CHECK_THAT(outcome.err, Contains("example.org"));
  }
}

TEST_CASE("odd repodata: duplicate keys and other faults of JSON are exit 3", "[e2e]") {
  const OddChannel work;
  work.environment({"tool"});
  const std::vector<std::string> inserts = {
      "\"tool-1.0-0.conda\":{\"name\":\"tool\",\"version\":\"9\",\"build\":\"0\"},",
      "\"a-1-0.conda\":{\"name\":\"a\",\"name\":\"b\",\"version\":\"1\",\"build\":\"0\"},",
      "\"a-1-0.conda\":{\"name\":\"a\",\"version\":\"1\",\"build\":\"0\",\"size\":NaN},",
      "\"a-1-0.conda\":{\"name\":7,\"version\":\"1\",\"build\":\"0\"},",
      "\"a-1-0.conda\":{\"name\":\"a\",\"version\":\"1\",\"build\":\"0\",\"depends\":\"b\"},",
      "\"a-1-0.conda\":[],",
      "\"a-1-0.conda\":{\"name\":\"\xc3\x28\",\"version\":\"1\",\"build\":\"0\"},"};
  for (const std::string& insert : inserts) {
    INFO(insert);
    work.publish(
        RepodataBuilder("linux-64").add(PackageBuilder("tool")).raw("packages.conda", insert));
    const Outcome outcome = work.run({"solve"});
    INFO(outcome.err);
    CHECK(outcome.exit == 3);
    CHECK_THAT(outcome.err, Contains("repodata.json"));
    CHECK_FALSE(work.exists("envlock.lock"));
  }
}

TEST_CASE(
    "odd repodata: a channel without noarch is told, and a record's own subdir is not believed",
    "[e2e]") {
  const OddChannel work;
  work.publish(RepodataBuilder("linux-64")
                   .info_subdir("osx-64")
                   .add(PackageBuilder("tool").set("subdir", "win-64")));
  work.environment({"tool"});
  const Outcome outcome = work.run({"solve", "-v"});
  REQUIRE(outcome.exit == 0);
  CHECK(work.package("tool")["subdir"] == "linux-64");
  CHECK_THAT(outcome.err, Contains("noarch"));
}

TEST_CASE("odd repodata: a package named like a virtual one never meets a dependency on it",
          "[e2e]") {
  const OddChannel work;
  work.publish(RepodataBuilder("linux-64")
                   .add(PackageBuilder("__cuda").version("12.0"))
                   .add(PackageBuilder("tool").depends({"__cuda >=11"})));
  work.environment({"tool"});
  const Outcome outcome = work.run({"solve"});
  CHECK(outcome.exit == 4);
  CHECK_THAT(outcome.err, Contains("__cuda"));
}

}  // namespace envlock::test
