#include "model/pack_facts.hpp"

#include <array>

#include "model/json_writer.hpp"
#include "model/package_info.hpp"
#include "model/strict_json.hpp"

namespace envlock {
namespace {

constexpr std::array<std::string_view, 6> known_keys{"pack_version", "host",    "manifest_sha256",
                                                     "dest_prefix",  "filters", "documents"};
constexpr std::string_view folder = "conda-meta/";

void check_version(const JsonNode& node) {
  const std::uint64_t version = node.unsigned_integer();
  if (version == PackFacts::current_version) return;
  node.fail("expected version " + std::to_string(PackFacts::current_version) + ", found " +
                std::to_string(version),
            "unpack it with the envlock that made it, or a newer one");
}

}  // namespace

std::string write_pack_facts(const PackFacts& facts) {
  JsonWriter json;
  json.begin_object().member("pack_version", PackFacts::current_version);
  json.key("host");
  write_host_requirements(json, facts.host);
  json.member("manifest_sha256", facts.manifest_sha256.hex());
  if (!facts.dest_prefix.empty()) json.member("dest_prefix", facts.dest_prefix);
  if (!facts.filters.empty()) {
    json.key("filters").begin_array();
    for (const std::string& filter : facts.filters) json.value(filter);
    json.end_array();
  }
  json.key("documents").begin_object();
  for (const auto& [path, sha256] : facts.documents) json.member(path, sha256.hex());
  return json.end_object().end_object().take();
}

PackFacts read_pack_facts(std::string_view json, const std::string& file) {
  JsonLimits limits;
  limits.max_bytes = std::size_t{16} << 20U;
  const JsonDocument document(json, file, limits);
  const JsonNode root = document.root();
  const JsonObject object(root, known_keys);
  check_version(object.at("pack_version"));
  PackFacts facts;
  facts.host = read_host_requirements(object.at("host"));
  facts.manifest_sha256 = object.at("manifest_sha256").sha256();
  if (const auto node = object.find("dest_prefix")) {
    facts.dest_prefix = node->text();
    if (facts.dest_prefix.size() < 2 || facts.dest_prefix.front() != '/' ||
        facts.dest_prefix.back() == '/')
      node->fail_expected("an absolute path without a slash at its end");
  }
  if (const auto node = object.find("filters")) facts.filters = node->texts();
  object.at("documents").for_each_member([&](std::string_view path, const JsonNode& node) {
    if (!path.starts_with(folder) || path.find('/', folder.size()) != std::string_view::npos ||
        package_path_fault(path.substr(folder.size())))
      node.fail("no file of conda-meta/ has this path");
    facts.documents.emplace(path, node.sha256());
  });
  return facts;
}

}  // namespace envlock
