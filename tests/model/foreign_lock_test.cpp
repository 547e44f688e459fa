#include "model/foreign_lock.hpp"

#include <catch2/catch.hpp>

#include "model/error.hpp"
#include "model/yaml.hpp"
#include "tests/model/foreign_sample.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST_CASE("read_explicit_list: wheels in '# pip' comments, and what of them is not locked") {
  const std::string hex(64, 'b');
  const ForeignLock lock = read_explicit_list(
      "# platform: linux-64\n@EXPLICIT\n"
      "# pip Rich_Text @ https://h.example/rich_text-13.9.2-py3-none-any.whl --hash=sha256:" +
          hex + "\n# pip ./my wheels/built-3.0-py3-none-any.whl --hash=sha256:" + hex +
          "\n# pip other==1 --hash=sha256:" + hex +
          "\n# pip ./tool\n# pip git+https://h/a\n"
          "# pip install foo\n# pip 24.0, of the base environment\n# pip \n"
          "# pip x @ https://h.example/x-1-py3-none-any.whl\n",
      "list.txt");
  REQUIRE(lock.pypi.size() == 2);
  CHECK(lock.pypi[0].name == "rich-text");
  CHECK(lock.pypi[0].version == "13.9.2");
  CHECK(lock.pypi[0].location == "https://h.example/rich_text-13.9.2-py3-none-any.whl");
  CHECK(lock.pypi[0].sha256 == Sha256::parse(hex));
  CHECK(lock.pypi[1].location == "./my wheels/built-3.0-py3-none-any.whl");
  CHECK(lock.without_url.size() == 4);
  CHECK(lock.environments[0].platforms[0].pypi == std::vector<std::size_t>{0, 1});
}

TEST_CASE("foreign_format_of: each format is known by its own line", "[foreign]") {
  CHECK(foreign_format_of(explicit_sample()) == ForeignFormat::explicit_list);
  CHECK(foreign_format_of(conda_lock_sample()) == ForeignFormat::conda_lock);
  CHECK(foreign_format_of(pixi_sample()) == ForeignFormat::pixi);
  CHECK_FALSE(foreign_format_of("name: x\ndependencies:\n- python\n"));
  CHECK_FALSE(foreign_format_of("{\"lockfile_version\": 1}"));
  CHECK_FALSE(foreign_format_of("x @EXPLICIT\n  package:\n"));
  CHECK_THROWS_WITH(read_foreign_lock("python\n", "list"), Contains("neither an explicit list"));
}

TEST_CASE("read_explicit_list: URLs, hashes and what file names say", "[foreign]") {
  const ForeignLock lock = read_foreign_lock(explicit_sample(), "explicit.txt");
  REQUIRE(lock.packages.size() == 4);
  const ForeignPackage& zlib = lock.packages[0];
  CHECK(zlib.record.name == "zlib");
  CHECK(zlib.record.version == "1.3.1");
  CHECK(zlib.record.build == "hb9d3cd8_2");
  CHECK(zlib.record.build_number == 2);
  CHECK(zlib.record.subdir == "linux-64");
  CHECK(zlib.record.channel_url == forge);
  CHECK(zlib.record.fn == "zlib-1.3.1-hb9d3cd8_2.conda");
  CHECK(zlib.record.md5 == Md5::parse(md5_a));
  CHECK_FALSE(zlib.record.sha256);
  CHECK(zlib.line == 4);
  CHECK(lock.packages[1].record.sha256 == Sha256::parse(sha_a));
  CHECK_FALSE(lock.packages[1].record.md5);
  CHECK(lock.packages[2].record.version == "1!164.3095");
  CHECK(lock.packages[2].record.sha256 == Sha256::parse(sha_b));
  CHECK(lock.packages[3].record.version == "2.1+local");
  CHECK_FALSE(lock.packages[3].record.md5);
  REQUIRE(lock.environments.size() == 1);
  CHECK(lock.environments[0].name == "default");
  CHECK(lock.environments[0].channels ==
        std::vector<std::string>{forge, "https://repo.example/team"});
  REQUIRE(lock.environments[0].platforms.size() == 1);
  CHECK(lock.environments[0].platforms[0].name == "linux-64");
  CHECK(lock.environments[0].platforms[0].packages == std::vector<std::size_t>{0, 1, 2, 3});
  CHECK(lock.without_url == std::vector<std::string>{"mine-1.0-0.conda"});
}

