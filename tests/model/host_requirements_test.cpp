#include "model/host_requirements.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "model/error.hpp"

namespace envlock::test {
namespace {

NumberVersion number(std::string_view text) { return NumberVersion::parse(text).value(); }

HostRequirements gpu_environment() {
  HostRequirements needs;
  needs.platform = *Platform::parse("linux-64");
  needs.kernel = HostFloor{number("3.10"), "libuv"};
  needs.glibc = HostFloor{number("2.17"), "numpy"};
  needs.glibc_symbols = GlibcSymbols{number("2.28"), "lib/libx.so.1"};
  needs.x86_64_level = 2;
  needs.x86_64_level_package = "fast";
  needs.cuda = HostFloor{number("12.4"), "cuda-version"};
  needs.disk_bytes = 6'000'000'000;
  needs.inodes = 50'000;
  needs.longest_prefix_bytes = 255;
  needs.longest_path_bytes = 200;
  needs.longest_name_bytes = 100;
  needs.case_sensitive = true;
  return needs;
}

HostDescription fitting_host() {
  HostDescription host;
  host.platform = *Platform::parse("linux-64");
  host.kernel = "4.18.0-553.el8_10.x86_64";
  host.x86_64_level = 3;
  host.glibc = number("2.28");
  host.nvidia_driver = number("550.54.14");
  host.cuda = number("12.4");
  host.target = HostTarget{.path = "/opt/env",
                           .free_bytes = 6'000'000'000,
                           .free_inodes = 50'000,
                           .noexec = false,
                           .writable = true,
                           .case_insensitive = false,
                           .file_system = "xfs",
                           .name_bytes = 255,
                           .path_bytes = 4095};
  return host;
}

std::vector<std::string> classes(const std::vector<Misfit>& misfits) {
  std::vector<std::string> out;
  for (const Misfit& misfit : misfits) out.emplace_back(to_string(misfit.misfit_class));
  return out;
}

/// The only misfit.
Misfit only(const HostRequirements& needs, const HostDescription& host,
            std::string_view prefix = "/opt/env") {
  const HostVerdict verdict = judge_host(needs, host, prefix);
  REQUIRE(verdict.misfits.size() == 1);
  return verdict.misfits.front();
}

std::string text_of(const HostRequirements& needs) {
  JsonWriter json;
  write_host_requirements(json, needs);
  return json.take();
}

HostRequirements read(const std::string& text) {
  const JsonDocument document(text, "needs.json");
  return read_host_requirements(document.root());
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("HostRequirements: what is written is read as it was") {
  HostRequirements needs = gpu_environment();
  CHECK(read(text_of(needs)) == needs);
  needs.cuda_strict = HostFloor{number("12.0"), "cuda-version"};
  needs.glibc_symbols->exact = false;
  CHECK(read(text_of(needs)) == needs);
  HostRequirements bare;
  bare.platform = *Platform::parse("osx-arm64");
  CHECK(read(text_of(bare)) == bare);
}

TEST_CASE("HostRequirements: unknown keys and wrong values are refused with their line") {
  const std::string good = text_of(gpu_environment());
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"\"inodes\"", "\"inode\""},
           {"\"2.17\"", "\"2\""},
           {"\"platform\": \"linux-64\"", "\"platform\": \"linux\""},
           {"\"level\":2", "\"level\":9"},
           {"\"disk_bytes\": 6000000000", "\"disk_bytes\": -6"},
           {"\"case_sensitive\": true", "\"case_sensitive\": 1"},
           {"\"package\":\"cuda-version\"", "\"packages\":\"cuda-version\""}}) {
    std::string bad = good;
    REQUIRE(bad.find(from) != std::string::npos);
    bad.replace(bad.find(from), from.size(), to);
    INFO(to);
    CHECK_THROWS_AS(read(bad), InputError);
  }
}

TEST_CASE("judge_host: a host that has just what is needed fits") {
  const HostVerdict verdict = judge_host(gpu_environment(), fitting_host(), "/opt/env");
  CHECK(verdict.misfits.empty());
  CHECK(verdict.warnings.empty());
  CHECK(verdict.unjudged.empty());
}

