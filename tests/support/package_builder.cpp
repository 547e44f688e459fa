#include "tests/support/package_builder.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "model/digest.hpp"

namespace envlock::test {
namespace {

const std::string empty;

/// A word of info/has_prefix, in quotes where it would be split.
std::string quoted(const std::string& word) {
  return word.find(' ') == std::string::npos ? word : '"' + word + '"';
}

}  // namespace

const std::string& placeholder() {
  static const std::string text = [] {
    std::string made = "/home/builder/envlock_test";
    while (made.size() < 255) made += "_placehold";
    return made.substr(0, 255);
  }();
  return text;
}

ArchiveBuilder::ArchiveBuilder(std::string name, std::string version, std::string build)
    : index_{{"arch", "x86_64"},           {"build", std::move(build)},
             {"build_number", 0},          {"depends", Json::array()},
             {"license", "BSD-3-Clause"},  {"name", std::move(name)},
             {"platform", "linux"},        {"subdir", "linux-64"},
             {"timestamp", 1700000000000}, {"version", std::move(version)}} {}

ArchiveBuilder& ArchiveBuilder::depends(const std::vector<std::string>& specs) {
  return set("depends", specs);
}
ArchiveBuilder& ArchiveBuilder::constrains(const std::vector<std::string>& specs) {
  return set("constrains", specs);
}
ArchiveBuilder& ArchiveBuilder::build_number(std::uint64_t number) {
  return set("build_number", number);
}
ArchiveBuilder& ArchiveBuilder::subdir(std::string name) { return set("subdir", std::move(name)); }
ArchiveBuilder& ArchiveBuilder::noarch_python() {
  // conda-build writes these two as null.
  set("arch", nullptr).set("platform", nullptr);
  return set("noarch", "python").subdir("noarch");
}
ArchiveBuilder& ArchiveBuilder::noarch_generic() {
  return noarch_python().set("noarch", "generic");
}
ArchiveBuilder& ArchiveBuilder::set(const std::string& key, Json value) {
  index_[key] = std::move(value);
  return *this;
}

ArchiveBuilder& ArchiveBuilder::add(Path path) {
  paths_.push_back(std::move(path));
  return *this;
}
ArchiveBuilder& ArchiveBuilder::file(std::string path, std::string content, unsigned mode) {
  return add({.entry = {.name = std::move(path), .data = std::move(content), .mode = mode}});
}
ArchiveBuilder& ArchiveBuilder::link(std::string path, std::string target) {
  return add(
      {.entry = {.name = std::move(path), .type = '2', .link = std::move(target), .mode = 0777}});
}
ArchiveBuilder& ArchiveBuilder::hard_link(std::string path, std::string first_name) {
  return add({.entry = {.name = std::move(path), .type = '1', .link = std::move(first_name)}});
}
ArchiveBuilder& ArchiveBuilder::directory(std::string path) {
  return add({.entry = {.name = std::move(path), .type = '5', .mode = 0755}});
}
ArchiveBuilder& ArchiveBuilder::placeholder_text(std::string path, std::string content,
                                                 unsigned mode, std::string prefix) {
  return add({.entry = {.name = std::move(path), .data = std::move(content), .mode = mode},
              .placeholder = std::move(prefix)});
}
ArchiveBuilder& ArchiveBuilder::placeholder_binary(std::string path, std::string content,
                                                   unsigned mode, std::string prefix) {
  return add({.entry = {.name = std::move(path), .data = std::move(content), .mode = mode},
              .placeholder = std::move(prefix),
              .is_binary = true});
}
ArchiveBuilder& ArchiveBuilder::no_link(std::string path, std::string content, unsigned mode) {
  return add({.entry = {.name = std::move(path), .data = std::move(content), .mode = mode},
              .is_no_link = true});
}
ArchiveBuilder& ArchiveBuilder::entry_point(std::string text) {
  entry_points_.push_back(std::move(text));
  return *this;
}
ArchiveBuilder& ArchiveBuilder::link_script(const std::string& action, std::string script) {
  return file("bin/." + index_["name"].get<std::string>() + "-" + action + ".sh", std::move(script),
              0755);
}
ArchiveBuilder& ArchiveBuilder::info_file(std::string path, std::string bytes) {
  info_files_.push_back({.name = std::move(path), .data = std::move(bytes)});
  return *this;
}

ArchiveBuilder& ArchiveBuilder::without_paths_json() { return without_info("info/paths.json"); }
ArchiveBuilder& ArchiveBuilder::paths_json(Edit edit) {
  edit_paths_ = std::move(edit);
  return *this;
}
ArchiveBuilder& ArchiveBuilder::paths_json(std::string_view text) {
  return info_file("info/paths.json", std::string(text));
}
ArchiveBuilder& ArchiveBuilder::index_json(Edit edit) {
  edit_index_ = std::move(edit);
  return *this;
}
ArchiveBuilder& ArchiveBuilder::index_json(std::string_view text) {
  return info_file("info/index.json", std::string(text));
}
ArchiveBuilder& ArchiveBuilder::without_info(std::string path) {
  left_out_.push_back(std::move(path));
  return *this;
}
ArchiveBuilder& ArchiveBuilder::raw_tar_entry(TarEntry entry) {
  raw_.push_back(std::move(entry));
  return *this;
}
ArchiveBuilder& ArchiveBuilder::raw_info_entry(TarEntry entry) {
  raw_info_.push_back(std::move(entry));
  return *this;
}
ArchiveBuilder& ArchiveBuilder::info_last() {
  info_last_ = true;
  return *this;
}

std::string ArchiveBuilder::stem() const {
  return index_["name"].get<std::string>() + "-" + index_["version"].get<std::string>() + "-" +
         index_["build"].get<std::string>();
}

ArchiveBuilder::Json ArchiveBuilder::index() const {
  Json document = index_;
  if (edit_index_) edit_index_(document);
  return document;
}

const std::string& ArchiveBuilder::content_of(const Path& path) const {
  if (path.entry.type != '1' && path.entry.type != '2') return path.entry.data;
  // A symlink's text counts from its own folder; what leaves the package has no content here.
  std::filesystem::path target = path.entry.link;
  if (path.entry.type == '2')
    target = (std::filesystem::path(path.entry.name).parent_path() / target).lexically_normal();
  const auto found = std::find_if(paths_.begin(), paths_.end(), [&](const Path& other) {
    return &other != &path && other.entry.name == target.string();
  });
  return found == paths_.end() ? empty : found->entry.data;
}

ArchiveBuilder::Json ArchiveBuilder::paths_entry(const Path& path) const {
  const std::string& content = content_of(path);
  Json entry = {{"_path", path.entry.name}};
  const char type = path.entry.type;
  entry["path_type"] = type == '2' ? "softlink" : type == '5' ? "directory" : "hardlink";
  if (!path.placeholder.empty()) {
    entry["file_mode"] = path.is_binary ? "binary" : "text";
    entry["prefix_placeholder"] = path.placeholder;
  }
  if (path.is_no_link) entry["no_link"] = true;
  if (type != '5') {
    entry["sha256"] = sha256_of(content).hex();
    entry["size_in_bytes"] = content.size();
  }
  return entry;
}

std::string ArchiveBuilder::paths_text() const {
  Json list = Json::array();
  for (const Path& path : paths_) list.push_back(paths_entry(path));
  std::stable_sort(list.begin(), list.end(), [](const Json& a, const Json& b) {
    return a["_path"].get<std::string>() < b["_path"].get<std::string>();
  });
  Json document = {{"paths", std::move(list)}, {"paths_version", 1}};
  if (edit_paths_) edit_paths_(document);
  return document.dump(2);
}

std::string ArchiveBuilder::link_text() const {
  Json noarch = {{"type", index_.value("noarch", "python")}};
  if (!entry_points_.empty()) noarch["entry_points"] = entry_points_;
  return Json{{"noarch", noarch}, {"package_metadata_version", 1}}.dump(2);
}

std::string ArchiveBuilder::file_list() const {
  std::string text;
  for (const Path& path : paths_)
    if (path.entry.type != '5') text += path.entry.name + "\n";
  return text;
}

std::string ArchiveBuilder::prefix_list() const {
  std::string text;
  for (const Path& path : paths_) {
    if (path.placeholder.empty()) continue;
    text += quoted(path.placeholder) + (path.is_binary ? " binary " : " text ") +
            quoted(path.entry.name) + "\n";
  }
  return text;
}

std::string ArchiveBuilder::no_link_list() const {
  std::string text;
  for (const Path& path : paths_)
    if (path.is_no_link) text += path.entry.name + "\n";
  return text;
}

std::vector<TarEntry> ArchiveBuilder::info_entries() const {
  std::vector<TarEntry> entries;
  const auto named = [&entries](const std::string& name) {
    return std::find_if(entries.begin(), entries.end(),
                        [&](const TarEntry& entry) { return entry.name == name; });
  };
  const auto put = [&](const std::string& name, std::string text) {
    if (!text.empty()) entries.push_back({.name = name, .data = std::move(text)});
  };
  put("info/index.json", index().dump(2));
  put("info/paths.json", paths_text());
  put("info/files", file_list());
  put("info/has_prefix", prefix_list());
  put("info/no_link", no_link_list());
  put("info/about.json", R"({"home": "https://hello.test", "license": "BSD-3-Clause"})");
  if (index_.contains("noarch")) put("info/link.json", link_text());
  for (const std::string& name : left_out_)
    if (const auto found = named(name); found != entries.end()) entries.erase(found);
  for (const TarEntry& given : info_files_) {
    const auto found = named(given.name);
    if (found == entries.end())
      entries.push_back(given);
    else
      *found = given;
  }
  entries.insert(entries.end(), raw_info_.begin(), raw_info_.end());
  return entries;
}

std::vector<TarEntry> ArchiveBuilder::pkg_entries() const {
  std::vector<TarEntry> entries;
  for (const Path& path : paths_) entries.push_back(path.entry);
  entries.insert(entries.end(), raw_.begin(), raw_.end());
  return entries;
}

std::vector<ZipMember> ArchiveBuilder::conda_members() const {
  return {{.name = "metadata.json", .data = R"({"conda_pkg_format_version": 2})"},
          {.name = "pkg-" + stem() + ".tar.zst", .data = zstd_of(tar_of(pkg_entries()))},
          {.name = "info-" + stem() + ".tar.zst", .data = zstd_of(tar_of(info_entries()))}};
}

std::string ArchiveBuilder::build_conda() const { return zip_of(conda_members()); }

std::string ArchiveBuilder::build_tar_bz2() const {
  std::vector<TarEntry> first = info_entries();
  std::vector<TarEntry> second = pkg_entries();
  if (info_last_) std::swap(first, second);
  first.insert(first.end(), second.begin(), second.end());
  return bzip2_of(tar_of(first));
}

}  // namespace envlock::test
