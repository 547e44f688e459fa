#include <algorithm>
#include <tuple>

#include "model/error.hpp"
#include "model/json_writer.hpp"
#include "model/lock_urls.hpp"
#include "model/lockfile.hpp"

namespace envlock {
namespace {

using Texts = std::vector<std::string>;

enum class Cutoff { written, left_out };

void texts(JsonWriter& json, const Texts& list) {
  json.begin_array();
  for (const std::string& text : list) json.value(text);
  json.end_array();
}

void optional_text(JsonWriter& json, std::string_view key, const std::string& text) {
  if (!text.empty()) json.member(key, text);
}

void optional_texts(JsonWriter& json, std::string_view key, const Texts& list) {
  if (list.empty()) return;
  json.key(key);
  texts(json, list);
}

const std::string& key_text(const Platform& platform) { return platform.subdir(); }
const std::string& key_text(const std::string& text) { return text; }

/// An object with one member for each entry of `map`; nothing where the map is empty.
template <class Map, class WriteValue>
void optional_map(JsonWriter& json, std::string_view key, const Map& map, WriteValue write_value) {
  if (map.empty()) return;
  json.key(key).begin_object();
  for (const auto& [name, value] : map) {
    json.key(key_text(name));
    write_value(json, value);
  }
  json.end_object();
}

void virtual_packages(JsonWriter& json, const std::vector<VirtualPackage>& list) {
  json.begin_array();
  for (const VirtualPackage& package : list) {
    json.begin_object().member("name", package.name).member("version", package.version);
    json.member("build", package.build).end_object();
  }
  json.end_array();
}

void input_channels(JsonWriter& json, const std::vector<LockInputs::Channel>& channels) {
  json.begin_array();
  for (const LockInputs::Channel& channel : channels) {
    json.begin_object().member("name", channel.name).member("url", channel.url);
    if (channel.trust != "sha256") json.member("trust", channel.trust);
    optional_text(json, "minimum_age", channel.minimum_age);
    optional_texts(json, "subdirs", channel.subdirs);
    json.end_object();
  }
  json.end_array();
}

void input_files(JsonWriter& json, const std::vector<LockInputs::File>& files) {
  json.begin_array();
  for (const LockInputs::File& file : files) {
    json.begin_object().member("path", file.path).key("specs");
    texts(json, file.specs);
    optional_map(json, "platform_specs", file.platform_specs, texts);
    optional_texts(json, "pip", file.pip);
    optional_map(json, "platform_pip", file.platform_pip, texts);
    json.end_object();
  }
  json.end_array();
}

void pypi_indexes(JsonWriter& json, const std::vector<LockInputs::PypiIndex>& indexes) {
  if (indexes.empty()) return;
  json.key("pypi_indexes").begin_array();
  for (const LockInputs::PypiIndex& index : indexes) {
    json.begin_object().member("url", index.url);
    optional_texts(json, "packages", index.packages);
    json.end_object();
  }
  json.end_array();
}

void write_inputs(JsonWriter& json, const LockInputs& inputs, Cutoff cutoff) {
  json.begin_object().key("files");
  input_files(json, inputs.files);
  json.key("channels");
  input_channels(json, inputs.channels);
  if (!inputs.spec_channels.empty()) {
    json.key("spec_channels");
    input_channels(json, inputs.spec_channels);
  }
  if (!inputs.platforms.empty()) {
    json.key("platforms").begin_array();
    for (const Platform& platform : inputs.platforms) json.value(platform.subdir());
    json.end_array();
  }
  optional_map(json, "virtual_packages", inputs.virtual_packages, virtual_packages);
  json.member("channel_priority", to_string(inputs.channel_priority));
  if (inputs.exclude_newer) {
    json.key("exclude_newer").begin_object().member("asked", inputs.exclude_newer->asked);
    if (cutoff == Cutoff::written) {
      json.member("cutoff", inputs.exclude_newer->cutoff.to_string());
    }
    json.end_object();
  }
  json.member("strategy", inputs.strategy);
  optional_texts(json, "denied", inputs.denied);
  optional_map(json, "owns", inputs.owns, texts);
  if (inputs.same_versions_as) json.member("same_versions_as", *inputs.same_versions_as);
  if (inputs.keep_records_without_timestamp) json.member("keep_records_without_timestamp", true);
  pypi_indexes(json, inputs.pypi_indexes);
  optional_map(json, "pypi_names", inputs.pypi_names, texts);
  json.end_object();
}

void write_package(JsonWriter& json, const LockedPackage& package, const Lockfile& lock) {
  const PackageRecord& record = package.record;
  const LockChannel* const channel = lock.find_channel(package.channel);
  if (channel == nullptr || !record.sha256) {
    throw InternalError("package '" + record.name + "' has no channel or no sha256 to lock");
  }
  json.begin_object().member("name", record.name).member("version", record.version);
  json.member("build", record.build).member("build_number", record.build_number);
  json.member("subdir", record.subdir).member("channel", package.channel);
  json.member("fn", record.fn);
  json.member("url", package_url_for_lock(record.url, *channel, record.channel_url));
  json.member("sha256", record.sha256->hex());
  if (record.md5) json.member("md5", record.md5->hex());
  if (record.size) json.member("size", *record.size);
  if (record.timestamp_ms) json.member("timestamp", *record.timestamp_ms);
  if (record.indexed_timestamp_ms) json.member("indexed_timestamp", *record.indexed_timestamp_ms);
  optional_text(json, "license", record.license);
  optional_texts(json, "depends", record.depends);
  optional_texts(json, "constrains", record.constrains);
  optional_texts(json, "track_features", record.track_features);
  if (record.noarch != NoArch::none) json.member("noarch", to_string(record.noarch));
  optional_text(json, "python_site_packages_path", record.python_site_packages_path);
  if (package.requested) json.member("requested", true);
  optional_texts(json, "signed_by", package.signed_by);
  json.end_object();
}

void write_pypi(JsonWriter& json, const LockedPypi& package) {
  json.begin_object().member("name", package.name).member("version", package.version);
  optional_text(json, "url", package.url);
  optional_text(json, "path", package.path);
  if (package.sha256) json.member("sha256", package.sha256->hex());
  if (package.size) json.member("size", *package.size);
  optional_text(json, "metadata_sha256", package.metadata_sha256);
  optional_texts(json, "requires", package.requires_dist);
  if (package.requested) json.member("requested", true);
  json.end_object();
}

/// Pointers to the items, in the order of `key_of`; ties keep no order, so `key_of` must have none.
template <class Item, class KeyOf>
std::vector<const Item*> sorted(const std::vector<Item>& items, KeyOf key_of) {
  std::vector<const Item*> out;
  out.reserve(items.size());
  for (const Item& item : items) out.push_back(&item);
  std::sort(out.begin(), out.end(),
            [&](const Item* a, const Item* b) { return key_of(*a) < key_of(*b); });
  return out;
}

void write_platform(JsonWriter& json, const LockPlatform& platform, const Lockfile& lock) {
  json.begin_object().key("virtual_packages");
  auto assumed = platform.virtual_packages;
  std::sort(assumed.begin(), assumed.end());
  virtual_packages(json, assumed);
  json.key("packages").begin_array();
  const auto package_key = [](const LockedPackage& p) {
    return std::tie(p.record.name, p.record.version, p.record.build, p.channel, p.record.url);
  };
  for (const LockedPackage* package : sorted(platform.packages, package_key)) {
    write_package(json, *package, lock);
  }
  json.end_array();
  if (!platform.pypi.empty()) {
    json.key("pypi").begin_array();
    const auto pypi_key = [](const LockedPypi& p) {
      return std::tie(p.name, p.version, p.url, p.path);
    };
    for (const LockedPypi* package : sorted(platform.pypi, pypi_key)) write_pypi(json, *package);
    json.end_array();
  }
  json.end_object();
}

}  // namespace

const LockChannel* Lockfile::find_channel(std::string_view name) const {
  const auto at = std::find_if(channels.begin(), channels.end(),
                               [&](const LockChannel& channel) { return channel.name == name; });
  return at == channels.end() ? nullptr : &*at;
}

std::string write_lockfile(const Lockfile& lock) {
  JsonWriter json;
  json.begin_object().member("lockfile_version", Lockfile::current_version);
  json.member("origin", lock.origin).member("complete", lock.complete);
  optional_texts(json, "incomplete", lock.incomplete);
  json.key("inputs");
  write_inputs(json, lock.inputs, Cutoff::written);
  json.member("inputs_sha256", inputs_sha256(lock.inputs));
  json.key("channels").begin_object();
  const auto channel_key = [](const LockChannel& channel) { return std::tie(channel.name); };
  for (const LockChannel* channel : sorted(lock.channels, channel_key)) {
    json.key(channel->name).begin_object();
    json.member("url", channel->url).member("trust", channel->trust);
    optional_texts(json, "base_urls", channel->base_urls);
    json.end_object();
  }
  json.end_object().key("platforms").begin_object();
  for (const auto& [platform, content] : lock.platforms) {
    json.key(platform.subdir());
    write_platform(json, content, lock);
  }
  json.end_object();
  optional_map(json, "variables", lock.variables,
               [](JsonWriter& out, const std::string& text) { out.value(text); });
  return json.end_object().take();
}

std::string inputs_sha256(const LockInputs& inputs) {
  JsonWriter json(JsonWriter::Style::compact);
  write_inputs(json, inputs, Cutoff::left_out);
  return sha256_of(json.take()).hex();
}

}  // namespace envlock
