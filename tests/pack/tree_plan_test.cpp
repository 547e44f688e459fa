#include "pack/tree_plan.hpp"

#include <catch2/catch.hpp>

#include "model/error.hpp"
#include "tests/pack/placing.hpp"

namespace envlock::test {

using Catch::Contains;

namespace {

ArchiveBuilder python(const std::string& version = "3.11.2") {
  return ArchiveBuilder("python", version).file("bin/python3.11", "elf", 0755);
}

std::vector<std::string> paths_of(const TreePlan& plan) {
  std::vector<std::string> paths;
  for (const PlannedFile& file : plan.files) paths.push_back(file.path);
  return paths;
}

/// The message of the exit-8 error that planning ends with.
std::string unfit(const Packages& packages) {
  try {
    (void)packages.plan();
  } catch (const Error& error) {
    CHECK(error.exit_code() == ExitCode::unfit);
    return error.what();
  }
  FAIL("the plan was made");
  return {};
}

}  // namespace

TEST_CASE("plan_tree: a noarch:python package goes where python looks, with its commands",
          "[tree_plan]") {
  Packages packages;
  packages.add(python()).add(ArchiveBuilder("hello")
                                 .noarch_python()
                                 .file("site-packages/hello/__init__.py", "def main(): pass\n")
                                 .file("python-scripts/tool", "#!/bin/sh\n", 0755)
                                 .file("share/doc/hello", "text")
                                 .entry_point("hello = hello:main"));
  const TreePlan plan = packages.plan();
  CHECK(plan.python == "3.11");
  CHECK(plan.site_packages == "lib/python3.11/site-packages");
  CHECK(paths_of(plan) == std::vector<std::string>{"bin/hello", "bin/python3.11", "bin/tool",
                                                   "lib/python3.11/site-packages/hello/__init__.py",
                                                   "share/doc/hello"});
}

TEST_CASE("plan_tree: noarch:python without python is refused", "[tree_plan]") {
  Packages packages;
  packages.add(ArchiveBuilder("hello").noarch_python().file("site-packages/hello.py", ""));
  CHECK_THAT(unfit(packages), Contains("hello"));
}

TEST_CASE("plan_tree: the same path with the same bytes is one file with two owners",
          "[tree_plan]") {
  Packages packages;
  packages.add(ArchiveBuilder("a").file("share/LICENSE", "text").link("lib/x.so", "x.so.1"))
      .add_tar_bz2(ArchiveBuilder("b").file("share/LICENSE", "text").link("lib/x.so", "x.so.1"));
  const TreePlan plan = packages.plan();
  REQUIRE(paths_of(plan) == std::vector<std::string>{"lib/x.so", "share/LICENSE"});
  CHECK(plan.files[0].owners == std::vector<std::size_t>{0, 1});
  CHECK(plan.files[1].owners == std::vector<std::size_t>{0, 1});
}

TEST_CASE("plan_tree: every path with other bytes is refused at once, naming both owners",
          "[tree_plan]") {
  Packages packages;
  packages
      .add(ArchiveBuilder("a").file("share/one", "1").link("lib/x.so", "x.so.1").file("etc", "e"))
      .add(ArchiveBuilder("b").file("share/one", "2").link("lib/x.so", "x.so.2").file("etc/f", ""));
  const std::string message = unfit(packages);
  CHECK_THAT(message, Contains("'share/one': a-1.0-0.conda and b-1.0-0.conda"));
  CHECK_THAT(message, Contains("'lib/x.so'"));
  CHECK_THAT(message, Contains("'etc' is no folder"));
}

TEST_CASE("plan_tree: a stated order says whose file stands, and the others lose the path",
          "[tree_plan]") {
  Packages packages;
  packages.add(ArchiveBuilder("a").file("bin/tool", "1").file("share/a", "a"))
      .add(ArchiveBuilder("b").file("bin/tool", "2").link_script("post-link", "true"))
      .add(ArchiveBuilder("c").file("bin/tool", "2"));
  const auto owners_with = [&](const std::vector<ClobberRule>& rules) {
    return packages.plan({}, rules).files.at(1).owners;
  };
  using Owners = std::vector<std::size_t>;
  CHECK(owners_with({{"bin/tool", "a", {}}}) == Owners{0});
  // Who has the same bytes has the path, too.
  CHECK(owners_with({{"bin/tool", "c", {}}}) == Owners{1, 2});
  CHECK(owners_with({{"bin/*", "a", {}}, {"bin/tool", "b", {}}}) == Owners{0});
  // A rule about others decides nothing, nor does one of another path.
  CHECK(owners_with({{"bin/tool", "d", {}}, {"bin/tool", "b", {}}}) == Owners{1, 2});
  CHECK_THROWS_AS(owners_with({{"bin/too", "a", {}}, {"BIN/tool", "a", {}}}), Error);
}

TEST_CASE("plan_tree: a stated order never gives away the installer's own files", "[tree_plan]") {
  Packages packages;
  packages.add(ArchiveBuilder("a").file("bin/activate", "theirs"));
  const std::vector<ExtraFile> own{{"bin/activate", "ours"}};
  const std::vector<ClobberRule> theirs{{"bin/activate", "a", {}}};
  CHECK_THROWS_WITH(packages.plan(own, theirs), Contains("a-1.0-0.conda and envlock"));
  const std::vector<ClobberRule> ours{{"bin/activate", "envlock", {}}};
  const TreePlan plan = packages.plan(own, ours);
  CHECK(plan.files.at(0).owners == std::vector<std::size_t>{1});
  CHECK(plan.files.at(0).content == "ours");
}

TEST_CASE("plan_tree: a refused clobber comes with the lines that would settle it", "[tree_plan]") {
  Packages packages;
  packages.add(ArchiveBuilder("a").file("share/a \"b\"", "1"))
      .add(ArchiveBuilder("b").file("share/a \"b\"", "2"));
  try {
    (void)packages.plan();
    FAIL("the plan was made");
  } catch (const Error& error) {
    CHECK_THAT(error.hint(), Contains("policy:\n  clobbers:\n    - {path: \"share/a \\\"b\\\"\", "
                                      "keep: a}  # or b"));
  }
}

TEST_CASE("plan_tree: A28 a package that is not the lock's is refused", "[tree_plan]") {
  Packages packages;
  packages.add(ArchiveBuilder("a").index_json(
      [](ArchiveBuilder::Json& index) { index["build_number"] = 7; }));
  // The record says what the builder's index() says: the same 7.
  CHECK_NOTHROW(packages.plan());
  Packages other;
  other.add(ArchiveBuilder("a").index_json(
      R"({"name": "b", "version": "1.0", "build": "0", "build_number": 0, "subdir": "linux-64"})"));
  CHECK_THROWS_AS(other.plan(), Error);
}

TEST_CASE("plan_tree: binaries say how long a prefix may be", "[tree_plan]") {
  Packages packages;
  packages.add(ArchiveBuilder("a").placeholder_binary("bin/a", placeholder() + '\0'))
      .add(ArchiveBuilder("b").placeholder_binary("bin/b", "/short/prefix" + std::string(1, '\0'),
                                                  0755, "/short/prefix"));
  const TreePlan plan = packages.plan();
  CHECK(longest_prefix(plan) == 13);
  CHECK_NOTHROW(require_prefix_fits(plan, "/opt/env"));
  CHECK_THROWS_WITH(require_prefix_fits(plan, "/opt/a/longer/one"),
                    Contains("17 bytes") && Contains("13") && Contains("b-1.0-0.conda") &&
                        !Contains("a-1.0-0.conda"));
}

}  // namespace envlock::test
