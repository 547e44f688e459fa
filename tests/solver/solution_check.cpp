#include "tests/solver/solution_check.hpp"

#include <map>
#include <set>

#include "model/channel.hpp"
#include "model/match_spec.hpp"

namespace envlock::test {
namespace {

class Judge {
 public:
  Judge(const std::vector<PackageRecord>& packages, const SolveQuestion& question)
      : packages_(packages), question_(question) {}

  std::vector<std::string> run() {
    for (const PackageRecord& package : packages_)
      if (!by_name_.emplace(package.name, &package).second)
        faults_.push_back("two packages named " + package.name);
    for (const Request& request : question_.requests)
      if (!met(MatchSpec::parse(request.text)))
        faults_.push_back("request " + request.text + " is not met");
    for (const PackageRecord& package : packages_) {
      if (!package.sha256) faults_.push_back(package.fn + " has no sha256");
      for (const std::string& text : package.depends)
        if (!met(MatchSpec::parse(text)))
          faults_.push_back(package.fn + " depends on " + text + ", which is not met");
      for (const std::string& text : package.constrains) {
        const MatchSpec spec = MatchSpec::parse(text);
        for (const PackageRecord& other : packages_)
          if (spec.matches_name(other.name) && !matches(spec, other))
            faults_.push_back(package.fn + " constrains " + text + ", but there is " + other.fn);
        for (const VirtualPackage& other : question_.virtual_packages)
          if (spec.matches_name(other.name) && !matches(spec, other))
            faults_.push_back(package.fn + " constrains " + text + ", but there is " +
                              other.to_string());
      }
    }
    find_idle();
    return std::move(faults_);
  }

 private:
  bool met(const MatchSpec& spec) const {
    for (const PackageRecord& package : packages_)
      if (matches(spec, package)) return true;
    for (const VirtualPackage& package : question_.virtual_packages)
      if (matches(spec, package)) return true;
    return false;
  }

  bool matches(const MatchSpec& spec, const PackageRecord& package) const {
    if (spec.channel()) {
      bool same = false;
      for (const Channel& channel : parse_channel(*spec.channel(), question_.channel_names))
        same = same || channel.url.to_string() == package.channel_url;
      if (!same) return false;
    }
    const auto version = Version::parse(package.version);
    std::string track_features;
    for (const std::string& feature :
         std::set<std::string>(package.track_features.begin(), package.track_features.end()))
      track_features += (track_features.empty() ? "" : " ") + feature;
    const std::string md5 = package.md5 ? package.md5->hex() : "";
    const std::string sha256 = package.sha256 ? package.sha256->hex() : "";
    return version &&
           spec.matches({package.name, &*version, package.build, package.build_number,
                         package.channel_url, package.subdir, package.fn, package.url, md5, sha256,
                         package.license, package.license_family, track_features});
  }

  static bool matches(const MatchSpec& spec, const VirtualPackage& package) {
    const auto version = Version::parse(package.version);
    MatchFields fields;
    fields.name = package.name;
    fields.version = &*version;
    fields.build = package.build;
    return !spec.channel() && spec.matches(fields);
  }

  void find_idle() {
    std::set<std::string> reached;
    std::vector<std::string> open;
    for (const Request& request : question_.requests)
      open.push_back(MatchSpec::parse(request.text).name());
    while (!open.empty()) {
      const std::string name = open.back();
      open.pop_back();
      const auto package = by_name_.find(name);
      if (package == by_name_.end() || !reached.insert(name).second) continue;
      for (const std::string& text : package->second->depends)
        open.push_back(MatchSpec::parse(text).name());
    }
    for (const auto& [name, package] : by_name_)
      if (reached.count(name) == 0) faults_.push_back("nothing needs " + package->fn);
  }

  const std::vector<PackageRecord>& packages_;
  const SolveQuestion& question_;
  std::map<std::string, const PackageRecord*> by_name_;
  std::vector<std::string> faults_;
};

}  // namespace

std::vector<std::string> faults_of(const std::vector<PackageRecord>& packages,
                                   const SolveQuestion& question) {
  return Judge(packages, question).run();
}

std::vector<std::string> faults_of(const Solution& solution, const SolveQuestion& question) {
  std::vector<PackageRecord> packages;
  for (const SolvedPackage& package : solution.packages) packages.push_back(package.record);
  return faults_of(packages, question);
}

}  // namespace envlock::test
