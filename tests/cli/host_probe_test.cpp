#include "cli/host_probe.hpp"

#include <catch2/catch.hpp>

#include "model/version.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

const HostFacts bookworm{.kernel_release = "6.1.0-18-amd64",
                         .machine = "x86_64",
                         .x86_64_level = 3,
                         .libc_version = "2.36"};

std::optional<std::string> cuda_below(const TempDir& root) {
  for (const VirtualPackage& package : probe_host(bookworm, root.path())) {
    if (package.name == "__cuda") return package.version;
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("probe_host: a machine without a GPU has these and no __cuda") {
  const TempDir root;
  const std::vector<VirtualPackage> expected{{"__archspec", "1", "x86_64_v3"},
                                             {"__glibc", "2.36", "0"},
                                             {"__linux", "6.1.0", "0"},
                                             {"__unix", "0", "0"}};
  CHECK(probe_host(bookworm, root.path()) == expected);
}

TEST_CASE("probe_host: level 1 is the plain architecture, and so is any other processor") {
  const TempDir root;
  HostFacts facts = bookworm;
  facts.x86_64_level = 1;
  CHECK(probe_host(facts, root.path()).front() == VirtualPackage{"__archspec", "1", "x86_64"});
  facts.x86_64_level = 0;
  facts.machine = "aarch64";
  CHECK(probe_host(facts, root.path()).front() == VirtualPackage{"__archspec", "1", "aarch64"});
}

TEST_CASE("probe_host: only the leading numbers of the kernel's release count") {
  const TempDir root;
  HostFacts facts = bookworm;
  for (const auto& [release, expected] : std::vector<std::pair<std::string, std::string>>{
           {"5.15.167.4-microsoft-standard-WSL2", "5.15.167.4"},
           {"4.18.0-553.el8_10.x86_64", "4.18.0"},
           {"6.8-rc1", "6.8"},
           {"odd", "0"}}) {
    facts.kernel_release = release;
    const std::vector<VirtualPackage> packages = probe_host(facts, root.path());
    CHECK(packages.at(2) == VirtualPackage{"__linux", expected, "0"});
  }
}

TEST_CASE("probe_host: the loaded NVIDIA driver decides on __cuda") {
  const TempDir root;
  root.write("proc/driver/nvidia/version",
             "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC "
             "2023\nGCC version:  gcc version 12.2.0\n");
  root.write("usr/lib/x86_64-linux-gnu/libcuda.so.560.35.03", "");
  CHECK(cuda_below(root) == "12.2");
}

TEST_CASE("probe_host: the open kernel module is read too") {
  const TempDir root;
  root.write("proc/driver/nvidia/version",
             "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.14  Release Build\n");
  CHECK(cuda_below(root) == "12.4");
}

TEST_CASE("probe_host: without the kernel's word the name of libcuda decides") {
  const TempDir root;
  root.write("usr/lib/x86_64-linux-gnu/libcuda.so", "");
  root.write("usr/lib/x86_64-linux-gnu/libcuda.so.1", "");
  root.write("usr/lib/x86_64-linux-gnu/libcuda.so.470.256.02", "");
  root.write("usr/lib64/libcuda.so.525.60.13", "");
  CHECK(cuda_below(root) == "12.0");
}

TEST_CASE("probe_host: what is no driver's version is not taken for one") {
  const TempDir root;
  root.write("proc/driver/nvidia/version", "NVRM version: none of ours 12.4 2023\n");
  root.write("usr/lib64/libcuda.so.1.1", "");
  root.write("usr/lib64/libcuda.so.evil", "");
  CHECK_FALSE(cuda_below(root));
}

// NVIDIA's CUDA release notes, "CUDA Toolkit and Corresponding Driver Versions".
TEST_CASE("cuda_of_driver: a driver serves the toolkit of its branch, a newer one the last known") {
  CHECK(cuda_of_driver("450.36.06") == "11.0");
  CHECK(cuda_of_driver("470.42.01") == "11.4");
  CHECK(cuda_of_driver("525.60.13") == "12.0");
  CHECK(cuda_of_driver("570.26") == "12.8");
  CHECK(cuda_of_driver("580.65.06") == "13.0");
  CHECK(cuda_of_driver("999.1") == "13.0");
  CHECK_FALSE(cuda_of_driver("340.108"));
  CHECK_FALSE(cuda_of_driver(""));
}

TEST_CASE("read_host_facts: this machine answers with versions") {
  const HostFacts facts = read_host_facts();
  CHECK_FALSE(facts.machine.empty());
  for (const VirtualPackage& package : probe_host(facts, "/")) {
    INFO(package.to_string());
    CHECK(Version::parse(package.version).has_value());
  }
}

}  // namespace envlock::test
