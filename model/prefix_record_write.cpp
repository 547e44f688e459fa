#include "model/error.hpp"
#include "model/json_writer.hpp"
#include "model/prefix_record.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

void optional_text(JsonWriter& json, std::string_view key, const std::string& text) {
  if (!text.empty()) json.member(key, text);
}

void texts(JsonWriter& json, std::string_view key, const std::vector<std::string>& list) {
  json.key(key).begin_array();
  for (const std::string& text : list) json.value(text);
  json.end_array();
}

std::string_view path_type(PrefixPath::Kind kind) {
  switch (kind) {
    case PrefixPath::Kind::file:
      return "hardlink";
    case PrefixPath::Kind::link:
      return "softlink";
    case PrefixPath::Kind::directory:
      return "directory";
    case PrefixPath::Kind::pyc:
      return "pyc_file";
    case PrefixPath::Kind::entry_point:
      return "unix_python_entry_point";
    case PrefixPath::Kind::other:
      break;
  }
  throw InternalError("prefix record: a path of a kind that is only read");
}

void write_record(JsonWriter& json, const PackageRecord& record) {
  json.member("name", record.name).member("version", record.version);
  json.member("build", record.build).member("build_number", record.build_number);
  json.member("subdir", record.subdir);
  // CEP 32: the base URL, without the subdir. conda writes it with one and reads both.
  json.member("channel", record.channel_url).member("fn", record.fn).member("url", record.url);
  if (record.sha256) json.member("sha256", record.sha256->hex());
  if (record.md5) json.member("md5", record.md5->hex());
  if (record.size) json.member("size", *record.size);
  if (record.timestamp_ms) json.member("timestamp", *record.timestamp_ms);
  if (record.indexed_timestamp_ms) json.member("indexed_timestamp", *record.indexed_timestamp_ms);
  optional_text(json, "license", record.license);
  optional_text(json, "license_family", record.license_family);
  texts(json, "depends", record.depends);
  texts(json, "constrains", record.constrains);
  // A text is what all three read; mamba takes commas only for its separators.
  std::string features;
  for (const std::string& feature : record.track_features) {
    features += (features.empty() ? "" : ",") + feature;
  }
  optional_text(json, "track_features", features);
  if (record.noarch != NoArch::none) json.member("noarch", to_string(record.noarch));
  optional_text(json, "python_site_packages_path", record.python_site_packages_path);
}

void write_path(JsonWriter& json, const PrefixPath& path) {
  json.begin_object().member("_path", path.path).member("path_type", path_type(path.kind));
  if (!path.placeholder.empty()) {
    json.member("prefix_placeholder", path.placeholder);
    json.member("file_mode", path.placeholder_mode == PlaceholderMode::text ? "text" : "binary");
  }
  if (path.sha256) json.member("sha256", path.sha256->hex());
  if (path.sha256_in_prefix) json.member("sha256_in_prefix", path.sha256_in_prefix->hex());
  if (path.size_bytes) json.member("size_in_bytes", *path.size_bytes);
  json.end_object();
}

}  // namespace

std::string prefix_record_file_name(const PackageRecord& record) {
  return to_lower(record.name) + "-" + record.version + "-" + record.build +
         (is_wheel(record) ? ".wheel" : ".json");
}

std::string write_prefix_record(const PrefixRecord& record) {
  JsonWriter json;
  json.begin_object();
  write_record(json, record.record);
  json.key("files").begin_array();
  for (const PrefixPath& path : record.paths) {
    // Whoever removes the package unlinks these one by one, and then the folders that are empty.
    if (path.kind != PrefixPath::Kind::directory) json.value(path.path);
  }
  json.end_array().key("paths_data").begin_object().member("paths_version", 1);
  json.key("paths").begin_array();
  for (const PrefixPath& path : record.paths) write_path(json, path);
  json.end_array().end_object();
  // 3 is a copy. Readers want the object; its source would be a path of this machine.
  json.key("link").begin_object().member("source", "").member("type", 3).end_object();
  const auto& specs = record.requested_specs;
  json.member("requested_spec", specs.empty() ? std::string() : specs.front());
  texts(json, "requested_specs", specs);
  return json.end_object().take();
}

}  // namespace envlock
