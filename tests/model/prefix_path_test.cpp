// Which paths an environment can be made at: the packages' texts name them as they are.
#include "model/prefix_path.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "model/error.hpp"

namespace envlock::test {
namespace {

/// The exit code with which `require` refuses a path; 0 where it does not.
int refusal(void (*require)(std::string_view), const std::string& path) {
  try {
    require(path);
    return 0;
  } catch (const Error& error) {
    CHECK_FALSE(error.hint().empty());
    CHECK(std::string(error.what()).find('\n') == std::string::npos);
    return static_cast<int>(error.exit_code());
  }
}

}  // namespace

TEST_CASE("A prefix may have blanks, shell's characters and every letter in it") {
  for (const std::string& path :
       {std::string("/opt/a b"), std::string("/opt/$HOME`id`;&|<>*?[]{}()!#%=,@~-"),
        std::string("/opt/n\xC3\xA4m\xC3\xA9 \xF0\x9F\x98\x80")}) {
    CHECK(refusal(require_usable_prefix, path) == 0);
    CHECK(refusal(require_nameable_prefix, path) == 0);
  }
}

TEST_CASE("A prefix that PATH could not hold is refused, also where an environment is only used") {
  for (const std::string& path : {std::string("/opt/a:b"), std::string("/opt/a\nb"),
                                  std::string("/opt/a\tb"), std::string("/opt/a\x7F")}) {
    CHECK(refusal(require_usable_prefix, path) == 2);
    CHECK(refusal(require_nameable_prefix, path) == 2);
  }
}

TEST_CASE("A prefix that would end or change a string of Python's is refused where one is made") {
  for (const std::string& path :
       {std::string("/home/o'brien"), std::string("/opt/a\"b"), std::string("/opt/a\\b"),
        std::string("/opt/end\\"), std::string("/opt/a\xFF"), std::string("/opt/\xED\xA0\x80")}) {
    CHECK(refusal(require_usable_prefix, path) == 8);
    CHECK(refusal(require_nameable_prefix, path) == 0);
  }
}

}  // namespace envlock::test
