#include "model/host_requirements.hpp"

#include <array>
#include <utility>

#include "model/host_keys.hpp"

namespace envlock {
namespace {

constexpr unsigned max_level = 4;

void write_floor(JsonWriter& json, std::string_view key, const std::optional<HostFloor>& floor) {
  if (!floor) return;
  json.key(key).begin_line_object().member("version", floor->version.text());
  json.member("package", floor->package).end_object();
}

NumberVersion read_version(const JsonNode& node) {
  const auto version = NumberVersion::parse(node.view());
  if (!version) node.fail_expected("a version of two or three numbers");
  return *version;
}

std::optional<HostFloor> read_floor(const std::optional<JsonNode>& node) {
  if (!node) return std::nullopt;
  const JsonObject object(*node, host_keys::floor);
  return HostFloor{read_version(object.at("version")), object.at("package").text()};
}

GlibcSymbols read_symbols(const JsonNode& node) {
  const JsonObject object(node, host_keys::symbols);
  GlibcSymbols symbols{read_version(object.at("version")), object.at("file").text()};
  if (const auto exact = object.find("exact")) symbols.exact = exact->boolean();
  return symbols;
}

}  // namespace

void write_host_requirements(JsonWriter& json, const HostRequirements& needs) {
  json.begin_object().member("platform", needs.platform.subdir());
  write_floor(json, "kernel", needs.kernel);
  write_floor(json, "glibc", needs.glibc);
  if (const auto& symbols = needs.glibc_symbols) {
    json.key("glibc_symbols").begin_line_object();
    json.member("version", symbols->version.text()).member("file", symbols->file);
    if (!symbols->exact) json.member("exact", false);
    json.end_object();
  }
  if (needs.x86_64_level > 0) {
    json.key("x86_64_level").begin_line_object().member("level", needs.x86_64_level);
    json.member("package", needs.x86_64_level_package).end_object();
  }
  write_floor(json, "cuda", needs.cuda);
  write_floor(json, "cuda_strict", needs.cuda_strict);
  json.member("disk_bytes", needs.disk_bytes).member("inodes", needs.inodes);
  if (needs.longest_prefix_bytes) json.member("longest_prefix_bytes", *needs.longest_prefix_bytes);
  json.member("longest_path_bytes", needs.longest_path_bytes);
  json.member("longest_name_bytes", needs.longest_name_bytes);
  if (needs.case_sensitive) json.member("case_sensitive", true);
  json.end_object();
}

HostRequirements read_host_requirements(const JsonNode& node) {
  const JsonObject object(node, host_keys::requirements);
  HostRequirements needs;
  const JsonNode subdir = object.at("platform");
  const auto platform = Platform::parse(subdir.view());
  if (!platform) subdir.fail_expected("a platform such as 'linux-64'");
  needs.platform = *platform;
  needs.kernel = read_floor(object.find("kernel"));
  needs.glibc = read_floor(object.find("glibc"));
  if (const auto symbols = object.find("glibc_symbols"))
    needs.glibc_symbols = read_symbols(*symbols);
  if (const auto level = object.find("x86_64_level")) {
    const JsonObject inner(*level, host_keys::level);
    const std::uint64_t number = inner.at("level").unsigned_integer();
    if (number < 1 || number > max_level) level->fail_expected("a level from 1 to 4");
    needs.x86_64_level = static_cast<unsigned>(number);
    needs.x86_64_level_package = inner.at("package").text();
  }
  needs.cuda = read_floor(object.find("cuda"));
  needs.cuda_strict = read_floor(object.find("cuda_strict"));
  needs.disk_bytes = object.at("disk_bytes").unsigned_integer();
  needs.inodes = object.at("inodes").unsigned_integer();
  if (const auto bytes = object.find("longest_prefix_bytes"))
    needs.longest_prefix_bytes = bytes->unsigned_integer();
  needs.longest_path_bytes = object.at("longest_path_bytes").unsigned_integer();
  needs.longest_name_bytes = object.at("longest_name_bytes").unsigned_integer();
  if (const auto sensitive = object.find("case_sensitive"))
    needs.case_sensitive = sensitive->boolean();
  return needs;
}

}  // namespace envlock
