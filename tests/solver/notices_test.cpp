#include <catch2/catch.hpp>

#include "tests/solver/question.hpp"

namespace envlock::test {
namespace {

PackageBuilder package(const std::string& name, const std::string& version,
                       const std::string& build = "0") {
  return PackageBuilder(name).version(version).build(build);
}

/// torch 2.0 for the CPU and for CUDA, the latter with the higher build number.
std::vector<PackageBuilder> torch() {
  return {package("torch", "2.0", "cpu_0"),
          package("torch", "2.0", "cuda_200").depends({"__cuda", "cuda-version >=12.6,<13"}),
          package("cuda-version", "12.6").constrains({"__cuda >=12"}), package("other", "1.0")};
}

}  // namespace

TEST_CASE("A CUDA build passed over for lack of __cuda is named once, with what to add",
          "[solver]") {
  Question question;
  question.channel("main", torch()).request("torch");
  const Solution solution = solve(question.question);
  REQUIRE(version_of(solution, "torch") == "torch=2.0=cpu_0");
  const SolveNotice* notice = find_notice(solution, "cuda-passed-over");
  REQUIRE(notice != nullptr);
  REQUIRE_THAT(notice->message, Catch::Contains("'torch 2.0 cuda_200'"));
  REQUIRE_THAT(notice->hint,
               Catch::Contains("--virtual-package __cuda=VERSION") && Catch::Contains("12.6"));
}

TEST_CASE("What the CUDA notice says to add gives the CUDA build and no notice", "[solver]") {
  Question question;
  question.channel("main", torch()).request("torch").virtual_package("__cuda", "12.6");
  const Solution solution = solve(question.question);
  REQUIRE(version_of(solution, "torch") == "torch=2.0=cuda_200");
  REQUIRE(find_notice(solution, "cuda-passed-over") == nullptr);
}

TEST_CASE("No CUDA notice where the request rules CUDA out or nothing has CUDA builds",
          "[solver]") {
  Question cpu;
  cpu.channel("main", torch()).request("torch * cpu*");
  REQUIRE(find_notice(solve(cpu.question), "cuda-passed-over") == nullptr);
  Question other;
  other.channel("main", torch()).request("other");
  REQUIRE(find_notice(solve(other.question), "cuda-passed-over") == nullptr);
}

TEST_CASE("No CUDA notice where something else than __cuda keeps the CUDA build out", "[solver]") {
  Question question;
  question.channel("main", torch()).request("torch").request("cuda-version >=12.6");
  Question blocked;
  blocked.channel("main", {package("torch", "2.0", "cpu_0"),
                           package("torch", "2.0", "cuda_200").depends({"__cuda", "missing"})});
  REQUIRE(find_notice(solve(blocked.request("torch").question), "cuda-passed-over") == nullptr);
}

TEST_CASE("Packages that strict priority hides elsewhere are counted", "[solver]") {
  Question question;
  question.channel("high", {package("a", "1.0"), package("b", "1.0")})
      .channel("low", {package("a", "2.0"), package("c", "1.0")});
  const Solution solution = solve(question.request("a").request("b").request("c").question);
  const SolveNotice* notice = find_notice(solution, "hidden-by-priority");
  REQUIRE(notice != nullptr);
  REQUIRE(notice->message == "1 package is also in 'low', hidden by strict channel priority: 'a'");
}

TEST_CASE("Records that only repodata version 3 has, and dropped ones, are counted", "[solver]") {
  RepodataBuilder repodata("linux-64");
  repodata.add(package("a", "1.0")).add_v3(package("b", "1.0")).add(package("c", "not a version"));
  Question question;
  question.channel("main", {});
  question.last_channel().subdirs[0] = index_of(repodata.json(), "linux-64");
  const Solution solution = solve(question.request("a").question);
  REQUIRE(find_notice(solution, "invisible-v3") != nullptr);
  REQUIRE(find_notice(solution, "dropped-records") != nullptr);
}

TEST_CASE("An ordinary solution has no notices", "[solver]") {
  Question question;
  question.channel("main", {package("a", "1.0").depends({"b"}), package("b", "1.0")});
  REQUIRE(solve(question.request("a").question).notices.empty());
}

}  // namespace envlock::test
