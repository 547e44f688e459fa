#include "model/version_spec.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "model/error.hpp"
#include "tests/model/version_vectors.hpp"

namespace envlock::test {
namespace {

bool matches(std::string_view spec, std::string_view version) {
  return VersionSpec::parse(spec).matches(Version::parse_or_throw(version));
}

std::string canonical(std::string_view spec) { return VersionSpec::parse(spec).to_string(); }

struct ConstraintVector {
  std::string_view spec, version;
  bool matches;
};

/// conda's tests/models/test_version.py and CEP 29; line n is vector n of the reference.
constexpr std::array<ConstraintVector, 65> constraint_vectors{{
    {"1.7", "1.7.0", true},
    {"==1.7", "1.7.0", true},
    {"1.7", "1.7.1", false},
    {"=1.7", "1.7.1", true},
    {"1.7.*", "1.7", true},
    {"1.7*", "1.70", false},
    {"1.7*", "1.7a", true},
    {"1.0.0*", "1.0", true},
    {"1.0.0*", "1.0.1", false},
    {"2013a*", "2013ab", true},  // libsolv says no
    {"2013a*", "2013b", false},
    {"1.2.3*", "1.2.3+4.5.6", true},
    {"1.2.3+4*", "1.2.3+4.5.6", true},
    {"1.2.3+5*", "1.2.3+4.5.6", false},
    {">1.7", "1.7.0", false},
    {"<=1.7", "1.7.0", true},
    {">1.0.0a", "1.0.0", true},
    {">1.0.0*", "1.0.0", true},  // the literal '1.0.0*' is below all of 1.0.0
    {">2013b", "3.0.0", false},
    {">2013b", "2013k", true},
    {"!=1.7", "1.7.0", false},
    {"!=1.7", "1.7.1", true},
    {"!=3.3.*", "3.3.0.0", false},
    {"!=3.3.*", "3.4", true},
    {"~=1.10", "1.11.0", true},
    {"~=1.10.0", "1.11.0", false},
    {"~=3.3.2", "3.3.2.0", true},
    {"~=3.3.2", "3.4.0", false},
    {"~=3.3.2|==2.2", "2.2.0", true},
    {"~=1.0a2", "1.5", true},
    {"~=1.8", "1.8alpha", false},
    {"1.*.1", "1.7.0.1", true},
    {"1.*.1", "1.1", false},
    {"*.*", "3.3", true},
    {"*.*", "3", false},
    {">=1,*.7.*", "1.7.1", true},
    {"^1\\.7\\.1$", "1.7.1", true},
    {"^1\\.7$", "1.7.1", false},
    {"1.7.*|^0.*$", "1.7.1", true},
    {"1.5.*|>1.7,<1.8", "1.7.1", true},
    {"1.5.*|1.7.*,<1.6", "1.5.9", true},
    {"1.5.*|1.7.*,<1.6", "1.7.1", false},
    {"(1.5.*|1.7.*),<1.6", "1.7.1", false},
    {"1.2|1.3,<1.0", "1.2", true},  // ',' binds tighter; mamba 2 says no
    {">=2.7, !=3.0.*, !=3.3.*", "3.3.4", false},
    {">=2.7, !=3.0.*, !=3.3.*", "3.4a", true},
    {"<1.0.1", "1.0.1.vc11", true},
    {">=1.0.1.vc11", "1.0.1a.vc11", false},
    {"==1.7.1.*", "1.7.1.1", false},  // conda drops '.*' beside '=='; mamba reads a prefix
    {">=1.8.*", "1.8", true},
    {">1.8.*", "1.8.1", true},
    {"<1.8", "1.8alpha", true},
    {">=3.8,<4.0a0", "4.0rc1", false},
    {">=3.8,<4.0a0", "4.0dev1", true},
    {"1.1.1*", "1.1.1post1", true},
    {"=1.0.0rc", "1.0.0rc2", true},
    {"1.0.1_", "1.0.1", false},  // libsolv says yes
    {">=1.0.1_", "1.0.1a", true},
    {"<2", "1!1.0", false},
    {"==1.0", "1.0+foo", false},
    {">1.0", "1.0+1", true},
    {"<1.0", "1.0+foo", true},
    {"2.*.*", "2.1", false},  // rattler reads the prefix 2
    {"1.8.*", "1.8alpha", true},
    {"0.2.18|0.2.18.*.", "0.2.18", true},  // old repodata has such a dot
}};

/// A random expression over the published versions.
std::string random_expression(std::mt19937& random, int depth) {
  const auto pick = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  if (depth > 0 && pick(2) == 0) {
    std::string text;
    const std::size_t operands = 1 + pick(3);
    for (std::size_t i = 0; i < operands; ++i) {
      if (i > 0) text += pick(2) == 0 ? "," : "|";
      const std::string operand = random_expression(random, depth - 1);
      text += pick(2) == 0 ? "(" + operand + ")" : operand;
    }
    return text;
  }
  static constexpr std::array<std::string_view, 9> operators{"",   "=",  "==", "!=", "<",
                                                             "<=", ">=", ">",  "~="};
  const std::string_view literal = sorted_versions[pick(sorted_versions.size())].first;
  switch (pick(8)) {
    case 0:
      return "*";
    case 1:
      return std::string(literal) + ".*";
    case 2:
      return "!=" + std::string(literal) + "*";
    case 3:
      return "^" + std::string(literal.substr(0, 1)) + ".(a|b),*$";
    case 4:
      return "*." + std::string(literal.substr(0, 1));
    default:
      return std::string(operators[pick(operators.size())]) + std::string(literal);
  }
}

}  // namespace

TEST_CASE("a version constraint matches what conda's examples say", "[version_spec]") {
  for (const auto& [spec, version, expected] : constraint_vectors) {
    CAPTURE(spec, version);
    CHECK(matches(spec, version) == expected);
    CHECK(matches(canonical(spec), version) == expected);
  }
}

TEST_CASE("a version constraint that cannot be read is refused with the reason", "[version_spec]") {
  const std::vector<std::pair<std::string_view, std::string_view>> bad{
      {"===3.3.2", "known operator"},
      {"><1.2", "known operator"},
      {"1.5||1.6", "a part is empty"},
      {"^1.5", "does not end with '$'"},
      {"=", "no version follows '='"},
      {"==", "no version follows '=='"},
      {">=", "no version follows '>='"},
      {"1.2+", "'1.2+' is not a version"},
      {"~=3.3.2.*", "'~=' cannot be used with '*'"},
      {"", "a part is empty"},
      {"(1.5", "'(' without ')'"},
      {"1.5)", "')' without '('"},
      {",1", "a part is empty"},
      {"1,", "a part is empty"},
      {"()", "a part is empty"},
      {"!!1", "known operator"},
      {"~", "known operator"},
      {"!", "known operator"},
      {"!1", "known operator"},
      {"~1.2", "known operator"},
      {"!=*", "matches nothing"},
      {"<*", "matches nothing"},
      {">*", "matches nothing"},
      {">=1.*.2", "no place in the order"},
      {"1.2 3", "no ',' or '|' between '2' and '3'"},
      {">=1.2 <2", "is not a version"},
      {"1(2)", "before '('"},
      {"(1)2", "after ')'"},
      {"^a$b", "text follows"},
      {"^(a$", "not a regular expression"},
      {"^(?=a)$", "not a regular expression"},
      {"^(a)\\1$", "not a regular expression"},
      {"^((a{1000}){1000}){1000}$", "not a regular expression"},
      {"1.*.@", "characters"},
      {".*", "is not a version"},
      {"1.0@", "is not a version"},
      {">=1.7,<1..8", "'1..8' is not a version"},
  };
  for (const auto& [spec, why] : bad) {
    CAPTURE(spec);
    CHECK_THROWS_AS(VersionSpec::parse(spec), InputError);
    CHECK_THROWS_WITH(VersionSpec::parse(spec), Catch::Contains(std::string(why)));
  }
}

TEST_CASE("white space around operators and separators changes nothing", "[version_spec]") {
  CHECK(canonical(" >= 1.0 , < 2.0 | == 3 ") == "(>=1.0,<2.0)|==3");
  CHECK(canonical("( 1.0 | 2.0 ) ,\t!= 1.0") == "(==1.0|==2.0),!=1.0");
}

TEST_CASE("a version constraint is written in one canonical form", "[version_spec]") {
  const std::vector<std::pair<std::string_view, std::string_view>> forms{
      {"1.7", "==1.7"},
      {"==1.7", "==1.7"},
      {"=1.7", "1.7.*"},
      {"1.7*", "1.7.*"},
      {"=1.7.*", "1.7.*"},
      {"1.7.**", "1.7.*"},
      {"!=1.7*", "!=1.7.*"},
      {">=1.8.*", ">=1.8"},
      {"<=1.8.*", "<=1.8"},
      {"==1.8.*", "==1.8"},
      {">=2.7.*.*", ">=2.7"},
      {"~=1", ">=1"},
      {"~=1.10.0", "~=1.10.0"},
      {"=*", "*"},
      {"==*", "*"},
      {">=*", "*"},
      {"**", "*"},
      {"*,>=1", ">=1"},
      {"*|>=1", "*"},
      {"(*,*)", "*"},
      {"((1))", "==1"},
      {"(>=1,(<2,!=1.5)),<3", ">=1,<2,!=1.5,<3"},
      {"1|(2|3)", "==1|==2|==3"},
      {">=1,<2|3", "(>=1,<2)|==3"},
      {">=1,(<2|3)", ">=1,(<2|==3)"},
      {"1.0RC1", "==1.0rc1"},
      {"==2.7.*.*|>=3.6", "2.7.*.*|>=3.6"},
      {"!=1.*.2", "!=1.*.2"},
      {"^1\\.(0|1),?$|>2", "^1\\.(0|1),?$|>2"},
  };
  for (const auto& [written, expected] : forms) {
    CAPTURE(written);
    CHECK(canonical(written) == expected);
    CHECK(canonical(expected) == expected);
  }
}

TEST_CASE("a constraint that other tools read differently is known as ambiguous",
          "[version_spec]") {
  CHECK(VersionSpec::parse(">=1.8,<2|1.9").is_ambiguous());
  CHECK(VersionSpec::parse("1|2,3").is_ambiguous());
  CHECK(VersionSpec::parse("(1|2,3),>0").is_ambiguous());
  CHECK_FALSE(VersionSpec::parse("(>=1.8,<2)|1.9").is_ambiguous());
  CHECK_FALSE(VersionSpec::parse(">=1.8,(<2|1.9)").is_ambiguous());
  CHECK_FALSE(VersionSpec::parse("1|2|3").is_ambiguous());
  CHECK_FALSE(VersionSpec::parse(">1,<2").is_ambiguous());
}

TEST_CASE("the two simplest constraints show their literal", "[version_spec]") {
  CHECK(VersionSpec::parse("==1.7").exact_version()->text() == "1.7");
  CHECK(VersionSpec::parse("=1.7").version_prefix()->text() == "1.7");
  CHECK(VersionSpec::parse("=1.7").exact_version() == nullptr);
  CHECK(VersionSpec::parse("1.7|1.8").exact_version() == nullptr);
  CHECK(VersionSpec::parse("*").is_any());
  CHECK(VersionSpec().is_any());
  CHECK(VersionSpec().matches(Version::parse_or_throw("0")));
}

TEST_CASE("a version glob or regular expression looks at the version as written",
          "[version_spec]") {
  CHECK(matches("1.*.1", "1.0.1"));
  CHECK(matches("1.*RC.1", "1.0rc.1"));
  CHECK_FALSE(matches("^1\\.7$", "1.7.0"));  // equal in the order, another text
  CHECK_FALSE(matches("!=1.*.1", "1.0.1"));
  CHECK(matches("!=1.*.1", "1.0.2"));
}

TEST_CASE("hostile version constraints meet limits, not time or stack", "[version_spec]") {
  const auto parens = [](std::size_t n) { return std::string(n, '(') + "1" + std::string(n, ')'); };
  CHECK(canonical(parens(64)) == "==1");
  CHECK_THROWS_WITH(VersionSpec::parse(parens(65)), Catch::Contains("too deeply"));
  CHECK_THROWS_WITH(VersionSpec::parse(parens(30000)), Catch::Contains("too deeply"));
  CHECK_THROWS_WITH(VersionSpec::parse(std::string(70000, '1')), Catch::Contains("longer than"));
  std::string many = "1";
  for (int i = 0; i < 20000; ++i) many += "|1";
  CHECK_THROWS_WITH(VersionSpec::parse(many), Catch::Contains("too many parts"));
  std::string globs = "*.1";
  for (int i = 0; i < 100; ++i) globs += "|*.1";
  CHECK_THROWS_WITH(VersionSpec::parse(globs), Catch::Contains("too many globs"));
  std::string stars = "1";  // exponential for a matcher that backtracks
  for (int i = 0; i < 500; ++i) stars += "*1";
  CHECK_FALSE(matches(stars + "*2", std::string(2000, '1')));
}

TEST_CASE("parsing a printed constraint gives the same constraint", "[version_spec]") {
  std::mt19937 random(33);
  std::vector<Version> versions;
  for (const auto& [text, rank] : sorted_versions)
    versions.push_back(Version::parse_or_throw(text));
  for (int i = 0; i < 3000; ++i) {
    const std::string text = random_expression(random, 3);
    CAPTURE(text);
    std::optional<VersionSpec> spec;
    try {
      spec = VersionSpec::parse(text);
    } catch (const InputError&) {
      continue;  // such as ~= with the literal 0.5*
    }
    const VersionSpec again = VersionSpec::parse(spec->to_string());
    CAPTURE(spec->to_string());
    REQUIRE(again == *spec);
    REQUIRE_FALSE(again.is_ambiguous());
    for (const Version& version : versions) {
      CAPTURE(version.text());
      REQUIRE(again.matches(version) == spec->matches(version));
    }
  }
}

TEST_CASE("VersionSpec: two constraints without a comma get the hint to write one", "[model]") {
  try {
    (void)VersionSpec::parse(">=3.12 <3.13");
    FAIL("it was taken");
  } catch (const InputError& error) {
    CHECK_THAT(error.hint(), Catch::Contains("separate constraints by ','"));
  }
}

}  // namespace envlock::test
