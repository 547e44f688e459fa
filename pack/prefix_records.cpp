#include "pack/prefix_records.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include "model/json_writer.hpp"
#include "pack/byte_code.hpp"

namespace envlock {
namespace {

PrefixPath::Kind kind_of(const PlannedFile& planned, PathType type) {
  if (type == PathType::link) return PrefixPath::Kind::link;
  if (type == PathType::directory) return PrefixPath::Kind::directory;
  return planned.role == FileRole::entry_point ? PrefixPath::Kind::entry_point
                                               : PrefixPath::Kind::file;
}

PrefixPath path_of(const PlannedFile& planned, const AssembledFile& done) {
  PrefixPath path;
  path.path = planned.path;
  path.kind = kind_of(planned, done.type);
  if (done.type == PathType::file) {
    path.sha256 = done.sha256;
    path.sha256_in_prefix = done.sha256_in_prefix;
    path.size_bytes = done.size_bytes;
    path.placeholder = planned.placeholder;
    path.placeholder_mode = planned.placeholder_mode;
  }
  return path;
}

/// "2026-11-28 08:05:31", in UTC.
std::string time_text(std::int64_t time_s) {
  const std::time_t time = time_s;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return {text.data(), size};
}

std::string dist(const PackageRecord& record) {
  return record.channel_url + '/' + record.subdir + "::" + record.name + '-' + record.version +
         '-' + record.build;
}

}  // namespace

std::vector<PrefixRecord> prefix_records(const TreePlan& plan, const Assembly& assembly,
                                         const std::vector<std::string>& byte_code) {
  std::vector<PrefixRecord> records(plan.packages.size());
  for (std::size_t i = 0; i < plan.packages.size(); ++i) {
    records[i].record = plan.packages[i].source.record;
    if (plan.packages[i].source.requested)
      records[i].requested_specs = {plan.packages[i].source.record.name};
  }
  for (std::size_t i = 0; i < plan.files.size(); ++i) {
    const PlannedFile& planned = plan.files[i];
    for (const std::size_t owner : planned.owners) {
      if (owner >= records.size()) continue;
      std::vector<PrefixPath>& paths = records[owner].paths;
      paths.push_back(path_of(planned, assembly.files[i]));
      if (!planned.path.ends_with(".py")) continue;
      const std::string compiled = byte_code_path(planned.path, plan.python);
      if (std::ranges::binary_search(byte_code, compiled)) {
        PrefixPath made;
        made.path = compiled;
        made.kind = PrefixPath::Kind::pyc;
        paths.push_back(std::move(made));
      }
    }
  }
  for (PrefixRecord& record : records) std::ranges::sort(record.paths, {}, &PrefixPath::path);
  return records;
}

std::string history_block(const std::vector<const PackageRecord*>& added,
                          const std::vector<const PackageRecord*>& removed,
                          const std::vector<std::string>& requested_specs) {
  std::int64_t newest = 0;
  std::vector<std::string> lines;
  for (const PackageRecord* record : added) {
    newest = std::max(newest, file_time_s(*record));
    lines.push_back('+' + dist(*record));
  }
  for (const PackageRecord* record : removed) {
    newest = std::max(newest, file_time_s(*record));
    lines.push_back('-' + dist(*record));
  }
  std::ranges::sort(lines);
  std::string text = "==> " + time_text(newest) + " <==\n# cmd: envlock install\n";
  for (const std::string& line : lines) text += line + '\n';
  std::string specs;
  for (const std::string& spec : requested_specs)
    specs += (specs.empty() ? "'" : ", '") + spec + '\'';
  return text + "# update specs: [" + specs + "]\n";
}

std::string state_text(const std::map<std::string, std::string>& variables) {
  JsonWriter json;
  json.begin_object().key("env_vars").begin_object();
  for (const auto& [name, value] : variables) json.member(name, value);
  json.end_object().member("version", 1).end_object();
  return json.take();
}

}  // namespace envlock
