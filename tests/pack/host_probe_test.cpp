#include "pack/host_probe.hpp"

#include <gnu/libc-version.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <sstream>

#include "model/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

const HostFacts rhel8{
    .kernel_release = "4.18.0-553.el8_10.x86_64", .machine = "x86_64", .x86_64_level = 3};

std::size_t entries(const std::filesystem::path& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

}  // namespace

TEST_CASE("describe_host: an empty root has what kernel and processor say") {
  const TempDir root;
  const HostDescription host = describe_host(rhel8, root.path());
  CHECK(host.platform.subdir() == "linux-64");
  CHECK(host.kernel == rhel8.kernel_release);
  CHECK(host.x86_64_level == 3);
  CHECK_FALSE(host.glibc);
  CHECK_FALSE(host.cuda);
  CHECK_FALSE(host.container);
  CHECK_FALSE(host.wsl);
  CHECK_FALSE(host.target);
}

TEST_CASE("describe_host: the driver brings its CUDA, and WSL is known by its kernel") {
  const TempDir root;
  root.write("usr/lib/wsl/lib/libcuda.so.535.104.05", "");
  HostFacts facts = rhel8;
  facts.kernel_release = "5.15.167.4-microsoft-standard-WSL2";
  const HostDescription host = describe_host(facts, root.path());
  REQUIRE(host.cuda);
  CHECK(host.cuda->text() == "12.2");
  CHECK(host.wsl);
}

TEST_CASE("describe_host: machines have the platforms that conda calls them") {
  const TempDir root;
  for (const auto& [machine, subdir] :
       std::map<std::string, std::string>{{"x86_64", "linux-64"},
                                          {"i686", "linux-32"},
                                          {"aarch64", "linux-aarch64"},
                                          {"ppc64le", "linux-ppc64le"},
                                          {"riscv64", "linux-riscv64"},
                                          {"", Platform::host().subdir()}}) {
    HostFacts facts = rhel8;
    facts.machine = machine;
    CHECK(describe_host(facts, root.path()).platform.subdir() == subdir);
  }
}

TEST_CASE("describe_host: this machine's glibc is the one that runs this test") {
  const HostDescription host = describe_host(read_host_facts(), "/");
  CHECK(host.platform == Platform::host());
  REQUIRE(host.glibc);
  CHECK(host.glibc->text() == ::gnu_get_libc_version());
  CHECK(read_host_description(write_host_description(host), "host.json") == host);
}

TEST_CASE("describe_target: a folder that is there has its file system's facts") {
  const TempDir folder;
  const HostTarget target = describe_target(folder.path());
  CHECK(target.path == folder.path().string());
  REQUIRE(target.free_bytes);
  CHECK(target.free_bytes.value() > 0);
  CHECK(target.writable == true);
  CHECK(target.name_bytes.value() >= 143);
  CHECK(target.path_bytes == 4095U);
}

TEST_CASE("describe_target: the nearest folder above counts, and nothing is left in it") {
  const TempDir folder;
  const HostTarget target = describe_target(folder / "not/yet/there");
  CHECK(target.path == (folder / "not/yet/there").string());
  CHECK(target.writable == true);
  CHECK(target.case_insensitive == false);
  CHECK(entries(folder.path()) == 0);
}

TEST_CASE("describe_target: what is there already tells the case, also where one may not write") {
  const TempDir folder;
  folder.write("ReadMe", "");
  REQUIRE(::chmod(folder.path().c_str(), 0500) == 0);
  const HostTarget target = describe_target(folder.path());
  CHECK(target.case_insensitive == false);
  if (::geteuid() != 0) CHECK(target.writable == false);
  REQUIRE(::chmod(folder.path().c_str(), 0700) == 0);
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("describe_target: below a file nothing can be made") {
  const TempDir folder;
  folder.write("file", "");
  CHECK(describe_target(folder / "file/env").writable == false);
}

TEST_CASE("describe_target: a path that cannot be is judged by what is above it") {
  const TempDir folder;
  std::filesystem::create_symlink("loop", folder / "loop");
  CHECK(describe_target(folder / "loop/env").writable == false);
  const HostTarget target = describe_target(folder / std::string(5000, 'x'));
  CHECK(target.writable == true);
  CHECK(target.path.size() > 5000);
}

TEST_CASE("describe_target: below a folder that one may not enter nothing can be made") {
  const TempDir folder;
  folder.write("closed/file", "");
  REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
  REQUIRE(::chmod((folder / "closed").c_str(), 0700) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr unsigned nobody = 65534;
    if (::geteuid() == 0) {
      if (::setgid(nobody) != 0 || ::setuid(nobody) != 0) ::_exit(2);
    } else if (::chmod((folder / "closed").c_str(), 0) != 0) {
      ::_exit(2);
    }
    try {
      ::_exit(describe_target(folder / "closed/new/env").writable == false ? 0 : 1);
    } catch (const std::exception&) {
      ::_exit(3);
    }
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  REQUIRE(::chmod((folder / "closed").c_str(), 0700) == 0);
}

// The kernel's list of mounts is the judge: options are the fourth word of a line (proc(5)).
TEST_CASE("describe_target: noexec and read-only mounts are told as the kernel lists them") {
  std::map<std::string, std::string> mounts;
  std::ifstream list("/proc/self/mounts");
  for (std::string line; std::getline(list, line);) {
    std::istringstream words(line);
    std::string device, place, kind, options;
    words >> device >> place >> kind >> options;
    mounts[place] = "," + options + ",";  // the last one lies on top
  }
  REQUIRE_FALSE(mounts.empty());
  for (const auto& [place, options] : mounts) {
    struct stat status {};
    if (place.find('\\') != std::string::npos || ::stat(place.c_str(), &status) != 0) continue;
    INFO(place << " " << options);
    const HostTarget target = describe_target(place);
    CHECK(target.noexec == (options.find(",noexec,") != std::string::npos));
    if (options.find(",ro,") != std::string::npos) CHECK(target.writable == false);
  }
}

}  // namespace envlock::test
