#include "cli/import_roots.hpp"

#include <catch2/catch.hpp>

namespace envlock::test {

using Names = std::vector<std::string>;

TEST_CASE("roots_of: what nobody else needs, sorted") {
  CHECK(roots_of({{"zlib", {}}, {"python", {"zlib"}}, {"numpy", {"python"}}, {"jq", {}}}) ==
        Names{"jq", "numpy"});
  CHECK(roots_of({}).empty());
}

TEST_CASE("roots_of: names that are not listed do not matter") {
  CHECK(roots_of({{"numpy", {"python", "__glibc"}}}) == Names{"numpy"});
}

TEST_CASE("roots_of: of names that need each other one is asked for") {
  CHECK(roots_of({{"pip", {"python"}}, {"python", {"pip"}}}) == Names{"python"});
  CHECK(roots_of({{"b", {"a"}}, {"a", {"b"}}}) == Names{"a"});
  CHECK(roots_of({{"a", {"a"}}}) == Names{"a"});
}

TEST_CASE("roots_of: a circle that another name or circle needs is no root") {
  CHECK(roots_of({{"pip", {"python"}}, {"python", {"pip"}}, {"numpy", {"python"}}}) ==
        Names{"numpy"});
  CHECK(roots_of({{"a", {"b"}}, {"b", {"a"}}, {"y", {"z", "a"}}, {"z", {"y"}}}) == Names{"y"});
}

TEST_CASE("roots_of: a long chain takes no stack") {
  NameGraph chain;
  for (int i = 0; i < 50000; ++i) chain[std::to_string(i)] = {std::to_string(i + 1)};
  chain["50000"] = {};
  CHECK(roots_of(chain) == Names{"0"});
}

}  // namespace envlock::test
