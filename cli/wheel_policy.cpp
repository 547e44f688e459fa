#include "cli/wheel_policy.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "cli/pip_names.hpp"
#include "model/pip_line.hpp"
#include "model/pypi_origin.hpp"
#include "model/text.hpp"
#include "model/wheel_name.hpp"

namespace envlock {
namespace {

/// What a spec of `denied:` says where it means wheels alone, as reports call them.
constexpr std::string_view wheels_alone = "pypi";

std::string id_of(const LockedPypi& package) {
  return "'pypi:" + package.name + ' ' + package.version + '\'';
}

/// The URLs that the lines of `pip:` lists name: what is asked for by its URL is from nowhere else.
std::set<std::string> asked_urls(const LockInputs& inputs) {
  std::set<std::string> urls;
  const auto add = [&](const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
      if (line.find("://") == std::string::npos) continue;
      try {
        const PipLine read = parse_pip_line(line);
        if (read.kind == PipLine::Kind::requirement && read.url) urls.insert(read.url->to_string());
      } catch (const InputError&) {
        // A lock that was edited may hold any line: it allows nothing.
      }
    }
  };
  for (const LockInputs::File& file : inputs.files) {
    add(file.pip);
    for (const auto& [platform, lines] : file.platform_pip) add(lines);
  }
  return urls;
}

}  // namespace

bool WheelPolicy::Denied::names(const std::string& project) const {
  if (spec.has_exact_name()) return std::ranges::count(projects, project) != 0;
  // A glob is written by conda's names, where '_' and '.' are not '-'.
  return std::ranges::any_of(std::string_view("-_."), [&](char separator) {
    std::string spelt = project;
    std::ranges::replace(spelt, '-', separator);
    return spec.matches_name(spelt);
  });
}

bool WheelPolicy::Denied::takes(std::string_view version) const {
  const std::optional<Version> parsed = Version::parse(version);
  return !parsed || spec.version().matches(*parsed);  // what cannot be compared is not let through
}

bool WheelPolicy::Denied::asks_for_more() const {
  const MatchSpec::Details& more = spec.details();
  return spec.build() || spec.build_number() || more.subdir || more.fn || more.url || more.md5 ||
         more.sha256 || more.license || more.license_family || !more.track_features.empty() ||
         spec.is_conditional();
}

WheelPolicy::WheelPolicy(const ProjectFile& project)
    : rules_(project.project.pypi),
      lists_places_(!project.project.channels.empty() || !project.project.pypi.indexes.empty()),
      path_(project.project.path) {
  std::set<std::string> channels;
  std::set<std::string> of_channels;
  for (const Project::ChannelRule& rule : project.project.channels) {
    channels.insert(rule.name);
    for (const std::string& pattern : rule.owns) {
      owned_.push_back({rule.name, pattern, MatchSpec::parse(project_key(pattern))});
    }
    if (rule.trust.signatures == SignaturePolicy::require) of_channels.insert("'signatures'");
    if (rule.trust.attestations) of_channels.insert("'attestations'");
    if (!rule.trust.minimum_age.empty()) of_channels.insert("'minimum_age'");
  }
  for (const std::string& name : of_channels)
    channel_rules_ += (channel_rules_.empty() ? "" : ", ") + name;
  for (const Project::DeniedPackage& package : project.project.denied) {
    Denied one{MatchSpec::parse(package.spec), {}, {}};
    // One with a channel is about that channel's packages.
    if (const auto& channel = one.spec.channel();
        channel && *channel != "*" && (*channel != wheels_alone || channels.contains(*channel)))
      continue;
    if (one.spec.has_exact_name()) one.projects = projects_named(one.spec.name(), rules_);
    one.shown = package.place.to_string() + ": '" + package.spec + "'";
    denied_.push_back(std::move(one));
  }
}

std::string WheelPolicy::denied(const std::string& project, std::string_view version) const {
  for (const Denied& one : denied_) {
    if (!one.asks_for_more() && one.names(project) && one.takes(version)) return one.shown;
  }
  return {};
}

std::string WheelPolicy::owned(const std::string& project) const {
  const PypiIndex& index = rules_.index_of(project);
  if (!index.packages.empty()) return {};  // envlock.yml says whose it is
  for (const Owned& one : owned_) {
    if (one.names.matches_name(project))
      return "'" + one.pattern + "' belongs to the channel '" + one.channel + "'";
  }
  return {};
}

