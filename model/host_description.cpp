#include "model/host_description.hpp"

#include <algorithm>

#include "model/cuda_drivers.hpp"
#include "model/error.hpp"
#include "model/host_keys.hpp"
#include "model/strict_json.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_bytes = std::size_t{64} << 10U;
constexpr std::size_t max_text_bytes = 4096;
constexpr unsigned max_level = 4;

/// First of all, since a description of a later version may have keys that are unknown here.
void check_version(const JsonNode& root) {
  bool seen = false;
  root.for_each_member([&](std::string_view key, const JsonNode& node) {
    if (key != "host_version") return;
    seen = true;
    const std::uint64_t version = node.unsigned_integer();
    if (version == HostDescription::current_version) return;
    node.fail("expected version " + std::to_string(HostDescription::current_version) + ", found " +
                  std::to_string(version),
              "write it anew on that machine, with the script of this envlock's 'host-script'");
  });
  if (!seen) {
    root.fail("'host_version' is missing: this is no description of a host",
              "'envlock host -o host.json' writes one");
  }
}

NumberVersion read_version(const JsonNode& node) {
  const auto version = NumberVersion::parse(node.view());
  if (!version) node.fail_expected("a version of two or three numbers");
  return *version;
}

bool is_number_or_dot(char c) noexcept { return (c >= '0' && c <= '9') || c == '.'; }

std::string read_kernel(const JsonNode& node) {
  std::string kernel = node.non_empty_text();
  if (!std::ranges::all_of(kernel, [](char c) { return c > ' ' && c < 0x7F; }))
    node.fail_expected("a kernel's release, as 'uname -r' prints it");
  return kernel;
}

std::vector<NumberVersion> read_capabilities(const JsonNode& node) {
  std::vector<NumberVersion> out;
  node.for_each_item([&](const JsonNode& item) { out.push_back(read_version(item)); });
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<std::string> read_overrides(const JsonNode& node) {
  std::vector<std::string> out;
  node.for_each_item([&](const JsonNode& item) {
    if (item.view() != "CONDA_OVERRIDE_GLIBC" && item.view() != "CONDA_OVERRIDE_CUDA")
      item.fail_expected("'CONDA_OVERRIDE_CUDA' or 'CONDA_OVERRIDE_GLIBC'");
    if (!out.empty() && out.back() >= item.view()) item.fail("out of order, or there twice");
    out.push_back(item.text());
  });
  return out;
}

HostTarget read_target(const JsonNode& node) {
  const JsonObject object(node, host_keys::target);
  HostTarget target;
  const JsonNode path = object.at("path");
  target.path = path.text();
  if (target.path.empty() || target.path.front() != '/') path.fail_expected("an absolute path");
  const auto number = [&](std::string_view key, std::optional<std::uint64_t>& out) {
    if (const auto value = object.find(key)) out = value->unsigned_integer();
  };
  const auto truth = [&](std::string_view key, std::optional<bool>& out) {
    if (const auto value = object.find(key)) out = value->boolean();
  };
  number("free_bytes", target.free_bytes);
  number("free_inodes", target.free_inodes);
  truth("noexec", target.noexec);
  truth("writable", target.writable);
  truth("case_insensitive", target.case_insensitive);
  if (const auto value = object.find("file_system")) target.file_system = value->non_empty_text();
  number("name_bytes", target.name_bytes);
  number("path_bytes", target.path_bytes);
  return target;
}

void write_target(JsonWriter& json, const HostTarget& target) {
  json.begin_object().member("path", target.path);
  const auto write = [&](std::string_view key, const auto& value) {
    if (value) json.member(key, *value);
  };
  write("free_bytes", target.free_bytes);
  write("free_inodes", target.free_inodes);
  write("noexec", target.noexec);
  write("writable", target.writable);
  write("case_insensitive", target.case_insensitive);
  if (!target.file_system.empty()) json.member("file_system", target.file_system);
  write("name_bytes", target.name_bytes);
  write("path_bytes", target.path_bytes);
  json.end_object();
}

/// CEP 30's annex; what no table knows is its own name.
std::string architecture(const HostDescription& host) {
  if (host.x86_64_level > 1) return "x86_64_v" + std::to_string(host.x86_64_level);
  const std::string_view arch = host.platform.arch();
  if (arch == "64") return "x86_64";
  if (arch == "32") return "x86";
  return std::string(arch == "arm64" ? "aarch64" : arch);
}

/// "6.1.0" of "6.1.0-18-amd64": conda's rule, at most four numbers.
std::string kernel_numbers(std::string_view text) {
  std::size_t end = 0;
  int count = 0;
  for (std::size_t at = 0; at < text.size() && count < 4; ++count) {
    if (text[at] == '.' || !is_number_or_dot(text[at])) break;
    while (at < text.size() && text[at] != '.' && is_number_or_dot(text[at])) ++at;
    end = at;
    if (at == text.size() || text[at] != '.') break;
    ++at;
  }
  return end == 0 ? "0" : std::string(text.substr(0, end));
}

}  // namespace