TEST_CASE("judge_host: all misfits come at once, in the order of the classes") {
  HostDescription host = fitting_host();
  host.kernel = "3.0.101";
  host.x86_64_level = 1;
  host.glibc = number("2.27");
  host.nvidia_driver = number("470.256.02");
  host.cuda = number("11.4");
  host.target->free_bytes = 5'999'999'999;
  host.target->free_inodes = 49'999;
  host.target->noexec = true;
  host.target->writable = false;
  host.target->case_insensitive = true;
  const HostVerdict verdict = judge_host(gpu_environment(), host, "/" + std::string(255, 'x'));
  Names found = classes(verdict.misfits);
  CHECK(found.front() == "platform");
  std::sort(found.begin(), found.end());
  CHECK(found == Names{"case", "cuda", "disk", "glibc", "inodes", "noexec", "path", "permission",
                       "platform", "platform"});
  for (const Misfit& misfit : verdict.misfits) {
    INFO(misfit.message);
    CHECK_FALSE(misfit.needed.empty());
    CHECK_FALSE(misfit.found.empty());
    CHECK_FALSE(misfit.next_step.empty());
  }
}

TEST_CASE("judge_host: the newer of dependency and ELF files decides on glibc and is named") {
  HostDescription host = fitting_host();
  host.glibc = number("2.26");
  CHECK(only(gpu_environment(), host).message ==
        "needs glibc 2.28 (lib/libx.so.1), found glibc 2.26");
  HostRequirements needs = gpu_environment();
  needs.glibc->version = number("2.34");
  CHECK(only(needs, host).needed == "glibc 2.34 (numpy)");
  needs.glibc.reset();
  needs.glibc_symbols.reset();
  CHECK(judge_host(needs, host, "/opt/env").misfits.empty());
}

TEST_CASE("judge_host: musl is no glibc") {
  HostDescription host = fitting_host();
  host.glibc.reset();
  CHECK_THAT(only(gpu_environment(), host).found, Catch::Contains("no glibc"));
}

TEST_CASE("judge_host: a driver of the same family is a warning, not a misfit") {
  HostDescription host = fitting_host();
  host.nvidia_driver = number("535.104.05");
  host.cuda = number("12.2");
  const HostVerdict verdict = judge_host(gpu_environment(), host, "/opt/env");
  CHECK(verdict.misfits.empty());
  REQUIRE(classes(verdict.warnings) == Names{"cuda"});
  CHECK_THAT(verdict.warnings.front().message, Catch::Contains("PTX"));
  CHECK_THAT(verdict.warnings.front().next_step, Catch::Contains("550.54.14"));
}

TEST_CASE("judge_host: a dependency on __cuda is not met by minor version compatibility") {
  HostRequirements needs = gpu_environment();
  needs.cuda_strict = HostFloor{number("12.3"), "jaxlib"};
  HostDescription host = fitting_host();
  host.nvidia_driver = number("535.104.05");
  host.cuda = number("12.2");
  CHECK(only(needs, host).needed == "CUDA 12.3 (jaxlib)");
  needs.cuda_strict->version = number("12.2");
  CHECK(judge_host(needs, host, "/opt/env").misfits.empty());
}

TEST_CASE("judge_host: a constraint on __cuda alone needs no GPU, and warns of an old driver") {
  HostRequirements needs = gpu_environment();
  needs.cuda.reset();
  needs.cuda_strict = HostFloor{number("12.0"), "openmpi"};
  HostDescription host = fitting_host();
  host.nvidia_driver.reset();
  host.cuda.reset();
  CHECK(judge_host(needs, host, "/opt/env").misfits.empty());
  CHECK(judge_host(needs, host, "/opt/env").warnings.empty());
  host.cuda = number("11.4");
  const HostVerdict verdict = judge_host(needs, host, "/opt/env");
  CHECK(verdict.misfits.empty());
  CHECK(classes(verdict.warnings) == Names{"cuda"});
}

TEST_CASE("judge_host: a driver that is too old names the one that is needed") {
  HostDescription host = fitting_host();
  host.nvidia_driver = number("470.256.02");
  host.cuda = number("11.4");
  const Misfit misfit = only(gpu_environment(), host);
  CHECK(misfit.misfit_class == MisfitClass::cuda);
  CHECK_THAT(misfit.next_step, Catch::Contains("550.54.14") && Catch::Contains("525.60.13"));
  CHECK_THAT(misfit.needed, Catch::Contains("cuda-version"));
}

