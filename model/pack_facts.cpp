#include "model/pack_facts.hpp"

#include <array>

#include "model/json_writer.hpp"
#include "model/package_info.hpp"
#include "model/strict_json.hpp"

namespace envlock {
namespace {

constexpr std::array<std::string_view, 8> known_keys{"pack_version", "host",     "manifest_sha256",
                                                     "dest_prefix",  "filters",  "accepted",
                                                     "no_proof",     "documents"};
constexpr std::array<std::string_view, 4> item_keys{"path", "finding", "reason", "sha256"};
constexpr std::string_view folder = "conda-meta/";

void check_version(const JsonNode& node) {
  const std::uint64_t version = node.unsigned_integer();
  if (version == PackFacts::current_version) return;
  node.fail("expected version " + std::to_string(PackFacts::current_version) + ", found " +
                std::to_string(version),
            "unpack it with the envlock that made it, or a newer one");
}

void write_item(JsonWriter& json, const AcceptedItem& item) {
  json.begin_object();
  if (!item.path.empty()) json.member("path", item.path);
  if (!item.finding.empty()) json.member("finding", item.finding);
  json.member("reason", item.reason).member("sha256", item.sha256.hex()).end_object();
}

AcceptedItem read_item(const JsonNode& node) {
  const JsonObject object(node, item_keys);
  AcceptedItem item;
  if (const auto path = object.find("path")) {
    item.path = path->text();
    if (package_path_fault(item.path)) path->fail_expected("a path in the prefix");
  }
  if (const auto finding = object.find("finding")) item.finding = finding->text();
  item.reason = object.at("reason").text();
  item.sha256 = object.at("sha256").sha256();
  return item;
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
  if (!facts.accepted.empty()) {
    json.key("accepted").begin_array();
    for (const AcceptedItem& item : facts.accepted) write_item(json, item);
    json.end_array();
  }
  if (!facts.no_proof.empty()) json.member("no_proof", facts.no_proof);
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
  if (const auto node = object.find("accepted"))
    node->for_each_item([&](const JsonNode& item) { facts.accepted.push_back(read_item(item)); });
  if (const auto node = object.find("no_proof")) facts.no_proof = node->text();
  object.at("documents").for_each_member([&](std::string_view path, const JsonNode& node) {
    if (!path.starts_with(folder) || path.find('/', folder.size()) != std::string_view::npos ||
        package_path_fault(path.substr(folder.size())))
      node.fail("no file of conda-meta/ has this path");
    facts.documents.emplace(path, node.sha256());
  });
  return facts;
}

}  // namespace envlock
