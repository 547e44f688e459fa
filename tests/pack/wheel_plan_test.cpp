#include "pack/wheel_plan.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "model/entry_point.hpp"
#include "model/error.hpp"
#include "model/prefix_record.hpp"
#include "pack/installed_state.hpp"
#include "pack/make_baseline.hpp"
#include "tests/pack/placing.hpp"

namespace envlock::test {

using Catch::Contains;
namespace fs = std::filesystem;

namespace {

const std::string site = "lib/python3.11/site-packages";

ArchiveBuilder python(const std::string& version = "3.11.2") {
  return ArchiveBuilder("python", version)
      .file("bin/python" + version.substr(0, 4), "no program", 0644);
}

WheelBuilder hello() {
  return WheelBuilder("Hello", "1.0")
      .file("hello/__init__.py", "def main(): pass\n")
      .file("hello/tool", "ELF", 0755)
      .data("scripts", "run", "#!python -E\nprint(1)\n")
      .data("scripts", "gui", "#!pythonw\r\nprint(1)\n")
      .data("scripts", "plain", "#!/bin/sh\n")
      .data("headers", "sub/hello.h", "int x;\n")
      .data("data", "share/hello/text", "text\n")
      .data("purelib", "pure.py", "")
      .data("platlib", "plat.py", "")
      .command("hello = hello:main");
}

std::vector<std::string> paths_of(const TreePlan& plan, std::size_t owner) {
  std::vector<std::string> paths;
  for (const PlannedFile& file : plan.files) {
    if (file.owners.front() == owner) paths.push_back(file.path);
  }
  return paths;
}

const PlannedFile& file_of(const TreePlan& plan, const std::string& path) {
  return *std::ranges::find(plan.files, path, &PlannedFile::path);
}

/// The message of the error that planning ends with.
std::string failure(const Packages& packages, ExitCode code) {
  try {
    (void)packages.plan();
  } catch (const Error& error) {
    CHECK(error.exit_code() == code);
    return error.what();
  }
  FAIL("the plan was made");
  return {};
}

std::string wheel_failure(const WheelBuilder& wheel, ExitCode code = ExitCode::untrusted) {
  Packages packages;
  packages.add(python()).add_wheel(wheel);
  return failure(packages, code);
}

unsigned mode_of(const fs::path& path) {
  struct stat facts {};
  REQUIRE(::lstat(path.c_str(), &facts) == 0);
  return facts.st_mode & 07777U;
}

}  // namespace

TEST_CASE("add_wheel: every kind of file goes where pip puts it", "[wheel_plan]") {
  Packages packages;
  packages.add(python()).add_wheel(hello());
  const TreePlan plan = packages.plan();
  REQUIRE(plan.packages.at(0).source.record.name == "hello");  // "pypi:hello" < "python"
  CHECK(paths_of(plan, 0) ==
        std::vector<std::string>{
            "bin/gui", "bin/hello", "bin/plain", "bin/run", "include/python3.11/Hello/sub/hello.h",
            site + "/Hello-1.0.dist-info/INSTALLER", site + "/Hello-1.0.dist-info/METADATA",
            site + "/Hello-1.0.dist-info/RECORD", site + "/Hello-1.0.dist-info/WHEEL",
            site + "/Hello-1.0.dist-info/entry_points.txt", site + "/hello/__init__.py",
            site + "/hello/tool", site + "/plat.py", site + "/pure.py", "share/hello/text"});
  CHECK(file_of(plan, "bin/hello").role == FileRole::entry_point);
  const std::string shebang = "#!" + std::string(generated_placeholder) + "/bin/python3.11";
  CHECK(file_of(plan, "bin/run").content == shebang + " -E\nprint(1)\n");
  CHECK(file_of(plan, "bin/gui").content == shebang + "\r\nprint(1)\n");
}

TEST_CASE("add_wheel: RECORD lists every file, with the hash of those that are the same anywhere",
          "[wheel_plan]") {
  Packages packages;
  packages.add(python()).add_wheel(hello(), true, "https://files.example/x.whl");
  const TreePlan plan = packages.plan();
  const std::string info = site + "/Hello-1.0.dist-info";
  const std::string record = file_of(plan, info + "/RECORD").content;
  CHECK(std::ranges::count(record, '\n') == 17);
  CHECK_THAT(record, Catch::StartsWith("../../../bin/gui,,\n../../../bin/hello,,\n../../../bin/"
                                       "plain," +
                                       record_hash("#!/bin/sh\n") + ",10\n../../../bin/run,,\n"));
  CHECK_THAT(record, Contains("\n../../../include/python3.11/Hello/sub/hello.h," +
                              record_hash("int x;\n") + ",7\n"));
  CHECK_THAT(record,
             Contains("\nHello-1.0.dist-info/INSTALLER," + record_hash("envlock\n") + ",8\n"));
  CHECK_THAT(record, Contains("\nHello-1.0.dist-info/RECORD,,\n"));
  CHECK_THAT(record, Contains("\nhello/tool," + record_hash("ELF") + ",3\n"));
  CHECK(file_of(plan, info + "/REQUESTED").content.empty());
  CHECK_THAT(file_of(plan, info + "/direct_url.json").content,
             Contains("\"url\": \"https://files.example/x.whl\"") && Contains("sha256="));
}

TEST_CASE("add_wheel: what the wheel brings of the installer's own files is not taken",
          "[wheel_plan]") {
  Packages packages;
  packages.add(python()).add_wheel(WheelBuilder("a")
                                       .info("INSTALLER", "someone\n")
                                       .info("REQUESTED", "")
                                       .info("direct_url.json", "{}"));
  const TreePlan plan = packages.plan();
  const std::string info = site + "/a-1.0.dist-info";
  CHECK(file_of(plan, info + "/INSTALLER").content == "envlock\n");
  CHECK(paths_of(plan, 0) == std::vector<std::string>{info + "/INSTALLER", info + "/METADATA",
                                                      info + "/RECORD", info + "/WHEEL"});
}

TEST_CASE("add_wheel: data that would go where no package may write is refused", "[wheel_plan]") {
  const auto with = [](const std::string& kind, const std::string& path) {
    return wheel_failure(WheelBuilder("a").data(kind, path, "x"));
  };
  CHECK_THAT(with("data", "conda-meta/history"), Contains("rule A22"));
  CHECK_THAT(with("data", "bin/.a-post-link.sh"), Contains("rule A27"));
  CHECK_THAT(with("scripts", ".a-pre-unlink.sh"), Contains("rule A27"));
  CHECK_THAT(with("other", "x"), Contains("rule A24") && Contains("a-1.0.data/other/x"));
  CHECK_THAT(wheel_failure(WheelBuilder("a").file("a-1.0.data/loose", "x")), Contains("rule A24"));
}

TEST_CASE("add_wheel: a wheel that calls itself something else is refused", "[wheel_plan]") {
  const std::string other = "Metadata-Version: 2.1\nName: b\nVersion: 1.0\n";
  CHECK_THAT(wheel_failure(WheelBuilder("a").info("METADATA", other)),
             Contains("'b 1.0', expected 'a 1.0'"));
  CHECK_THAT(wheel_failure(WheelBuilder("python")), Contains("python"));
}

TEST_CASE("add_wheel: without python there is no place for it", "[wheel_plan]") {
  Packages packages;
  packages.add_wheel(WheelBuilder("a"));
  CHECK_THAT(failure(packages, ExitCode::unfit), Contains("a"));
}

TEST_CASE("plan_tree: a wheel and a conda package that claim one path are named", "[wheel_plan]") {
  Packages packages;
  packages.add(python())
      .add(ArchiveBuilder("a").noarch_python().file("site-packages/a.py", "conda's\n"))
      .add_wheel(WheelBuilder("a").file("a.py", "PyPI's\n"));
  const std::string text = failure(packages, ExitCode::unfit);
  CHECK_THAT(text, Contains(site + "/a.py") && Contains("a-1.0-0.conda") &&
                       Contains("a-1.0-py3-none-any.whl"));
  const ClobberRule keep{.path = site + "/a.py", .keep = "pypi:a", .place = {}};
  const TreePlan plan = packages.plan({}, std::span(&keep, 1));
  const PlannedFile& file = file_of(plan, site + "/a.py");
  CHECK(file.sha256 == sha256_of("PyPI's\n"));
}

TEST_CASE("install_prefix: a wheel's files are there, and conda's records know nothing of it",
          "[wheel_plan]") {
  const TempDir dir;
  const fs::path prefix = dir / "p";
  Packages packages;
  packages.add(python(), true).add_wheel(hello(), true);
  (void)install(packages.plan(), prefix);
  CHECK(read_file(prefix / "bin/run") == "#!" + prefix.string() + "/bin/python3.11 -E\nprint(1)\n");
  CHECK(mode_of(prefix / "bin/run") == 0755);
  CHECK(mode_of(prefix / "bin/plain") == 0755);
  CHECK(mode_of(prefix / "bin/hello") == 0755);
  CHECK(mode_of(prefix / site / "hello/tool") == 0755);
  CHECK(mode_of(prefix / site / "hello/__init__.py") == 0644);
  CHECK_THAT(read_file(prefix / "bin/hello"), Contains("from hello import main"));
  CHECK(read_file(prefix / site / "Hello-1.0.dist-info/INSTALLER") == "envlock\n");
  CHECK_FALSE(fs::exists(prefix / "conda-meta/hello-1.0-pypi_0.json"));
  CHECK(fs::exists(prefix / "conda-meta/hello-1.0-pypi_0.wheel"));
  CHECK_THAT(read_file(prefix / "conda-meta/history"), !Contains("hello"));
}

TEST_CASE("install_prefix: wheels come, change, stay and go like packages", "[wheel_plan]") {
  const TempDir dir;
  const fs::path prefix = dir / "p";
  int count = 0;
  const auto install_with = [&](auto add) {
    Packages packages;
    packages.add(python());
    add(packages);
    return install(packages.plan(), prefix, "lock " + std::to_string(++count) + "\n");
  };
  const WheelBuilder one = WheelBuilder("a").file("a.py", "1\n").file("old.py", "");
  (void)install_with([&](Packages& packages) { packages.add_wheel(one); });
  const auto same = install_with([&](Packages& packages) { packages.add_wheel(one); });
  CHECK(same.kept == 2);
  CHECK(same.added.empty());

  // Asked for now: REQUESTED and RECORD are others, so it is made anew.
  const auto asked = install_with([&](Packages& packages) { packages.add_wheel(one, true); });
  CHECK(asked.added == std::vector<std::string>{"a-1.0-pypi_0"});
  CHECK(fs::exists(prefix / site / "a-1.0.dist-info/REQUESTED"));
  (void)install_with([&](Packages& packages) { packages.add_wheel(one); });
  CHECK_FALSE(fs::exists(prefix / site / "a-1.0.dist-info/REQUESTED"));

  const auto next = install_with([&](Packages& packages) {
    packages.add_wheel(WheelBuilder("a", "2.0").file("a.py", "2\n"));
  });
  CHECK(next.removed == std::vector<std::string>{"a-1.0-pypi_0"});
  CHECK(read_file(prefix / site / "a.py") == "2\n");
  CHECK_FALSE(fs::exists(prefix / site / "old.py"));
  CHECK_FALSE(fs::exists(prefix / site / "a-1.0.dist-info"));

  // From PyPI to conda.
  (void)install_with([&](Packages& packages) {
    packages.add(ArchiveBuilder("a").noarch_python().file("site-packages/a.py", "conda\n"));
  });
  CHECK(read_file(prefix / site / "a.py") == "conda\n");
  CHECK_FALSE(fs::exists(prefix / "conda-meta/a-2.0-pypi_0.wheel"));
  CHECK_FALSE(fs::exists(prefix / site / "a-2.0.dist-info"));
}

TEST_CASE("install_prefix: another python moves the wheels to its own place", "[wheel_plan]") {
  const TempDir dir;
  const fs::path prefix = dir / "p";
  const WheelBuilder wheel = WheelBuilder("a").file("a.py", "1\n").command("a = a:f");
  Packages before;
  before.add(python()).add_wheel(wheel);
  (void)install(before.plan(), prefix);
  Packages after;
  after.add(python("3.12.1")).add_wheel(wheel);
  (void)install(after.plan(), prefix, "lock two\n");
  CHECK(fs::exists(prefix / "lib/python3.12/site-packages/a.py"));
  CHECK_FALSE(fs::exists(prefix / site));
  CHECK_THAT(read_file(prefix / "bin/a"), Contains("/bin/python3.12\n"));
}

TEST_CASE("install_prefix: a file of pip's in the place of a wheel's is in the way",
          "[wheel_plan]") {
  const TempDir dir;
  const fs::path prefix = dir / "p";
  Packages before;
  before.add(python());
  (void)install(before.plan(), prefix);
  fs::create_directories(prefix / site);
  dir.write("p/" + site + "/a.py", "pip's\n");
  Packages after;
  after.add(python()).add_wheel(WheelBuilder("a").file("a.py", "1\n"));
  CHECK_THROWS_WITH(install(after.plan(), prefix, "lock two\n"), Contains(site + "/a.py"));
  CHECK(read_file(prefix / site / "a.py") == "pip's\n");
}

TEST_CASE("baseline: of wheels it is the same at any prefix, and names them", "[wheel_plan]") {
  Packages packages;
  packages.add(python()).add_wheel(hello());
  std::vector<std::string> notices;
  const BaselineFacts facts{Platform::parse("linux-64").value(), sha256_of("lock"), {}};
  const Baseline baseline = make_baseline(packages.plan(), facts, 2, {}, notices);
  CHECK(notices.empty());
  REQUIRE(baseline.packages.size() == 2);
  CHECK(baseline.packages[0].name == "pypi:hello");
  CHECK(baseline.packages[0].subdir == "pypi");
  CHECK(baseline.packages[0].fn == "Hello-1.0-py3-none-any.whl");
  CHECK(find_file(baseline, "bin/run")->placeholder.has_value());
  CHECK(read_baseline(write_baseline(baseline), "baseline.json") == baseline);
}

TEST_CASE("installed state: wheels are told with the conda packages, whatever their names",
          "[wheel_plan]") {
  const TempDir dir;
  const fs::path prefix = dir / "p";
  Packages packages;
  packages.add(python())
      .add(ArchiveBuilder("graphviz").file("bin/dot", "conda's"))
      .add_wheel(WheelBuilder("graphviz").file("graphviz.py", ""));
  (void)install(packages.plan(), prefix);
  const UniqueFd folder(::open(prefix.c_str(), O_RDONLY | O_DIRECTORY));
  const InstalledState state = read_installed_state(folder.get(), prefix.string());
  REQUIRE(state.packages.size() == 3);
  CHECK(std::ranges::count_if(state.packages, [](const auto& package) {
          return is_wheel(package.record.record) && package.record.record.name == "graphviz";
        }) == 1);
  std::vector<std::string> notices;
  const BaselineFacts facts{Platform::parse("linux-64").value(), sha256_of("lock"), {}};
  const Baseline baseline = make_baseline(packages.plan(), facts, 2, {}, notices);
  CHECK(read_baseline(write_baseline(baseline), "baseline.json") == baseline);
  const auto again = install(packages.plan(), prefix, "lock two\n");
  CHECK(again.kept == 3);
  CHECK(again.added.empty());
}

}  // namespace envlock::test