TEST_CASE("read_explicit_list: the platform is that of the packages where no line says it",
          "[foreign]") {
  const std::string list =
      "@EXPLICIT\n" + forge + "/noarch/a-1-0.conda\n" + forge + "/osx-arm64/b-1-0.conda\n";
  CHECK(read_explicit_list(list, "l").environments[0].platforms[0].name == "osx-arm64");
  const ForeignLock noarch =
      read_explicit_list("@EXPLICIT\n" + forge + "/noarch/a-1-0.conda\n", "l");
  CHECK_FALSE(noarch.environments[0].platforms[0].platform);
  CHECK(noarch.environments[0].platforms[0].name == "noarch");
}

TEST_CASE("read_explicit_list: what is not exactly such a list is refused with its line",
          "[foreign]") {
  struct Row {
    std::string line, message;
  };
  const std::string url = forge + "/linux-64/a-1-0.conda";
  const auto row = GENERATE_COPY(values<Row>({
      {url + "#" + std::string(64, 'A'), "l:2: expected an MD5 (32 hex digits) or a SHA-256"},
      {url + "#sha256:" + std::string(63, 'a'), "l:2: expected an MD5"},
      {url + "#sha256:" + md5_a, "l:2: expected an MD5"},
      {url + "#" + md5_a + "#" + md5_a, "l:2: expected an MD5"},
      {url + "#" + md5_a + " # mine", "l:2: expected an MD5"},
      {"https://me:secret@h.example/c/linux-64/a-1-0.conda", "l:2: the URL holds credentials"},
      {"https://h.example/t/tk-12345678/c/linux-64/a-1-0.conda", "l:2: the URL holds credentials"},
      {"https://h.example/$DIR/linux-64/a-1-0.conda", "depends on the machine"},
      {"~/c/linux-64/a-1-0.conda", "depends on the machine"},
      {"python=3.12", "l:2: expected the URL of a .conda or .tar.bz2 file, found 'python=3.12'"},
      {forge + "/linux-64/a.conda", "l:2: expected the URL or path of a package"},
      {forge + "/linux-64/a-1_!-0.conda", "cannot be read"},
      {forge + "/linux-64/a b-1-0.conda", "is no name of a conda package"},
      {url + "\n" + url, "l:3: a second package 'a': the first one is in line 2"},
      {url + "\n" + forge + "/win-64/b-1-0.conda", "l:3: 'b-1-0.conda' is for win-64"},
      {"# platform: linux", "l:2: expected a platform such as linux-64"},
      {"# platform: linux-64\n# platform: win-64", "l:3: a second platform, 'win-64'"},
      {"<<<<<<< HEAD", "l:2: a mark of an unresolved merge conflict"},
      {std::string("a\0b", 3), "l:2: a control character"},
      {"# \xE2\x80\xAE", "l:2: a control character"},
      {"\xFF", "l:2: not UTF-8"},
      {std::string(9000, 'a'), "l:2: a line of more than"},
  }));
  CAPTURE(row.line);
  CHECK_THROWS_WITH(read_explicit_list("@EXPLICIT\n" + row.line + "\n", "l"),
                    Contains(row.message));
  CHECK_THROWS_AS(read_explicit_list("@EXPLICIT\n" + row.line + "\n", "l"), InputError);
}

TEST_CASE("read_explicit_list: no message holds a credential", "[foreign]") {
  try {
    static_cast<void>(
        read_explicit_list("@EXPLICIT\nhttps://me:hunter2@h/t/tk-0123456789/a-1-0.conda\n", "l"));
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK_THAT(error.what(), !Contains("hunter2") && !Contains("0123456789"));
  }
}

TEST_CASE("read_explicit_list: credentials that are variables are left out", "[foreign]") {
  const auto url = GENERATE(values<std::string>({
      "https://$USER:${PASS}@h.example/c/linux-64/a-1-0.conda",
      "https://h.example/t/$TOKEN/c/linux-64/a-1-0.conda",
      "https://h.example/t/${TOKEN}/c/linux-64/a-1-0.conda",
  }));
  const ForeignLock lock = read_explicit_list("@EXPLICIT\n" + url + "\n", "l");
  CHECK(lock.packages[0].record.url == "https://h.example/c/linux-64/a-1-0.conda");
  CHECK(lock.packages[0].credentials_left_out);
}

