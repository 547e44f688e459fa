#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/error.hpp"
#include "verify/diff/compare.hpp"

namespace envlock::test {

/// A lock in memory: packages of one channel, each with the line of environment.yml that asked.
class DiffLock {
 public:
  explicit DiffLock(std::vector<std::string> specs = {}) {
    LockInputs::File file;
    file.path = "environment.yml";
    file.specs = std::move(specs);
    lock_.inputs.files.push_back(std::move(file));
    LockChannel channel;
    channel.name = "forge";
    channel.url = "https://conda.example/forge";
    lock_.channels.push_back(std::move(channel));
  }
  PackageRecord& add(const std::string& name, const std::string& version = "1.0",
                     const std::string& build = "0", std::vector<std::string> depends = {},
                     const std::string& subdir = "linux-64") {
    LockedPackage package;
    package.channel = "forge";
    package.requested = is_requested(name);
    PackageRecord& record = package.record;
    record.name = name;
    record.version = version;
    record.build = build;
    record.subdir = subdir;
    record.channel_url = "https://conda.example/forge";
    record.fn = name + '-' + version + '-' + build + ".conda";
    record.url = record.channel_url + '/' + subdir + '/' + record.fn;
    record.sha256 = sha256_of(record.fn);
    record.size = 1000;
    record.license = "MIT";
    record.depends = std::move(depends);
    auto& packages = lock_.platforms[Platform::parse(subdir).value()].packages;
    packages.push_back(std::move(package));
    return packages.back().record;
  }
  [[nodiscard]] Lockfile& lock() { return lock_; }
  [[nodiscard]] DiffInput input(const std::string& shown = "x.lock") const {
    DiffInput made = diff_input_of(Lockfile(lock_));
    made.shown = shown;
    return made;
  }

 private:
  [[nodiscard]] bool is_requested(const std::string& name) const {
    for (const std::string& spec : lock_.inputs.files.front().specs) {
      if (spec == name || spec.starts_with(name + '=') || spec.starts_with(name + '>')) return true;
    }
    return false;
  }
  Lockfile lock_;
};

}  // namespace envlock::test
