#include "model/requirement.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "model/error.hpp"

using namespace envlock;
using Catch::Contains;

namespace {

std::string refusal(const std::string& text) {
  try {
    (void)Requirement::parse(text);
  } catch (const InputError& error) {
    return error.what() + (error.hint().empty() ? std::string() : " | " + error.hint());
  }
  return "accepted";
}

bool holds(const std::string& marker, const MarkerVariables& variables) {
  return Marker::parse(marker).holds(variables);
}

}  // namespace

TEST_CASE("Requirement: name, extras, clauses and marker", "[pip]") {
  const auto r = Requirement::parse("Flask_X[async, Dev.Tools] >=2,<3 ; python_version < '3.12'");
  CHECK(r.name == "Flask_X");
  CHECK(r.project == "flask-x");
  CHECK(r.extras == std::vector<std::string>{"async", "dev-tools"});
  CHECK(r.specifier == ">=2,<3");
  CHECK(r.marker_text == "python_version < '3.12'");
  CHECK(r.accepts("2.5"));
  CHECK_FALSE(r.accepts("3.0"));
  CHECK(Requirement::parse("a(>=1)").specifier == ">=1");
  CHECK(Requirement::parse("a").accepts("0.1"));
  const auto url = Requirement::parse("a @ https://x/a-1-py3-none-any.whl;x ; os_name == 'nt'");
  CHECK(url.url == "https://x/a-1-py3-none-any.whl;x");
  CHECK(url.marker_text == "os_name == 'nt'");
}

TEST_CASE("Requirement: what is refused says what was meant", "[pip]") {
  CHECK_THAT(refusal("numpy=1.26"), Contains("'==' where conda's have '='"));
  CHECK_THAT(refusal("numpy 1.26"), Contains("is no version specifier"));
  CHECK_THAT(refusal("-x"), Contains("does not begin with the name"));
  CHECK_THAT(refusal("a-"), Contains("does not begin with the name"));
  CHECK_THAT(refusal("a[b"), Contains("']' is missing"));
  CHECK_THAT(refusal("a[b c]"), Contains("no name of an extra"));
  CHECK_THAT(refusal("a @"), Contains("URL is missing"));
  CHECK_THAT(refusal("a @ https://x y"), Contains("' ;' and a marker"));
  CHECK_THAT(refusal("a ;"), Contains("no marker"));
  CHECK_THAT(refusal("a ; python < '3'"), Contains("no variable of markers"));
  CHECK_THAT(refusal("a ; python_version"), Contains("ends too early"));
  CHECK_THAT(refusal("a ; python_version ~ '3'"), Contains("expected a comparison"));
  CHECK_THAT(refusal("a ; '3' == '3'"), Contains("a variable on one side"));
  CHECK_THAT(refusal("a ; (os_name == 'x'"), Contains("')' is missing"));
  CHECK_THAT(refusal("a ; os_name == 'x"), Contains("quotation mark"));
  CHECK_THAT(refusal("a ; os_name == 'x' os_name"), Contains("expected 'and' or 'or'"));
  CHECK_THAT(refusal("a ; os_name not 'x'"), Contains("expected 'in'"));
  std::string deep = "a ; ";
  for (int i = 0; i < 40; ++i) deep += '(';
  CHECK_THAT(refusal(deep), Contains("parentheses"));
  CHECK_THAT(refusal(std::string(10'000, 'a')), Contains("8192 bytes"));
}

TEST_CASE("Marker: versions compare as versions, other texts as texts", "[pip]") {
  const MarkerVariables on{{"python_version", "3.12"},        {"python_full_version", "3.12.7"},
                           {"sys_platform", "linux"},         {"platform_machine", "x86_64"},
                           {"platform_system", "Linux"},      {"os_name", "posix"},
                           {"implementation_name", "cpython"}};
  CHECK(holds("python_version >= '3.9'", on));
  CHECK_FALSE(holds("python_version < '3.9'", on));
  CHECK(holds("'3.9' < python_version", on));
  CHECK(holds("python_full_version == '3.12.*'", on));
  CHECK(holds("sys_platform == 'win32' or platform_machine == 'x86_64'", on));
  CHECK_FALSE(holds("sys_platform == 'win32' and platform_machine == 'x86_64'", on));
  // 'and' binds closer than 'or'.
  CHECK(holds("os_name == 'posix' or os_name == 'nt' and os_name == 'java'", on));
  CHECK_FALSE(holds("(os_name == 'posix' or os_name == 'nt') and os_name == 'java'", on));
  CHECK(holds("'linux' in sys_platform", on));
  CHECK(holds("platform_machine in 'x86_64 aarch64'", on));
  CHECK(holds("platform_machine not in 'arm64'", on));
  CHECK(holds("os.name == 'posix'", on));
  CHECK_FALSE(holds("extra == 'dev'", on));
  CHECK(holds("extra == 'Dev_Tools'", {{"extra", "dev-tools"}}));
  CHECK_FALSE(holds("platform_release >= '1'", on));
  CHECK(Marker::parse("os_name == 'a' and (extra == 'b' or '3' > python_version)").names() ==
        std::set<std::string>{"extra", "os_name", "python_version"});
}
