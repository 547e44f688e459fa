#include <algorithm>
#include <map>
#include <set>

#include "cli/export_foreign.hpp"
#include "cli/pypi_needs.hpp"
#include "cli/yaml_text.hpp"
#include "model/text.hpp"
#include "model/wheel_name.hpp"

namespace envlock {
namespace {

/// A dependency in two parts; the format has a mapping of them.
struct Dependency {
  std::string name, constraint;
};

/// "python >=3.12,<3.13.0a0"
Dependency split_dependency(std::string_view text) {
  text = trim(text);
  const std::size_t end = std::min(text.find_first_of(" =<>!~[("), text.size());
  Dependency out{std::string(text.substr(0, end)), std::string(trim(text.substr(end)))};
  if (out.constraint == "*") out.constraint.clear();
  return out;
}

class Writer {
 public:
  Writer(const Lockfile& lock, const std::vector<Platform>& platforms)
      : lock_(lock), platforms_(platforms) {}

  ForeignText write() {
    write_metadata();
    out_ += "package:";
    std::map<std::pair<std::string, std::string>, std::string> conda;
    std::map<std::pair<std::string, std::string>, std::string> pip;
    for (const Platform& platform : platforms_) {
      const LockPlatform& content = lock_.platforms.at(platform);
      for (const LockedPackage& package : content.packages)
        conda.emplace(std::pair(package.record.name, platform.subdir()),
                      conda_entry(package.record, platform));
      const auto needs = pypi_needs(lock_, platform);
      for (const LockedPypi& package : content.pypi) {
        const auto own = needs.find(project_key(package.name));
        pip.emplace(std::pair(package.name, platform.subdir()),
                    pip_entry(package, platform,
                              own == needs.end() ? std::vector<PypiNeed>() : own->second));
      }
    }
    const bool empty = conda.empty() && pip.empty();
    out_ += empty ? " []\n" : "\n";
    for (const auto* list : {&conda, &pip}) {
      for (const auto& [key, text] : *list) out_ += text;
    }
    note_losses();
    return {std::move(out_), {lost_.begin(), lost_.end()}};
  }

 private:
  void write_metadata() {
    out_ +=
        "# Made by envlock from a lockfile. To install it:\n"
        "#   conda-lock install --name NAME THIS_FILE\n"
        "version: 1\nmetadata:\n  content_hash:\n";
    // conda-lock hashes its own input; any text that changes with the question will do (CEP 37).
    const std::string digest = inputs_sha256(lock_.inputs);
    for (const Platform& platform : platforms_)
      out_ += "    " + yaml_scalar(platform.subdir()) + ": " + yaml_scalar(digest) + '\n';
    out_ += "  channels:\n";
    for (const auto* list : {&lock_.inputs.channels, &lock_.inputs.spec_channels}) {
      for (const LockInputs::Channel& channel : *list)
        out_ +=
            "  - url: " + yaml_scalar(channel_text(lock_, channel)) + "\n    used_env_vars: []\n";
    }
    out_ += "  platforms:\n";
    for (const Platform& platform : platforms_)
      out_ += "  - " + yaml_scalar(platform.subdir()) + '\n';
    out_ += lock_.inputs.files.empty() ? "  sources: []\n" : "  sources:\n";
    for (const LockInputs::File& file : lock_.inputs.files)
      out_ += "  - " + yaml_scalar(file.path) + '\n';
  }

  static std::string head(const std::string& name, const std::string& version,
                          std::string_view manager, const Platform& platform) {
    return "- name: " + yaml_scalar(name) + "\n  version: " + yaml_scalar(version) +
           "\n  manager: " + std::string(manager) +
           "\n  platform: " + yaml_scalar(platform.subdir()) + '\n';
  }

