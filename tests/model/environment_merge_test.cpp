#include <catch2/catch.hpp>

#include "model/environment.hpp"

namespace envlock::test {
namespace {

using Texts = std::vector<std::string>;

/// Merges files named a.yml, b.yml and so on.
Environment merge(const std::vector<std::string>& yamls) {
  std::vector<Environment> parts;
  for (const std::string& yaml : yamls)
    parts.push_back(parse_environment(
        yaml, std::string(1, static_cast<char>('a' + static_cast<int>(parts.size()))) + ".yml"));
  return merge_environments(std::move(parts));
}

std::string refusal(const std::vector<std::string>& yamls) {
  try {
    merge(yamls);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

Texts channels(const std::vector<std::string>& lists) {
  std::vector<std::string> yamls;
  for (const std::string& list : lists) yamls.push_back("channels: [" + list + "]\n");
  Texts out;
  for (const auto& channel : merge(yamls).channels) out.push_back(channel.text);
  return out;
}

}  // namespace

TEST_CASE("merge_environments: one file stays as it is", "[model]") {
  const Environment merged = merge({"name: x\nchannels: [a, b]\ndependencies: [c]\n"});
  CHECK(merged.name == "x");
  CHECK(merged.channels.size() == 2);
  CHECK(merged.files[0].specs[0].text == "c");
}

TEST_CASE("merge_environments: dependencies append and keep their files", "[model]") {
  const Environment merged = merge({"dependencies: [python, {pip: [p]}]\nprefix: /x\n",
                                    "dependencies: [numpy, python]\nprefix: /y\n"});
  REQUIRE(merged.files.size() == 2);
  Texts specs;
  for (const auto& spec : merged.specs_for(*Platform::parse("linux-64")))
    specs.push_back(spec.place.file + ' ' + spec.text);
  CHECK(specs == Texts{"a.yml python", "b.yml numpy", "b.yml python"});
  CHECK(merged.pip_for(*Platform::parse("linux-64")).size() == 1);
  CHECK(merged.notices.size() == 2);
}

TEST_CASE("merge_environments: channels keep every file's order", "[model]") {
  CHECK(channels({"a, b", "a, c"}) == Texts{"a", "b", "c"});
  CHECK(channels({"a, b", "c, a"}) == Texts{"c", "a", "b"});
  CHECK(channels({"a, b", "b, c", "c, d"}) == Texts{"a", "b", "c", "d"});
  CHECK(channels({"", "a"}) == Texts{"a"});
}

TEST_CASE("merge_environments: contradicting channel orders are refused with both lines",
          "[model]") {
  CHECK(refusal({"channels:\n- a\n- b\n", "channels:\n- b\n- x\n- a\n"}) ==
        "b.yml:4: the channel 'b' comes before 'a' here, and after it in a.yml:2");
  CHECK_THAT(refusal({"channels: [a, b]\n", "channels: [b, c]\n", "channels: [c, a]\n"}),
             Catch::Contains("contradict each other about the order of the channels"));
}

TEST_CASE("merge_environments: names and variables must agree", "[model]") {
  CHECK(merge({"name: x\n", "dependencies: []\n", "name: x\n"}).name == "x");
  CHECK(merge({"dependencies: []\n", "name: x\n"}).name == "x");
  CHECK(refusal({"name: x\n", "name: y\n"}) == "b.yml:1: the name 'y' contradicts 'x' in a.yml:1");
  CHECK(merge({"variables: {A: 1}\n", "variables: {A: 1, B: 2}\n"}).variables.size() == 2);
  CHECK(refusal({"variables:\n  A: 1\n", "variables:\n  B: 1\n  A: 2\n"}) ==
        "b.yml:3: the variable 'A' contradicts its value in a.yml:2");
}

TEST_CASE("merge_environments: platforms are the common ones", "[model]") {
  const auto merged = merge({"platforms: [linux-64, osx-64, win-64]\n", "dependencies: []\n",
                             "platforms: [win-64, linux-64]\n"});
  CHECK(merged.platforms ==
        std::vector<Platform>{*Platform::parse("linux-64"), *Platform::parse("win-64")});
  CHECK_THAT(refusal({"platforms: [linux-64]\n", "platforms: [win-64]\n"}),
             Catch::Contains("no platform in common: win-64 here, linux-64 in a.yml:1"));
}

}  // namespace envlock::test
