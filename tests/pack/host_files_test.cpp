#include "pack/host_files.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "tests/pack/elf_image.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

constexpr std::uint16_t x86_64 = 62;
constexpr std::uint16_t aarch64 = 183;
constexpr std::uint16_t i386 = 3;

/// A libc of a machine, with a text in it.
std::string libc(const std::string& text, std::uint16_t machine = x86_64) {
  std::string bytes = make_elf({.is_64 = machine != i386});
  bytes[18] = static_cast<char>(machine & 0xFFU);
  bytes[19] = static_cast<char>(machine >> 8U);
  return bytes + text;
}

std::string banner(const std::string& version) {
  return "GNU C Library (GNU libc) stable release version " + version + ".\nCopyright";
}

std::string told(const std::optional<NumberVersion>& version) {
  return version ? version->text() : "none";
}

std::string glibc(const TempDir& root, std::string_view machine = "x86_64") {
  return told(read_glibc_version(root.path(), machine));
}

std::string driver(const TempDir& root) { return told(read_nvidia_driver(root.path())); }

}  // namespace

TEST_CASE("glibc_version_in: the banner of distributions is read") {
  CHECK(told(glibc_version_in(banner("2.28"))) == "2.28");
  // As Debian 12, Ubuntu 22.04 and RHEL 7 write it.
  CHECK(told(glibc_version_in("GNU C Library (Debian GLIBC 2.36-9+deb12u10) stable release version "
                              "2.36.\n")) == "2.36");
  CHECK(told(glibc_version_in("GNU C Library (Ubuntu GLIBC 2.35-0ubuntu3.8) stable release version "
                              "2.35.\n")) == "2.35");
  CHECK(told(glibc_version_in("GNU C Library (GNU libc) stable release version 2.17, by Roland "
                              "McGrath et al.\n")) == "2.17");
  CHECK(told(glibc_version_in("GNU C Library development release version 2.3.4.\n")) == "2.3.4");
}

TEST_CASE("glibc_version_in: without a banner the newest symbol version counts") {
  using namespace std::string_view_literals;
  CHECK(told(glibc_version_in("GLIBC_2.9\0GLIBC_2.34\0GLIBC_2.4\0GLIBC_PRIVATE\0"sv)) == "2.34");
  CHECK(told(glibc_version_in("GNU C Library is great\0GLIBC_2.31"sv)) == "2.31");
}

TEST_CASE("glibc_version_in: bytes without either have none") {
  for (const std::string& text : {std::string(), std::string("musl libc (x86_64) Version 1.2.3"),
                                  banner("two"), std::string("GLIBC_"), std::string("GLIBC_2."),
                                  "GNU C Library " + std::string(1000, ' ') + " version 2.28"}) {
    INFO(text.substr(0, 60));
    CHECK(told(glibc_version_in(text)) == "none");
  }
}

TEST_CASE("read_glibc_version: the libc.so.6 of the machine's own kind is taken") {
  const TempDir root;
  root.write("lib/libc.so.6", libc(banner("2.12"), i386));
  root.write("usr/lib64/libc.so.6", libc(banner("2.28")));
  root.write("usr/lib/aarch64-linux-gnu/libc.so.6", libc(banner("2.31"), aarch64));
  CHECK(glibc(root) == "2.28");
  CHECK(glibc(root, "aarch64") == "2.31");
  CHECK(glibc(root, "i686") == "2.12");
  CHECK(glibc(root, "i586") == "2.12");
  CHECK(glibc(root, "s390x") == "none");
  CHECK(glibc(root, "pdp11") == "none");
  CHECK(glibc(root, "") == "none");
}

TEST_CASE("read_glibc_version: Debian's folders are searched, by links too") {
  const TempDir root;
  root.write("usr/lib/x86_64-linux-gnu/libc.so.6", libc(banner("2.36")));
  CHECK(glibc(root) == "2.36");
  const TempDir linked;
  linked.write("usr/lib64/libc-2.28.so", libc(banner("2.28")));
  std::filesystem::create_symlink("libc-2.28.so", linked / "usr/lib64/libc.so.6");
  std::filesystem::create_symlink("usr/lib64", linked / "lib64");
  CHECK(glibc(linked) == "2.28");
}

TEST_CASE("read_glibc_version: musl, texts, folders and FIFOs are no glibc") {
  const TempDir root;
  CHECK(glibc(root) == "none");
  root.write("lib/ld-musl-x86_64.so.1", libc("musl libc"));
  root.write("lib64/libc.so.6", "/* GNU ld script */ " + banner("2.28"));
  std::filesystem::create_directories(root / "usr/lib64/libc.so.6");
  std::filesystem::create_directories(root / "usr/lib");
  REQUIRE(::mkfifo((root / "usr/lib/libc.so.6").c_str(), 0600) == 0);
  CHECK(glibc(root) == "none");
}

TEST_CASE("read_nvidia_driver: the loaded kernel module decides") {
  const TempDir root;
  root.write("proc/driver/nvidia/version",
             "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC "
             "2023\nGCC version:  gcc version 12.2.0\n");
  root.write("usr/lib/x86_64-linux-gnu/libcuda.so.560.35.03", "");
  CHECK(driver(root) == "535.104.05");
}

TEST_CASE("read_nvidia_driver: the open kernel module is read too") {
  const TempDir root;
  root.write("proc/driver/nvidia/version",
             "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.14  Release Build\n");
  CHECK(driver(root) == "550.54.14");
}

TEST_CASE("read_nvidia_driver: without the kernel's word the newest name of libcuda decides") {
  const TempDir root;
  root.write("usr/lib/x86_64-linux-gnu/libcuda.so", "");
  root.write("usr/lib/x86_64-linux-gnu/libcuda.so.1", "");
  root.write("usr/lib/x86_64-linux-gnu/libcuda.so.535.54.03", "");
  root.write("usr/lib64/libcuda.so.535.104.05", "");
  CHECK(driver(root) == "535.104.05");
}

TEST_CASE("read_nvidia_driver: the folders of container runtimes and of WSL are searched") {
  for (const char* folder : {"usr/local/nvidia/lib64", ".singularity.d/libs", "usr/lib/wsl/lib",
                             "usr/lib/aarch64-linux-gnu"}) {
    const TempDir root;
    root.write(std::string(folder) + "/libcuda.so.525.60.13", "");
    INFO(folder);
    CHECK(driver(root) == "525.60.13");
  }
}

TEST_CASE("read_nvidia_driver: what is no driver's version is not taken for one") {
  const TempDir root;
  root.write("proc/driver/nvidia/version", "NVRM version: none of ours 12.4 2023\n");
  root.write("usr/lib64/libcuda.so.1.1", "");
  root.write("usr/lib64/libcuda.so.evil", "");
  root.write("usr/lib64/libcuda.so.535.1.2.3", "");
  CHECK(driver(root) == "none");
}

TEST_CASE("has_container_signs: each sign counts, and a plain machine has none") {
  const TempDir plain;
  plain.write("proc/1/cgroup", "0::/init.scope\n");
  CHECK_FALSE(has_container_signs(plain.path()));
  for (const auto& [name, text] : std::vector<std::pair<std::string, std::string>>{
           {".dockerenv", ""},
           {"run/.containerenv", "engine=podman\n"},
           {"run/systemd/container", "lxc"},
           {".singularity.d/env/x.sh", ""},
           {"proc/1/cgroup", "12:cpu:/kubepods/burstable/pod1\n"}}) {
    const TempDir root;
    root.write(name, text);
    INFO(name);
    CHECK(has_container_signs(root.path()));
  }
}

}  // namespace envlock::test
