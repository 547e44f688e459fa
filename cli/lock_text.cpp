#include "cli/lock_text.hpp"

#include "model/digest.hpp"
#include "model/readable_spec.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

/// Long enough that nobody takes two files for one, short enough to be read over.
constexpr std::size_t shown_digits = 12;

class LockText {
 public:
  explicit LockText(const Lockfile& lock) : lock_(lock) {}

  std::vector<std::string> take() {
    add("lock version " + std::to_string(Lockfile::current_version) + ", " + lock_.origin +
        (lock_.complete ? "" : ", incomplete"));
    for (const std::string& sentence : lock_.incomplete) add("incomplete: " + sentence);
    add_question();
    for (const LockChannel& channel : lock_.channels) {
      add("channel " + channel.name + ' ' + channel.url + ' ' + channel.trust);
      for (const std::string& base : channel.base_urls)
        add("channel " + channel.name + " has packages at " + base);
    }
    for (const auto& [name, value] : lock_.variables) add("variable " + name + '=' + value);
    for (const auto& [platform, locked] : lock_.platforms) add_platform(platform.subdir(), locked);
    return std::move(lines_);
  }

 private:
  void add(std::string line) { lines_.push_back(std::move(line)); }

  void add_question() {
    const LockInputs& inputs = lock_.inputs;
    for (const LockInputs::File& file : inputs.files) {
      for (const std::string& spec : file.specs)
        add("asked by " + file.path + ": " + readable_spec(spec));
      for (const auto& [platform, specs] : file.platform_specs) {
        for (const std::string& spec : specs)
          add("asked by " + file.path + " for " + platform.subdir() + ": " + readable_spec(spec));
      }
      for (const std::string& line : file.pip) add("asked of pip by " + file.path + ": " + line);
      for (const auto& [platform, lines] : file.platform_pip) {
        for (const std::string& line : lines)
          add("asked of pip by " + file.path + " for " + platform.subdir() + ": " + line);
      }
    }
    for (const LockInputs::Channel& channel : inputs.channels) add_channel("asked: ", channel);
    for (const LockInputs::Channel& channel : inputs.spec_channels)
      add_channel("asked by a spec: ", channel);
    for (const Platform& platform : inputs.platforms) add("asked: platform " + platform.subdir());
    for (const auto& [platform, packages] : inputs.virtual_packages) {
      std::string line = "asked: " + platform.subdir() + " has";
      for (const VirtualPackage& package : packages) line += ' ' + package.to_string();
      add(packages.empty() ? line + " no virtual packages" : line);
    }
    add("asked: channel priority " + std::string(to_string(inputs.channel_priority)) +
        ", strategy " + inputs.strategy);
    if (inputs.exclude_newer) {
      add("asked: nothing newer than " + inputs.exclude_newer->asked + " (" +
          inputs.exclude_newer->cutoff.to_string() + ')');
    }
    for (const std::string& spec : inputs.denied) add("denied: " + spec);
    for (const auto& [channel, patterns] : inputs.owns) {
      for (const std::string& pattern : patterns) add("owned by " + channel + ": " + pattern);
    }
    if (inputs.same_versions_as) add("asked: the versions of " + *inputs.same_versions_as);
    if (inputs.keep_records_without_timestamp) add("asked: records without timestamp are kept");
    for (const LockInputs::PypiIndex& index : inputs.pypi_indexes) {
      std::string line = "asked of pip: index " + index.url;
      for (const std::string& pattern : index.packages) line += ' ' + pattern;
      add(std::move(line));
    }
    for (const auto& [package, projects] : inputs.pypi_names) {
      std::string line = "asked of pip: " + package + " is";
      for (const std::string& project : projects) line += ' ' + project;
      add(projects.empty() ? line + " no project" : line);
    }
  }

  void add_channel(const std::string& prefix, const LockInputs::Channel& channel) {
    std::string line = prefix + "channel " + channel.name + ' ' + channel.url;
    if (channel.trust != "sha256") line += ' ' + channel.trust;
    if (!channel.minimum_age.empty()) line += " minimum age " + channel.minimum_age;
    for (const std::string& subdir : channel.subdirs) line += ' ' + subdir;
    add(std::move(line));
  }

  void add_platform(const std::string& platform, const LockPlatform& locked) {
    for (const VirtualPackage& package : locked.virtual_packages)
      add(platform + " assumes " + package.to_string());
    for (const LockedPackage& package : locked.packages) add(line_of(platform, package));
    for (const LockedPypi& package : locked.pypi) {
      std::string line = platform + " pypi " + package.name + ' ' + package.version + ' ' +
                         (package.url.empty() ? package.path : package.url);
      if (package.requested) line += " requested";
      if (package.sha256) line += " sha256:" + package.sha256->hex().substr(0, shown_digits);
      Sha256Of rest;
      rest.add(package.metadata_sha256).add(package.requires_dist).add(package.url);
      add(line + " metadata:" + rest.shown());
    }
  }

  /// Digest of what a line has no place for, so that a change of it shows.
  class Sha256Of {
   public:
    Sha256Of& add(const std::string& text) {
      all_ += std::to_string(text.size()) + ':' + text;
      return *this;
    }
    Sha256Of& add(const std::vector<std::string>& texts) {
      add(std::to_string(texts.size()));
      for (const std::string& text : texts) add(text);
      return *this;
    }
    [[nodiscard]] std::string shown() const {
      return sha256_of(all_).hex().substr(0, shown_digits);
    }

   private:
    std::string all_;
  };

  static std::string line_of(const std::string& platform, const LockedPackage& package) {
    const PackageRecord& record = package.record;
    std::string line = platform + ' ' + record.name + ' ' + record.version + ' ' + record.build +
                       ' ' + package.channel + '/' + record.subdir;
    if (package.requested) line += " requested";
    for (const std::string& key : package.signed_by) line += " signed by " + key;
    if (record.sha256) line += " sha256:" + record.sha256->hex().substr(0, shown_digits);
    Sha256Of rest;
    rest.add(record.depends).add(record.constrains).add(record.track_features);
    rest.add(record.fn).add(record.license).add(record.license_family);
    rest.add(record.md5 ? record.md5->hex() : "").add(std::string(to_string(record.noarch)));
    rest.add(std::to_string(record.size.value_or(0))).add(std::to_string(record.build_number));
    rest.add(std::to_string(record.timestamp_ms.value_or(0)));
    rest.add(std::to_string(record.indexed_timestamp_ms.value_or(0)));
    rest.add(record.python_site_packages_path);
    return line + " metadata:" + rest.shown();
  }

  const Lockfile& lock_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> lock_text(const Lockfile& lock) { return LockText(lock).take(); }

}  // namespace envlock
