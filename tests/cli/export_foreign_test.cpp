#include "cli/export_foreign.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

#include "cli/pypi_needs.hpp"
#include "cli/yaml_text.hpp"
#include "model/foreign_lock.hpp"
#include "model/yaml.hpp"
#include "tests/cli/small_lock.hpp"

namespace envlock::test {
namespace {

const Platform linux_64 = Platform::parse("linux-64").value();
const Platform osx_arm64 = Platform::parse("osx-arm64").value();

/// small_lock() with what the formats treat apart: a second platform, noarch packages, odd builds,
/// all fields, a PyPI package, a channel on disk.
Lockfile rich_lock() {
  Lockfile lock = small_lock();
  LockPlatform& linux_packages = lock.platforms.at(linux_64);
  PackageRecord& numpy = linux_packages.packages[0].record;
  numpy.md5 = Md5::parse(std::string(32, 'e'));
  numpy.timestamp_ms = 1727963148474;
  numpy.license = "BSD-3-Clause AND MIT";
  numpy.license_family = "BSD";
  numpy.build_number = 7;
  numpy.track_features = {"mkl"};
  PackageRecord& python = linux_packages.packages[3].record;
  python.python_site_packages_path = "lib/python3.12/site-packages";
  LockedPackage on = locked("on", "1.10", {"x264 1!164.3095 h166bdaf_2", "python", "python 3.*"});
  on.record.subdir = "noarch";
  on.record.noarch = NoArch::generic;
  on.record.build = "pyh1_0";
  on.record.channel_url = "file:///srv/my%20channel";
  on.record.fn = "on-1.10-pyh1_0.conda";
  on.record.url = "file:///srv/my%20channel/noarch/on-1.10-pyh1_0.conda";
  on.channel = "mine";
  linux_packages.packages.push_back(on);
  lock.platforms[osx_arm64].packages = {on};
  lock.channels.push_back({"mine", "./mine", "sha256", {}});
  lock.inputs.channels.push_back({"mine", "./mine", "sha256", "", {}});
  LockedPypi rich = pypi("rich", "13.9.2", "");
  rich.url = "https://files.pythonhosted.org/packages/aa/rich-13.9.2-py3-none-any.whl";
  rich.sha256 = sha256_of("rich");
  rich.requires_dist = {"pygments<3,>=2.13", "ipywidgets>=7 ; extra == 'jupyter'"};
  linux_packages.pypi = {rich};
  return lock;
}

const std::vector<Platform> both{linux_64, osx_arm64};

}  // namespace

TEST_CASE("pixi_lock_text: what is written is read as the same records") {
  const Lockfile lock = rich_lock();
  const ForeignText text = pixi_lock_text(lock, both);
  const ForeignLock read = read_pixi_lock(text.document, "pixi.lock");
  CHECK(read.version == 6);
  CHECK(read.unread_keys.empty());
  REQUIRE(read.environments.size() == 1);
  REQUIRE(read.environments[0].platforms.size() == 2);
  CHECK(read.environments[0].channels ==
        std::vector<std::string>{"https://conda.anaconda.org/conda-forge",
                                 "file:///srv/my%20channel"});
  for (const ForeignPlatform& platform : read.environments[0].platforms) {
    const LockPlatform& wanted = lock.platforms.at(*platform.platform);
    REQUIRE(platform.packages.size() == wanted.packages.size());
    for (std::size_t i = 0; i < wanted.packages.size(); ++i) {
      CAPTURE(wanted.packages[i].record.name);
      CHECK(read.packages[platform.packages[i]].record == wanted.packages[i].record);
    }
    CHECK(platform.pypi.size() == wanted.pypi.size());
  }
  CHECK(read.pypi[0].requires_dist == lock.platforms.at(linux_64).pypi[0].requires_dist);
  CHECK(read.pypi[0].sha256 == sha256_of("rich"));
}

TEST_CASE("pixi_lock_text: an entry that two platforms share is written once") {
  const std::string text = pixi_lock_text(rich_lock(), both).document;
  const std::string entry = "\n- conda: \"file:///srv/my%20channel/noarch/on-1.10-pyh1_0.conda\"\n";
  const std::size_t first = text.find(entry);
  REQUIRE(first != std::string::npos);
  CHECK(text.find(entry, first + 1) == std::string::npos);
}

TEST_CASE("pixi_lock_text: options only where they are not pixi's own") {
  Lockfile lock = small_lock();
  CHECK_THAT(pixi_lock_text(lock, {linux_64}).document, !Catch::Contains("options"));
  lock.inputs.channel_priority = ChannelPriority::flexible;
  lock.inputs.exclude_newer = ExcludeNewer{"7d", Instant{1727963148000}};
  CHECK_THAT(pixi_lock_text(lock, {linux_64}).document,
             Catch::Contains("    options:\n      channel-priority: flexible\n"
                             "      exclude-newer: \"2024-10-03T13:45:48Z\"\n"));
}

TEST_CASE("conda_lock_text: what is written is read as the same packages") {
  const Lockfile lock = rich_lock();
  const ForeignText text = conda_lock_text(lock, both);
  const ForeignLock read = read_conda_lock(text.document, "conda-lock.yml");
  REQUIRE(read.environments[0].platforms.size() == 2);
  for (const ForeignPlatform& platform : read.environments[0].platforms) {
    const LockPlatform& wanted = lock.platforms.at(*platform.platform);
    REQUIRE(platform.packages.size() == wanted.packages.size());
    for (const LockedPackage& package : wanted.packages) {
      const PackageRecord& other = package.record;
      const auto at = std::ranges::find_if(platform.packages, [&](std::size_t index) {
        return read.packages[index].record.name == other.name;
      });
      REQUIRE(at != platform.packages.end());
      const PackageRecord& record = read.packages[*at].record;
      CHECK(std::tie(record.name, record.version, record.build, record.url, record.subdir,
                     record.channel_url, record.sha256, record.md5) ==
            std::tie(other.name, other.version, other.build, other.url, other.subdir,
                     other.channel_url, other.sha256, other.md5));
    }
  }
  const auto on = std::ranges::find(
      read.packages, "on", [](const ForeignPackage& package) { return package.record.name; });
  REQUIRE(on != read.packages.end());
  CHECK(on->record.depends == std::vector<std::string>{"python 3.*", "x264 1!164.3095 h166bdaf_2"});
  REQUIRE(read.pypi.size() == 1);
  CHECK(read.pypi[0].requires_dist == std::vector<std::string>{"pygments <3,>=2.13"});
}

TEST_CASE("conda_lock_text: several constraints on one name are joined") {
  Lockfile lock = small_lock();
  lock.platforms.at(linux_64).packages[0].record.depends = {
      "python >=3.10", "python >=3.12,<3.13.0a0 *_cp312", "python", "tzdata * x_0", "tzdata 1"};
  CHECK_THAT(conda_lock_text(lock, {linux_64}).document,
             Catch::Contains("    python: \">=3.10,>=3.12,<3.13.0a0 *_cp312\"\n"
                             "    tzdata: \"1 x_0\"\n"));
}

TEST_CASE("conda_lock_text: of what markers and extras guard that stays which holds") {
  Lockfile lock = small_lock();
  LockedPypi tool = pypi("tool", "1", "");
  tool.url = "https://files.pythonhosted.org/packages/tool-1-py3-none-any.whl";
  tool.sha256 = sha256_of("tool");
  tool.requires_dist = {"A_b[x] >=1 ; python_version >= '3.8'", "winonly; sys_platform == 'win32'",
                        "fast>2; extra == 'fast'", "never; extra == 'never'", "tool[fast]"};
  lock.platforms.at(linux_64).pypi = {tool};
  lock.inputs.files[0].pip = {"tool[fast]"};
  CHECK_THAT(conda_lock_text(lock, {linux_64}).document,
             Catch::Contains("  dependencies:\n    a-b: \">=1\"\n    fast: \">2\"\n  url: "));
}

TEST_CASE("conda_lock_text: several specifiers on one project are joined as PyPI's are") {
  Lockfile lock = small_lock();
  LockedPypi tool = pypi("tool", "1", "");
  tool.url = "https://files.pythonhosted.org/packages/tool-1-py3-none-any.whl";
  tool.sha256 = sha256_of("tool");
  tool.requires_dist = {"numpy >=1.2, <2", "numpy>=1.22", "numpy"};
  lock.platforms.at(linux_64).pypi = {tool};
  CHECK_THAT(conda_lock_text(lock, {linux_64}).document,
             Catch::Contains("    numpy: \">=1.2,<2,>=1.22\"\n  url: "));
}

TEST_CASE("pypi_needs: a line whose marker does not hold asks for no extra") {
  Lockfile lock = small_lock();
  LockedPypi tool = pypi("tool", "1", "");
  tool.url = "https://files.pythonhosted.org/packages/tool-1-py3-none-any.whl";
  tool.sha256 = sha256_of("tool");
  tool.requires_dist = {"window; extra == 'gui'", "quick; extra == 'fast'"};
  lock.platforms.at(linux_64).pypi = {tool};
  lock.inputs.files[0].pip = {"tool[gui]; sys_platform == 'win32'",
                              "tool[fast]; sys_platform == 'linux'"};
  const auto needs = pypi_needs(lock, linux_64).at("tool");
  REQUIRE(needs.size() == 1);
  CHECK(needs[0].requirement.project == "quick");
}

TEST_CASE("conda_lock_text: what has no place is told") {
  Lockfile lock = rich_lock();
  lock.variables = {{"A", "b"}};
  lock.platforms.at(linux_64).pypi.push_back(pypi("mine", "1", "./mine"));
  lock.platforms.at(linux_64).packages[1].record.depends = {"a 1 x_0", "a 1 y_0"};
  const std::vector<std::string> lost = conda_lock_text(lock, both).lost;
  CHECK(lost == std::vector<std::string>{
                    "licences, sizes, times, assumed virtual packages and requests",
                    "the 'constrains' of packages", "the local project 'mine'",
                    "the second constraint of 'openssl' on 'a' ('1 y_0')", "the variables"});
}

TEST_CASE("yaml_scalar: every reader gets the same text back") {
  const auto text = GENERATE(values<std::string>({"",
                                                  "a",
                                                  "y",
                                                  "No",
                                                  "ON",
                                                  "null",
                                                  "~",
                                                  "1.10",
                                                  "3",
                                                  "a: b",
                                                  "a #b",
                                                  "a:",
                                                  " a",
                                                  "a ",
                                                  "-",
                                                  "- a",
                                                  "[a]",
                                                  "a\nb",
                                                  "*",
                                                  ">=1",
                                                  "x264 1!164",
                                                  "it's",
                                                  "\"",
                                                  "a\\b",
                                                  "%",
                                                  "python *",
                                                  "=1",
                                                  "{a}",
                                                  "!x",
                                                  "&a",
                                                  "\xE2\x80\xA8",
                                                  "https://h/c",
                                                  "a\tb",
                                                  "@",
                                                  "`"}));
  const std::string document = "k: " + yaml_scalar(text) + "\n";
  CAPTURE(document);
  const YamlNode node = parse_yaml(document, "x");
  REQUIRE(node.entries.size() == 1);
  CHECK(node.entries[0].value.kind == YamlNode::Kind::scalar);
  CHECK(node.entries[0].value.text == text);
}

}  // namespace envlock::test
