#include "cli/wheel_packages.hpp"

#include <algorithm>

#include "model/error.hpp"
#include "model/lock_urls.hpp"
#include "model/text.hpp"
#include "model/url.hpp"
#include "model/wheel_name.hpp"

namespace envlock {
namespace {

constexpr std::size_t most_named = 5;

/// The last part of the URL, decoded; empty where there is none that can be a file's name.
std::string file_name_of(const Url& url) {
  const std::string& path = url.path();
  const auto name = percent_decode(std::string_view(path).substr(path.rfind('/') + 1));
  const bool is_plain = name && name->find('/') == std::string::npos && printable(*name) == *name;
  return is_plain ? *name : std::string();
}

LockedPackage wheel_package(const LockedPypi& locked, const Url& url, std::string file_name) {
  LockedPackage package;
  PackageRecord& record = package.record;
  record.name = project_key(locked.name);
  record.version = locked.version;
  record.build = pypi_build;
  record.subdir = pypi_subdir;
  record.channel_url = pypi_subdir;
  record.fn = std::move(file_name);
  record.url = url.to_string();
  record.sha256 = locked.sha256;
  record.size = locked.size;
  package.channel = pypi_subdir;
  package.requested = locked.requested;
  return package;
}

void require_same_name(const LockedPypi& locked, const WheelName& name,
                       const std::string& file_name) {
  if (project_key(locked.name) == project_key(name.name) &&
      python_version_key(locked.version) == python_version_key(name.version))
    return;
  throw InputError("the lock has '" + locked.name + ' ' + locked.version + "' with the wheel '" +
                       file_name + "', which is another one",
                   "make the lock anew: envlock solve, or envlock import");
}

}  // namespace

PypiParts pypi_parts(const LockPlatform& content, const std::string& lock_dir) {
  PypiParts parts;
  for (const LockedPypi& locked : content.pypi) {
    if (!locked.path.empty()) {
      parts.local.push_back(&locked);
      continue;
    }
    const auto absolute = absolute_url(locked.url, Url::from_path(lock_dir));
    const auto url = Url::parse(absolute.value_or(locked.url));
    std::string file_name = url ? file_name_of(*url) : std::string();
    const auto name = parse_wheel_name(file_name);
    if (!url || !name || !locked.sha256) {
      parts.others.push_back(&locked);
      continue;
    }
    require_same_name(locked, *name, file_name);
    parts.wheels.push_back(wheel_package(locked, *url, std::move(file_name)));
  }
  return parts;
}

std::string direct_url_of(const Lockfile& lock, const PackageRecord& wheel) {
  if (wheel.url.starts_with("file:")) return {};
  const auto asks = [&](const std::string& line) {
    return line.find(wheel.url) != std::string::npos;
  };
  for (const LockInputs::File& file : lock.inputs.files) {
    if (std::ranges::any_of(file.pip, asks)) return wheel.url;
    for (const auto& [platform, lines] : file.platform_pip) {
      if (std::ranges::any_of(lines, asks)) return wheel.url;
    }
  }
  return {};
}

void require_wheels_fit(std::span<const LockedPackage> wheels, const Platform& platform,
                        const LockPlatform& content, const std::string& lock_path) {
  if (wheels.empty()) return;
  if (platform.os() != "linux" && platform.os() != "osx") {
    throw Error(ExitCode::unfit,
                "'" + lock_path + "' has wheels for " + platform.subdir() +
                    ", and envlock lays wheels out for Linux and macOS alone",
                "install the 'pip:' list there with pip");
  }
  const auto target = wheel_target(platform, content);
  if (!target) {
    throw Error(ExitCode::unfit,
                "'" + lock_path + "' has wheels for " + platform.subdir() + ", and no python there",
                "ask for python in environment.yml and solve again");
  }
  std::string faults;
  for (const LockedPackage& wheel : wheels) {
    const auto name = parse_wheel_name(wheel.record.fn);
    if (name && fits(*name, *target)) continue;
    faults += "\n  '" + wheel.record.fn + "'";
    if (!name) continue;
    const auto joined = [](const std::vector<std::string>& tags) {
      std::string text;
      for (const std::string& tag : tags) text += (text.empty() ? "" : ".") + tag;
      return text;
    };
    faults += " is for " + joined(name->pythons) + '-' + joined(name->abis) + '-' +
              joined(name->platforms);
  }
  if (faults.empty()) return;
  throw Error(
      ExitCode::unfit,
      "'" + lock_path + "' has wheels that do not fit its " + describe(*target) + ':' + faults,
      "make the lock anew with wheels for it: envlock solve, or the tool that it was "
      "imported from");
}

std::string name_list(std::span<const LockedPypi* const> packages) {
  std::string text;
  for (std::size_t i = 0; i < std::min(packages.size(), most_named); ++i)
    text += (i == 0 ? "'" : ", '") + packages[i]->name + ' ' + packages[i]->version + '\'';
  if (packages.size() > most_named)
    text += " and " + std::to_string(packages.size() - most_named) + " more";
  return text;
}

}  // namespace envlock
