#include "model/project.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

namespace envlock::test {
namespace {

using Texts = std::vector<std::string>;

Project read(std::string_view yaml) { return parse_project(yaml, "envlock.yml"); }

/// "message | hint" of the refusal.
std::string refusal(std::string_view yaml) {
  try {
    read(yaml);
  } catch (const InputError& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
  return "accepted";
}

Texts property_names(const nlohmann::json& schema) {
  Texts names;
  for (const auto& [name, value] : schema.at("properties").items()) names.push_back(name);
  std::ranges::sort(names);
  return names;
}

}  // namespace

TEST_CASE("parse_project: every part of a project file", "[model]") {
  const Project project = read(
      "environments:\n"
      "  dev:\n"
      "    files: [environment.yml, ../shared/dev.yml]\n"
      "    same_versions_as: prod\n"
      "  prod:\n"
      "    files: [./environment.yml]\n"
      "    lock: locks/prod.lock\n"
      "channels:\n"
      "  acme: {url: 'https://repo.acme.example/conda/acme', owns: [acme-*, secretlib]}\n"
      "  conda-forge:\n"
      "  bioconda: https://conda.anaconda.org/bioconda\n"
      "platforms: [linux-64, osx-arm64]\n"
      "virtual_packages:\n"
      "  linux-64: [__glibc=2.17, cuda=12.4]\n"
      "hosts:\n"
      "  node-1: ../hosts/node.json\n"
      "channel_priority: flexible\n"
      "exclude_newer: 7d\n"
      "policy:\n"
      "  keep_records_without_timestamp: true\n"
      "  denied:\n"
      "    - {spec: 'openssl <3', reason: no longer maintained}\n");
  REQUIRE(project.environments.size() == 2);
  CHECK(project.environments[0].name == "dev");
  CHECK(project.environments[0].files == Texts{"environment.yml", "../shared/dev.yml"});
  CHECK(project.environments[0].lock == "dev.lock");
  CHECK(project.environments[0].same_versions_as == "prod");
  CHECK(project.environments[0].place == SourcePlace{"envlock.yml", 2, 3});
  CHECK(project.environments[1].files == Texts{"environment.yml"});
  CHECK(project.environments[1].lock == "locks/prod.lock");
  REQUIRE(project.channels.size() == 3);
  CHECK(project.channels[0].name == "acme");
  CHECK(project.channels[0].url == "https://repo.acme.example/conda/acme");
  CHECK(project.channels[0].owns == Texts{"acme-*", "secretlib"});
  CHECK(project.channels[1].url == "conda-forge");
  CHECK(project.channels[2].url == "https://conda.anaconda.org/bioconda");
  CHECK(project.platforms.size() == 2);
  const auto& linux_64 = project.virtual_packages.at(*Platform::parse("linux-64"));
  REQUIRE(linux_64.size() == 2);
  CHECK(linux_64[0].to_string() == "__cuda=12.4=0");
  CHECK(linux_64[1].to_string() == "__glibc=2.17=0");
  CHECK(project.channel_priority == ChannelPriority::flexible);
  CHECK(project.exclude_newer == "7d");
  CHECK(project.hosts == std::map<std::string, std::string>{{"node-1", "../hosts/node.json"}});
  CHECK(project.keep_records_without_timestamp);
  REQUIRE(project.denied.size() == 1);
  CHECK(project.denied[0].spec == "openssl <3");
  CHECK(project.denied[0].reason == "no longer maintained");
  CHECK(project.denied[0].place.line == 22);
}

TEST_CASE("parse_project: a single environment locks to envlock.lock", "[model]") {
  CHECK(read("environments: {x: {files: [e.yml]}}\n").environments[0].lock == "envlock.lock");
}

TEST_CASE("parse_project: what is not said stays unsaid", "[model]") {
  const Project project = read("platforms:\nchannels:\n");
  CHECK(project.environments.empty());
  CHECK(project.channels.empty());
  CHECK_FALSE(project.channel_priority);
  CHECK_FALSE(project.exclude_newer);
  CHECK_FALSE(project.keep_records_without_timestamp);
}

TEST_CASE("parse_project: unknown keys are refused in every part", "[model]") {
  CHECK_THAT(refusal("chanels: {}\n"),
             Catch::StartsWith("envlock.yml:1: 'chanels' is not a key of envlock.yml") &&
                 Catch::EndsWith("did you mean 'channels'?"));
  CHECK_THAT(refusal("frob: {}\n"), Catch::Contains("the keys are channel_priority, channels"));
  CHECK_THAT(refusal("environments: {x: {file: [e.yml]}}\n"),
             Catch::EndsWith("did you mean 'files'?"));
  CHECK_THAT(refusal("channels: {x: {colour: red}}\n"),
             Catch::Contains("'colour'") && Catch::Contains("trust_url and url"));
  CHECK_THAT(refusal("policy: {link_script: []}\n"), Catch::Contains("'link_script' is not a key"));
  CHECK_THAT(refusal("policy: {denied: [{spec: a, reason: b, until: c}]}\n"),
             Catch::Contains("'until'"));
}

TEST_CASE("parse_project: wrong types are refused with expected and found", "[model]") {
  CHECK_THAT(refusal(""), Catch::Contains("the file is empty"));
  CHECK_THAT(refusal("[a]\n"),
             Catch::Contains("expected envlock.yml (a mapping of keys), found a list"));
  CHECK_THAT(refusal("environments: [a]\n"), Catch::Contains("expected a mapping, found a list"));
  CHECK_THAT(refusal("environments: {x: [e.yml]}\n"),
             Catch::Contains("expected a mapping, found a list"));
  CHECK_THAT(refusal("environments: {x: {files: e.yml}}\n"), Catch::Contains("expected a list"));
  CHECK_THAT(refusal("channels: [conda-forge]\n"),
             Catch::Contains("expected a mapping, found a list"));
  CHECK_THAT(refusal("channels: {x: [a]}\n"), Catch::Contains("expected a mapping, found a list"));
  CHECK_THAT(refusal("channels: {x: {owns: a}}\n"), Catch::Contains("expected a list"));
  CHECK_THAT(refusal("platforms: linux-64\n"), Catch::Contains("expected a list"));
  CHECK_THAT(refusal("virtual_packages: [a]\n"), Catch::Contains("expected a mapping"));
  CHECK_THAT(refusal("virtual_packages: {linux-64: {__cuda: 12}}\n"),
             Catch::Contains("expected a list"));
  CHECK_THAT(refusal("policy: {denied: [openssl]}\n"),
             Catch::Contains("expected a mapping, found text"));
  CHECK_THAT(refusal("exclude_newer: [7d]\n"), Catch::Contains("expected text, found a list"));
  for (const char* text : {"yes", "True", "'true'", "1", "", "[true]"})
    CHECK_THAT(refusal("policy: {keep_records_without_timestamp: " + std::string(text) + "}\n"),
               Catch::Contains("expected true or false"));
}

TEST_CASE("parse_project: environments need files and a usable name", "[model]") {
  CHECK_THAT(refusal("environments:\n  x: {}\n"),
             Catch::StartsWith("envlock.yml:2: the environment 'x' has no files"));
  CHECK_THAT(refusal("environments: {x: {files: []}}\n"), Catch::Contains("has no files"));
  for (const char* name : {"-x", ".x", "a/b", "'a b'", "''", "'\xC3\xA9'"})
    CHECK_THAT(refusal("environments: {" + std::string(name) + ": {files: [e.yml]}}\n"),
               Catch::Contains("cannot name an environment"));
}

TEST_CASE("parse_project: paths are relative, and locks stay inside the project", "[model]") {
  const auto with_lock = [](const std::string& lock) {
    return refusal("environments: {x: {files: [e.yml], lock: '" + lock + "'}}\n");
  };
  CHECK(with_lock("a/../b/./x.lock") == "accepted");
  CHECK_THAT(with_lock("../x.lock"), Catch::Contains("outside the project's folder"));
  CHECK_THAT(with_lock("a/../../x.lock"), Catch::Contains("outside the project's folder"));
  CHECK_THAT(with_lock("/tmp/x.lock"), Catch::Contains("not relative"));
  CHECK_THAT(with_lock("~/x.lock"), Catch::Contains("not relative"));
  CHECK_THAT(with_lock(".git/hooks/post-checkout"), Catch::Contains("does not end in .lock"));
  CHECK_THAT(with_lock("a\\\\x.lock"), Catch::Contains("is not a path"));
  CHECK_THAT(with_lock("."), Catch::Contains("names no file"));
  for (const char* file : {"/etc/passwd", "~/e.yml", "https://host/e.yml", "..", "a/..", "./"})
    CHECK(refusal("environments: {x: {files: ['" + std::string(file) + "']}}\n") != "accepted");
}

TEST_CASE("parse_project: two environments cannot have one lock", "[model]") {
  CHECK_THAT(
      refusal("environments:\n  a: {files: [e], lock: b.lock}\n  b: {files: [e]}\n"),
      Catch::StartsWith("envlock.yml:3: the environments 'a' and 'b' have the same lock 'b.lock'"));
  CHECK_THAT(refusal("environments:\n  a: {files: [e], lock: x/../l.lock}\n  b: {files: [e], lock: "
                     "./l.lock}\n"),
             Catch::Contains("the same lock"));
}

TEST_CASE("parse_project: same_versions_as names another environment, without circles", "[model]") {
  CHECK_THAT(
      refusal("environments: {prod: {files: [e]}, dev: {files: [e], same_versions_as: prods}}\n"),
      Catch::EndsWith("did you mean 'prod'?"));
  CHECK_THAT(refusal("environments: {a: {files: [e], same_versions_as: a}}\n"),
             Catch::Contains("back to itself"));
  CHECK_THAT(
      refusal("environments: {a: {files: [e], same_versions_as: b},"
              " b: {files: [e], same_versions_as: c}, c: {files: [e], same_versions_as: b}}\n"),
      Catch::Contains("back to itself"));
  CHECK(refusal("environments: {a: {files: [e]}, b: {files: [e], same_versions_as: a},"
                " c: {files: [e], same_versions_as: b}}\n") == "accepted");
}

TEST_CASE("parse_project: channels are checked where they stand", "[model]") {
  CHECK_THAT(refusal("channels:\n  x: https://me:hunter2@host/x\n"),
             Catch::StartsWith("envlock.yml:2: ") && !Catch::Contains("hunter2"));
  CHECK_THAT(refusal("channels: {https://me:hunter2@host/x: }\n"), !Catch::Contains("hunter2"));
  CHECK_THAT(refusal("channels: {https://host/x: }\n"), Catch::Contains("cannot name a channel"));
  CHECK_THAT(refusal("channels: {./x: }\n"), Catch::Contains("cannot name a channel"));
  CHECK_THAT(refusal("channels: {x: 'https://host/${X}'}\n"), Catch::Contains("not expanded"));
  CHECK_THAT(refusal("channels: {x: https://host/x/linux-64}\n"),
             Catch::Contains("names a platform"));
  CHECK_THAT(refusal("channels: {defaults: }\n"), Catch::Contains("several channels"));
  CHECK(refusal("channels: {defaults: https://repo.acme.example/main, pkgs/main: }\n") ==
        "accepted");
  CHECK_THAT(refusal("channels: {a: https://HOST/x/, b: 'https://host:443/x'}\n"),
             Catch::Contains("'a' and 'b' are the same place"));
}

TEST_CASE("parse_project: mirrors are URLs, and serve packages unless said otherwise", "[model]") {
  const Project project = parse_project(
      "channels:\n  acme:\n    url: https://acme.example/c\n    mirrors:\n"
      "      - https://One.example/c/\n"
      "      - {url: 'https://two.example', serves: metadata+packages}\n"
      "      - file:///srv/mirror\n"
      "policy:\n  plain_http: ['http://mirror.lab:8080', 'http://OTHER.lab/']\n",
      "envlock.yml");
  const auto& mirrors = project.channels.at(0).mirrors;
  REQUIRE(mirrors.size() == 3);
  CHECK(mirrors[0].url("/p").to_string() == "https://one.example/c");
  CHECK_FALSE(mirrors[0].serves_metadata);
  CHECK(mirrors[0].place.line == 5);
  CHECK(mirrors[1].serves_metadata);
  CHECK(mirrors[2].url("/p").local_path() == "/srv/mirror");
  CHECK_FALSE(mirrors[2].serves_metadata);
  CHECK(project.plain_http == Texts{"http://mirror.lab:8080", "http://other.lab"});
}

TEST_CASE("parse_project: mirrors are folders, too, relative to envlock.yml", "[model]") {
  const Project project = parse_project(
      "channels:\n  acme:\n    url: https://acme.example/c\n"
      "    mirrors: [/srv/air gap, ./mirror, ../mirror, {url: ..}, .]\n",
      "envlock.yml");
  const auto& mirrors = project.channels.at(0).mirrors;
  REQUIRE(mirrors.size() == 5);
  std::vector<std::string> paths;
  for (const MirrorRule& mirror : mirrors) {
    CHECK(mirror.is_folder());
    CHECK_FALSE(mirror.serves_metadata);
    paths.push_back(mirror.url("/home/me/project").local_path());
  }
  CHECK(paths == Texts{"/srv/air gap", "/home/me/project/mirror", "/home/me/mirror", "/home/me",
                       "/home/me/project"});
}

TEST_CASE("parse_project: what cannot be a mirror or a plain http origin is refused", "[model]") {
  const auto refused = [](const std::string& mirrors, const std::string& plain_http) {
    try {
      parse_project("channels:\n  acme: {url: 'https://acme.example/c', mirrors: " + mirrors +
                        "}\npolicy:\n  plain_http: " + plain_http + "\n",
                    "envlock.yml");
      return std::string("accepted");
    } catch (const InputError& error) {
      return std::string(error.what());
    }
  };
  CHECK(refused("[]", "[]") == "accepted");
  CHECK_THAT(refused("[nonsense]", "[]"), Catch::Contains(":2") && Catch::Contains("no URL"));
  CHECK_THAT(refused("[~/mirror]", "[]"), Catch::Contains("no URL"));
  CHECK_THAT(refused("[mirror/below]", "[]"), Catch::Contains("no URL"));
  CHECK_THAT(refused("[./a, ./a]", "[]"), Catch::Contains("'./a' is listed twice"));
  CHECK_THAT(refused("[{url: ./a, serves: metadata+packages}]", "[]"),
             Catch::Contains("packages only"));
  CHECK_THAT(refused("[{serves: packages}]", "[]"), Catch::Contains("needs a 'url'"));
  CHECK_THAT(refused("[{url: 'https://a.example', serves: all}]", "[]"),
             Catch::Contains("'all' is not what a mirror can serve"));
  CHECK_THAT(refused("[{url: 'file:///a', serves: metadata+packages}]", "[]"),
             Catch::Contains("packages only"));
  CHECK_THAT(refused("[{url: 'https://a.example', server: x}]", "[]"), Catch::Contains("'server'"));
  CHECK_THAT(refused("['https://a.example', 'https://A.example/']", "[]"),
             Catch::Contains("listed twice"));
  CHECK_THAT(refused("['https://me:hunter2@a.example']", "[]"),
             Catch::Contains("carries a login") && !Catch::Contains("hunter2"));
  for (const char* bad :
       {"https://a.example", "http://a.example/x", "a.example", "http://u:p@a.example"})
    CHECK_THAT(refused("[]", std::string("['") + bad + "']"), Catch::Contains("no http origin"));
}

TEST_CASE("parse_project: owned patterns are lower-case names with '*', each once", "[model]") {
  for (const char* pattern : {"Acme-*", "a b", "a?", "[ab]", "^a$"})
    CHECK(refusal("channels: {x: {owns: ['" + std::string(pattern) + "']}}\n") != "accepted");
  CHECK_THAT(refusal("channels: {x: {owns: [a-*]}, y: {owns: [a-*]}}\n"),
             Catch::Contains("owned twice"));
}

TEST_CASE("parse_project: platforms and virtual packages", "[model]") {
  CHECK_THAT(refusal("platforms: [linux64]\n"), Catch::EndsWith("did you mean 'linux-64'?"));
  CHECK_THAT(refusal("platforms: [noarch]\n"), Catch::Contains("'noarch' is not a platform"));
  CHECK_THAT(refusal("virtual_packages:\n  linux-46: []\n"), Catch::StartsWith("envlock.yml:2:"));
  CHECK_THAT(refusal("virtual_packages:\n  linux-64:\n  - __osx=13\n"),
             Catch::StartsWith("envlock.yml:3: '__osx' cannot exist on linux-64"));
  CHECK_THAT(refusal("virtual_packages: {linux-64: [__cuda=12, cuda=11]}\n"),
             Catch::Contains("given twice"));
  CHECK_THAT(refusal("virtual_packages: {linux-64: [__cuda]}\n"),
             Catch::Contains("has no version"));
}

TEST_CASE("parse_project: values of the solve are checked where they stand", "[model]") {
  CHECK_THAT(refusal("channel_priority: Strict\n"),
             Catch::EndsWith("write strict, flexible or disabled"));
  CHECK_THAT(refusal("platforms: []\nexclude_newer: soon\n"),
             Catch::StartsWith("envlock.yml:2: 'exclude_newer'"));
  CHECK(read("exclude_newer: 2026-01-31\n").exclude_newer == "2026-01-31");
  CHECK_THAT(refusal("policy: {denied: [{spec: 'a >=', reason: x}]}\n"),
             Catch::StartsWith("envlock.yml:1:"));
  CHECK_THAT(refusal("policy: {denied: [{spec: a}]}\n"),
             Catch::Contains("needs 'spec' and 'reason'"));
}

TEST_CASE("channel priorities: text and value are inverse", "[model]") {
  for (const char* text : {"strict", "flexible", "disabled"})
    CHECK(to_string(*parse_channel_priority(text)) == text);
  CHECK_FALSE(parse_channel_priority("true"));
}

TEST_CASE("parse_project: clobbers name a path and whose file stands there", "[model]") {
  const auto rules_of = [](const std::string& list) {
    return parse_project("policy:\n  clobbers: " + list + "\n", "envlock.yml").clobbers;
  };
  const auto rules = rules_of("[{path: bin/*, keep: a-b}, {keep: envlock, path: 'share/x y'}]");
  REQUIRE(rules.size() == 2);
  CHECK(rules[0].path == "bin/*");
  CHECK(rules[0].keep == "a-b");
  CHECK(rules[0].place.line == 2);
  CHECK(rules[1].path == "share/x y");
  CHECK(rules_of("").empty());
  for (const char* wrong :
       {"[{path: bin/x}]", "[{keep: a}]", "[{path: /bin/x, keep: a}]", "[{path: a/../b, keep: a}]",
        "[{path: conda-meta/x, keep: a}]", "[{path: bin/x, keep: a =1}]", "[bin/x]", "{a: b}",
        "[{path: bin/x, keep: a, drop: b}]", "[{path: x, keep: a}, {path: x, keep: a}]"}) {
    INFO(wrong);
    CHECK_THROWS_WITH(rules_of(wrong), Catch::Contains("envlock.yml:2"));
  }
  // What the installer proposes is what it reads.
  const auto read_back = rules_of("[" + clobber_line("a \"b\" # {c}", "n").substr(2) + "]");
  CHECK(read_back.at(0).path == "a \"b\" # {c}");
  const auto wheel = rules_of("[" + clobber_line("bin/x", "pypi:rich").substr(2) + "]");
  CHECK(wheel.at(0).keep == "pypi:rich");
  CHECK_THROWS_WITH(rules_of("[{path: bin/x, keep: 'pypi:'}]"), Catch::Contains("envlock.yml:2"));
}

TEST_CASE("docs/envlock.schema.json: describes exactly the keys that are read", "[model]") {
  std::ifstream in(ENVLOCK_SOURCE_DIR "/docs/envlock.schema.json");
  const auto schema = nlohmann::json::parse(in);
  const auto keys = [](std::string_view section) {
    const auto known = project_keys(section);
    return Texts(known.begin(), known.end());
  };
  CHECK(property_names(schema) == keys(""));
  for (const char* section :
       {"environment", "channel", "mirror", "attestations", "policy", "acceptance", "clobber",
        "denied", "credentials", "vault", "vault_auth", "approle", "pypi", "pypi_index"}) {
    INFO(section);
    CHECK(property_names(schema.at("$defs").at(section)) == keys(section));
    CHECK(schema.at("$defs").at(section).at("additionalProperties") == false);
  }
  CHECK(schema.at("additionalProperties") == false);
  CHECK(project_keys("nothing").empty());
}

TEST_CASE("parse_project: each project of PyPI comes from one index", "[model]") {
  const Project project = parse_project(
      "pypi:\n  indexes:\n    acme: {url: https://pypi.acme.example/simple/, packages: "
      "[Acme_*, tool]}\n"
      "    mirror: https://mirror.example/simple\n  names: {pytorch: torch, mkl: []}\n",
      "envlock.yml");
  CHECK(project.pypi.index_of("acme-core").name == "acme");
  CHECK(project.pypi.index_of("tool").name == "acme");
  CHECK(project.pypi.index_of("tools").name == "mirror");
  CHECK(project.pypi.find_url(*Url::parse("https://mirror.example/simple"))->name == "mirror");
  CHECK(project.pypi.find_url(default_pypi_index().url) == nullptr);
  const auto folder = [](const char* text) {
    return PypiIndex{.name = "x", .url = *Url::parse(text)}.folder().to_string();
  };
  CHECK(folder("https://h.example/a/simple/") == "https://h.example/a");
  CHECK(folder("https://h.example/a/+simple") == "https://h.example/a");
  CHECK(folder("https://h.example/simple") == Url::parse("https://h.example")->to_string());
  CHECK(folder("https://h.example/a/b") == "https://h.example/a/b");
  CHECK(project.pypi.names.at("pytorch") == Texts{"torch"});
  CHECK(project.pypi.names.at("mkl").empty());
  CHECK(PypiRules().index_of("x").url.to_string() == "https://pypi.org/simple");
  const std::string in = "pypi:\n  indexes:\n";
  // What is handed over as the channel's secret must not reach an index.
  for (const std::string& text :
       {in + "    acme: https://pypi.acme.example/simple\nchannels:\n  acme: "
             "https://conda.acme.example/acme\n",
        "channels:\n  acme: https://conda.acme.example/acme\n" + in +
            "    acme: https://pypi.acme.example/simple\n"}) {
    const bool is_first = text.starts_with("pypi");
    CHECK_THAT(refusal(text),
               Catch::Contains(is_first ? "envlock.yml:3" : "envlock.yml:5") &&
                   Catch::Contains(is_first ? "at envlock.yml:5" : "at envlock.yml:2"));
  }
  CHECK_THAT(refusal(in + "    a: https://a/s\n    b: https://b/s\n"),
             Catch::StartsWith("envlock.yml:4: the indexes 'a' and 'b' both have no 'packages'"));
  CHECK_THAT(refusal(in + "    a: https://a/s\n    b: {url: https://a/s, packages: [x]}\n"),
             Catch::Contains("the same place"));
  CHECK_THAT(refusal(in + "    a: {url: https://a/s, packages: [x]}\n    b: {url: https://b/s, "
                          "packages: [x]}\n"),
             Catch::Contains("one index"));
  CHECK_THAT(refusal(in + "    a: {packages: [x]}\n"), Catch::Contains("needs a 'url'"));
  CHECK_THAT(refusal(in + "    a: {url: https://a/s, packages: []}\n"),
             Catch::Contains("has no packages"));
  CHECK_THAT(refusal(in + "    a: {url: https://a/s, packages: ['x y']}\n"),
             Catch::Contains("no pattern"));
  CHECK_THAT(refusal(in + "    a: https://me:hunter2@a/s\n"), Catch::Contains("login"));
  CHECK(refusal(in + "    a: https://me:hunter2@a/s\n").find("hunter2") == std::string::npos);
  CHECK_THAT(refusal(in + "    a: file:///srv/simple\n"), Catch::Contains("http or https"));
  CHECK_THAT(refusal("pypi: {index: x}\n"), Catch::Contains("indexes"));
  // To pip these would be options.
  for (const char* name : {"-e", "_private", "'--pre'", "tool-", "a*", "'-'"})
    CHECK_THAT(refusal(std::string("pypi: {names: {a: [good, ") + name + "]}}\n"),
               Catch::StartsWith("envlock.yml:1") && Catch::Contains("no name of a project"));
}

TEST_CASE("parse_project: a host has a name and the path of a file") {
  CHECK_THAT(refusal("hosts:\n  -x: node.json\n"),
             Catch::StartsWith("envlock.yml:2: '-x' cannot name a host"));
  CHECK_THAT(refusal("hosts:\n  node: /etc/passwd\n"), Catch::StartsWith("envlock.yml:2"));
  CHECK_THAT(refusal("hosts:\n  node: [a, b]\n"), Catch::StartsWith("envlock.yml:2"));
  CHECK_THAT(refusal("hosts:\n  node: a\n  node: b\n"), Catch::Contains("node"));
  CHECK_THAT(refusal("host:\n  node: a\n"), Catch::Contains("hosts"));
}

}  // namespace envlock::test
