#include "cli/export_text.hpp"

#include "cli/export_foreign.hpp"
#include "cli/export_pypi.hpp"
#include "cli/lock_graph.hpp"
#include "cli/yaml_text.hpp"
#include "model/json_writer.hpp"

namespace envlock {

std::string channel_base(const Lockfile& lock, const LockInputs::Channel& channel) {
  for (const auto& [platform, content] : lock.platforms) {
    for (const LockedPackage& package : content.packages) {
      if (package.channel == channel.name) return package.record.channel_url;
    }
  }
  const LockChannel* known = lock.find_channel(channel.name);
  return known == nullptr ? channel.url : known->url;
}

std::string channel_text(const Lockfile& lock, const LockInputs::Channel& channel) {
  if (channel.url == "https://conda.anaconda.org/" + channel.name) return channel.name;
  return channel_base(lock, channel);
}

namespace {

std::string with_hash(std::string line, const LockedPypi& package) {
  if (package.sha256) line += " --hash=sha256:" + package.sha256->hex();
  return line;
}

}  // namespace

std::string explicit_list(const Lockfile& lock, const Platform& platform) {
  const LockGraph graph(lock, platform);
  std::string out =
      "# Made by envlock from a lockfile. To install it:\n"
      "#   conda create --name NAME --file THIS_FILE\n"
      "# platform: " +
      platform.subdir() + "\n@EXPLICIT\n";
  for (const LockGraph::NodeId id : graph.dependencies_first()) {
    const LockedPackage* package = graph.nodes()[id].package;
    if (package == nullptr) continue;
    out += package->record.url;
    if (package->record.sha256) out += '#' + package->record.sha256->hex();
    out += '\n';
  }
  const std::vector<LockedPypi>& pypi = lock.platforms.at(platform).pypi;
  if (!pypi.empty())
    out += "# From PyPI, which conda does not install; by pip install --no-deps -r FILE:\n";
  // As conda-lock has them in such lists.
  for (const LockedPypi& package : pypi)
    out += "# pip " + with_hash(placed_requirement(package), package) + '\n';
  return out;
}

std::string requirements_list(const Lockfile& lock, const Platform& platform) {
  std::string out = "# Made by envlock from a lockfile, for " + platform.subdir() +
                    ". To install it into an environment of the lock's conda packages:\n"
                    "#   pip install --no-deps --require-hashes -r THIS_FILE\n";
  for (const LockedPypi& package : lock.platforms.at(platform).pypi) {
    if (!package.sha256) out += "# a project on disk, without digest: ";
    out += with_hash(pinned_requirement(package), package) + '\n';
  }
  return out;
}

std::string pinned_environment(const Lockfile& lock, const Platform& platform) {
  const LockPlatform& content = lock.platforms.at(platform);
  std::string out = "# Made by envlock from a lockfile, for " + platform.subdir() +
                    ". To install it:\n#   conda env create --name NAME --file THIS_FILE\n";
  out += "channels:\n";
  std::map<std::string, std::string> texts;
  for (const auto* list : {&lock.inputs.channels, &lock.inputs.spec_channels}) {
    for (const LockInputs::Channel& channel : *list) {
      texts[channel.name] = channel_text(lock, channel);
      out += "  - " + yaml_scalar(texts[channel.name]) + '\n';
    }
  }
  out += "  - nodefaults\ndependencies:\n";
  for (const LockedPackage& package : content.packages) {
    const PackageRecord& record = package.record;
    std::string spec = record.name + '=' + record.version + '=' + record.build;
    if (const auto text = texts.find(package.channel); texts.size() > 1 && text != texts.end()) {
      spec.insert(0, text->second + "::");
    }
    out += "  - " + yaml_scalar(spec) + '\n';
  }
  if (!content.pypi.empty()) out += "  - pip:\n";
  for (const LockedPypi& package : content.pypi) {
    std::string spec = pinned_requirement(package);
    // pip takes a digest behind a URL, and behind nothing else in such a file.
    if (package.sha256 && spec.find(" @ ") != std::string::npos)
      spec += "#sha256=" + package.sha256->hex();
    out += "      - " + yaml_scalar(spec) + '\n';
  }
  if (!lock.variables.empty()) out += "variables:\n";
  for (const auto& [name, value] : lock.variables) {
    std::string quoted;
    append_json_string(quoted, value);
    out += "  " + yaml_scalar(name) + ": " + quoted + '\n';
  }
  return out;
}

}  // namespace envlock
