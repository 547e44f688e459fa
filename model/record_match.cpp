#include "model/record_match.hpp"

#include <algorithm>
#include <string>

#include "model/text.hpp"

namespace envlock {

bool record_matches(const MatchSpec& spec, const PackageRecord& record, const Version& version) {
  const std::string name = to_lower(record.name);
  MatchFields fields;
  fields.name = name;
  fields.version = &version;
  fields.build = record.build;
  fields.build_number = record.build_number;
  if (spec.looks_only_at_name_version_build()) return spec.matches(fields);
  const std::string md5 = record.md5 ? record.md5->hex() : "";
  const std::string sha256 = record.sha256 ? record.sha256->hex() : "";
  auto features = record.track_features;
  std::sort(features.begin(), features.end());
  std::string joined;
  for (const std::string& feature : features) joined += (joined.empty() ? "" : " ") + feature;
  fields.channel_url = record.channel_url;
  fields.subdir = record.subdir;
  fields.fn = record.fn;
  fields.url = record.url;
  fields.md5 = md5;
  fields.sha256 = sha256;
  fields.license = record.license;
  fields.license_family = record.license_family;
  fields.track_features = joined;
  return spec.matches(fields);
}

}  // namespace envlock