TEST_CASE("read_conda_lock: both managers, platforms, dependencies and categories", "[foreign]") {
  const ForeignLock lock = read_foreign_lock(conda_lock_sample(), "conda-lock.yml");
  REQUIRE(lock.packages.size() == 1);
  const ForeignPackage& zlib = lock.packages[0];
  CHECK(zlib.record.build == "hb9d3cd8_2");
  CHECK(zlib.record.depends ==
        std::vector<std::string>{"__glibc >=2.17,<3.0.a0", "libzlib 1.3.1 hb9d3cd8_2", "tzdata"});
  CHECK(zlib.record.sha256 == Sha256::parse(sha_a));
  CHECK(zlib.record.md5 == Md5::parse(md5_a));
  CHECK(zlib.categories == std::vector<std::string>{"main"});
  CHECK(zlib.line == 14);
  REQUIRE(lock.pypi.size() == 1);
  CHECK(lock.pypi[0].name == "six");
  CHECK(lock.pypi[0].version == "1.17.0");
  CHECK(lock.pypi[0].sha256 == Sha256::parse(sha_b));
  CHECK(lock.pypi[0].categories == std::vector<std::string>{"dev"});
  REQUIRE(lock.environments.size() == 1);
  CHECK(lock.environments[0].channels == std::vector<std::string>{"conda-forge"});
  REQUIRE(lock.environments[0].platforms.size() == 2);
  CHECK(lock.environments[0].platforms[0].name == "linux-64");
  CHECK(lock.environments[0].platforms[0].packages.size() == 1);
  CHECK(lock.environments[0].platforms[1].packages.empty());
}

TEST_CASE("read_conda_lock: an entry of each category is one package", "[foreign]") {
  const std::string sample = conda_lock_sample();
  const std::size_t start = sample.find("- name: zlib");
  const std::string entry = sample.substr(start, sample.find("- name: six") - start);
  const ForeignLock lock = read_conda_lock(
      sample + replaced(entry, "category: main", "category: dev"), "conda-lock.yml");
  REQUIRE(lock.packages.size() == 1);
  CHECK(lock.packages[0].categories == std::vector<std::string>{"dev", "main"});
  CHECK_THROWS_WITH(read_conda_lock(sample + entry, "l"),
                    Contains("a second package 'zlib' for linux-64: the first one, in line 14, is "
                             "of the same category"));
  const std::string other =
      replaced(replaced(entry, "category: main", "category: dev"), sha_a, sha_b);
  CHECK_THROWS_WITH(read_conda_lock(sample + other, "l"), Contains("is another one"));
}

TEST_CASE("read_conda_lock: what CEP 37 does not know is refused with its line", "[foreign]") {
  struct Row {
    std::string from, to, message;
  };
  const auto row = GENERATE_COPY(values<Row>({
      {"version: 1\n", "version: 2\n", "l:1: conda-lock.yml of version 2: envlock reads version 1"},
      {"version: 1\n", "versoin: 1\n", "'versoin' is not a key of a conda-lock.yml"},
      {"  sources:", "  source:", "'source' is not a key of the metadata"},
      {"- osx-arm64", "- noarch", "expected a platform such as linux-64, found 'noarch'"},
      {"- osx-arm64", "- linux-64", "names the platform linux-64 twice"},
      {"manager: conda", "manager: npm", "l:14: 'zlib' is of the manager 'npm'"},
      {"platform: linux-64", "platform: win-64", "which 'metadata' does not name"},
      {"/linux-64/zlib", "/osx-arm64/zlib", "is for osx-arm64"},
      {"/linux-64/zlib-1", "/linux-64/zlab-1", "'zlib' has the URL of another package"},
      {"  optional: false", "  optional: maybe", "expected true or false"},
      {"sha256: " + sha_a, "sha256: " + md5_a, "expected a SHA-256 of 64"},
      {"sha256: " + sha_a, "sha1: " + md5_a, "'sha1' is not a key of a hash"},
      {"- name: zlib\n", "- nome: zlib\n", "did you mean 'name'?"},
      {"  manager: pip\n", "", "a package without 'manager'"},
      {"https://files", "https://u:p@files", "holds credentials"},
      {"metadata:", "metadata: {}\nmeta:", "'metadata' names no platforms"},
  }));
  CAPTURE(row.to);
  std::string said;
  try {
    static_cast<void>(read_conda_lock(replaced(conda_lock_sample(), row.from, row.to), "l"));
  } catch (const InputError& error) {
    said = std::string(error.what()) + " | " + error.hint();
  }
  CHECK_THAT(said, Contains(row.message));
}

