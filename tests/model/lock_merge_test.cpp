#include "model/lock_merge.hpp"

#include <catch2/catch.hpp>

#include "tests/model/lock_sample.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;

const Platform linux64 = *Platform::parse("linux-64");
const Platform win64 = *Platform::parse("win-64");

Lockfile asking(const std::vector<std::string>& specs) {
  Lockfile lock;
  LockInputs::File file;
  file.path = "environment.yml";
  file.specs = specs;
  lock.inputs.files = {file};
  lock.inputs.channels = {{"c", "https://host.example/c", "sha256", "", {}}};
  lock.platforms[linux64];
  return lock;
}

LockedPackage package(const std::string& name, const std::string& version,
                      std::uint64_t build_number = 0) {
  LockedPackage locked;
  locked.record.name = name;
  locked.record.version = version;
  locked.record.build_number = build_number;
  locked.record.url = "https://host.example/c/linux-64/" + name + '-' + version + '-' +
                      std::to_string(build_number) + ".conda";
  locked.record.sha256 = sha256_of(locked.record.url);
  return locked;
}

Lockfile having(const std::vector<LockedPackage>& packages) {
  Lockfile lock = asking({"a"});
  lock.platforms[linux64].packages = packages;
  return lock;
}

/// Merges both ways round, requires the same, and no conflict.
Lockfile merged(const Lockfile* base, const Lockfile& ours, const Lockfile& theirs) {
  const LockMerge one = merge_locks(base, ours, theirs);
  const LockMerge other = merge_locks(base, theirs, ours);
  INFO((one.conflicts.empty() ? "" : one.conflicts.front()));
  REQUIRE(one.conflicts.empty());
  REQUIRE(other.conflicts.empty());
  REQUIRE(one.lock == other.lock);
  return one.lock;
}

std::vector<std::string> specs_of(const Lockfile& lock) { return lock.inputs.files.at(0).specs; }