/// Over one lock.
class WheelPolicy::Judge {
 public:
  Judge(const WheelPolicy& policy, const Lockfile& lock)
      : policy_(policy), urls_(asked_urls(lock.inputs)) {}

  void judge(const LockedPypi& package) {
    seen_.insert(id_of(package));
    judge_denied(package);
    if (is_on_disk(package)) return;  // of this repository, whatever its name
    if (const std::string fault = policy_.owned(package.name); !fault.empty())
      add("owned", package, "is of PyPI's kind, but " + fault);
    judge_place(package);
  }

  Verdict finish() {
    if (!policy_.channel_rules_.empty() && !seen_.empty())
      remarks_.insert(policy_.path_ + ": " + policy_.channel_rules_ +
                      " of channels do not bear on " + counted(seen_.size(), "package") +
                      " of PyPI, which only the lock's SHA-256 vouches for");
    for (const auto& [index, places] : unknown_) {
      std::string hosts;
      for (const std::string& host : places.hosts) hosts += (hosts.empty() ? "" : ", ") + host;
      remarks_.insert("no lock shows whether the index '" + index + "' names the files of " +
                      hosts + " (" + counted(places.packages.size(), "package") +
                      " of PyPI): envlock.yml's indexes were held when it was solved");
    }
    return {{breaches_.begin(), breaches_.end()}, {remarks_.begin(), remarks_.end()}};
  }

 private:
  void add(std::string rule, const LockedPypi& package, const std::string& what) {
    breaches_.insert({std::move(rule), package.name, id_of(package) + ' ' + what});
  }

  void judge_denied(const LockedPypi& package) {
    for (const Denied& one : policy_.denied_) {
      if (!one.names(package.name) || !one.takes(package.version)) continue;
      if (!one.asks_for_more()) {
        add("denied", package, "is denied by " + one.shown);
      } else if (one.spec.details().sha256 && package.sha256 &&
                 *one.spec.details().sha256 == package.sha256->hex()) {
        add("denied", package, "has the sha256 that is denied by " + one.shown);
      } else if (!one.spec.details().sha256) {
        remarks_.insert(one.shown +
                        " is denied by more than name, version and sha256, and a lock " +
                        "holds no more of wheels: it was not judged of " + id_of(package));
      }
    }
  }

  void judge_place(const LockedPypi& package) {
    if (!policy_.lists_places_ || urls_.contains(package.url)) return;
    const auto url = Url::parse(package.url);
    if (!url) return;  // no lock is read with such a one
    const PypiIndex& index = policy_.rules_.index_of(package.name);
    if (url->origin() == index.url.origin()) return;
    const bool is_pypi = index.url.origin() == default_pypi_index().url.origin();
    if (is_pypi && is_of_pypi(package)) return;
    if (is_pypi) {
      add("index", package,
          "comes from " + url->origin() + ", and '" + policy_.path_ +
              "' has it from PyPI, which keeps its files at files.pythonhosted.org");
      return;
    }
    Unknown& unknown = unknown_[index.name];
    unknown.hosts.insert(url->origin());
    unknown.packages.insert(package.name);
  }

  struct Unknown {
    std::set<std::string> hosts, packages;
  };
  const WheelPolicy& policy_;
  std::set<std::string> urls_;
  std::set<std::string> seen_;
  std::map<std::string, Unknown> unknown_;  ///< By index.
  std::set<Breach> breaches_;               // of several platforms, each once
  std::set<std::string> remarks_;
};

WheelPolicy::Verdict WheelPolicy::judge(const Lockfile& lock,
                                        std::span<const Platform> platforms) const {
  Judge judge(*this, lock);
  for (const Platform& platform : platforms) {
    for (const LockedPypi& package : lock.platforms.at(platform).pypi) judge.judge(package);
  }
  return judge.finish();
}

WheelPolicy::Verdict WheelPolicy::judge(const Lockfile& lock) const {
  std::vector<Platform> platforms;
  for (const auto& [platform, content] : lock.platforms) platforms.push_back(platform);
  return judge(lock, platforms);
}

void WheelPolicy::require_allowed(const Lockfile& lock) const {
  const std::vector<Breach> breaches = judge(lock).breaches;
  if (breaches.empty()) return;
  std::string text = "the 'pip:' list stands for what '" + path_ + "' does not allow:";
  for (const Breach& one : breaches) text += "\n  " + one.text;
  throw TrustError(text, "ask for another version or source of it, or change envlock.yml");
}

}  // namespace envlock