TEST_CASE("read_pixi_lock: environments, named platforms, all kinds of packages", "[foreign]") {
  const ForeignLock lock = read_foreign_lock(pixi_sample(), "pixi.lock");
  CHECK(lock.version == 7);
  REQUIRE(lock.packages.size() == 2);
  const PackageRecord& zlib = lock.packages[0].record;
  CHECK(zlib.depends ==
        std::vector<std::string>{"__glibc >=2.17,<3.0.a0", "libzlib 1.3.1 hb9d3cd8_2"});
  CHECK(zlib.constrains == std::vector<std::string>{"zlib-ng <2"});
  CHECK(zlib.license == "Zlib");
  CHECK(zlib.size == 92286U);
  CHECK(zlib.timestamp_ms == 1727963148474);
  CHECK(zlib.noarch == NoArch::none);
  CHECK(zlib.channel_url == forge);
  CHECK(lock.packages[1].record.noarch == NoArch::python);
  CHECK(lock.packages[1].purls == std::vector<std::string>{"pkg:pypi/six?source=hash-mapping"});
  CHECK(lock.unread_keys == std::vector<std::string>{"tomorrow"});
  REQUIRE(lock.environments.size() == 2);
  CHECK(lock.environments[0].name == "default");
  CHECK(lock.environments[0].platforms.empty());
  const ForeignEnvironment& test = *lock.find("test");
  CHECK(test.channels == std::vector<std::string>{forge});
  CHECK(test.indexes == std::vector<std::string>{"https://pypi.org/simple"});
  CHECK(test.channel_priority == "flexible");
  REQUIRE(test.platforms.size() == 2);
  CHECK(test.platforms[0].name == "gpu");
  CHECK(test.platforms[0].platform == Platform::parse("linux-64"));
  CHECK(test.platforms[0].virtual_packages == std::vector<std::string>{"__cuda=12.4"});
  CHECK(test.platforms[0].packages == std::vector<std::size_t>{0});
  CHECK(test.platforms[0].sources == std::vector<std::size_t>{0});
  CHECK(test.platforms[1].packages == std::vector<std::size_t>{0, 1});
  CHECK(test.platforms[1].pypi == std::vector<std::size_t>{0});
  CHECK(lock.sources[0].name == "mine");
  CHECK(lock.sources[0].location == "./mine");
  CHECK(lock.pypi[0].location == "git+https://github.com/me/tool#1234");
  CHECK(lock.pypi[0].version.empty());
  CHECK(lock.pypi[0].requires_dist == std::vector<std::string>{"six>=1.10 ; extra == 'old'"});
}

TEST_CASE("read_pixi_lock: versions 4 and 5 say the kind and the place apart", "[foreign]") {
  const std::string version = GENERATE(values<std::string>({"4", "5"}));
  const ForeignLock lock =
      read_pixi_lock(replaced(pixi_5_sample(), "version: 5", "version: " + version), "pixi.lock");
  REQUIRE(lock.packages.size() == 1);
  CHECK(lock.packages[0].record.build_number == 2);
  REQUIRE(lock.pypi.size() == 1);
  CHECK(lock.pypi[0].location == "./links/six-1.17.0-py3-none-any.whl");
  CHECK(lock.environments[0].platforms[0].pypi.size() == 1);
}

TEST_CASE("read_pixi_lock: a noarch package that version 4 repeats for each platform is one",
          "[foreign]") {
  const std::string entry =
      "- kind: conda\n  name: six\n  version: '1'\n  subdir: linux-64\n  url: " + forge +
      "/noarch/six-1-0.conda\n";
  const std::string text = pixi_5_sample() + entry;
  const ForeignLock lock =
      read_pixi_lock(text + replaced(entry, "linux-64", "osx-64"), "pixi.lock");
  REQUIRE(lock.packages.size() == 2);
  CHECK(lock.packages[1].record.subdir == "noarch");
  CHECK_THROWS_WITH(read_pixi_lock(text + entry + "  sha256: " + sha_b + "\n", "l"),
                    Contains("which differs from the one in line"));
}