  /// Several constraints on one name become one, "VERSIONS BUILD", where no two builds are asked
  /// for and no version has alternatives.
  void join(std::string& known, const std::string& more, const std::string& owner,
            const std::string& name) {
    if (more.empty() || more == known) return;
    if (known.empty()) {
      known = more;
      return;
    }
    const auto [version, build] = split(known);
    const auto [other_version, other_build] = split(more);
    const bool one_build = build.empty() || other_build.empty() || build == other_build;
    if (!one_build || (known + more).find_first_of("|[") != std::string::npos) {
      lost_.insert("the second constraint of '" + owner + "' on '" + name + "' ('" + more + "')");
      return;
    }
    std::string joined = version == "*" ? other_version : version;
    if (version != "*" && other_version != "*" && version != other_version)
      joined += ',' + other_version;
    if (!build.empty() || !other_build.empty())
      joined += ' ' + (build.empty() ? other_build : build);
    known = std::move(joined);
  }

  /// Several specifiers on one project become one, ">=1.2,<2,>=1.22": all of them hold.
  static void add_clauses(std::string& known, std::string specifier) {
    std::erase_if(specifier, [](char c) { return c == ' ' || c == '\t'; });
    if (specifier.empty() || specifier == known) return;
    known += (known.empty() ? "" : ",") + specifier;
  }

  /// The version and the build of a constraint.
  static std::pair<std::string, std::string> split(const std::string& constraint) {
    const std::size_t space = constraint.find(' ');
    if (space == std::string::npos) return {constraint, {}};
    return {constraint.substr(0, space), std::string(trim(constraint.substr(space)))};
  }

  std::string dependencies(const std::vector<std::string>& texts, const std::string& owner) {
    std::map<std::string, std::string> all;
    for (const std::string& text : texts) {
      const Dependency dependency = split_dependency(text);
      join(all[dependency.name], dependency.constraint, owner, dependency.name);
    }
    return mapping(all);
  }

  static std::string mapping(const std::map<std::string, std::string>& all) {
    std::string out = all.empty() ? "  dependencies: {}\n" : "  dependencies:\n";
    for (const auto& [name, constraint] : all)
      out += "    " + yaml_scalar(name) + ": " + yaml_scalar(constraint) + '\n';
    return out;
  }

  std::string conda_entry(const PackageRecord& record, const Platform& platform) {
    std::string out = head(record.name, record.version, "conda", platform);
    out += dependencies(record.depends, record.name);
    out += "  url: " + yaml_scalar(record.url) + "\n  hash:\n";
    if (record.md5) out += "    md5: " + yaml_scalar(record.md5->hex()) + '\n';
    if (record.sha256) out += "    sha256: " + yaml_scalar(record.sha256->hex()) + '\n';
    if (!record.constrains.empty()) lost_.insert("the 'constrains' of packages");
    return out + "  category: main\n  optional: false\n";
  }

  /// What holds on the platform, by name: the format has no place for markers and extras, and its
  /// installers ask nobody for dependencies.
  std::string pip_entry(const LockedPypi& package, const Platform& platform,
                        const std::vector<PypiNeed>& needs) {
    if (package.url.empty()) {
      lost_.insert("the local project '" + package.name + "'");
      return {};
    }
    std::map<std::string, std::string> all;
    for (const PypiNeed& need : needs) {
      const std::string& project = need.requirement.project;
      if (project != project_key(package.name))  // not "tool[all]" of tool
        add_clauses(all[project], need.requirement.specifier);
    }
    std::string out = head(package.name, package.version, "pip", platform);
    out += mapping(all);
    out += "  url: " + yaml_scalar(package.url) + "\n  hash:\n";
    if (package.sha256) out += "    sha256: " + yaml_scalar(package.sha256->hex()) + '\n';
    return out + "  category: main\n  optional: false\n";
  }

  void note_losses() {
    if (!lock_.variables.empty()) lost_.insert("the variables");
    lost_.insert("licences, sizes, times, assumed virtual packages and requests");
  }

  const Lockfile& lock_;
  const std::vector<Platform>& platforms_;
  std::string out_;
  std::set<std::string> lost_;
};

}  // namespace

ForeignText conda_lock_text(const Lockfile& lock, const std::vector<Platform>& platforms) {
  return Writer(lock, platforms).write();
}

}  // namespace envlock