TEST_CASE("judge_host: a login node without a GPU is told of --host node.json") {
  HostDescription host = fitting_host();
  host.nvidia_driver.reset();
  host.cuda.reset();
  CHECK_THAT(only(gpu_environment(), host).next_step, Catch::Contains("--host node.json"));
  host.wsl = true;
  CHECK_THAT(only(gpu_environment(), host).next_step, Catch::Contains("CONDA_OVERRIDE_CUDA"));
}

TEST_CASE("judge_host: a CUDA that was given by hand counts without a driver") {
  HostDescription host = fitting_host();
  host.nvidia_driver.reset();
  CHECK(judge_host(gpu_environment(), host, "/opt/env").misfits.empty());
  host.cuda = number("11.8");
  CHECK(only(gpu_environment(), host).misfit_class == MisfitClass::cuda);
}

TEST_CASE("judge_host: a description by a newer table is believed") {
  HostDescription host = fitting_host();
  host.cuda = number("14.0");
  host.nvidia_driver = number("700.10");
  HostRequirements needs = gpu_environment();
  needs.cuda->version = number("14.0");
  CHECK(judge_host(needs, host, "/opt/env").misfits.empty());
}

TEST_CASE("judge_host: the length of the prefix decides, and of what lies below") {
  CHECK(judge_host(gpu_environment(), fitting_host(), std::string(255, '/')).misfits.empty());
  CHECK(only(gpu_environment(), fitting_host(), std::string(256, '/')).found == "256 bytes");
  HostRequirements needs = gpu_environment();
  needs.longest_prefix_bytes.reset();
  CHECK(judge_host(needs, fitting_host(), std::string(3894, '/')).misfits.empty());
  CHECK(only(needs, fitting_host(), std::string(3895, '/')).misfit_class == MisfitClass::path);
  needs.longest_name_bytes = 256;
  CHECK(only(needs, fitting_host()).misfit_class == MisfitClass::path);
}

TEST_CASE("judge_host: nearly enough space is told in bytes") {
  HostDescription host = fitting_host();
  host.target->free_bytes = 5'999'999'999;
  CHECK(only(gpu_environment(), host).message == "needs 6.0 GB, found 5.9 GB free");
  host.target->free_bytes = 6'000'000'000;
  HostRequirements needs = gpu_environment();
  needs.disk_bytes = 6'000'000'001;
  CHECK(only(needs, host).message == "needs 6000000001 B, found 6000000000 B free");
}

TEST_CASE("judge_host: another platform is one misfit, whatever its kernel and processor") {
  HostDescription host = fitting_host();
  host.platform = *Platform::parse("linux-aarch64");
  host.x86_64_level = 0;
  host.kernel = "3.0";
  CHECK(only(gpu_environment(), host).message == "needs linux-64, found linux-aarch64");
}

TEST_CASE("judge_host: what a description does not say is unjudged, not met") {
  HostDescription host = fitting_host();
  host.target.reset();
  HostVerdict verdict = judge_host(gpu_environment(), host, "");
  CHECK(verdict.misfits.empty());
  CHECK(verdict.unjudged.size() == 6);
  host = fitting_host();
  host.x86_64_level = 0;
  verdict = judge_host(gpu_environment(), host, "/opt/env");
  CHECK(verdict.unjudged == std::vector{MisfitClass::platform});
}

TEST_CASE("judge_host: case matters only where paths differ in nothing else") {
  HostDescription host = fitting_host();
  host.target->case_insensitive = true;
  CHECK(only(gpu_environment(), host).misfit_class == MisfitClass::case_insensitive);
  HostRequirements needs = gpu_environment();
  needs.case_sensitive = false;
  CHECK(judge_host(needs, host, "/opt/env").misfits.empty());
}

TEST_CASE("misfit classes: each name is read back, others are none") {
  for (const std::string_view name : misfit_class_names())
    CHECK(to_string(parse_misfit_class(name).value()) == name);
  CHECK(misfit_class_names().size() == 9);
  CHECK_FALSE(parse_misfit_class("everything"));
  CHECK_FALSE(parse_misfit_class(""));
}

}  // namespace envlock::test
