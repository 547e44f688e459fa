#include <catch2/catch.hpp>

#include "tests/solver/question.hpp"

// Which candidate is better: CF 6.3.

namespace envlock::test {
namespace {

PackageBuilder package(const std::string& name, const std::string& version,
                       const std::string& build = "0") {
  return PackageBuilder(name).version(version).build(build);
}

std::string best(const std::vector<PackageBuilder>& packages, const std::string& name) {
  Question question;
  question.channel("main", packages).request(name);
  return version_of(solve(question.question), name);
}

}  // namespace

TEST_CASE("A record without track_features beats a newer version with them", "[solver]") {
  REQUIRE(best({package("a", "1.0"), package("a", "2.0").track_features("debug")}, "a") ==
          "a=1.0=0");
  REQUIRE(best({package("a", "1.0").track_features("x y"),
                package("a", "1.0", "b_0").track_features("x")},
               "a") == "a=1.0=b_0");
}

TEST_CASE("The higher version wins, by conda's order", "[solver]") {
  REQUIRE(best({package("a", "1.9"), package("a", "1.10"), package("a", "1.10rc1")}, "a") ==
          "a=1.10=0");
}

TEST_CASE("Of equal versions the higher build number wins over the later timestamp", "[solver]") {
  REQUIRE(best({package("a", "1.0", "h_2").timestamp(1'500'000'000'000),
                package("a", "1.0", "h_10").timestamp(1'400'000'000'000)},
               "a") == "a=1.0=h_10");
}

TEST_CASE("Of equal builds the one for the newer python wins over the later timestamp",
          "[solver]") {
  REQUIRE(
      best({package("python", "3.9"), package("python", "3.12"),
            package("a", "1.0", "py39_0").depends({"python 3.9.*"}).timestamp(1'700'000'000'000),
            package("a", "1.0", "py312_0").depends({"python 3.12.*"}).timestamp(1'600'000'000'000)},
           "a") == "a=1.0=py312_0");
}

TEST_CASE("A newer python counts more than several other newer dependencies", "[solver]") {
  REQUIRE(best({package("python", "3.9"), package("python", "3.12"), package("b", "1"),
                package("b", "2"), package("c", "1"), package("c", "2"),
                package("a", "1.0", "old_0").depends({"python 3.9.*", "b 2", "c 2"}),
                package("a", "1.0", "new_0").depends({"python 3.12.*", "b 1", "c 1"})},
               "a") == "a=1.0=new_0");
}

TEST_CASE("Among equals the one whose dependencies allow newer packages wins", "[solver]") {
  REQUIRE(best({package("b", "1"), package("b", "2"), package("c", "1"), package("c", "2"),
                package("a", "1.0", "x_0").depends({"b 1", "c 1"}),
                package("a", "1.0", "y_0").depends({"b 1", "c 2"})},
               "a") == "a=1.0=y_0");
}

TEST_CASE("A dependency that only some variants have does not decide between them", "[solver]") {
  // x alone needs d; both need b, for which x allows the newer one.
  REQUIRE(best({package("b", "1"), package("b", "2"), package("d", "1"),
                package("a", "1.0", "x_0").depends({"b 2", "d"}).timestamp(1'500'000'000'000),
                package("a", "1.0", "y_0").depends({"b 1"}).timestamp(1'600'000'000'000)},
               "a") == "a=1.0=x_0");
}

TEST_CASE("A variant whose dependency leaves only track_features records is worse", "[solver]") {
  REQUIRE(
      best({package("blas", "1", "mkl_0"), package("blas", "2", "nomkl_0").track_features("nomkl"),
            package("a", "1.0", "x_0").depends({"blas * nomkl_0"}),
            package("a", "1.0", "y_0").depends({"blas * mkl_0"})},
           "a") == "a=1.0=y_0");
}

TEST_CASE("Of true equals the later timestamp wins, then the first file name", "[solver]") {
  REQUIRE(best({package("a", "1.0", "x").build_number(0).timestamp(1'600'000'000'000),
                package("a", "1.0", "y").build_number(0).timestamp(1'700'000'000'000)},
               "a") == "a=1.0=y");
  REQUIRE(best({package("a", "1.0", "y").build_number(0), package("a", "1.0", "x").build_number(0)},
               "a") == "a=1.0=x");
}

TEST_CASE("The platform's and the noarch record of one name compete by the same rules",
          "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0")}, {package("a", "1.1")}).request("a");
  REQUIRE(version_of(solve(question.question), "a") == "a=1.1=0");
}

}  // namespace envlock::test