std::string write_host_description(const HostDescription& host) {
  JsonWriter json;
  write_host_description(json, host);
  return json.take();
}

void write_host_description(JsonWriter& json, const HostDescription& host) {
  json.begin_object().member("host_version", HostDescription::current_version);
  json.member("platform", host.platform.subdir());
  if (!host.kernel.empty()) json.member("kernel", host.kernel);
  if (host.x86_64_level > 0) json.member("x86_64_level", host.x86_64_level);
  if (host.glibc) json.member("glibc", host.glibc->text());
  if (host.cuda) json.member("cuda", host.cuda->text());
  if (host.nvidia_driver) json.member("nvidia_driver", host.nvidia_driver->text());
  if (!host.compute_capabilities.empty()) {
    json.key("compute_capabilities").begin_array();
    for (const NumberVersion& one : host.compute_capabilities) json.value(one.text());
    json.end_array();
  }
  if (host.container) json.member("container", true);
  if (host.wsl) json.member("wsl", true);
  if (!host.overrides.empty()) {
    json.key("overrides").begin_array();
    for (const std::string& one : host.overrides) json.value(one);
    json.end_array();
  }
  if (host.target) {
    json.key("target");
    write_target(json, *host.target);
  }
  json.end_object();
}

HostDescription read_host_description(std::string_view text, const std::string& file) {
  JsonLimits limits;
  limits.max_bytes = max_bytes;
  limits.max_text_bytes = max_text_bytes;
  const JsonDocument document(text, file, limits);
  const JsonNode root = document.root();
  check_version(root);
  const JsonObject object(root, host_keys::document);
  HostDescription host;
  const JsonNode subdir = object.at("platform");
  const auto platform = Platform::parse(subdir.view());
  if (!platform) subdir.fail_expected("a platform such as 'linux-64'");
  host.platform = *platform;
  if (const auto node = object.find("kernel")) host.kernel = read_kernel(*node);
  if (const auto node = object.find("x86_64_level")) {
    const std::uint64_t level = node->unsigned_integer();
    if (level < 1 || level > max_level) node->fail_expected("a level from 1 to 4");
    host.x86_64_level = static_cast<unsigned>(level);
  }
  if (const auto node = object.find("glibc")) host.glibc = read_version(*node);
  if (const auto node = object.find("nvidia_driver")) host.nvidia_driver = read_version(*node);
  if (const auto node = object.find("cuda")) {
    host.cuda = read_version(*node);
  } else if (host.nvidia_driver) {
    host.cuda = cuda_of_driver(*host.nvidia_driver);
  }
  if (const auto node = object.find("compute_capabilities"))
    host.compute_capabilities = read_capabilities(*node);
  if (const auto node = object.find("container")) host.container = node->boolean();
  if (const auto node = object.find("wsl")) host.wsl = node->boolean();
  if (const auto node = object.find("overrides")) host.overrides = read_overrides(*node);
  if (const auto node = object.find("target")) host.target = read_target(*node);
  return host;
}

HostDescription with_host_overrides(
    HostDescription host, std::span<const std::pair<std::string, std::string>> variables) {
  for (const auto& [name, value] : variables) {
    if (name != "CONDA_OVERRIDE_GLIBC" && name != "CONDA_OVERRIDE_CUDA") continue;
    const std::string_view text = trim(value);
    const auto version = NumberVersion::parse(text);
    if (!version && !text.empty()) {
      throw InputError(name + ": '" + value + "' is not a version of two or three numbers",
                       "write for example " + name + "=" +
                           (name == "CONDA_OVERRIDE_CUDA" ? "12.4" : "2.28") +
                           ", or leave it empty to say that the machine has no such thing");
    }
    if (name == "CONDA_OVERRIDE_GLIBC") {
      host.glibc = version;
    } else {
      host.cuda = version;
      host.nvidia_driver.reset();
    }
    if (std::ranges::count(host.overrides, name) == 0) host.overrides.push_back(name);
  }
  std::ranges::sort(host.overrides);
  return host;
}

std::vector<VirtualPackage> virtual_packages_of(const HostDescription& host) {
  std::vector<VirtualPackage> packages{{"__archspec", "1", architecture(host)}};
  if (host.cuda) packages.push_back({"__cuda", host.cuda->text(), "0"});
  if (host.glibc) packages.push_back({"__glibc", host.glibc->text(), "0"});
  if (host.platform.os() == "linux")
    packages.push_back({"__linux", kernel_numbers(host.kernel), "0"});
  if (virtual_package_fits("__unix", host.platform)) packages.push_back({"__unix", "0", "0"});
  return packages;
}

}  // namespace envlock
