#include "pack/tree_rules.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "model/error.hpp"
#include "tests/pack/refused.hpp"

namespace envlock::test {
namespace {

using Kind = ArchiveEntry::Kind;

TarMember file(std::string path) { return {.path = std::move(path), .mode = 0644}; }
TarMember folder(std::string path) { return {.path = std::move(path), .type = '5', .mode = 0755}; }
TarMember symlink(std::string path, std::string target) {
  return {.path = std::move(path), .link = std::move(target), .type = '2', .mode = 0777};
}
TarMember hard_link(std::string path, std::string target) {
  return {.path = std::move(path), .link = std::move(target), .type = '1', .mode = 0644};
}

/// "path>target path", or "EXIT: message".
std::string result_of(const std::vector<TarMember>& members, bool one_case = false) {
  TreeRules rules("a-1-0.conda", one_case);
  std::string text;
  try {
    for (const TarMember& member : members) {
      const auto entry = rules.judge(member);
      if (!entry) continue;
      text += (text.empty() ? "" : " ") + entry->path;
      if (!entry->target.empty()) text += ">" + entry->target;
    }
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.exit_code())) + ": " + error.what();
  }
  return text;
}

}  // namespace

TEST_CASE("tree_rules: a tree comes through as it is", "[pack]") {
  CHECK(result_of({folder("lib/"), file("lib/a.so.1"), symlink("lib/a.so", "a.so.1"),
                   hard_link("lib/b", "lib/a.so.1"), file("bin/x")}) ==
        "lib lib/a.so.1 lib/a.so>a.so.1 lib/b>lib/a.so.1 bin/x");
}

TEST_CASE("tree_rules: './' before every name is no part of it", "[pack]") {
  CHECK(result_of({folder("./"), folder("."), folder("./lib/"), file("./lib/a"), file("././b"),
                   hard_link("c", "./lib/a")}) == "lib lib/a b c>lib/a");
  CHECK_THAT(result_of({file("./")}), Refused("A21"));
  CHECK_THAT(result_of({file(".")}), Refused("A21"));
  CHECK_THAT(result_of({folder("")}), Refused("A21"));
}

TEST_CASE("tree_rules: A01 paths that climb are refused", "[pack]") {
  const std::string path = GENERATE("../x", "a/../../x", "a/..", "..", "./../x", "a/../b");
  CHECK_THAT(result_of({file(path)}), Refused("A01"));
}

TEST_CASE("tree_rules: A02 absolute paths are refused", "[pack]") {
  const std::string path = GENERATE("/etc/x", "//x", "C:/x", ".//etc/x");
  CHECK_THAT(result_of({file(path)}), Refused("A02"));
}

TEST_CASE("tree_rules: A03 backslashes are refused", "[pack]") {
  const std::string path = GENERATE("a\\..\\x", "a\\x", "\\\\srv\\x");
  CHECK_THAT(result_of({file(path)}), Refused("A03"));
}

TEST_CASE("tree_rules: A04 nothing is written behind a link", "[pack]") {
  CHECK_THAT(result_of({file("t/x"), symlink("d", "t"), file("d/x")}), Refused("A04"));
  CHECK_THAT(result_of({symlink("d", "t"), folder("d/e")}), Refused("A04"));
  CHECK_THAT(result_of({symlink("a/d", "t"), file("a/d/e/f")}), Refused("A04"));
  CHECK_THAT(result_of({symlink("d", "t"), symlink("d/x", "y")}), Refused("A04"));
  CHECK_THAT(result_of({file("x"), symlink("d", "t"), hard_link("d/x", "x")}), Refused("A04"));
}

TEST_CASE("tree_rules: A05 a link to its own folder is a link like others", "[pack]") {
  CHECK_THAT(result_of({symlink("d", "."), file("d/d/d/x")}), Refused("A04"));
  CHECK_THAT(result_of({symlink("a", "b"), symlink("b", "a"), file("a/x")}), Refused("A04"));
}

TEST_CASE("tree_rules: A06 links out of the prefix are refused", "[pack]") {
  const std::string target = GENERATE("/etc/passwd", "../../x", "../lib/../../x", "");
  CHECK_THAT(result_of({symlink("lib/a", target)}), Refused("A06"));
}

TEST_CASE("tree_rules: A07 dangling links are kept", "[pack]") {
  CHECK(result_of({symlink("lib/a", "nothing"), symlink("lib/b", "../share/nothing")}) ==
        "lib/a>nothing lib/b>../share/nothing");
}

TEST_CASE("tree_rules: A08 hard links out of the package are refused", "[pack]") {
  const std::string target =
      GENERATE("../../etc/passwd", "/etc/passwd", "", "lib/../../x", ".//etc/passwd");
  CHECK_THAT(result_of({hard_link("lib/a", target)}), Refused("A08"));
}

