#include "model/readable_spec.hpp"

#include <catch2/catch.hpp>

namespace envlock::test {

TEST_CASE("readable_spec: a version in brackets is written behind the name", "[model]") {
  REQUIRE(readable_spec("numpy[version='<2']") == "numpy <2");
  REQUIRE(readable_spec("conda-forge::numpy[version='>=1,<2']") == "conda-forge::numpy >=1,<2");
}

TEST_CASE("readable_spec: what it cannot say more simply stays canonical", "[model]") {
  for (const std::string text :
       {"numpy", "numpy==1.0", "numpy[build='py3*']", "numpy[version='<2',build='py3*']"}) {
    REQUIRE(readable_spec(text) == text);
  }
}

}  // namespace envlock::test