TEST_CASE("read_pixi_lock: what contradicts itself or is not known is refused with its line",
          "[foreign]") {
  struct Row {
    std::string from, to, message;
  };
  const auto row = GENERATE_COPY(values<Row>({
      {"version: 7", "version: 8", "l:1: pixi.lock of version 8: envlock reads versions 4 to 7"},
      {"version: 7", "version: 3", "pixi.lock of version 3"},
      {"version: 7", "version: x", "expected a whole number"},
      {"version: 7\n", "", "the key 'version' is missing"},
      {"- name: gpu", "- name: linux-64", "a second platform 'linux-64'"},
      {"- name: gpu", "- name: cpu", "'gpu' does not stand in 'platforms'"},
      {"  subdir: linux-64", "  subdir: win-64", "is for linux-64, but it stands among"},
      {"  sha256: " + sha_a, "  sha256: x", "expected a SHA-256"},
      {"  size: 92286", "  size: -1", "expected a whole number"},
      {"- conda: " + forge + "/linux-64/zlib-1.3.1-hb9d3cd8_2.conda\n  sha",
       "- conda: x.conda\n  sha", "expected the URL or path of a package"},
      {"- conda: " + forge + "/linux-64/zlib-1.3.1-hb9d3cd8_2.conda\n  sha", "- npm: x\n  sha",
       "a package without a location"},
      {"- conda_source: mine[5d7e] @ ./mine\n  depends", "- conda_source: m @ ./m\n  depends",
       "'packages' has no entry for 'mine[5d7e] @ ./mine'"},
      {"      - conda: " + forge + "/noarch/six",
       "      - conda: " + forge +
           "/linux-64/zlib-1.3.1-hb9d3cd8_2.conda\n      - conda: " + forge + "/noarch/six",
       "has the package 'zlib' twice"},
      {"git+https://github.com/me/tool#1234\n  name", "git+https://u:p@github.com/me/tool\n  name",
       "holds credentials"},
      {"    - url: " + forge, "    - url: https://u:p@h.example/c", "a channel holds credentials"},
      {"  name: tool\n", "", "a PyPI package without 'name'"},
      {"- pypi: git+https://github.com/me/tool#1234\n  name: tool\n",
       "- pypi: git+https://github.com/me/tool#1234\n  name: tool\n- pypi: "
       "git+https://github.com/me/tool#1234\n  name: tool\n",
       "a second package of the location"},
  }));
  CAPTURE(row.from, row.to);
  CHECK_THROWS_WITH(read_pixi_lock(replaced(pixi_sample(), row.from, row.to), "l"),
                    Contains(row.message));
}

TEST_CASE("read_pixi_lock: hostile YAML is refused", "[foreign]") {
  const auto text = GENERATE(values<std::string>({
      "version: 6\nenvironments: &a [*a]\n",
      "version: 6\nversion: 6\n",
      "version: 6\nenvironments: !!python/object x\n",
      "version: 6\nenvironments: {default: {packages: {linux-64: [[[[[]]]]]}}}\n",
      "version: 6\nenvironments: {}\n",
      "version: 6\nenvironments: {default: {channels: [x], packages: {linux-64: []}}}\n",
      "environments:\n<<<<<<< HEAD\n",
      "- version: 6\n",
      "",
  }));
  CAPTURE(text);
  CHECK_THROWS_AS(read_pixi_lock(text, "l"), InputError);
  CHECK_THROWS_AS(read_conda_lock(text, "l"), InputError);
}

TEST_CASE("read_explicit_list: a small file cannot name packages without end", "[foreign]") {
  std::string list = "@EXPLICIT\n";
  for (int i = 0; i <= 100'000; ++i) list += "/c/linux-64/a" + std::to_string(i) + "-1-0.conda\n";
  CHECK_THROWS_WITH(read_explicit_list(list, "l"), Contains("l:100002: more than 100000 packages"));
}

TEST_CASE("parse_yaml: values without end are refused where their number passes the limit",
          "[foreign]") {
  std::string list = "version: 6\nenvironments:\n";
  for (int i = 0; i < 200; ++i) list += "- a\n";
  YamlLimits limits;
  limits.nodes = 100;
  CHECK_THROWS_WITH(parse_yaml(list, "l", limits), Contains("more than 100 values"));
  limits.bytes *= 2;
  CHECK_THROWS_WITH(parse_yaml(list, "l", limits), Contains("more than 100 values"));
}

TEST_CASE("read_foreign_lock: a document of more than 64 MiB is not read", "[foreign]") {
  const std::string head = "@EXPLICIT\n";
  std::string big(std::size_t{64} << 20U, '\n');
  CHECK_THROWS_WITH(read_foreign_lock(head + big, "l"), Contains("more than the 67108864"));
  CHECK_THROWS_WITH(read_pixi_lock(big + "x", "l"), Contains("more than the 67108864"));
}

}  // namespace
}  // namespace envlock::test
