#include "cli/host_probe.hpp"

#include <catch2/catch.hpp>

#include "model/version.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {

TEST_CASE("probe_host: a machine without a GPU and glibc has these") {
  const TempDir root;
  const HostFacts facts{.kernel_release = "6.1.0-18-amd64", .machine = "x86_64", .x86_64_level = 3};
  const std::vector<VirtualPackage> expected{
      {"__archspec", "1", "x86_64_v3"}, {"__linux", "6.1.0", "0"}, {"__unix", "0", "0"}};
  CHECK(probe_host(facts, root.path()) == expected);
}

TEST_CASE("probe_host: level 1 is the plain architecture, and so is any other processor") {
  const TempDir root;
  HostFacts facts{.kernel_release = "6.1.0", .machine = "x86_64", .x86_64_level = 1};
  CHECK(probe_host(facts, root.path()).front() == VirtualPackage{"__archspec", "1", "x86_64"});
  facts.x86_64_level = 0;
  facts.machine = "aarch64";
  CHECK(probe_host(facts, root.path()).front() == VirtualPackage{"__archspec", "1", "aarch64"});
}

TEST_CASE("probe_host: this machine answers with versions") {
  const std::vector<VirtualPackage> packages = probe_host(read_host_facts(), "/");
  CHECK(packages.size() >= 4);
  for (const VirtualPackage& package : packages) {
    INFO(package.to_string());
    CHECK(Version::parse(package.version).has_value());
  }
}

}  // namespace envlock::test
