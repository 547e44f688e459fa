#include "fetch/channel_listing.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "model/error.hpp"
#include "model/json_writer.hpp"
#include "model/strict_json.hpp"

namespace envlock {

namespace {

constexpr std::string_view conda_extension = ".conda";
constexpr std::size_t max_listing_bytes = std::size_t{512} << 20U;

constexpr std::array<std::string_view, 5> document_keys = {"info", "packages", "packages.conda",
                                                           "removed", "repodata_version"};
constexpr std::array<std::string_view, 1> info_keys = {"subdir"};
constexpr std::array<std::string_view, 17> record_keys = {"build",
                                                          "build_number",
                                                          "constrains",
                                                          "depends",
                                                          "indexed_timestamp",
                                                          "license",
                                                          "license_family",
                                                          "md5",
                                                          "name",
                                                          "noarch",
                                                          "python_site_packages_path",
                                                          "sha256",
                                                          "size",
                                                          "subdir",
                                                          "timestamp",
                                                          "track_features",
                                                          "version"};

void write_texts(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.key(key).begin_array();
  for (const std::string& text : texts) json.value(text);
  json.end_array();
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : " ") + text;
  return all;
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> found;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) found.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return found;
}

void write_record(JsonWriter& json, const PackageRecord& record, const std::string& subdir) {
  json.begin_object().member("build", record.build).member("build_number", record.build_number);
  if (!record.constrains.empty()) write_texts(json, "constrains", record.constrains);
  write_texts(json, "depends", record.depends);
  if (record.indexed_timestamp_ms) json.member("indexed_timestamp", *record.indexed_timestamp_ms);
  if (!record.license.empty()) json.member("license", record.license);
  if (!record.license_family.empty()) json.member("license_family", record.license_family);
  if (record.md5) json.member("md5", record.md5->hex());
  json.member("name", record.name);
  if (record.noarch != NoArch::none) json.member("noarch", to_string(record.noarch));
  if (!record.python_site_packages_path.empty())
    json.member("python_site_packages_path", record.python_site_packages_path);
  json.member("sha256", record.sha256->hex());
  if (record.size) json.member("size", *record.size);
  json.member("subdir", subdir);
  if (record.timestamp_ms) json.member("timestamp", *record.timestamp_ms);
  // As text, the older of the two forms, which every tool reads.
  if (!record.track_features.empty()) json.member("track_features", joined(record.track_features));
  json.member("version", record.version).end_object();
}

void write_section(JsonWriter& json, std::string_view key, const ChannelListing& listing,
                   const std::string& subdir, bool conda) {
  json.key(key).begin_object();
  for (const auto& [file_name, record] : listing) {
    if (file_name.ends_with(conda_extension) != conda) continue;
    json.key(file_name);
    write_record(json, record, subdir);
  }
  json.end_object();
}

PackageRecord read_record(const std::string& file_name, const JsonNode& node) {
  const JsonObject object(node, record_keys);
  PackageRecord record;
  record.fn = file_name;
  record.build = object.at("build").text();
  record.build_number = object.at("build_number").unsigned_integer();
  if (const auto found = object.find("constrains")) record.constrains = found->texts();
  record.depends = object.at("depends").texts();
  if (const auto found = object.find("indexed_timestamp"))
    record.indexed_timestamp_ms = found->integer();
  if (const auto found = object.find("license")) record.license = found->text();
  if (const auto found = object.find("license_family")) record.license_family = found->text();
  if (const auto found = object.find("md5")) record.md5 = found->md5();
  record.name = object.at("name").text();
  if (const auto found = object.find("noarch")) {
    for (const NoArch kind : {NoArch::generic, NoArch::python}) {
      if (found->view() == to_string(kind)) record.noarch = kind;
    }
    if (record.noarch == NoArch::none) found->fail_expected("'generic' or 'python'");
  }
  if (const auto found = object.find("python_site_packages_path"))
    record.python_site_packages_path = found->text();
  record.sha256 = object.at("sha256").sha256();
  if (const auto found = object.find("size")) record.size = found->unsigned_integer();
  record.subdir = object.at("subdir").text();
  if (const auto found = object.find("timestamp")) record.timestamp_ms = found->integer();
  if (const auto found = object.find("track_features"))
    record.track_features = words(found->view());
  record.version = object.at("version").text();
  return record;
}

void read_section(const JsonNode& section, bool conda, ChannelListing& listing) {
  section.for_each_member([&](std::string_view key, const JsonNode& node) {
    if (!is_plain_package_name(key) || key.ends_with(conda_extension) != conda)
      node.fail("this is no name of a package here");
    const std::string file_name(key);
    listing.emplace(file_name, read_record(file_name, node));
  });
}

}  // namespace

bool is_plain_package_name(std::string_view file_name) noexcept {
  constexpr std::size_t longest = 255;  // NAME_MAX
  const bool is_package = file_name.ends_with(conda_extension) || file_name.ends_with(".tar.bz2");
  return is_package && file_name.size() <= longest && file_name.front() != '.' &&
         std::none_of(file_name.begin(), file_name.end(), [](char c) {
           return c == '/' || c == '\\' || (c >= 0 && c < ' ') || c == 0x7f;
         });
}

std::string write_channel_listing(const ChannelListing& listing, const std::string& subdir) {
  JsonWriter json;
  json.begin_object().key("info").begin_object().member("subdir", subdir).end_object();
  write_section(json, "packages", listing, subdir, false);
  write_section(json, "packages.conda", listing, subdir, true);
  json.key("removed").begin_array().end_array();
  json.member("repodata_version", 1).end_object();
  return json.take();
}

ChannelListing read_channel_listing(std::string_view json, const std::string& file) {
  const JsonDocument document(json, file, {.max_bytes = max_listing_bytes});
  const JsonNode root = document.root();
  const JsonObject object(root, document_keys);
  const JsonNode info_node = object.at("info");
  const JsonObject info(info_node, info_keys);
  (void)info.at("subdir").view();
  ChannelListing listing;
  read_section(object.at("packages"), false, listing);
  read_section(object.at("packages.conda"), true, listing);
  const JsonNode removed = object.at("removed");
  if (removed.item_count() != 0) removed.fail_expected("an empty list");
  const JsonNode version = object.at("repodata_version");
  if (version.unsigned_integer() != 1) version.fail_expected("1");
  return listing;
}

}  // namespace envlock
