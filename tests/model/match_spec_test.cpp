#include "model/match_spec.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "model/error.hpp"

namespace envlock::test {
namespace {

std::string canonical(std::string_view text) { return MatchSpec::parse(text).to_string(); }

struct ParseVector {
  std::string_view text, name, version;  ///< Name "" for any; version in canonical text.
  std::string_view build = "";
};

/// conda's tests/models/test_match_spec.py and its neighbours, by CF 4.7's numbers.
const std::vector<ParseVector> parse_vectors{
    {"numpy", "numpy", "*"},                               // 1
    {"numpy=1.7", "numpy", "1.7.*"},                       // 2
    {"numpy =1.7", "numpy", "1.7.*"},                      // 3
    {"numpy 1.7*", "numpy", "1.7.*"},                      // 4
    {"numpy==1.7", "numpy", "==1.7"},                      // 5
    {"numpy 1.7", "numpy", "==1.7"},                       // 6
    {"numpy[version=1.7]", "numpy", "==1.7"},              // 7
    {"numpy[version='1.7|1.8']", "numpy", "==1.7|==1.8"},  // 8
    {"numpy>=1.7", "numpy", ">=1.7"},                      // 9
    {"numpy=1.7=py3*_2", "numpy", "==1.7", "py3*_2"},      // 10
    {"numpy=1.7.*=py3*_2", "numpy", "1.7.*", "py3*_2"},    // 11
    {"numpy=1.10=py38_0", "numpy", "==1.10", "py38_0"},    // 12: CEP 29; mamba reads =1.10
    {"numpy[version=1.10 build=py38_0]", "numpy", "==1.10", "py38_0"},  // 13
    {"numpy!=1.10", "numpy", "!=1.10"},                                 // 14
    {"numpy !=1.10 py38_0", "numpy", "!=1.10", "py38_0"},               // 15
    {"numpy!=1.10=py38_0", "numpy", "!=1.10", "py38_0"},                // 16
    {"numpy >1.7,!=1.10 py38_0", "numpy", ">1.7,!=1.10", "py38_0"},     // 17
    {"numpy=1.10.*,!=1.10.2", "numpy", "1.10.*,!=1.10.2"},              // 18
    {"numpy~=1.10.1 py38_0", "numpy", "~=1.10.1", "py38_0"},            // 19
    {"openssl=1.1.1_", "openssl", "1.1.1_.*"},                          // 20
    {"foo >=1.0 , < 2.0", "foo", ">=1.0,<2.0"},                         // 21
    {"FOO-Bar >=1.0", "foo-bar", ">=1.0"},                              // 22
    {"foo # comment", "foo", "*"},                                      // 23
    {"* 2.7.4", "", "==2.7.4"},                                         // 29
    {"* >=1.3 2", "", ">=1.3", "2"},                                    // 30
    {"* * openblas_0", "", "*", "openblas_0"},                          // 31
    {"*>1.8,<2|==1.7", "", "(>1.8,<2)|==1.7"},                          // 32
    {"numpy >1.8,<2|==1.7,!=1.9,~=1.7.1 py34_0", "numpy", "(>1.8,<2)|(==1.7,!=1.9,~=1.7.1)",
     "py34_0"},                                                                                // 33
    {"conda-forge:pypi:xtensor==0.12.3", "xtensor", "==0.12.3"},                               // 38
    {"conda-forge::foo[build=3](target=blarg,optional)", "foo", "*", "3"},                     // 41
    {"x264 >=1!164.3095,<1!165", "x264", ">=1!164.3095,<1!165"},                               // 46
    {"_libgcc_mutex    0.1       conda_forge     ", "_libgcc_mutex", "==0.1", "conda_forge"},  // 47
    {"python[version='~=3.11.0',build=*_cpython]", "python", "~=3.11.0", "*_cpython"},         // 48
    {"libblas[build=^.*(accelerate|mkl)$]", "libblas", "*", "^.*(accelerate|mkl)$"},           // 49
    {"libblas=*=*mkl", "libblas", "*", "*mkl"},                                                // 50
    {"pytorch=*=cuda*", "pytorch", "*", "cuda*"},                                              // 51
    {"kytea >=0.1.4, 0.2.0", "kytea", ">=0.1.4,==0.2.0"},                                      // 52
    {"python=*", "python", "*"},                                                               // 53
    {"python ==2.7.*.*|>=3.6", "python", "2.7.*.*|>=3.6"},                                     // 54
    {"bird_tool_utils_python =0.*,>=0.4.1", "bird_tool_utils_python", "0.*,>=0.4.1"},          // 55
    {"disperse=v0.9.24", "disperse", "v0.9.24.*"},                                             // 56
    {"importlib-metadata  # drop this", "importlib-metadata", "*"},                            // 57
    {"pkg (>=1,<2)|>3", "pkg", "(>=1,<2)|>3"},  // 63: CEP 29; conda takes it for legacy text
    // CF 4.1, version and build
    {"p =1.2.3 0", "p", "1.2.3.*", "0"},  // CEP 29 and mamba; conda drops the '='
    {"p 1.2.3=0", "p", "==1.2.3", "0"},
    {"p >=1.0 , < 2.0 py34_0", "p", ">=1.0,<2.0", "py34_0"},
    {"p >=1.0 , < 2.0 =py34_0", "p", ">=1.0,<2.0", "py34_0"},
    {"p >1.8,<2|==1.7", "p", "(>1.8,<2)|==1.7"},
    {"p * *", "p", "*"},
    // CF 4.2, '=' and '=='
    {"p=1.0", "p", "1.0.*"},
    {"p = 1.0", "p", "1.0.*"},
    {"p ==1.0", "p", "==1.0"},
    {"p == 1.0", "p", "==1.0"},
    {"p >= 1.0", "p", ">=1.0"},
    {"p=1.0=b", "p", "==1.0", "b"},
    {"p==1.0=b", "p", "==1.0", "b"},
    {"p 1.0 b", "p", "==1.0", "b"},
    {"p ==1.0 b", "p", "==1.0", "b"},
    {"p = 1.0 = b", "p", "==1.0", "b"},
    {"p=1.0.*", "p", "1.0.*"},
    {"p 1.0.*", "p", "1.0.*"},
    {"p=1.0.*=*", "p", "1.0.*"},
    {"p ==1.0.* *", "p", "1.0.*"},
    {"p ==1.0.*", "p", "1.0.*"},
    {"p ==2.7.*|>=3.5", "p", "2.7.*|>=3.5"},  // in old repodata, and a prefix to all tools
    {"p ==1.0.* | ==2.0", "p", "1.0.*|==2.0"},
    {"p == 1.0", "p", "==1.0"},
    {"p[version='=1.7']", "p", "1.7.*"},
    {"p 1.8,  2.0", "p", "==1.8,==2.0"},
    {"p >=1.0, <2.0 h1_0", "p", ">=1.0,<2.0", "h1_0"},
    // The bracket wins over what stands before it (CEP 29, conda).
    {"defaults::numpy=1.8=py27_0 [channel='anaconda',version=\">=1.8,<2|1.9\", build='3']", "numpy",
     "(>=1.8,<2)|==1.9", "3"},  // 26
};

const std::vector<std::pair<std::string_view, std::string_view>> refused{
    {"", "it is empty"},
    {"  # only a comment", "it is empty"},
    {"blas [optional", "'[' without ']'"},  // 59 and its parts
    {"blas [test=]", "empty value"},
    {"blas[invalid=\"1\"]", "unknown key 'invalid'"},
    {"!xyz 1.3", "no package name"},
    {"pkg..name", "not a package name"},
    {"pkg--name", "not a package name"},
    {".pkg", "not a package name"},
    {"-pkg", "not a package name"},
    {"pack@ge", "not a package name"},
    {"'package'", "not a package name"},
    {"ray[default,data] >=2.9.0,<3.0.0", "follows the brackets"},  // 60: conda drops the bracket
    {"ray[default,data]", "'default' has no '=' and value"},
    {"foo; if bar", "not a package name"},                 // 61
    {"conda-forge::::foo", "is not a channel"},            // 62
    {"mypkg 1.2.3 py310|*gpu*", "no ',' or '|' between"},  // 64: conda reads the version 1.2.3py310
    {"pkg=", "no version follows '='"},
    {"pkg==", "no version follows '=='"},
    {"pkg>=", "no version follows '>='"},
    {"pkg 1.0=", "no build follows"},
    {"pkg 1.0 b c", "no ',' or '|' between"},
    {"foo[version<2]", "'version' has no '='"},
    {"foo[extra]", "'extra' has no '='"},
    {"foo[build_number=]", "empty value"},
    {"foo[]", "brackets are empty"},
    {"foo[version=1,version=2]", "given twice"},
    {"foo[build=1,build_string=2]", "given twice"},
    {"foo[version=>=1.7]", "needs quotes"},
    {"foo[version==1.7]", "needs quotes"},
    {"foo[version='1.7]", "'[' without ']'"},
    {"foo[version='1.7' 'x']", "no key"},
    {"foo[version='1.7'x]", "no ','"},
    {"foo[version=1.7,]", "superfluous ','"},
    {"foo[a=[1]]", "unknown key 'a'"},
    {"foo[version=[1]]", "takes no list"},
    {"foo[version=1.7] >2", "follows the brackets"},
    {"foo[build=1](whatever)", "follows the brackets"},
    {"foo[features=mkl]", "obsolete"},
    {"foo[md5=123]", "32 hexadecimal digits"},
    {"foo[sha256=zz]", "64 hexadecimal digits"},
    {"foo[build_number='>x']", "not a number"},
    {"foo[build_number=-1]", "not a number"},
    {"foo[build_number=99999999999999999999]", "not a number"},
    {"foo[track_features=' , ']", "names no feature"},
    {"foo[subdir=linux]", "not a subdir"},
    {"foo[build='^(a$']", "not a regular expression"},
    {"foo[channel='a::b']", "is not a channel"},
    {"::foo", "is not a channel"},
    {"conda-forge/linux-64/noarch::foo", "two subdirs"},
    {"foo-1.0-0.conda", "without a folder"},
    {"./foo-1.0-0.conda", "relative path"},
    {"https://host/linux-64/foo-1.0-0.conda#abc", "32 hexadecimal digits"},
    {"https://host/linux-64/foo-1.0-0.conda?x=1", "is not a package name"},
    {"https://user:pass@host/linux-64/foo-1.0-0.conda", "credentials"},
    {"ftp://host/linux-64/foo-1.0-0.conda", "neither an http"},
    {"foo[when=bar]", "needs quotes"},
    {"foo[when='bar and']", "package spec is missing"},
    {"foo[when='bar baz']", "without 'and' or 'or'"},
    {"foo[when='(bar']", "'(' without ')'"},
    {"foo[when='bar)']", "without 'and' or 'or'"},
    {"foo[when='bar[when=\"x\"]']", "another condition"},
    {"foo[extras=[A]]", "not the name of an extra"},
    {"foo[extras=[]]", "empty"},
    {"foo[extras=[a b]]", "no ',' or ']'"},
    {"foo[flags=[A]]", "not a flag"},
};

}  // namespace

TEST_CASE("a MatchSpec is read as conda's examples say", "[match_spec]") {
  for (const auto& [text, name, version, build] : parse_vectors) {
    CAPTURE(text);
    const MatchSpec spec = MatchSpec::parse(text);
    CHECK(spec.name() == name);
    CHECK(spec.has_exact_name() == !name.empty());
    CHECK(spec.version().to_string() == version);
    CHECK((spec.build() ? spec.build()->text() : "") == build);
    CHECK_FALSE(spec.is_conditional());
  }
}

TEST_CASE("a MatchSpec that cannot be read is refused with the reason", "[match_spec]") {
  for (const auto& [text, why] : refused) {
    CAPTURE(text);
    CHECK_THROWS_AS(MatchSpec::parse(text), InputError);
    CHECK_THROWS_WITH(MatchSpec::parse(text),
                      Catch::StartsWith("package spec '") && Catch::Contains(std::string(why)));
  }
}

TEST_CASE("channels and subdirs of a MatchSpec are read wherever they stand", "[match_spec]") {
  struct Vector {
    std::string_view text;
    std::optional<std::string> channel, subdir;
  };
  const std::vector<Vector> vectors{
      {"defaults::numpy[channel=anaconda]", "anaconda", {}},          // 25
      {"defaults::numpy=1.8 [channel='anaconda']", "anaconda", {}},   // 26
      {"conda-forge::foo>=1.0", "conda-forge", {}},                   // 34
      {"conda-forge/linux-32::foo>=1.0", "conda-forge", "linux-32"},  // 35
      {"*/win-32::numpy[subdir=\"osx-64\"]", {}, "osx-64"},           // 36
      {"conda-forge/label/rc::foo", "conda-forge/label/rc", {}},      // 37
      {"conda-forge:pypi:xtensor==0.12.3", "conda-forge", {}},        // 38
      {"https://repo.anaconda.com/pkgs/free/win-32::numpy",           // 39
       "https://repo.anaconda.com/pkgs/free", "win-32"},
      {"numpy[channel=https://repo.anaconda.com/pkgs/free/osx-64, subdir=linux-64]",  // 40
       "https://repo.anaconda.com/pkgs/free", "linux-64"},
      {"numpy[subdir=linux-64, channel=https://repo.anaconda.com/pkgs/free/osx-64]",
       "https://repo.anaconda.com/pkgs/free", "linux-64"},
      {"conda-forge[linux-64]::foo", "conda-forge", "linux-64"},  // mamba's and rattler's form
      {"conda-forge[linux-64]::foo[build=3]", "conda-forge", "linux-64"},
      {"*/linux-64::numpy[channel=x]", "x", "linux-64"},
      {"a/linux-64::numpy[channel=x/noarch]", "x", "noarch"},
      {"https://host:8080/ch/::foo", "https://host:8080/ch", {}},
      {"pypi:foo", {}, {}},
      {"*::foo", {}, {}},
      {"file:///srv/ch::foo", "file:///srv/ch", {}},
  };
  for (const auto& [text, channel, subdir] : vectors) {
    CAPTURE(text);
    const MatchSpec spec = MatchSpec::parse(text);
    CHECK(spec.channel() == channel);
    CHECK(spec.details().subdir == subdir);
    CHECK(spec.looks_only_at_name_version_build() == (!channel && !subdir));
  }
}

TEST_CASE("keys of a MatchSpec that few use are read", "[match_spec]") {
  const std::string md5 = "253b922ecdb5a30884875948b8904983";
  const MatchSpec guarded = MatchSpec::parse("tensorflow[name=* version=* md5=" + md5 + "]");  // 27
  CHECK(guarded.name() == "tensorflow");
  CHECK(guarded.details().md5 == md5);
  CHECK(MatchSpec::parse("tensorflow[name=pytorch]").name() == "tensorflow");  // 28
  CHECK(canonical("foo[build_number='>=3']") == "foo[build_number='>=3']");    // 24
  CHECK(canonical("foo[build_number='=3']") == "foo[build_number='3']");
  CHECK(canonical("foo[build_number='*']") == "foo");
  const MatchSpec mkl = MatchSpec::parse("mkl@");  // 42
  CHECK_FALSE(mkl.has_exact_name());
  CHECK(mkl.details().track_features == std::vector<std::string>{"mkl"});
  CHECK(MatchSpec::parse("*[md5=12345678901234567890123456789012]").details().md5 ==  // 43
        "12345678901234567890123456789012");
  CHECK(MatchSpec::parse("foo[url=file:///x/foo-1-0.conda]").details().url ==  // 58
        "file:///x/foo-1-0.conda");
  CHECK(canonical("foo[md5=" + std::string(32, 'A') + "]") ==
        "foo[md5='" + std::string(32, 'a') + "']");
  CHECK(canonical("foo[track_features='b, a b']") == "foo[track_features='a b']");
  CHECK(canonical("foo[optional]") == "foo");
  CHECK(canonical("foo[license='MIT*', fn=\"a'b\"]") == "foo[fn='a\\'b',license='mit*']");
  CHECK(canonical("foo[fn='# no comment'] # comment") == "foo[fn='# no comment']");
}

TEST_CASE("the URL of a package says its channel, subdir, name, version, build and hash",
          "[match_spec]") {
  const std::string url =
      "https://conda.anaconda.org/conda-canary/linux-64/"
      "conda-4.3.21.post699+1dab973-py36h4a561cd_0.tar.bz2";
  const MatchSpec conda = MatchSpec::parse(url);  // 44
  CHECK(conda.channel() == "https://conda.anaconda.org/conda-canary");
  CHECK(conda.details().subdir == "linux-64");
  CHECK(conda.name() == "conda");
  CHECK(conda.version().to_string() == "==4.3.21.post699+1dab973");
  CHECK(conda.build()->text() == "py36h4a561cd_0");
  CHECK(conda.details().fn == "conda-4.3.21.post699+1dab973-py36h4a561cd_0.tar.bz2");
  CHECK(conda.details().url == url);

  const MatchSpec epoch =
      MatchSpec::parse("https://host/ch/linux-64/x264-1%21164.3095-h166bdaf_2.tar.bz2");  // 45
  CHECK(epoch.version().to_string() == "==1!164.3095");
  CHECK(epoch.details().fn == "x264-1!164.3095-h166bdaf_2.tar.bz2");

  const std::string file = "https://host/ch/noarch/a-1-0.conda";
  const std::string md5(32, 'b');
  const std::string sha256(64, 'c');
  CHECK(MatchSpec::parse(file + "#" + md5).details().md5 == md5);
  CHECK(MatchSpec::parse(file + "#" + sha256).details().sha256 == sha256);
  CHECK(MatchSpec::parse(file + "#sha256:" + sha256).details().sha256 == sha256);
  CHECK(MatchSpec::parse(file + " # comment").name() == "a");
  CHECK(MatchSpec::parse("*[url=" + file + "#" + md5 + "]").details().md5 == md5);

  const MatchSpec elsewhere = MatchSpec::parse("https://host/downloads/a-1-0.conda");
  CHECK_FALSE(elsewhere.has_exact_name());  // only the URL is certain
  CHECK(elsewhere.version().is_any());
  CHECK(elsewhere.details().url == "https://host/downloads/a-1-0.conda");

  const MatchSpec odd = MatchSpec::parse("https://host/ch/noarch/a-1.*-*.conda");
  CHECK_FALSE(odd.has_exact_name());  // a file name is no pattern
  CHECK(odd.version().is_any());

  const MatchSpec path = MatchSpec::parse("/srv/my ch/linux-64/a-1-0.conda");
  CHECK(path.details().url == "file:///srv/my%20ch/linux-64/a-1-0.conda");
  CHECK(path.name() == "a");
  const MatchSpec relative = MatchSpec::parse("../ch/linux-64/a-1-0.conda");
  CHECK(relative.channel() == "../ch");
  CHECK(relative.details().fn == "a-1-0.conda");
  CHECK_FALSE(relative.details().url);
}

TEST_CASE("conditions, extras and flags are read and make a MatchSpec conditional",
          "[match_spec]") {
  const MatchSpec when =
      MatchSpec::parse("foo >=1[when=\"(python>=3.8 or pypy) and numpy[version='1.*']\"]");
  CHECK(when.is_conditional());
  CHECK(when.details().when == "(python>=3.8 or pypy) and numpy[version='1.*']");
  CHECK(canonical("foo[extras=[b,'a']]") == "foo[extras=['a','b']]");
  CHECK(canonical("foo[extras=\"a\"]") == "foo[extras=['a']]");
  CHECK(canonical("foo[flags=[\"cuda\",\"blas:*\"]]") == "foo[flags=['blas:*','cuda']]");
  CHECK(MatchSpec::parse("foo[flags=cuda]").is_conditional());
  CHECK_FALSE(MatchSpec::parse("foo[flags=cuda]").looks_only_at_name_version_build());
}

TEST_CASE("requests that mean the same print the same", "[match_spec]") {
  const std::vector<std::vector<std::string_view>> groups{
      {"numpy=1.7", "numpy =1.7", "numpy 1.7.*", "NumPy=1.7.*", "numpy[version='=1.7']",
       "numpy 1.7*  # x"},
      {"numpy==1.7=py27_0", "numpy=1.7=py27_0", "numpy 1.7 py27_0",
       "numpy[build=py27_0,version=1.7]"},
      {"numpy[version='>=1.7,<2']", "numpy>=1.7,<2", "numpy >= 1.7, < 2"},
      {"numpy", "numpy *", "numpy=*", "numpy * *", "numpy[version='*']", "*::numpy"},
      {"conda-forge::numpy", "numpy[channel=conda-forge]", "conda-forge/::numpy"},
      {"conda-forge/linux-64::numpy", "conda-forge[linux-64]::numpy",
       "conda-forge::numpy[subdir=linux-64]", "numpy[subdir=linux-64,channel=conda-forge]"},
  };
  for (const auto& group : groups) {
    for (const std::string_view text : group) {
      CAPTURE(text);
      CHECK(canonical(text) == group.front());
    }
  }
}

TEST_CASE("parsing a printed MatchSpec gives the same MatchSpec", "[match_spec]") {
  for (const auto& vector : parse_vectors) {
    CAPTURE(vector.text);
    CHECK(canonical(canonical(vector.text)) == canonical(vector.text));
  }
  static constexpr std::array<std::string_view, 6> names{"numpy",  "*",  "py*",
                                                         "^py.*$", "_a", "__b"};
  static constexpr std::array<std::string_view, 5> fronts{
      "", "conda-forge::", "https://h:1/c/linux-64::", "*/noarch::", "my/label/x::"};
  static constexpr std::array<std::string_view, 7> versions{
      "", "=1.7", "==1!1.0_", ">=1,<2|3", " 1.0+x-1", "~=1.2", " ^1.(2|3),$"};
  static constexpr std::array<std::string_view, 4> builds{"", "build=py*", "build='a-b'",
                                                          "build='^a(b|c)\\\\d$'"};
  static constexpr std::array<std::string_view, 7> others{
      "",
      "build_number='!=3'",
      "fn='a\\'b\"c\\\\'",
      "license='x y#z'",
      "channel='a b'",
      "track_features='p q'",
      "subdir='foo-1',when='a or b[version=\\'>1\\']'"};
  for (const auto name : names) {
    for (const auto front : fronts) {
      for (const auto version : versions) {
        for (const auto build : builds) {
          for (const auto other : others) {
            std::string keys(build);
            if (!keys.empty() && !other.empty()) keys += ',';
            keys += other;
            std::string text = std::string(front) + std::string(name) + std::string(version);
            if (!keys.empty()) text += '[' + keys + ']';
            CAPTURE(text);
            const MatchSpec spec = MatchSpec::parse(text);
            CAPTURE(spec.to_string());
            const MatchSpec again = MatchSpec::parse(spec.to_string());
            REQUIRE(again == spec);
            REQUIRE(again.channel() == spec.channel());
            REQUIRE(again.details().fn == spec.details().fn);
            REQUIRE(again.details().when == spec.details().when);
            REQUIRE(again.build() == spec.build());
          }
        }
      }
    }
  }
}

TEST_CASE("a MatchSpec matches a record by every field that it names", "[match_spec]") {
  const Version version = Version::parse_or_throw("1.7.1");
  MatchFields record;
  record.name = "numpy";
  record.version = &version;
  record.build = "py27_MKL";
  record.build_number = 3;
  record.subdir = "linux-64";
  record.fn = "numpy-1!1.7.1-py27_MKL.conda";
  record.url = "https://h/c/linux-64/numpy-1!1.7.1-py27_MKL.conda";
  const std::string md5(32, 'a');
  record.md5 = md5;
  record.license = "BSD-3-Clause";
  record.track_features = "mkl nomkl";
  const auto matches = [&](std::string_view text) {
    return MatchSpec::parse(text).matches(record);
  };
  for (const std::string_view text :
       {"numpy", "NUMPY", "*", "num*", "^n.*y$", "numpy=1.7", "numpy * py27*",
        "numpy 1.7.1 py27_MKL", "numpy[build_number='>=3']", "numpy[build_number='!=2']",
        "numpy[build_number=3]", "numpy[subdir=linux-64]", "numpy[license='bsd*']",
        "numpy[license='^BSD-.-clause$']", "numpy[track_features='nomkl,mkl']", "other::numpy",
        "numpy[fn='numpy-1!1.7.1-py27_MKL.conda']",
        "*[url='https://h/c/linux-64/numpy-1%211.7.1-py27_MKL.conda']"}) {
    CAPTURE(text);
    CHECK(matches(text));
  }
  CHECK(matches("numpy[md5=" + md5 + "]"));
  for (const std::string_view text :
       {"numpy2", "num", "^x.*$", "numpy=1.8", "numpy * py27_mkl", "numpy * *27",
        "numpy[build_number='<3']", "numpy[build_number='>3']", "numpy[build_number='<=2']",
        "numpy[build_number=2]", "numpy[subdir=noarch]", "numpy[license=MIT]",
        "numpy[license_family='*']", "numpy[track_features=mkl]", "numpy[fn=x]",
        "numpy[url='https://h/x']", "numpy[md5=00000000000000000000000000000000]"}) {
    CAPTURE(text);
    CHECK_FALSE(matches(text));
  }
  // A record without the field never matches a demand on it.
  CHECK_FALSE(MatchSpec::parse("*=1.7").matches(MatchFields{}));
  CHECK_FALSE(MatchSpec::parse("*[sha256=" + std::string(64, '0') + "]").matches(record));
}

TEST_CASE("an unknown key names the nearest known one", "[match_spec]") {
  try {
    MatchSpec::parse("foo[verson=1]");
    FAIL("accepted");
  } catch (const InputError& error) {
    CHECK(error.hint() == "did you mean 'version'?");
    CHECK(error.exit_code() == ExitCode::invalid_input);
  }
}

TEST_CASE("hostile MatchSpecs meet limits, not time or stack", "[match_spec]") {
  CHECK_THROWS_WITH(MatchSpec::parse(std::string(70000, 'a')), Catch::Contains("longer than"));
  CHECK_THROWS_AS(MatchSpec::parse("foo" + std::string(60000, '[')), InputError);
  CHECK_THROWS_AS(MatchSpec::parse("foo[when='" + std::string(60000, '(') + "']"), InputError);
  CHECK_THROWS_AS(MatchSpec::parse("foo[" + std::string(60000, ',') + "]"), InputError);
  CHECK_THROWS_AS(MatchSpec::parse(std::string(60000, ':')), InputError);
  CHECK_THROWS_AS(MatchSpec::parse(std::string(60000, '#')), InputError);
}

}  // namespace envlock::test