/// "name version-build" of what is preferred.
std::vector<std::string> preferred(const Lockfile& lock) {
  std::vector<std::string> all;
  for (const LockedPackage& locked : lock.platforms.at(linux64).packages)
    all.push_back(locked.record.name + ' ' + locked.record.version + '-' +
                  std::to_string(locked.record.build_number));
  return all;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("merge_locks: where one side changed nothing, the question is the other's") {
  Lockfile sample = full_lock();
  sample.inputs.spec_channels = {};  // what specs name follows from them
  CHECK(merged(&sample, sample, sample).inputs == sample.inputs);
  Lockfile changed = sample;
  changed.inputs.files[0].specs.emplace_back("zstd");
  changed.inputs.files[0].pip = {"flask"};
  changed.inputs.channel_priority = ChannelPriority::disabled;
  changed.inputs.denied = {"bad"};
  changed.inputs.owns["mine"] = {"x-*"};
  changed.inputs.virtual_packages.erase(linux64);
  changed.inputs.exclude_newer.reset();
  changed.inputs.pypi_indexes.pop_back();
  changed.inputs.pypi_names = {{"pytorch", {"torch-cpu"}}};
  changed.variables = {{"NEW", "1"}};
  const Lockfile result = merged(&sample, sample, changed);
  LockInputs expected = changed.inputs;
  std::sort(expected.files[0].specs.begin(), expected.files[0].specs.end());
  CHECK(compare_inputs(result.inputs, expected).empty());
  CHECK(result.variables == changed.variables);
}

TEST_CASE("merge_locks: requests are merged name by name") {
  const Lockfile base = asking({"a", "b <2", "d"});
  CHECK(specs_of(merged(&base, asking({"a", "b <2", "c", "d"}), asking({"a", "b <3", "d", "e"}))) ==
        Texts{"a", "b <3", "c", "d", "e"});
  // Gone on one side is gone; the same on both is no conflict.
  CHECK(specs_of(merged(&base, asking({"a", "b <2"}), asking({"a", "b <2", "d", "x"}))) ==
        Texts{"a", "b <2", "x"});
  CHECK(specs_of(merged(&base, asking({"b <4"}), asking({"a", "b <4", "d"}))) == Texts{"b <4"});
  // Two lines of one package are one thing.
  CHECK(specs_of(merged(&base, asking({"a", "a <9", "b <2", "d"}), asking({"a", "b <2", "d"}))) ==
        Texts{"a", "a <9", "b <2", "d"});
}

TEST_CASE("merge_locks: what both sides changed into two is a conflict that names both") {
  const Lockfile base = asking({"a"});
  const auto conflict = [&](const Lockfile& ours, const Lockfile& theirs) {
    const LockMerge merge = merge_locks(&base, ours, theirs);
    REQUIRE(merge.conflicts.size() == 1);
    return merge.conflicts.front();
  };
  CHECK(conflict(asking({"a >1"}), asking({"a >2"})) ==
        "environment.yml: ours asks for a >1, theirs for a >2");
  CHECK(conflict(asking({}), asking({"a >2"})) ==
        "environment.yml: ours asks for nothing, theirs for a >2");
  Lockfile ours = asking({"a"});
  Lockfile theirs = asking({"a"});
  ours.inputs.channels.push_back({"d", "https://host.example/d", "sha256", "", {}});
  theirs.inputs.channels.clear();
  CHECK(conflict(ours, theirs) == "both sides changed the channels");
  ours = theirs = asking({"a"});
  ours.variables["X"] = "1";
  theirs.variables["X"] = "2";
  CHECK(conflict(ours, theirs) == "both sides changed the variable 'X'");
  ours = theirs = asking({"a"});
  ours.platforms[linux64].virtual_packages = {{"__glibc", "2.17", "0"}};
  theirs.platforms[linux64].virtual_packages = {{"__glibc", "2.34", "0"}};
  CHECK(conflict(ours, theirs) == "both sides changed the virtual packages of linux-64");
  ours = theirs = asking({"a"});
  ours.inputs.files[0].pip = {"x"};
  theirs.inputs.files[0].pip = {"y"};
  CHECK(conflict(ours, theirs) == "both sides changed environment.yml: 'pip:'");
}

TEST_CASE("merge_locks: without an ancestor, both sides add") {
  CHECK(specs_of(merged(nullptr, asking({"a", "b"}), asking({"a", "c"}))) == Texts{"a", "b", "c"});
  CHECK(merge_locks(nullptr, asking({"a"}), asking({"a >1"})).conflicts.size() == 1);
}

TEST_CASE(
    "merge_locks: a package that one side moved stays moved, else the higher one is preferred") {
  const Lockfile base = having({package("a", "2"), package("b", "1"), package("c", "1.9"),
                                package("d", "1", 1), package("gone", "1")});
  // b is raised by one side, a lowered by the other, c and d raised by both.
  const Lockfile ours =
      having({package("a", "1"), package("b", "1"), package("c", "1.10"), package("d", "1", 2)});
  const Lockfile theirs = having({package("a", "2"), package("b", "2"), package("c", "1.11"),
                                  package("d", "1", 10), package("e", "1"), package("gone", "1")});
  CHECK(preferred(merged(&base, ours, theirs)) ==
        Texts{"a 1-0", "b 2-0", "c 1.11-0", "d 1-10", "e 1-0", "gone 1-0"});
}

TEST_CASE("merge_locks: platforms and what some of them alone ask for") {
  const Lockfile base = asking({"a"});
  Lockfile ours = base;
  Lockfile theirs = base;
  ours.platforms[win64].packages = {package("a", "1")};
  ours.inputs.files[0].platform_specs[win64] = {"pywin32"};
  theirs.inputs.files[0].platform_specs[linux64] = {"b"};
  const Lockfile both = merged(&base, ours, theirs);
  CHECK(both.platforms.size() == 2);
  CHECK(both.platforms.at(win64).packages.size() == 1);
  CHECK(both.inputs.files[0].platform_specs ==
        std::map<Platform, Texts>{{linux64, {"b"}}, {win64, {"pywin32"}}});
  // A platform that one side took out is gone, whatever the other locked for it.
  Lockfile other = ours;
  other.platforms[win64].packages = {package("a", "2")};
  CHECK(merged(&ours, base, other).platforms.size() == 1);
}

TEST_CASE("merge_locks: of one wish for old packages with two cutoffs the later one holds") {
  Lockfile base = asking({"a"});
  base.inputs.exclude_newer = ExcludeNewer{"7d", {1000}};
  Lockfile ours = base;
  Lockfile theirs = base;
  ours.inputs.exclude_newer->cutoff = {3000};
  theirs.inputs.exclude_newer->cutoff = {2000};
  CHECK(merged(&base, ours, theirs).inputs.exclude_newer->cutoff.ms == 3000);
}

}  // namespace envlock::test
