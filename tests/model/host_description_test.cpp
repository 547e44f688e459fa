#include "model/host_description.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "model/error.hpp"
#include "model/host_keys.hpp"

namespace envlock::test {
namespace {

NumberVersion number(std::string_view text) { return NumberVersion::parse(text).value(); }

HostDescription gpu_node() {
  HostDescription host;
  host.platform = *Platform::parse("linux-64");
  host.kernel = "4.18.0-553.el8_10.x86_64";
  host.x86_64_level = 3;
  host.glibc = number("2.28");
  host.nvidia_driver = number("535.104.05");
  host.cuda = number("12.2");
  host.compute_capabilities = {number("8.0"), number("9.0")};
  host.container = true;
  host.target = HostTarget{.path = "/scratch/me",
                           .free_bytes = 5'000'000'000'000,
                           .free_inodes = 1'000'000,
                           .noexec = false,
                           .writable = true,
                           .case_insensitive = false,
                           .file_system = "xfs",
                           .name_bytes = 255,
                           .path_bytes = 4095};
  return host;
}

std::string refusal(const std::string& text) {
  try {
    (void)read_host_description(text, "host.json");
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

std::string with(const std::string& members) {
  return R"({"host_version": 1, "platform": "linux-64")" + members + "}";
}

using Variables = std::vector<std::pair<std::string, std::string>>;

}  // namespace

TEST_CASE("host.json: what is written is read as it was") {
  const HostDescription host = gpu_node();
  CHECK(read_host_description(write_host_description(host), "host.json") == host);
  HostDescription bare;
  bare.platform = *Platform::parse("linux-aarch64");
  CHECK(read_host_description(write_host_description(bare), "host.json") == bare);
}

TEST_CASE("host.json: the text is this") {
  HostDescription host = gpu_node();
  host.target->free_inodes.reset();
  CHECK(write_host_description(host) == R"({
  "host_version": 1,
  "platform": "linux-64",
  "kernel": "4.18.0-553.el8_10.x86_64",
  "x86_64_level": 3,
  "glibc": "2.28",
  "cuda": "12.2",
  "nvidia_driver": "535.104.05",
  "compute_capabilities": [
    "8.0",
    "9.0"
  ],
  "container": true,
  "target": {
    "path": "/scratch/me",
    "free_bytes": 5000000000000,
    "noexec": false,
    "writable": true,
    "case_insensitive": false,
    "file_system": "xfs",
    "name_bytes": 255,
    "path_bytes": 4095
  }
}
)");
}

TEST_CASE("host.json: CUDA follows from the driver where the text has the driver alone") {
  const auto host = read_host_description(with(R"(, "nvidia_driver": "550.54.14")"), "host.json");
  REQUIRE(host.cuda);
  CHECK(host.cuda->text() == "12.4");
}

TEST_CASE("host.json: capabilities may come in any order and twice, as a node's GPUs do") {
  const auto host =
      read_host_description(with(R"(, "compute_capabilities": ["9.0", "8.0", "9.0"])"), "h");
  CHECK(host.compute_capabilities == std::vector{number("8.0"), number("9.0")});
}

TEST_CASE("host.json: an unknown key, another version and wrong values are refused") {
  CHECK_THAT(refusal("{}"), Catch::Contains("'host_version' is missing"));
  CHECK_THAT(refusal(R"({"host_version": 2, "platform": "linux-64"})"),
             Catch::Contains("expected version 1, found 2"));
  CHECK_THAT(refusal(R"({"host_version": 1})"), Catch::Contains("platform"));
  CHECK_THAT(refusal(with(R"(, "glibcc": "2.28")")), Catch::Contains("glibcc"));
  for (const char* members : {R"(, "platform": "linux-64")",
                              R"(, "glibc": "2")",
                              R"(, "glibc": 2.28)",
                              R"(, "glibc": "2.28-x")",
                              R"(, "cuda": "twelve")",
                              R"(, "nvidia_driver": "535")",
                              R"(, "kernel": "")",
                              R"(, "kernel": "5.4\u001b[2J")",
                              R"(, "x86_64_level": 0)",
                              R"(, "x86_64_level": 5)",
                              R"(, "compute_capabilities": "8.0")",
                              R"(, "compute_capabilities": [8.0])",
                              R"(, "container": "yes")",
                              R"(, "wsl": 1)",
                              R"(, "overrides": ["LD_PRELOAD"])",
                              R"(, "overrides": ["CONDA_OVERRIDE_GLIBC", "CONDA_OVERRIDE_CUDA"])",
                              R"(, "target": {})",
                              R"(, "target": {"path": "relative"})",
                              R"(, "target": {"path": "/x", "free_bytes": -1})",
                              R"(, "target": {"path": "/x", "free_bytes": 1e30})",
                              R"(, "target": {"path": "/x", "noexec": "no"})",
                              R"(, "target": {"path": "/x", "file_system": ""})",
                              R"(, "target": {"path": "/x", "quota": 1})"}) {
    INFO(members);
    CHECK_THAT(refusal(with(members)), Catch::StartsWith("host.json:1"));
  }
}

TEST_CASE("host.json: bytes that are no JSON, too many or nested too deep are refused") {
  CHECK_THAT(refusal(""), Catch::Contains("host.json"));
  CHECK_THAT(refusal(with("") + "x"), Catch::Contains("host.json"));
  CHECK_THAT(refusal(std::string(100'000, ' ') + with("")), Catch::Contains("host.json"));
  CHECK_THAT(refusal(std::string(10'000, '[')), Catch::Contains("host.json"));
  CHECK_THAT(refusal(with(R"(, "kernel": ")" + std::string(5000, 'x') + "\"")),
             Catch::Contains("kernel"));
}

TEST_CASE("with_host_overrides: the variables replace what was found, and are named") {
  const Variables variables{{"CONDA_OVERRIDE_GLIBC", "2.17"}, {"CONDA_OVERRIDE_CUDA", "11.8"}};
  const HostDescription host = with_host_overrides(gpu_node(), variables);
  CHECK(host.glibc->text() == "2.17");
  CHECK(host.cuda->text() == "11.8");
  CHECK_FALSE(host.nvidia_driver);
  CHECK(host.overrides == std::vector<std::string>{"CONDA_OVERRIDE_CUDA", "CONDA_OVERRIDE_GLIBC"});
  CHECK(read_host_description(write_host_description(host), "host.json") == host);
}

TEST_CASE("with_host_overrides: an empty value means that there is none") {
  const Variables variables{{"CONDA_OVERRIDE_CUDA", ""}, {"CONDA_OVERRIDE_WIN", "10"}};
  const HostDescription host = with_host_overrides(gpu_node(), variables);
  CHECK_FALSE(host.cuda);
  CHECK(host.glibc->text() == "2.28");
  CHECK(read_host_description(write_host_description(host), "host.json") == host);
}

TEST_CASE("with_host_overrides: a value that is no version is refused by name") {
  const Variables variables{{"CONDA_OVERRIDE_CUDA", "latest"}};
  CHECK_THROWS_WITH(with_host_overrides(gpu_node(), variables),
                    Catch::Contains("CONDA_OVERRIDE_CUDA") && Catch::Contains("latest"));
}

TEST_CASE("virtual_packages_of: each fact becomes its package, sorted") {
  const std::vector<VirtualPackage> expected{{"__archspec", "1", "x86_64_v3"},
                                             {"__cuda", "12.2", "0"},
                                             {"__glibc", "2.28", "0"},
                                             {"__linux", "4.18.0", "0"},
                                             {"__unix", "0", "0"}};
  CHECK(virtual_packages_of(gpu_node()) == expected);
}

TEST_CASE("virtual_packages_of: only the leading numbers of the kernel's release count") {
  HostDescription host = gpu_node();
  for (const auto& [release, expected] : std::vector<std::pair<std::string, std::string>>{
           {"5.15.167.4-microsoft-standard-WSL2", "5.15.167.4"},
           {"6.1.2.3.4", "6.1.2.3"},
           {"6.8-rc1", "6.8"},
           {"6.", "6"},
           {"odd", "0"},
           {"", "0"}}) {
    host.kernel = release;
    CHECK(virtual_packages_of(host).at(3) == VirtualPackage{"__linux", expected, "0"});
  }
}

TEST_CASE("docs/host.schema.json lists the keys that the reader knows") {
  std::ifstream in(ENVLOCK_SOURCE_DIR "/docs/host.schema.json");
  const auto schema = nlohmann::json::parse(in);
  const auto keys = [](const nlohmann::json& object) {
    std::set<std::string> out;
    for (const auto& member : object.at("properties").items()) out.insert(member.key());
    return out;
  };
  const auto known = [](const auto& list) {
    return std::set<std::string>(list.begin(), list.end());
  };
  CHECK(keys(schema) == known(host_keys::document));
  CHECK(keys(schema.at("properties").at("target")) == known(host_keys::target));
  CHECK(schema.at("additionalProperties") == false);
}

}  // namespace envlock::test
