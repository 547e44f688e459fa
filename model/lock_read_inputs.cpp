#include <set>

#include "model/lock_keys.hpp"
#include "model/lock_read.hpp"
#include "model/version.hpp"

namespace envlock {
namespace {

using Texts = std::vector<std::string>;

std::map<Platform, Texts> platform_texts(const JsonObject& object, std::string_view key) {
  std::map<Platform, Texts> out;
  if (const auto member = object.find(key)) {
    member->for_each_member([&](std::string_view name, const JsonNode& node) {
      out.emplace(read_platform(name, node), node.texts());
    });
  }
  return out;
}

LockInputs::File read_file(const JsonNode& node) {
  const JsonObject object(node, lock_keys::file);
  LockInputs::File file;
  const JsonNode path = object.at("path");
  file.path = path.non_empty_text();
  if (file.path.front() == '/') path.fail_expected("a path relative to the lock's folder");
  file.specs = object.at("specs").texts();
  file.platform_specs = platform_texts(object, "platform_specs");
  file.pip = texts_or_empty(object, "pip");
  file.platform_pip = platform_texts(object, "platform_pip");
  return file;
}

std::vector<LockInputs::Channel> read_channels(const JsonNode& list) {
  std::vector<LockInputs::Channel> out;
  std::set<std::string> names;
  list.for_each_item([&](const JsonNode& node) {
    const JsonObject object(node, lock_keys::input_channel);
    LockInputs::Channel& channel = out.emplace_back();
    channel.name = object.at("name").non_empty_text();
    if (!names.insert(channel.name).second) node.fail("this channel is listed twice");
    if (out.size() > max_lock_channels) list.fail("more channels than any lock has");
    channel.url = object.at("url").non_empty_text();
    if (const auto trust = object.find("trust")) channel.trust = trust->non_empty_text();
    channel.minimum_age = text_or_empty(object, "minimum_age");
    channel.subdirs = texts_or_empty(object, "subdirs");
  });
  return out;
}

ExcludeNewer read_exclude_newer(const JsonNode& node) {
  const JsonObject object(node, lock_keys::exclude_newer);
  ExcludeNewer out;
  out.asked = object.at("asked").non_empty_text();
  const JsonNode cutoff = object.at("cutoff");
  const auto instant = parse_instant(cutoff.view());
  if (!instant || instant->to_string() != cutoff.view()) {
    cutoff.fail_expected("a time as '2026-01-31T12:00:00Z'");
  }
  out.cutoff = *instant;
  return out;
}

std::vector<LockInputs::File> read_files(const JsonNode& list) {
  std::vector<LockInputs::File> out;
  std::set<std::string> paths;
  list.for_each_item([&](const JsonNode& node) {
    out.push_back(read_file(node));
    if (!paths.insert(out.back().path).second) {
      node.fail("'" + out.back().path + "' is listed twice");
    }
  });
  return out;
}

std::vector<LockInputs::PypiIndex> read_pypi_indexes(const JsonNode& list) {
  std::vector<LockInputs::PypiIndex> out;
  list.for_each_item([&](const JsonNode& node) {
    const JsonObject object(node, lock_keys::pypi_index);
    LockInputs::PypiIndex& index = out.emplace_back();
    const JsonNode url = object.at("url");
    index.url = url.non_empty_text();
    const auto parsed = Url::parse(index.url);
    if (!parsed || parsed->is_file() || parsed->to_string() != index.url ||
        parsed->has_credentials() || holds_credentials(index.url)) {
      url.fail_expected("a canonical http(s) URL without credentials");
    }
    index.packages = texts_or_empty(object, "packages");
  });
  return out;
}

/// Everything that is left out of the text of a lock where nobody asked for it.
void read_optional_inputs(const JsonObject& object, LockInputs& inputs) {
  if (const auto list = object.find("spec_channels")) inputs.spec_channels = read_channels(*list);
  if (const auto list = object.find("platforms")) {
    list->for_each_item([&](const JsonNode& node) {
      inputs.platforms.push_back(read_platform(node.view(), node));
    });
  }
  if (const auto map = object.find("virtual_packages")) {
    map->for_each_member([&](std::string_view key, const JsonNode& node) {
      inputs.virtual_packages.emplace(read_platform(key, node), read_virtual_packages(node));
    });
  }
  if (const auto node = object.find("exclude_newer")) {
    inputs.exclude_newer = read_exclude_newer(*node);
  }
  inputs.denied = texts_or_empty(object, "denied");
  if (const auto map = object.find("owns")) {
    map->for_each_member([&](std::string_view channel, const JsonNode& node) {
      inputs.owns.emplace(channel, node.texts());
    });
  }
  if (const auto node = object.find("same_versions_as")) {
    inputs.same_versions_as = node->non_empty_text();
  }
  inputs.keep_records_without_timestamp = flag(object, "keep_records_without_timestamp");
  if (const auto list = object.find("pypi_indexes")) {
    inputs.pypi_indexes = read_pypi_indexes(*list);
  }
  if (const auto map = object.find("pypi_names")) {
    map->for_each_member([&](std::string_view package, const JsonNode& node) {
      inputs.pypi_names.emplace(package, node.texts());
    });
  }
}

}  // namespace

Platform read_platform(std::string_view key, const JsonNode& node) {
  auto platform = Platform::parse(key);
  if (!platform) node.fail("expected a platform as 'linux-64', found '" + std::string(key) + "'");
  return *platform;
}

std::vector<VirtualPackage> read_virtual_packages(const JsonNode& list) {
  std::vector<VirtualPackage> out;
  std::set<std::string> names;
  list.for_each_item([&](const JsonNode& node) {
    const JsonObject object(node, lock_keys::virtual_package);
    VirtualPackage& package = out.emplace_back();
    const JsonNode name = object.at("name");
    package.name = name.text();
    if (package.name.substr(0, 2) != "__" || package.name.size() == 2) {
      name.fail_expected("a name that starts with two underscores");
    }
    if (!names.insert(package.name).second) node.fail("this virtual package is listed twice");
    const JsonNode version = object.at("version");
    package.version = version.text();
    if (!Version::parse(package.version)) version.fail_expected("a version");
    package.build = object.at("build").text();
  });
  return out;
}

std::string text_or_empty(const JsonObject& object, std::string_view key) {
  const auto member = object.find(key);
  return member ? member->text() : std::string();
}

std::vector<std::string> texts_or_empty(const JsonObject& object, std::string_view key) {
  const auto member = object.find(key);
  return member ? member->texts() : Texts();
}

bool flag(const JsonObject& object, std::string_view key) {
  const auto member = object.find(key);
  return member && member->boolean();
}

LockInputs read_lock_inputs(const JsonNode& node) {
  const JsonObject object(node, lock_keys::inputs);
  LockInputs inputs;
  inputs.files = read_files(object.at("files"));
  inputs.channels = read_channels(object.at("channels"));
  const JsonNode priority = object.at("channel_priority");
  const auto known = parse_channel_priority(priority.view());
  if (!known) priority.fail_expected("'strict', 'flexible' or 'disabled'");
  inputs.channel_priority = *known;
  inputs.strategy = object.at("strategy").non_empty_text();
  read_optional_inputs(object, inputs);
  return inputs;
}

}  // namespace envlock
