#include "model/pip_line.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "model/error.hpp"

using namespace envlock;
using Catch::Contains;

namespace {

constexpr const char* hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

std::string refusal(const std::string& text) {
  try {
    (void)parse_pip_line(text);
  } catch (const InputError& error) {
    return error.what() + (error.hint().empty() ? std::string() : " | " + error.hint());
  }
  return "accepted";
}

}  // namespace

TEST_CASE("parse_pip_line: what pip's lines can be", "[pip]") {
  using Kind = PipLine::Kind;
  CHECK(parse_pip_line("flask >=3").kind == Kind::requirement);
  const PipLine hashed = parse_pip_line("flask==3.0 --hash=sha256:" + std::string(hex) +
                                        " --hash sha256:" + std::string(hex));
  CHECK(hashed.hashes.size() == 2);
  CHECK(hashed.requirement.specifier == "==3.0");
  const PipLine url =
      parse_pip_line("tool @ https://x/f/tool-1.0-py3-none-any.whl#sha256=" + std::string(hex) +
                     " ; os_name == 'posix'");
  CHECK(url.url->to_string() == "https://x/f/tool-1.0-py3-none-any.whl");
  CHECK(url.hashes.size() == 1);
  CHECK(url.requirement.marker_text == "os_name == 'posix'");
  const PipLine bare = parse_pip_line("https://x/Tool_x-1.0-py3-none-any.whl");
  CHECK(bare.kind == Kind::requirement);
  CHECK(bare.requirement.project == "tool-x");
  const PipLine project = parse_pip_line("-e .[dev,test]");
  CHECK(project.kind == Kind::project);
  CHECK(project.path == ".");
  CHECK(project.extras == std::vector<std::string>{"dev", "test"});
  CHECK(project.is_editable);
  CHECK(parse_pip_line("../shared/tool").kind == Kind::project);
  CHECK(parse_pip_line("tools/one").path == "tools/one");
  const PipLine wheel = parse_pip_line("./wheels/Tool-1.0-py3-none-any.whl");
  CHECK(wheel.kind == Kind::wheel);
  CHECK(wheel.requirement.project == "tool");
  CHECK(parse_pip_line("-r dev.txt").path == "dev.txt");
  CHECK(parse_pip_line("--requirement='dev.txt'").kind == Kind::requirements);
  CHECK(parse_pip_line("-c pins.txt").kind == Kind::constraints);
  CHECK(parse_pip_line("constraint: flask<4").kind == Kind::constraint);
  CHECK(parse_pip_line("-i https://x/simple/").url->to_string() == "https://x/simple");
  CHECK(parse_pip_line("--extra-index-url=https://y/simple").is_extra_index);
  CHECK(parse_pip_line("--pre").kind == Kind::pre);
  CHECK(parse_pip_line("--only-binary :all:").kind == Kind::nothing);
}

TEST_CASE("parse_pip_line: every refusal has its reason and the way out", "[pip]") {
  CHECK_THAT(refusal("git+https://github.com/a/b"),
             Contains("source repository") && Contains("#sha256"));
  CHECK_THAT(refusal("b @ git+ssh://git@github.com/a/b@main"), Contains("source repository"));
  CHECK_THAT(refusal("-e git+https://github.com/a/b#egg=b"), Contains("source repository"));
  CHECK_THAT(refusal("b @ https://x/b-1.0.tar.gz"), Contains("wheels only"));
  CHECK_THAT(refusal("./b-1.0.tar.gz"), Contains("wheels only"));
  CHECK_THAT(refusal("--no-binary :all:"), Contains("wheels only"));
  CHECK_THAT(refusal("--find-links ./x"), Contains("no index"));
  CHECK_THAT(refusal("-f ./x"), Contains("no index"));
  CHECK_THAT(refusal("--trusted-host x"), Contains("plain_http"));
  CHECK_THAT(refusal("--no-index"), Contains("path or URL"));
  CHECK_THAT(refusal("--index-ulr https://x"), Contains("did you mean '--index-url'"));
  CHECK_THAT(refusal("-r"), Contains("missing"));
  CHECK_THAT(refusal("/srv/tool"), Contains("one machine"));
  CHECK_THAT(refusal("file:///srv/tool"), Contains("one machine"));
  CHECK_THAT(refusal("~/tool"), Contains("one machine"));
  CHECK_THAT(refusal("./tool ; os_name == 'nt'"), Contains("marker behind a path"));
  CHECK_THAT(refusal("./a-1-py3-none-any.whl[x]"), Contains("extras of a wheel"));
  CHECK_THAT(refusal("a @ https://x/b-1-py3-none-any.whl"), Contains("not of 'a'"));
  CHECK_THAT(refusal("a @ https://x/a-1-py3-none.whl"), Contains("five parts"));
  CHECK_THAT(refusal("a @ https://x/a-1-py3-none-any.whl#md5=12"), Contains("'#sha256=HEX'"));
  CHECK_THAT(refusal("a @ https://x/a-1-py3-none-any.whl#sha256=12"), Contains("64 hex digits"));
  CHECK_THAT(refusal("a @ https://${TOKEN}@x/a-1-py3-none-any.whl"), Contains("variables"));
  CHECK_THAT(refusal("a @ ftp://x/a-1-py3-none-any.whl"), Contains("http or https"));
  CHECK_THAT(refusal("a --hash=md5:12"), Contains("sha256"));
  CHECK_THAT(refusal("a --hash=sha256:12"), Contains("64 hex digits"));
  CHECK_THAT(refusal("a --install-option=x"), Contains("no option of a requirement"));
  CHECK_THAT(refusal("constraint: a @ https://x/a-1-py3-none-any.whl"), Contains("no constraint"));
  CHECK_THAT(refusal("a\x1b[31m"), Contains("control characters"));
  CHECK_THAT(refusal("a\nb"), Contains("control characters"));
  CHECK_THAT(refusal(""), Contains("empty"));
  const std::string secret = refusal("a @ https://me:hunter2@x/a-1-py3-none-any.whl");
  CHECK_THAT(secret, Contains("password"));
  CHECK(secret.find("hunter2") == std::string::npos);
}

TEST_CASE("split_requirements: comments, joined lines and places", "[pip]") {
  const auto lines = split_requirements(
      "\xEF\xBB\xBF# head\r\n\r\nflask # why\r\nrich \\\r\n  >=13\r\na@https://x/#sha256=1\n",
      "r.txt");
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].text == "flask");
  CHECK(lines[0].place.to_string() == "r.txt:3");
  CHECK(lines[1].text == "rich   >=13");
  CHECK(lines[1].place.to_string() == "r.txt:4");
  CHECK(lines[2].text == "a@https://x/#sha256=1");
  CHECK_THROWS_WITH(split_requirements(std::string("a\0b", 3), "r.txt"), Contains("UTF-8"));
  CHECK_THROWS_WITH(split_requirements("\xFF\xFE"
                                       "a",
                                       "r.txt"),
                    Contains("UTF-8"));
}
