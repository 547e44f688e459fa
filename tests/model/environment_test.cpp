#include "model/environment.hpp"

#include <catch2/catch.hpp>

namespace envlock::test {
namespace {

using Texts = std::vector<std::string>;

Environment read(std::string_view yaml) { return parse_environment(yaml, "environment.yml"); }

/// "message | hint" of the refusal.
std::string refusal(std::string_view yaml) {
  try {
    read(yaml);
  } catch (const InputError& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
  return "accepted";
}

Texts texts(const std::vector<RequestedSpec>& specs) {
  Texts out;
  for (const auto& spec : specs) out.push_back(spec.text);
  return out;
}

Texts texts(const std::vector<RequestedChannel>& channels) {
  Texts out;
  for (const auto& channel : channels) out.push_back(channel.text);
  return out;
}

Texts specs_on(std::string_view yaml, std::string_view subdir) {
  return texts(read(yaml).specs_for(*Platform::parse(subdir)));
}

}  // namespace

TEST_CASE("parse_environment: an ordinary file", "[model]") {
  const Environment environment = read(
      "name: demo\n"
      "channels:\n"
      "  - conda-forge\n"
      "  - https://repo.example/acme\n"
      "platforms: [win-64, linux-64, win-64]\n"
      "dependencies:\n"
      "  - python=3.10\n"
      "  - conda-forge::numpy >=1.20,<2\n"
      "variables:\n"
      "  OMP_NUM_THREADS: 4\n");
  CHECK(environment.name == "demo");
  CHECK(texts(environment.channels) == Texts{"conda-forge", "https://repo.example/acme"});
  CHECK(environment.channels[1].place == SourcePlace{"environment.yml", 4, 5});
  CHECK(environment.platforms ==
        std::vector<Platform>{*Platform::parse("linux-64"), *Platform::parse("win-64")});
  REQUIRE(environment.files.size() == 1);
  CHECK(environment.files[0].path == "environment.yml");
  CHECK(texts(environment.files[0].specs) == Texts{"python=3.10", "conda-forge::numpy >=1.20,<2"});
  CHECK(environment.files[0].specs[0].place == SourcePlace{"environment.yml", 7, 5});
  CHECK(environment.variables.at("OMP_NUM_THREADS") == "4");
  CHECK(environment.notices.empty());
}

TEST_CASE("parse_environment: nothing, empty lists and null items are tolerated (CF 5.1)",
          "[model]") {
  const Environment environment =
      read("name:\nchannels: ~\ndependencies:\n  -\n  - ~\n  - numpy\nvariables:\nplatforms: []\n");
  CHECK(environment.name.empty());
  CHECK(environment.channels.empty());
  CHECK(texts(environment.files[0].specs) == Texts{"numpy"});
  CHECK(read("dependencies:\n").files[0].specs.empty());
}

TEST_CASE("parse_environment: a file without dependencies is read, and said", "[model]") {
  CHECK(read("channels: [conda-forge]\n").notices ==
        Texts{"environment.yml: has no 'dependencies'"});
}

TEST_CASE("parse_environment: nodefaults is dropped, defaults and duplicates are handled",
          "[model]") {
  CHECK(texts(read("channels: [nodefaults, b, defaults, b, a]\ndependencies: []\n").channels) ==
        Texts{"b", "defaults", "a"});
}

TEST_CASE("parse_environment: prefix and other tools' keys are ignored with a notice", "[model]") {
  const auto notices = read("prefix: /home/me/env\ncategory: dev\ndependencies: [a]\n").notices;
  CHECK(notices == Texts{"environment.yml:1: 'prefix' is ignored",
                         "environment.yml:2: 'category' is ignored"});
}

TEST_CASE("parse_environment: unknown keys are refused with the nearest or all known", "[model]") {
  CHECK_THAT(refusal("dependancies: [a]\n"),
             Catch::StartsWith("environment.yml:1: 'dependancies'") &&
                 Catch::EndsWith("did you mean 'dependencies'?"));
  CHECK_THAT(
      refusal("dependencies: [a]\nChannels: [b]\n"),
      Catch::StartsWith("environment.yml:2:") && Catch::EndsWith("did you mean 'channels'?"));
  CHECK_THAT(refusal("author: me\n"), Catch::Contains("the keys are channels, dependencies, name"));
}

TEST_CASE("parse_environment: wrong types are refused with expected and found", "[model]") {
  CHECK_THAT(refusal("channels: conda-forge\n"),
             Catch::Contains("'channels': expected a list, found text ('conda-forge')") &&
                 Catch::EndsWith("after '- '"));
  CHECK_THAT(refusal("channels: {a: b}\n"), Catch::Contains("expected a list, found a mapping"));
  CHECK_THAT(refusal("channels: [[a]]\n"),
             Catch::Contains("a channel: expected text, found a list"));
  CHECK_THAT(refusal("dependencies: numpy\n"), Catch::Contains("expected a list"));
  CHECK_THAT(refusal("dependencies: [[a]]\n"), Catch::Contains("expected text, found a list"));
  CHECK_THAT(refusal("dependencies: ['']\n"), Catch::Contains("is empty"));
  CHECK_THAT(refusal("name: [a]\n"), Catch::Contains("'name': expected text"));
  CHECK_THAT(refusal("platforms: linux-64\n"), Catch::Contains("expected a list"));
  CHECK_THAT(refusal("variables: [A=1]\n"), Catch::Contains("expected a mapping"));
  CHECK_THAT(refusal("dependencies:\n- pip: requests\n"),
             Catch::Contains("'pip': expected a list"));
  CHECK_THAT(refusal("- a\n"), Catch::Contains("expected an environment file"));
  CHECK_THAT(refusal("text\n"), Catch::Contains("expected an environment file"));
  CHECK_THAT(refusal(""), Catch::Contains("the file is empty"));
}

TEST_CASE("parse_environment: a mapping or a bare number is no dependency", "[model]") {
  CHECK_THAT(refusal("dependencies:\n- python: 3.10\n"), Catch::EndsWith("write - python=3.10"));
  CHECK_THAT(refusal("dependencies:\n- numpy:\n"),
             Catch::EndsWith("write - numpy without the ':'"));
  CHECK_THAT(refusal("dependencies:\n- pypi:\n  - a\n"), Catch::Contains("not a section"));
  CHECK_THAT(refusal("dependencies:\n- Pip:\n  - a\n"), Catch::EndsWith("did you mean 'pip'?"));
  CHECK_THAT(refusal("dependencies:\n- 3.10\n"),
             Catch::Contains("'3.10' is not a package") && !Catch::Contains("YAML"));
  CHECK_THAT(refusal("dependencies: [python >3.12,<3.13]\n"),
             Catch::Contains("'<3.13' is not a package | YAML splits [a, b] at each comma: quote"));
}

TEST_CASE("parse_environment: names that conda refuses are refused", "[model]") {
  for (const char* name : {"base", "root", "a/b", "a b", "'a:b'", "'a#b'", "a\\b"}) {
    INFO(name);
    CHECK(refusal("name: " + std::string(name) + "\ndependencies: [a]\n") != "accepted");
  }
}

TEST_CASE("parse_environment: the pip list is kept as it is written", "[model]") {
  const Environment environment = read(
      "dependencies:\n"
      "  - pip\n"
      "  - pip:\n"
      "    - requests==2.31\n"
      "    - -r requirements.txt\n"
      "    - pkg[extra]>=1 ; python_version<\"3.12\"\n"
      "    - git+ssh://git@github.com/acme/x.git\n"
      "    - --index-url https://${PIP_USER}:${PIP_TOKEN}@pypi.example/simple\n"
      "    -\n");
  CHECK(texts(environment.files[0].specs) == Texts{"pip"});
  CHECK(texts(environment.files[0].pip) ==
        Texts{"requests==2.31", "-r requirements.txt", "pkg[extra]>=1 ; python_version<\"3.12\"",
              "git+ssh://git@github.com/acme/x.git",
              "--index-url https://${PIP_USER}:${PIP_TOKEN}@pypi.example/simple"});
  CHECK(environment.files[0].pip[0].place.line == 4);
}

TEST_CASE("parse_environment: platforms are known ones, and the nearest is offered", "[model]") {
  CHECK_THAT(refusal("platforms: [linux_64]\n"), Catch::EndsWith("did you mean 'linux-64'?"));
  CHECK_THAT(refusal("platforms: [osx-amr64]\n"), Catch::EndsWith("did you mean 'osx-arm64'?"));
  CHECK_THAT(refusal("platforms: [noarch]\n"), Catch::Contains("'noarch' is not a platform"));
  CHECK_THAT(refusal("platforms:\n- haiku-m68k\n"), Catch::StartsWith("environment.yml:2:"));
}

TEST_CASE("parse_environment: variables are text, and only what activation can set", "[model]") {
  CHECK(read("variables: {A: 1.10, B: yes, C: '', _d: 'x y'}\n").variables ==
        std::map<std::string, std::string>{{"A", "1.10"}, {"B", "yes"}, {"C", ""}, {"_d", "x y"}});
  CHECK_THAT(refusal("variables: {PATH: /x}\n"), Catch::Contains("'PATH' cannot be set"));
  CHECK_THAT(refusal("variables: {Path: /x}\n"), Catch::Contains("cannot be set"));
  for (const char* name : {"1A", "A-B", "'A B'", "'A=B'", "''", "\xC3\x89"})
    CHECK_THAT(refusal("variables: {" + std::string(name) + ": x}\n"),
               Catch::Contains("cannot name"));
  CHECK_THAT(refusal("variables: {A: }\n"), Catch::Contains("write \"\" for an empty value"));
  CHECK_THAT(refusal("variables: {A: [x]}\n"), Catch::Contains("expected text, found a list"));
}

TEST_CASE("parse_environment: credentials are refused with their line and never shown", "[model]") {
  for (const char* yaml :
       {"channels:\n- https://me:hunter2@host/chan\n", "channels:\n- https://host/t/hunter2/chan\n",
        "channels:\n- https://hunter2@host/chan\n", "channels:\n- https://host/chan?k=hunter2\n",
        "dependencies:\n- https://me:hunter2@host/chan::numpy\n",
        "dependencies:\n- https://host/t/hunter2/chan/linux-64::numpy\n",
        "dependencies:\n- pip: ['--index-url https://me:hunter2@host/simple']\n",
        "variables:\n  PIP_INDEX_URL: https://me:hunter2@host/simple\n"}) {
    const std::string why = refusal(yaml);
    INFO(why);
    CHECK_THAT(why, Catch::StartsWith("environment.yml:2: ") && !Catch::Contains("hunter2"));
  }
}

TEST_CASE("parse_environment: variables in channels are refused, not expanded (TV Y07)",
          "[model]") {
  CHECK_THAT(refusal("channels:\n- https://host/t/${TOKEN}/chan\n"),
             Catch::StartsWith("environment.yml:2: ") && Catch::Contains("not expanded"));
  CHECK_THAT(refusal("channels: [~/chan]\n"), Catch::Contains("not expanded"));
}

TEST_CASE("parse_environment: selector comments limit a dependency to its platforms", "[model]") {
  const char* yaml =
      "dependencies:\n"
      "  - python\n"
      "  - pywin32  # [win]\n"
      "  - \"cuda-nvcc\"   # [linux and not aarch64] too big elsewhere\n"
      "  - 'it''s # x' # needed [unix]\n"
      "  - numpy # see [issue 12] and (this)\n"
      "  # - commented  # [osx]\n"
      "  - pip:\n"
      "    - colorama # [win]\n";
  CHECK(specs_on(yaml, "linux-64") == Texts{"python", "cuda-nvcc", "it's # x", "numpy"});
  CHECK(specs_on(yaml, "linux-aarch64") == Texts{"python", "it's # x", "numpy"});
  CHECK(specs_on(yaml, "win-64") == Texts{"python", "pywin32", "numpy"});
  CHECK(texts(read(yaml).pip_for(*Platform::parse("win-64"))) == Texts{"colorama"});
  CHECK(read(yaml).pip_for(*Platform::parse("linux-64")).empty());
}

TEST_CASE("parse_environment: that conda and mamba ignore selector comments is said once",
          "[model]") {
  const auto notices = read("dependencies:\n- a # [win]\n- b # [osx]\n- c\n").notices;
  REQUIRE(notices.size() == 1);
  CHECK_THAT(notices[0], Catch::StartsWith("environment.yml:2: ") && Catch::Contains("2, 3") &&
                             Catch::Contains("conda and mamba"));
}

TEST_CASE("parse_environment: a selector behind something else is named, not followed", "[model]") {
  const Environment environment = read("channels:\n- a # [win]\ndependencies: [b]\n");
  CHECK(texts(environment.channels) == Texts{"a"});
  REQUIRE(environment.notices.size() == 1);
  CHECK_THAT(environment.notices[0],
             Catch::StartsWith("environment.yml:2: the selector '[win]' is ignored"));
}

TEST_CASE("parse_environment: selectors that cannot be followed are refused", "[model]") {
  CHECK_THAT(refusal("dependencies:\n- a # [windows]\n"),
             Catch::StartsWith("environment.yml:2: selector '[windows]': 'windows' is not known"));
  CHECK_THAT(refusal("dependencies:\n- a # [py3k]\n"), Catch::Contains("known are"));
  CHECK_THAT(refusal("dependencies:\n- a # [win and]\n"), Catch::Contains("missing"));
  CHECK_THAT(refusal("dependencies: [a, b] # [win]\n"), Catch::Contains("several items"));
  CHECK_THAT(refusal("dependencies:\n- a # [win] [osx]\n"), Catch::Contains("two selectors"));
}

TEST_CASE("parse_environment: a '#' inside a dependency starts no comment", "[model]") {
  CHECK(specs_on("dependencies:\n- \"a # [win]\"\n- b#[win]\n", "linux-64") ==
        Texts{"a # [win]", "b#[win]"});
}

TEST_CASE("parse_environment: mamba's sel() keys", "[model]") {
  const char* yaml =
      "dependencies:\n- sel(win): pywin32\n- sel(unix): bash\n- sel(linux): x # [aarch64]\n- "
      "sel(osx):\n";
  CHECK(specs_on(yaml, "win-64") == Texts{"pywin32"});
  CHECK(specs_on(yaml, "linux-64") == Texts{"bash"});
  CHECK(specs_on(yaml, "linux-aarch64") == Texts{"bash", "x"});
  CHECK(specs_on(yaml, "osx-arm64") == Texts{"bash"});
  CHECK(read(yaml).files[0].specs[0].place.line == 2);
  for (const char* key : {"sel(linux64)", "sel( win )", "sel()", "sel(win"})
    CHECK(refusal("dependencies:\n- " + std::string(key) + ": a\n") != "accepted");
  CHECK_THAT(refusal("dependencies:\n- sel(win): [a]\n"), Catch::Contains("expected text"));
}

TEST_CASE("parse_environment: several hundred channels are refused", "[model]") {
  std::string yaml = "channels:\n";
  for (int i = 0; i < 300; ++i) yaml += "- c" + std::to_string(i) + '\n';
  CHECK_THAT(refusal(yaml), Catch::Contains("more than 256 channels"));
}

TEST_CASE("parse_environment: folders around the file are channels, the root is none") {
  for (const char* channel : {"./", ".", "..", "../", "../..", "./x/..", "../../channel"}) {
    INFO(channel);
    CHECK_NOTHROW(parse_environment("channels: ['" + std::string(channel) + "']\n", "e.yml"));
  }
  CHECK_THROWS_AS(parse_environment("channels: ['file:///']\n", "e.yml"), InputError);
}

}  // namespace envlock::test