TEST_CASE("tree_rules: A09 hard links name a file that came before", "[pack]") {
  CHECK_THAT(result_of({hard_link("b", "a"), file("a")}), Refused("A09"));
  CHECK_THAT(result_of({symlink("a", "x"), hard_link("b", "a")}), Refused("A09"));
  CHECK_THAT(result_of({folder("a"), hard_link("b", "a")}), Refused("A09"));
  CHECK_THAT(result_of({file("a/x"), hard_link("b", "a")}), Refused("A09"));
  CHECK_THAT(result_of({hard_link("a", "a")}), Refused("A09"));
  // A link that takes the file's place later.
  CHECK_THAT(result_of({file("a"), hard_link("b", "a"), symlink("a", "x")}), Refused("A11"));
  // Nobody gets what is in info/.
  CHECK_THAT(result_of({file("info/x"), hard_link("b", "info/x")}), Refused("A09"));
  CHECK(result_of({file("info/x"), hard_link("info/y", "info/x")}) == "info/x info/y>info/x");
}

TEST_CASE("tree_rules: a hard link to a hard link names the file", "[pack]") {
  CHECK(result_of({file("a"), hard_link("b", "a"), hard_link("c", "b")}) == "a b>a c>a");
}

TEST_CASE("tree_rules: A11 one name for two kinds of things is refused", "[pack]") {
  CHECK_THAT(result_of({file("a"), folder("a")}), Refused("A11"));
  CHECK_THAT(result_of({folder("a/"), file("a")}), Refused("A11"));
  CHECK_THAT(result_of({file("a"), file("a/b")}), Refused("A11"));
  CHECK_THAT(result_of({file("a/b"), file("a")}), Refused("A11"));
  CHECK_THAT(result_of({file("a/b/c"), symlink("a", "x")}), Refused("A11"));
  CHECK_THAT(result_of({file("a"), hard_link("b", "a"), file("b/c")}), Refused("A11"));
  CHECK_THAT(result_of({file("a"), symlink("./a", "x")}), Refused("A11"));
}

TEST_CASE("tree_rules: A12 one name twice is refused", "[pack]") {
  CHECK_THAT(result_of({file("a"), file("a")}), Refused("A12"));
  CHECK_THAT(result_of({file("a/b"), file("./a/b")}), Refused("A12"));
  CHECK_THAT(result_of({folder("a"), folder("a/")}), Refused("A12"));
  CHECK_THAT(result_of({symlink("a", "x"), symlink("a", "x")}), Refused("A12"));
  // A folder may be named after what is in it.
  CHECK(result_of({file("a/b"), folder("a")}) == "a/b a");
}

TEST_CASE("tree_rules: A13 names that differ in case alone are refused where that is asked for",
          "[pack]") {
  const std::vector<TarMember> names = {file("Lib/a"), file("Lib/A")};
  const std::vector<TarMember> folders = {file("Lib/a"), file("lib/b")};
  CHECK(result_of(names) == "Lib/a Lib/A");
  CHECK(result_of(folders) == "Lib/a lib/b");
  CHECK_THAT(result_of(names, true), Refused("A13"));
  CHECK_THAT(result_of(folders, true), Refused("A13"));
  CHECK(result_of({file("Lib/a"), file("Lib/b")}, true) == "Lib/a Lib/b");
}

TEST_CASE("tree_rules: A15 special bits are told, and the rest of a mode is whether it runs",
          "[pack]") {
  const auto judged = [](unsigned mode) {
    TarMember member = file("a");
    member.mode = mode;
    return TreeRules("a-1-0.conda", false).judge(member).value();
  };
  for (const unsigned mode : {04644U, 02644U, 01644U}) {
    CHECK(judged(mode).had_special_bits);
    CHECK_FALSE(judged(mode).executable);
  }
  CHECK_FALSE(judged(0666).had_special_bits);
  CHECK_FALSE(judged(0).executable);
  CHECK(judged(0744).executable);
  CHECK(judged(0654).executable);
  CHECK(judged(0645).executable);
}

TEST_CASE("tree_rules: A19 paths above 4096 bytes and parts above 255 are refused", "[pack]") {
  CHECK_THAT(result_of({file(std::string(256, 'n'))}), Refused("A19"));
  CHECK(result_of({file(std::string(255, 'n'))}) == std::string(255, 'n'));
  std::string deep;
  while (deep.size() <= 4096) deep += "d/";
  CHECK_THAT(result_of({file(deep + "f")}), Refused("A19"));
}

TEST_CASE("tree_rules: A20 names that a terminal obeys, or that are no UTF-8, are refused",
          "[pack]") {
  const std::string path = GENERATE(std::string("a\nb"), "a\x1b[2Jb", "a\x7f",
                                    "\xE2\x80\xAE"
                                    "fdp.exe",
                                    "a\xff", std::string("a\0b", 3));
  CHECK_THAT(result_of({file(path)}), Refused("A20"));
  CHECK(result_of({file("\xC3\xA9")}) == "\xC3\xA9");
}

TEST_CASE("tree_rules: A21 empty and dotted parts, and files that end like folders, are refused",
          "[pack]") {
  const std::string path = GENERATE("", "a//b", "a/./b", "a/.", "a/");
  CHECK_THAT(result_of({file(path)}), Refused("A21"));
}

TEST_CASE("tree_rules: A22 conda-meta is not the package's", "[pack]") {
  CHECK_THAT(result_of({file("conda-meta/history")}), Refused("A22"));
  CHECK_THAT(result_of({file("Conda-Meta/history")}), Refused("A22"));
  CHECK_THAT(result_of({symlink("conda-meta", "x")}), Refused("A22"));
  CHECK_THAT(result_of({folder("./conda-meta/")}), Refused("A22"));
}

}  // namespace envlock::test
