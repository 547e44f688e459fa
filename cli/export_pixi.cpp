#include <map>
#include <set>
#include <tuple>

#include "cli/export_foreign.hpp"
#include "cli/yaml_text.hpp"
#include "model/foreign_lock.hpp"
#include "model/pypi_origin.hpp"

namespace envlock {
namespace {

class Writer {
 public:
  Writer(const Lockfile& lock, const std::vector<Platform>& platforms)
      : lock_(lock), platforms_(platforms) {}

  ForeignText write() {
    out_ += "version: 6\nenvironments:\n  default:\n";
    write_question();
    out_ += "    packages:";
    out_ += platforms_.empty() ? " {}\n" : "\n";
    for (const Platform& platform : platforms_) write_list(platform);
    out_ += "packages:";
    out_ += entries_.empty() ? " []\n" : "\n";
    for (const auto& [key, text] : entries_) out_ += text;
    if (!lock_.variables.empty()) lost_.insert("the variables");
    lost_.insert("assumed virtual packages and requests");
    return {std::move(out_), {lost_.begin(), lost_.end()}};
  }

 private:
  using Texts = std::vector<std::string>;

  void write_question() {
    out_ += "    channels:\n";
    for (const auto* list : {&lock_.inputs.channels, &lock_.inputs.spec_channels}) {
      for (const LockInputs::Channel& channel : *list)
        out_ += "    - url: " + yaml_scalar(channel_base(lock_, channel) + '/') + '\n';
    }
    write_indexes();
    const auto& inputs = lock_.inputs;
    if (inputs.channel_priority == ChannelPriority::strict && !inputs.exclude_newer) return;
    out_ += "    options:\n";
    if (inputs.channel_priority != ChannelPriority::strict)
      out_ += "      channel-priority: " + std::string(to_string(inputs.channel_priority)) + '\n';
    if (inputs.exclude_newer)
      out_ +=
          "      exclude-newer: " + yaml_scalar(inputs.exclude_newer->cutoff.to_string()) + '\n';
  }

  /// pixi asks each for all packages; what is locked has its URL whichever it was.
  void write_indexes() {
    bool pypi = false;
    for (const Platform& platform : platforms_) pypi |= !lock_.platforms.at(platform).pypi.empty();
    if (!pypi) return;
    out_ += "    indexes:\n";
    bool has_all = false;
    for (const LockInputs::PypiIndex& index : lock_.inputs.pypi_indexes) {
      out_ += "    - " + yaml_scalar(index.url) + '\n';
      has_all |= index.packages.empty();
      if (!index.packages.empty())
        lost_.insert("which packages come from '" + index.url + "' alone");
    }
    if (!has_all) out_ += "    - https://pypi.org/simple\n";
  }

  void write_list(const Platform& platform) {
    const LockPlatform& content = lock_.platforms.at(platform);
    out_ += "      " + yaml_scalar(platform.subdir()) + ':';
    out_ += content.packages.empty() && content.pypi.empty() ? " []\n" : "\n";
    for (const LockedPackage& package : content.packages) {
      const PackageRecord& record = package.record;
      out_ += "      - conda: " + yaml_scalar(record.url) + '\n';
      entries_.emplace(Key{0, record.name, record.version, record.url}, conda_entry(record));
    }
    for (const LockedPypi& package : content.pypi) {
      const std::string& reference = package.path.empty() ? package.url : package.path;
      const std::string place = is_on_disk(package) ? reference_path(reference) : reference;
      out_ += "      - pypi: " + yaml_scalar(place) + '\n';
      if (!package.path.empty())
        lost_.insert("the digest of the local project '" + package.name + "'");
      entries_.emplace(Key{1, package.name, package.version, place}, pypi_entry(package, place));
    }
  }

  static void add(std::string& out, std::string_view key, std::string_view text) {
    if (text.empty()) return;
    out.append("  ").append(key).append(": ").append(yaml_scalar(text)).append("\n");
  }
  static void add_number(std::string& out, std::string_view key, const std::string& number) {
    out.append("  ").append(key).append(": ").append(number).append("\n");
  }
  static void add_list(std::string& out, std::string_view key, const Texts& texts) {
    if (texts.empty()) return;
    out.append("  ").append(key).append(":\n");
    for (const std::string& text : texts) out.append("  - ").append(yaml_scalar(text)).append("\n");
  }

  /// pixi leaves out what it derives from the URL.
  static std::string conda_entry(const PackageRecord& record) {
    std::string out = "- conda: " + yaml_scalar(record.url) + '\n';
    const PackageRecord derived = record_of_url(record.url).value_or(PackageRecord());
    if (record.name != derived.name) add(out, "name", record.name);
    if (record.version != derived.version) add(out, "version", record.version);
    if (record.build != derived.build) add(out, "build", record.build);
    if (record.build_number != derived.build_number)
      add_number(out, "build_number", std::to_string(record.build_number));
    if (record.subdir != derived.subdir) add(out, "subdir", record.subdir);
    if (record.noarch != derived.noarch)
      add(out, "noarch", record.noarch == NoArch::none ? "none" : to_string(record.noarch));
    if (record.sha256) add(out, "sha256", record.sha256->hex());
    if (record.md5) add(out, "md5", record.md5->hex());
    add_list(out, "depends", record.depends);
    add_list(out, "constrains", record.constrains);
    if (record.channel_url != derived.channel_url) add(out, "channel", record.channel_url);
    add_list(out, "track_features", record.track_features);
    add(out, "license", record.license);
    add(out, "license_family", record.license_family);
    if (record.size) add_number(out, "size", std::to_string(*record.size));
    if (record.timestamp_ms) add_number(out, "timestamp", std::to_string(*record.timestamp_ms));
    add(out, "python_site_packages_path", record.python_site_packages_path);
    return out;
  }

  static std::string pypi_entry(const LockedPypi& package, const std::string& place) {
    std::string out = "- pypi: " + yaml_scalar(place) + '\n';
    add(out, "name", package.name);
    add(out, "version", package.version);
    if (package.sha256) add(out, "sha256", package.sha256->hex());
    add_list(out, "requires_dist", package.requires_dist);
    return out;
  }

  using Key = std::tuple<int, std::string, std::string, std::string>;
  const Lockfile& lock_;
  const std::vector<Platform>& platforms_;
  std::string out_;
  std::map<Key, std::string> entries_;
  std::set<std::string> lost_;
};

}  // namespace

ForeignText pixi_lock_text(const Lockfile& lock, const std::vector<Platform>& platforms) {
  return Writer(lock, platforms).write();
}

}  // namespace envlock
