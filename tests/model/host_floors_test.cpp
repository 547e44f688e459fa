#include "model/host_floors.hpp"

#include <catch2/catch.hpp>

#include "model/cuda_floor.hpp"

namespace envlock::test {
namespace {

using Texts = std::vector<std::string>;

LockedPackage package(const std::string& name, const std::string& version, Texts depends = {},
                      Texts constrains = {}) {
  LockedPackage out;
  out.record.name = name;
  out.record.version = version;
  out.record.depends = std::move(depends);
  out.record.constrains = std::move(constrains);
  return out;
}

LockPlatform lock_of_wheel(const std::string& name, const std::string& version) {
  LockPlatform locked;
  LockedPypi wheel;
  wheel.name = name;
  wheel.version = version;
  locked.pypi.push_back(wheel);
  return locked;
}

LockPlatform lock_of(std::vector<LockedPackage> packages) {
  LockPlatform locked;
  locked.packages = std::move(packages);
  return locked;
}

std::string told(const std::optional<HostFloor>& floor) {
  return floor ? floor->version.text() + " by " + floor->package : "none";
}

std::string floor_of(std::string_view spec) {
  const auto version = version_floor(spec);
  return version ? version->text() : "none";
}

HostRequirements floors(std::vector<LockedPackage> packages,
                        const std::string& platform = "linux-64") {
  return host_floors(*Platform::parse(platform), lock_of(std::move(packages)));
}

}  // namespace

TEST_CASE("version_floor: the lowest version that a spec accepts") {
  CHECK(floor_of("__glibc >=2.17,<3.0.a0") == "2.17");
  CHECK(floor_of("__glibc >=2.17") == "2.17");
  CHECK(floor_of("__cuda >=12") == "12.0");
  CHECK(floor_of("__cuda  >= 11.0") == "11.0");
  CHECK(floor_of("__cuda >=12.4|>=11.8") == "11.8");
  CHECK(floor_of("__cuda 12.*") == "12.0");
  CHECK(floor_of("__linux >=5.10.57") == "5.10.57");
  CHECK(floor_of("__glibc >2.17") == "2.17.1");
  CHECK(floor_of("__glibc ==2.28") == "2.28");
  CHECK(floor_of("__glibc >=2.17,!=2.18,<2.35|>=2.36") == "2.17");
}

TEST_CASE("version_floor: a spec without a lower bound has none") {
  for (const char* spec : {"__cuda", "__unix", "__glibc *", "__glibc <3", "__cuda !=12.3"}) {
    INFO(spec);
    CHECK(floor_of(spec) == "none");
  }
}

TEST_CASE("host_floors: the highest floor of all packages is named with its package") {
  const HostRequirements needs = floors({package("numpy", "1", {"__glibc >=2.17,<3.0.a0"}),
                                         package("qt", "6", {"__glibc >=2.28,<3.0.a0", "numpy"}),
                                         package("uv", "1", {"__linux >=3.10", "__glibc >=2.17"}),
                                         package("x", "1", {}, {"__linux >=4.18"})});
  CHECK(needs.platform.subdir() == "linux-64");
  CHECK(told(needs.glibc) == "2.28 by qt");
  CHECK(told(needs.kernel) == "4.18 by x");
  CHECK(needs.x86_64_level == 0);
  CHECK(told(needs.cuda) == "none");
}

TEST_CASE("host_floors: the processor's level is the lowest that is accepted") {
  CHECK(floors({package("p", "1", {"__archspec 1.* x86_64_v3"})}).x86_64_level == 3);
  CHECK(floors({package("p", "1", {"__archspec 1.* x86_64"})}).x86_64_level == 1);
  CHECK(floors({package("p", "1", {"__archspec"})}).x86_64_level == 1);
  CHECK(floors({package("p", "1", {"__archspec 1 skylake"})}).x86_64_level == 0);
  CHECK(floors({package("p", "1", {"__archspec 1.* x86_64_v3"})}, "linux-aarch64").x86_64_level ==
        0);
}

TEST_CASE("cuda_needs: the packages that stand for CUDA say what it was made with") {
  for (const auto& [name, version, expected] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"cuda-version", "12.9", "12.9 by cuda-version"},
           {"cudatoolkit", "11.8.0", "11.8 by cudatoolkit"},
           {"pytorch-cuda", "12.1", "12.1 by pytorch-cuda"},
           {"cuda-cudart", "12.4.127", "12.4 by cuda-cudart"},
           {"cuda-version", "odd", "none"},
           {"cuda-python", "12.4", "none"}}) {
    CHECK(told(cuda_needs(lock_of({package(name, version)})).made_with) == expected);
  }
}

TEST_CASE("cuda_needs: of several the newest counts, of equals cuda-version") {
  CHECK(told(cuda_needs(lock_of({package("cuda-cudart", "12.9.79"), package("cuda-version", "12.9"),
                                 package("pytorch-cuda", "12.1")}))
                 .made_with) == "12.9 by cuda-version");
  CHECK(told(cuda_needs(
                 lock_of({package("cuda-cudart", "12.9.79"), package("cudatoolkit", "11.8.0")}))
                 .made_with) == "12.9 by cuda-cudart");
}

TEST_CASE("cuda_needs: NVIDIA's wheels count") {
  const auto of_wheel = [](const std::string& name, const std::string& version) {
    return told(cuda_needs(lock_of_wheel(name, version)).made_with);
  };
  CHECK(of_wheel("nvidia-cuda-runtime-cu12", "12.4.127") == "12.4 by nvidia-cuda-runtime-cu12");
  CHECK(of_wheel("nvidia-cuda-runtime", "13.0.48") == "13.0 by nvidia-cuda-runtime");
  CHECK(of_wheel("nvidia-cuda-runtimes", "13.0.48") == "none");
}

// As conda-forge's records have it.
TEST_CASE("cuda_needs: a bare __cuda needs a GPU, a constraint on it does not") {
  CudaNeeds needs = cuda_needs(lock_of({package("libarrow", "23.0.0", {"__cuda"})}));
  CHECK(told(needs.made_with) == "9.0 by libarrow");
  CHECK(told(needs.strict) == "none");
  needs = cuda_needs(lock_of({package("openmpi", "5.0.10", {}, {"__cuda >=12.0"})}));
  CHECK(told(needs.made_with) == "none");
  CHECK(told(needs.strict) == "12.0 by openmpi");
  needs = cuda_needs(lock_of({package("cuda-version", "12.9", {}, {"__cuda >=12"}),
                              package("pytorch", "2.10.0", {"__cuda", "cuda-version >=12.9"})}));
  CHECK(told(needs.made_with) == "12.9 by cuda-version");
  CHECK(told(needs.strict) == "12.0 by cuda-version");
}

TEST_CASE("cuda_needs: __cuda_arch is another thing") {
  CHECK(told(cuda_needs(lock_of({package("p", "1", {"__cuda_arch >=8.0"})})).made_with) == "none");
}

}  // namespace envlock::test
