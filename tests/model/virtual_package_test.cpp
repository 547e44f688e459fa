#include "model/virtual_package.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "model/error.hpp"

namespace envlock::test {
namespace {

const Platform linux_64 = *Platform::parse("linux-64");
const Platform osx_arm64 = *Platform::parse("osx-arm64");
const Platform win_64 = *Platform::parse("win-64");

std::vector<std::string> texts(const std::vector<VirtualPackage>& packages) {
  std::vector<std::string> out;
  for (const auto& package : packages) out.push_back(package.to_string());
  return out;
}
using Texts = std::vector<std::string>;

/// "__cuda=12.4=0", "absent" or "ignored".
std::string overridden(std::string_view variable, std::string_view value,
                       const Platform& platform = linux_64) {
  const auto change = apply_override(variable, value, platform);
  if (!change) return "ignored";
  return change->value ? change->value->to_string() : "absent";
}

}  // namespace

TEST_CASE("parse_virtual_package: name, version and build", "[model]") {
  CHECK(parse_virtual_package("__cuda=12.4").to_string() == "__cuda=12.4=0");
  CHECK(parse_virtual_package("cuda=12.4").to_string() == "__cuda=12.4=0");
  CHECK(parse_virtual_package("archspec=1=x86_64_v3").to_string() == "__archspec=1=x86_64_v3");
  CHECK(parse_virtual_package(" __glibc = 2.28 ").to_string() == "__glibc=2.28=0");
}

TEST_CASE("parse_virtual_package: other forms are refused", "[model]") {
  for (const char* text : {"", "=", "cuda", "__cuda", "__cuda=", "__cuda=1 2", "__cuda=>=12",
                           "__cuda=12=", "__cuda=12=a b", "__cuda=12=0=1", "=12", "__=1",
                           "__CUDA=12", "___x=1", "__a__b=1", "__cuda==12"}) {
    INFO(text);
    CHECK_THROWS_AS(parse_virtual_package(text), InputError);
  }
}

TEST_CASE("parse_virtual_package: an archspec without version is refused with the form to write",
          "[model]") {
  try {
    parse_virtual_package("__archspec=x86_64_v3");
    FAIL();
  } catch (const InputError& error) {
    CHECK_THAT(error.hint(), Catch::Contains("__archspec=1=x86_64_v3"));
  }
}

TEST_CASE("default_virtual_packages: the documented baselines", "[model]") {
  CHECK(texts(default_virtual_packages(linux_64)) ==
        Texts{"__archspec=1=x86_64", "__glibc=2.28=0", "__linux=4.18=0", "__unix=0=0"});
  CHECK(texts(default_virtual_packages(*Platform::parse("linux-aarch64"))) ==
        Texts{"__archspec=1=aarch64", "__glibc=2.28=0", "__linux=4.18=0", "__unix=0=0"});
  CHECK(texts(default_virtual_packages(osx_arm64)) ==
        Texts{"__archspec=1=aarch64", "__osx=13.0=0", "__unix=0=0"});
  CHECK(texts(default_virtual_packages(win_64)) ==
        Texts{"__archspec=1=x86_64", "__win=10.0.17763=0"});
  CHECK(texts(default_virtual_packages(*Platform::parse("haiku-m68k"))) ==
        Texts{"__archspec=1=m68k"});
}

TEST_CASE("default_virtual_packages: each fits its platform, is sorted and can be read back",
          "[model]") {
  for (const auto subdir : known_subdirs()) {
    const auto platform = Platform::parse(subdir);
    if (!platform) continue;
    const auto packages = default_virtual_packages(*platform);
    CHECK(std::ranges::is_sorted(packages));
    for (const auto& package : packages) {
      CHECK(virtual_package_fits(package.name, *platform));
      CHECK(parse_virtual_package(package.to_string()) == package);
      CHECK(package.name != "__cuda");
    }
  }
}

TEST_CASE("virtual_package_fits: each system has its own", "[model]") {
  CHECK(virtual_package_fits("__linux", linux_64));
  CHECK_FALSE(virtual_package_fits("__osx", linux_64));
  CHECK_FALSE(virtual_package_fits("__glibc", osx_arm64));
  CHECK_FALSE(virtual_package_fits("__unix", win_64));
  CHECK(virtual_package_fits("__unix", osx_arm64));
  CHECK(virtual_package_fits("__cuda", win_64));
  CHECK_FALSE(virtual_package_fits("__cuda", osx_arm64));
  CHECK(virtual_package_fits("__archspec", win_64));
  CHECK(virtual_package_fits("__acme_license", linux_64));
}

TEST_CASE("apply_override: each variable sets its package (CEP 30)", "[model]") {
  CHECK(overridden("CONDA_OVERRIDE_CUDA", "12.4") == "__cuda=12.4=0");
  CHECK(overridden("CONDA_OVERRIDE_CUDA_ARCH", "8.6") == "__cuda_arch=8.6=0");
  CHECK(overridden("CONDA_OVERRIDE_GLIBC", " 2.17 ") == "__glibc=2.17=0");
  CHECK(overridden("CONDA_OVERRIDE_OSX", "14.5", osx_arm64) == "__osx=14.5=0");
  CHECK(overridden("CONDA_OVERRIDE_WIN", "10.0.19045", win_64) == "__win=10.0.19045=0");
  CHECK(overridden("CONDA_OVERRIDE_ARCHSPEC", "x86_64_v3") == "__archspec=1=x86_64_v3");
}

TEST_CASE("apply_override: of a kernel's version the leading numbers count", "[model]") {
  CHECK(overridden("CONDA_OVERRIDE_LINUX", "6.1.0-13-amd64") == "__linux=6.1.0=0");
  CHECK(overridden("CONDA_OVERRIDE_LINUX", "5.14") == "__linux=5.14=0");
  CHECK(overridden("CONDA_OVERRIDE_LINUX", "5.4.0.1.2") == "__linux=5.4.0.1=0");
  CHECK(overridden("CONDA_OVERRIDE_LINUX", "5.4.x") == "__linux=5.4=0");
  for (const char* text : {"6", "6.", "x6.1", "six"})
    CHECK_THROWS_AS(overridden("CONDA_OVERRIDE_LINUX", text), InputError);
}

TEST_CASE("apply_override: blank means absent, and version 0 for __linux", "[model]") {
  CHECK(overridden("CONDA_OVERRIDE_CUDA", "") == "absent");
  CHECK(overridden("CONDA_OVERRIDE_GLIBC", "  ") == "absent");
  CHECK(overridden("CONDA_OVERRIDE_ARCHSPEC", "") == "absent");
  CHECK(overridden("CONDA_OVERRIDE_LINUX", "") == "__linux=0=0");
}

TEST_CASE("apply_override: another platform's package and unknown variables are ignored",
          "[model]") {
  CHECK(overridden("CONDA_OVERRIDE_OSX", "14", linux_64) == "ignored");
  CHECK(overridden("CONDA_OVERRIDE_LINUX", "5.14", osx_arm64) == "ignored");
  CHECK(overridden("CONDA_OVERRIDE_GLIBC", "", win_64) == "ignored");
  CHECK(overridden("CONDA_OVERRIDE_UNIX", "1") == "ignored");
}

TEST_CASE("apply_override: a value that is no version is refused and names the variable",
          "[model]") {
  CHECK_THROWS_WITH(overridden("CONDA_OVERRIDE_CUDA", ">=12"),
                    Catch::Contains("CONDA_OVERRIDE_CUDA") && Catch::Contains("'>=12'"));
  CHECK_THROWS_AS(overridden("CONDA_OVERRIDE_ARCHSPEC", "x86 64"), InputError);
}

TEST_CASE("with_overrides: replaces, adds and removes, and keeps the order", "[model]") {
  const std::vector<OverrideChange> changes = {
      *apply_override("CONDA_OVERRIDE_GLIBC", "2.35", linux_64),
      *apply_override("CONDA_OVERRIDE_CUDA", "12.4", linux_64),
      *apply_override("CONDA_OVERRIDE_ARCHSPEC", "", linux_64)};
  CHECK(texts(with_overrides(default_virtual_packages(linux_64), changes)) ==
        Texts{"__cuda=12.4=0", "__glibc=2.35=0", "__linux=4.18=0", "__unix=0=0"});
}

TEST_CASE("with_overrides: __cuda_arch needs __cuda", "[model]") {
  const auto arch = *apply_override("CONDA_OVERRIDE_CUDA_ARCH", "8.6", linux_64);
  const auto cuda = *apply_override("CONDA_OVERRIDE_CUDA", "12.4", linux_64);
  const std::vector<OverrideChange> alone = {arch};
  const std::vector<OverrideChange> both = {arch, cuda};
  CHECK(with_overrides({}, alone).empty());
  CHECK(texts(with_overrides({}, both)) == Texts{"__cuda=12.4=0", "__cuda_arch=8.6=0"});
}

}  // namespace envlock::test
