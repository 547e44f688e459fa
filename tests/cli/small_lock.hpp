#pragma once

#include <string>
#include <vector>

#include "model/digest.hpp"
#include "model/lockfile.hpp"

namespace envlock::test {

inline LockedPackage locked(const std::string& name, const std::string& version,
                            std::vector<std::string> depends, bool requested = false) {
  LockedPackage package;
  PackageRecord& record = package.record;
  record.name = name;
  record.version = version;
  record.build = "h1_0";
  record.subdir = "linux-64";
  record.channel_url = "https://conda.anaconda.org/conda-forge";
  record.fn = name + '-' + version + "-h1_0.conda";
  record.url = record.channel_url + "/linux-64/" + record.fn;
  record.sha256 = sha256_of(record.fn);
  record.size = 1000;
  record.depends = std::move(depends);
  package.channel = "conda-forge";
  package.requested = requested;
  return package;
}

inline LockedPypi pypi(std::string name, std::string version, std::string path) {
  LockedPypi package;
  package.name = std::move(name);
  package.version = std::move(version);
  package.path = std::move(path);
  return package;
}

/// numpy and python were asked for; python and pip need each other.
inline Lockfile small_lock() {
  Lockfile lock;
  lock.channels = {{"conda-forge", "https://conda.anaconda.org/conda-forge", "sha256", {}}};
  lock.inputs.channels = {
      {"conda-forge", "https://conda.anaconda.org/conda-forge", "sha256", "", {}}};
  const Platform linux_64 = Platform::parse("linux-64").value();
  LockInputs::File file;
  file.path = "environment.yml";
  file.specs = {"numpy", "python 3.12.*"};
  file.platform_specs[linux_64] = {"python !=3.12.0"};
  lock.inputs.files = {file};
  LockPlatform& platform = lock.platforms[linux_64];
  platform.virtual_packages = {{"__glibc", "2.28", "0"}};
  platform.packages = {
      locked("numpy", "2.1.0", {"python >=3.12,<3.13.0a0"}, true),
      locked("openssl", "3.3.2", {"__glibc >=2.17,<3.0.a0"}),
      locked("pip", "24.2", {"python >=3.8,<3.13.0a0"}),
      locked("python", "3.12.7", {"openssl >=3.3,<4.0a0", "tzdata", "pip"}, true),
      locked("tzdata", "2024b", {}),
  };
  platform.packages[0].record.constrains = {"pip >=20"};
  return lock;
}

}  // namespace envlock::test
