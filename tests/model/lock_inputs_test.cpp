#include <catch2/catch.hpp>
#include <functional>
#include <set>

#include "tests/model/lock_sample.hpp"

namespace envlock::test {
namespace {

using Change = std::function<void(LockInputs&)>;

const Platform linux64 = *Platform::parse("linux-64");
const Platform win64 = *Platform::parse("win-64");

/// One change for each field of LockInputs that counts.
std::vector<Change> changes_of_every_field() {
  return {
      [](LockInputs& in) { in.files[0].path = "env/environment.yml"; },
      [](LockInputs& in) {
        in.files.push_back({"more.yml", {}, {}, {}, {}, {}});
      },
      [](LockInputs& in) { in.files[0].specs[0] = "numpy=1.26.*"; },
      [](LockInputs& in) { in.files[0].specs.push_back("scipy"); },
      [](LockInputs& in) { in.files[0].specs.clear(); },
      [](LockInputs& in) { std::swap(in.files[0].specs[0], in.files[0].specs[1]); },
      [](LockInputs& in) { in.files[0].platform_specs[linux64] = {"zlib"}; },
      [](LockInputs& in) { in.files[0].platform_specs[win64] = {}; },
      [](LockInputs& in) { in.files[0].pip.push_back("flask"); },
      [](LockInputs& in) { in.files[0].platform_pip[linux64] = {"flask"}; },
      [](LockInputs& in) { std::swap(in.channels[0], in.channels[1]); },
      [](LockInputs& in) { in.channels.pop_back(); },
      [](LockInputs& in) { in.channels[0].name = "forge"; },
      [](LockInputs& in) { in.channels[0].url = "https://prefix.dev/conda-forge"; },
      [](LockInputs& in) { in.channels[0].trust = "signed"; },
      [](LockInputs& in) { in.channels[0].minimum_age = "3d"; },
      [](LockInputs& in) { in.channels[0].subdirs = {"noarch"}; },
      [](LockInputs& in) { in.spec_channels.clear(); },
      [](LockInputs& in) { in.platforms.push_back(win64); },
      [](LockInputs& in) { in.virtual_packages[win64] = {}; },
      [](LockInputs& in) { in.virtual_packages[linux64] = {}; },
      [](LockInputs& in) { in.virtual_packages.erase(linux64); },
      [](LockInputs& in) { in.virtual_packages[linux64][0].version = "12.5"; },
      [](LockInputs& in) { in.virtual_packages[linux64][0].build = "1"; },
      [](LockInputs& in) { in.channel_priority = ChannelPriority::disabled; },
      [](LockInputs& in) { in.exclude_newer.reset(); },
      [](LockInputs& in) { in.exclude_newer->asked = "8d"; },
      [](LockInputs& in) { in.strategy = "lowest"; },
      [](LockInputs& in) { in.denied.push_back("worse"); },
      [](LockInputs& in) { in.owns["mine"].push_back("x-*"); },
      [](LockInputs& in) { in.owns["other"] = {}; },
      [](LockInputs& in) { in.same_versions_as = "other"; },
      [](LockInputs& in) { in.keep_records_without_timestamp = false; },
      [](LockInputs& in) { in.pypi_indexes.clear(); },
      [](LockInputs& in) { std::swap(in.pypi_indexes[0], in.pypi_indexes[1]); },
      [](LockInputs& in) { in.pypi_indexes[0].url = "https://evil.example/simple"; },
      [](LockInputs& in) { in.pypi_indexes[0].packages.pop_back(); },
      [](LockInputs& in) { in.pypi_names["pytorch"] = {"torch-cpu"}; },
      [](LockInputs& in) { in.pypi_names.erase("mkl"); },
      [](LockInputs& in) { in.pypi_names["other"] = {}; },
  };
}

std::string shown(const std::vector<InputChange>& changes) {
  std::string out;
  for (const InputChange& change : changes) {
    out += change.place.to_string() + "|" + change.field + "|" + change.locked + "|" +
           change.current + "\n";
  }
  return out;
}

}  // namespace

TEST_CASE("every field of a question shows in its digest, in equality and in the comparison",
          "[lock_inputs]") {
  const LockInputs inputs = full_lock().inputs;
  REQUIRE(compare_inputs(inputs, inputs).empty());
  std::set<std::string> digests{inputs_sha256(inputs)};
  std::size_t n = 0;
  for (const Change& change : changes_of_every_field()) {
    LockInputs changed = inputs;
    change(changed);
    CAPTURE(n++);
    REQUIRE_FALSE(changed == inputs);
    REQUIRE(digests.insert(inputs_sha256(changed)).second);
    REQUIRE_FALSE(compare_inputs(inputs, changed).empty());
    REQUIRE_FALSE(compare_inputs(changed, inputs).empty());
  }
}

TEST_CASE("the moving cutoff and the lines of a file are no part of the question",
          "[lock_inputs]") {
  const LockInputs inputs = full_lock().inputs;
  LockInputs other = inputs;
  other.exclude_newer->cutoff.ms += 1;
  other.files[0].lines["numpy"] = 7;
  REQUIRE(other == inputs);
  REQUIRE(inputs_sha256(other) == inputs_sha256(inputs));
  REQUIRE(compare_inputs(inputs, other).empty());
}

TEST_CASE("compare_inputs pairs what changed and says where it stands now", "[lock_inputs]") {
  LockInputs locked = small_lock().inputs;
  locked.files[0].specs = {"numpy=1.26.*", "python=3.12", "scipy"};
  LockInputs current = locked;
  current.files[0].specs = {"conda-forge::numpy=2.*", "polars", "python=3.12"};
  current.files[0].lines = {{"conda-forge::numpy=2.*", 6}, {"polars", 7}, {"python=3.12", 5}};
  current.channels[0].url = "https://prefix.dev/conda-forge";
  current.exclude_newer = ExcludeNewer{"2026-01-01", Instant{0}};
  REQUIRE(shown(compare_inputs(locked, current)) ==
          "environment.yml:6|environment.yml: specs|numpy=1.26.*|conda-forge::numpy=2.*\n"
          "environment.yml|environment.yml: specs|scipy|\n"
          "environment.yml:7|environment.yml: specs||polars\n"
          "|channels.conda-forge.url|https://conda.anaconda.org/conda-forge|"
          "https://prefix.dev/conda-forge\n"
          "|exclude_newer||2026-01-01\n");
}

TEST_CASE("compare_inputs shows the order of channels and files where only that changed",
          "[lock_inputs]") {
  LockInputs locked = full_lock().inputs;
  locked.files.push_back({"b.yml", {}, {}, {}, {}, {}});
  LockInputs current = locked;
  std::swap(current.channels[0], current.channels[1]);
  std::swap(current.files[0], current.files[1]);
  REQUIRE(shown(compare_inputs(locked, current)) ==
          "|files|environment.yml, b.yml|b.yml, environment.yml\n"
          "|channels|conda-forge, mine|mine, conda-forge\n");
}

TEST_CASE("compare_inputs tells virtual packages that are not said from none at all",
          "[lock_inputs]") {
  const LockInputs locked = full_lock().inputs;
  LockInputs current = locked;
  current.virtual_packages.erase(linux64);
  current.virtual_packages[*Platform::parse("osx-arm64")] = {{"__osx", "14", "0"}};
  REQUIRE(shown(compare_inputs(locked, current)) ==
          "|virtual_packages: linux-64|__cuda=12.4=0|\n"
          "|virtual_packages: osx-arm64|none|__osx=14=0\n");
}

TEST_CASE("with_kept_answers fills in only what today's question leaves open", "[lock_inputs]") {
  const LockInputs locked = full_lock().inputs;
  LockInputs current = locked;
  current.platforms.clear();
  current.virtual_packages.clear();
  REQUIRE(with_kept_answers(current, locked) == locked);
  current.platforms = {win64};
  current.virtual_packages[linux64] = {};
  const LockInputs kept = with_kept_answers(current, locked);
  REQUIRE(kept.platforms == std::vector<Platform>{win64});
  REQUIRE(kept.virtual_packages.at(linux64).empty());
}

}  // namespace envlock::test
