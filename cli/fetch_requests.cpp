#include "cli/fetch_requests.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "cli/wheel_packages.hpp"
#include "model/error.hpp"

namespace envlock {
namespace {

using MirrorsByChannel = std::map<std::string, std::vector<Url>>;  ///< By the channel's URL.

MirrorsByChannel mirrors_by_channel(const std::optional<ProjectFile>& project) {
  MirrorsByChannel mirrors;
  if (!project) return mirrors;
  const ChannelNames names = channel_names(project, project->dir);
  for (const Project::ChannelRule& rule : project->project.channels) {
    for (const MirrorRule& mirror : rule.mirrors)
      mirrors[names.named.at(rule.name).to_string()].push_back(mirror.url(project->dir.string()));
  }
  return mirrors;
}

Url require_url(const std::string& text) {
  const auto url = Url::parse(text);
  if (!url) throw InternalError("a lock was read with the URL '" + text + "'");
  return *url;
}

PackageRequest request_for(const PackageRecord& record, const MirrorsByChannel& mirrors) {
  // read_lockfile refuses packages without a sha256.
  PackageRequest request{{record.sha256.value(), record.size.value_or(0), record.fn}, {}};
  const Url url = require_url(record.url);
  const Url channel = require_url(record.channel_url);
  const bool below = url.is_under(channel);  // else the repodata's base_url says where it lies
  if (const auto found = mirrors.find(record.channel_url); below && found != mirrors.end()) {
    const std::string rest = url.path().substr(channel.path().size() + 1);
    for (const Url& mirror : found->second)
      request.sources.push_back({mirror.to_string(), mirror.join(rest)});
  }
  request.sources.push_back({below ? record.channel_url : url.origin(), url});
  return request;
}

/// Mirrors are of channels, and an index is none.
PackageRequest wheel_request(const PackageRecord& record) {
  PackageRequest request{{record.sha256.value(), record.size.value_or(0), record.fn}, {}};
  const Url url = require_url(record.url);
  // Of a local one, what is wrong with its folder says nothing of others.
  const std::string folder = record.url.substr(0, record.url.rfind('/'));
  request.sources.push_back({url.is_file() ? folder : url.origin(), url});
  // The lock names it, and no page of an index, which nobody asks now.
  request.sources.back().beside = url;
  return request;
}

}  // namespace

std::vector<WantedRecord> wanted_records(std::span<const LockPart> locks,
                                         const std::optional<ProjectFile>& project) {
  const MirrorsByChannel mirrors = mirrors_by_channel(project);
  std::vector<WantedRecord> wanted;
  std::set<std::tuple<std::string, std::string, std::string>> seen;
  for (const LockPart& part : locks) {
    for (const Platform& platform : part.platforms) {
      const LockPlatform& content = part.lock->platforms.at(platform);
      for (LockedPackage& package : pypi_parts(content, part.lock_dir).wheels) {
        if (!seen.emplace(package.record.subdir, package.record.url,
                          package.record.sha256.value().hex())
                 .second)
          continue;
        auto wheel = std::make_shared<const LockedPackage>(std::move(package));
        const LockedPackage* const known = wheel.get();
        wanted.push_back({known, wheel_request(known->record), std::move(wheel)});
      }
      for (const LockedPackage& package : content.packages) {
        const PackageRecord& record = package.record;
        if (seen.emplace(record.subdir, record.url, record.sha256.value().hex()).second)
          wanted.push_back({&package, request_for(record, mirrors)});
      }
    }
  }
  std::ranges::stable_sort(wanted, {}, [](const WantedRecord& one) {
    return std::tie(one.package->record.subdir, one.package->record.fn, one.package->record.url);
  });
  return wanted;
}

}  // namespace envlock
