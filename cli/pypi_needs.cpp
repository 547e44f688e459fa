#include "cli/pypi_needs.hpp"

#include <algorithm>
#include <set>
#include <variant>

#include "cli/pip_names.hpp"
#include "cli/pip_target.hpp"
#include "model/error.hpp"
#include "model/pip_line.hpp"
#include "model/wheel_name.hpp"

namespace envlock {
namespace {

class Needs {
 public:
  Needs(const Lockfile& lock, const Platform& platform)
      : lock_(lock), platform_(platform), content_(lock.platforms.at(platform)) {
    const auto target = pip_target(platform, content_);
    if (const PipTarget* known = std::get_if<PipTarget>(&target)) markers_ = known->markers;
    for (const ProvidedProject& one : provided_projects(content_.packages, rules_of(lock)))
      present_.insert(one.project);
    for (const LockedPypi& package : content_.pypi) present_.insert(project_key(package.name));
    for (const LockedPypi& package : content_.pypi) {
      std::vector<PypiNeed>& all = all_[project_key(package.name)];
      for (const std::string& text : package.requires_dist) {
        try {
          all.push_back({Requirement::parse(text), text});
        } catch (const InputError&) {
          // An adopted lock has what its source had, and that may be no requirement.
        }
      }
    }
  }

  std::map<std::string, std::vector<PypiNeed>> run() {
    ask_by_lines();
    ask_by_packages();
    ask_by_presence();
    std::map<std::string, std::vector<PypiNeed>> out;
    for (const auto& [project, needs] : all_) {
      for (const PypiNeed& need : needs) {
        if (holds(project, need.requirement)) out[project].push_back(need);
      }
    }
    return out;
  }

 private:
  static PypiRules rules_of(const Lockfile& lock) {
    PypiRules rules;
    rules.names = lock.inputs.pypi_names;
    return rules;
  }

  [[nodiscard]] bool holds_with(const Requirement& one, const std::string& extra) const {
    if (!one.marker) return true;
    // Where the target's markers are not known, what is there is there for a reason.
    if (markers_.empty()) return present_.contains(one.project);
    MarkerVariables variables = markers_;
    variables["extra"] = extra;
    return one.marker->holds(variables);
  }

  [[nodiscard]] bool holds(const std::string& owner, const Requirement& one) const {
    if (holds_with(one, {})) return true;
    const auto asked = extras_.find(owner);
    return asked != extras_.end() && std::ranges::any_of(asked->second, [&](const auto& extra) {
             return holds_with(one, extra);
           });
  }

  void ask_by_lines() {
    const auto take = [&](const std::vector<std::string>& lines) {
      for (const std::string& line : lines) {
        try {
          const PipLine read = parse_pip_line(line);
          // A project's extras are with its path, and what they need is among its requirements.
          if (read.kind == PipLine::Kind::requirement && holds_with(read.requirement, {}))
            ask(read.requirement);
        } catch (const InputError&) {
          // The line of a lock that another version made.
        }
      }
    };
    for (const LockInputs::File& file : lock_.inputs.files) {
      take(file.pip);
      const auto limited = file.platform_pip.find(platform_);
      if (limited != file.platform_pip.end()) take(limited->second);
    }
  }

  bool ask(const Requirement& one) {
    if (one.extras.empty()) return false;
    std::set<std::string>& extras = extras_[one.project];
    const std::size_t before = extras.size();
    extras.insert(one.extras.begin(), one.extras.end());
    return extras.size() != before;
  }

  /// An extra may ask for another, until nothing new comes.
  void ask_by_packages() {
    for (bool moved = true; moved;) {
      moved = false;
      for (const auto& [project, needs] : all_) {
        for (const PypiNeed& need : needs) {
          if (holds(project, need.requirement)) moved = ask(need.requirement) || moved;
        }
      }
    }
  }

  /// What nobody else needs is there by an extra, of which a lock that was adopted says nothing.
  void ask_by_presence() {
    std::set<std::string> needed;
    for (const LockedPypi& package : content_.pypi) {
      if (package.requested) needed.insert(project_key(package.name));
    }
    for (const auto& [project, needs] : all_) {
      for (const PypiNeed& need : needs) {
        if (holds(project, need.requirement)) needed.insert(need.requirement.project);
      }
    }
    for (const auto& [project, needs] : all_) {
      for (const PypiNeed& need : needs) {
        const std::string& target = need.requirement.project;
        if (!need.requirement.marker || target == project || !all_.contains(target) ||
            needed.contains(target))
          continue;
        for (const std::string& extra : named_extras(need.requirement.marker_text)) {
          if (holds_with(need.requirement, extra)) extras_[project].insert(extra);
        }
      }
    }
    ask_by_packages();
  }

  /// What stands in quotes in a marker: extras, and more that will not hold.
  static std::vector<std::string> named_extras(const std::string& marker) {
    std::vector<std::string> found;
    if (marker.find("extra") == std::string::npos) return found;
    for (std::size_t at = marker.find_first_of("'\""); at != std::string::npos;) {
      const std::size_t end = marker.find(marker[at], at + 1);
      if (end == std::string::npos) break;
      found.push_back(marker.substr(at + 1, end - at - 1));
      at = marker.find_first_of("'\"", end + 1);
    }
    return found;
  }

  const Lockfile& lock_;
  const Platform& platform_;
  const LockPlatform& content_;
  MarkerVariables markers_;
  std::map<std::string, std::vector<PypiNeed>> all_;
  std::set<std::string> present_;                        ///< Projects, of conda or PyPI.
  std::map<std::string, std::set<std::string>> extras_;  ///< That are asked for, by project.
};

}  // namespace

std::map<std::string, std::vector<PypiNeed>> pypi_needs(const Lockfile& lock,
                                                        const Platform& platform) {
  return Needs(lock, platform).run();
}

}  // namespace envlock
