#include "tests/support/repodata_builder.hpp"

#include <zstd.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <stdexcept>

#include "model/digest.hpp"

namespace envlock::test {
namespace {

std::uint64_t number_at_end(const std::string& build) {
  std::size_t first = build.size();
  while (first > 0 && std::isdigit(static_cast<unsigned char>(build[first - 1])) != 0) --first;
  // "h1234567" ends in digits that belong to a hash: only a whole last part is a number.
  const bool whole_part = first == 0 || build[first - 1] == '_';
  return whole_part && first < build.size() ? std::stoull(build.substr(first)) : 0;
}

void write_bytes(const std::filesystem::path& file, const std::string& bytes) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) throw std::runtime_error("cannot write '" + file.string() + "'");
}

}  // namespace

PackageBuilder::PackageBuilder(std::string name) : name_(std::move(name)) {}

PackageBuilder& PackageBuilder::version(std::string text) {
  version_ = std::move(text);
  return *this;
}
PackageBuilder& PackageBuilder::build(std::string text) {
  build_ = std::move(text);
  return *this;
}
PackageBuilder& PackageBuilder::build_number(std::uint64_t number) {
  build_number_ = number;
  return *this;
}
PackageBuilder& PackageBuilder::depends(std::vector<std::string> specs) {
  depends_ = std::move(specs);
  return *this;
}
PackageBuilder& PackageBuilder::constrains(std::vector<std::string> specs) {
  constrains_ = std::move(specs);
  return *this;
}
PackageBuilder& PackageBuilder::timestamp(std::int64_t milliseconds) {
  timestamp_ = milliseconds;
  return *this;
}
PackageBuilder& PackageBuilder::indexed_timestamp(std::int64_t milliseconds) {
  return set("indexed_timestamp", milliseconds);
}
PackageBuilder& PackageBuilder::size(std::uint64_t bytes) {
  size_ = bytes;
  return *this;
}
PackageBuilder& PackageBuilder::noarch(std::string kind) { return set("noarch", std::move(kind)); }
PackageBuilder& PackageBuilder::track_features(Json text_or_list) {
  return set("track_features", std::move(text_or_list));
}
PackageBuilder& PackageBuilder::license(std::string text) {
  return set("license", std::move(text));
}
PackageBuilder& PackageBuilder::tar_bz2() {
  tar_bz2_ = true;
  return *this;
}
PackageBuilder& PackageBuilder::file_name(std::string key) {
  file_name_ = std::move(key);
  return *this;
}
PackageBuilder& PackageBuilder::set(std::string key, Json value) {
  fields_.emplace_back(std::move(key), std::move(value));
  return *this;
}
PackageBuilder& PackageBuilder::without(std::string key) {
  left_out_.push_back(std::move(key));
  return *this;
}
PackageBuilder& PackageBuilder::depends_when(const std::string& spec,
                                             const std::string& condition) {
  depends_.push_back(spec + "[when=\"" + condition + "\"]");
  return *this;
}

std::string PackageBuilder::fn() const {
  if (!file_name_.empty()) return file_name_;
  return name_ + "-" + version_ + "-" + build_ + (tar_bz2_ ? ".tar.bz2" : ".conda");
}

Json PackageBuilder::json(const std::string& subdir) const {
  const std::string digest = sha256_of(fn()).hex();
  Json record = {{"build", build_},
                 {"build_number", build_number_.value_or(number_at_end(build_))},
                 {"constrains", constrains_},
                 {"depends", depends_},
                 {"license", "BSD-3-Clause"},
                 {"md5", digest.substr(0, 32)},
                 {"name", name_},
                 {"sha256", digest},
                 {"size", size_},
                 {"subdir", subdir},
                 {"timestamp", timestamp_},
                 {"version", version_}};
  if (constrains_.empty()) record.erase("constrains");
  for (const auto& [key, value] : fields_) record[key] = value;
  for (const std::string& key : left_out_) record.erase(key);
  return record;
}

PackageRecord PackageBuilder::record(const std::string& channel_url,
                                     const std::string& subdir) const {
  const std::string digest = sha256_of(fn()).hex();
  PackageRecord record;
  record.name = name_;
  record.version = version_;
  record.build = build_;
  record.build_number = build_number_.value_or(number_at_end(build_));
  record.subdir = subdir;
  record.channel_url = channel_url;
  record.fn = fn();
  record.url = channel_url + "/" + subdir + "/" + record.fn;
  record.sha256 = Sha256::parse(digest);
  record.md5 = Md5::parse(digest.substr(0, 32));
  record.size = size_;
  record.timestamp_ms = timestamp_;
  record.license = "BSD-3-Clause";
  record.depends = depends_;
  record.constrains = constrains_;
  for (const auto& [key, value] : fields_) {
    if (key == "noarch" && value == "python") record.noarch = NoArch::python;
    if (key == "noarch" && value == "generic") record.noarch = NoArch::generic;
    if (key == "license" && value.is_string()) record.license = value;
    if (key == "indexed_timestamp" && value.is_number()) record.indexed_timestamp_ms = value;
    if (key == "track_features" && value.is_array()) {
      record.track_features = value.get<std::vector<std::string>>();
    }
  }
  for (const std::string& key : left_out_) {
    if (key == "sha256") record.sha256.reset();
    if (key == "md5") record.md5.reset();
    if (key == "size") record.size.reset();
    if (key == "timestamp") record.timestamp_ms.reset();
    if (key == "license") record.license.clear();
  }
  return record;
}

RepodataBuilder& RepodataBuilder::add(PackageBuilder package) {
  packages_.push_back(std::move(package));
  return *this;
}
RepodataBuilder& RepodataBuilder::removed(std::vector<std::string> file_names) {
  removed_ = std::move(file_names);
  return *this;
}
RepodataBuilder& RepodataBuilder::base_url(std::string url) {
  base_url_ = std::move(url);
  return *this;
}
RepodataBuilder& RepodataBuilder::info_subdir(std::string subdir) {
  info_subdir_ = std::move(subdir);
  return *this;
}
RepodataBuilder& RepodataBuilder::add_v3(PackageBuilder package) {
  v3_.push_back(std::move(package));
  return *this;
}
RepodataBuilder& RepodataBuilder::signature(const std::string& file_name, const std::string& key_id,
                                            const std::string& hex) {
  signatures_[file_name][key_id]["signature"] = hex;
  return *this;
}
RepodataBuilder& RepodataBuilder::set(std::string key, Json value) {
  extra_.emplace_back(std::move(key), std::move(value));
  return *this;
}
RepodataBuilder& RepodataBuilder::without(std::string key) {
  left_out_.push_back(std::move(key));
  return *this;
}
RepodataBuilder& RepodataBuilder::raw(std::string top_level_key, std::string text) {
  raw_.emplace_back(std::move(top_level_key), std::move(text));
  return *this;
}

std::string RepodataBuilder::json() const {
  Json document = {{"info", {{"subdir", info_subdir_.empty() ? subdir_ : info_subdir_}}},
                   {"packages", Json::object()},
                   {"packages.conda", Json::object()},
                   {"removed", removed_},
                   {"repodata_version", base_url_.empty() ? 1 : 2}};
  if (!base_url_.empty()) document["info"]["base_url"] = base_url_;
  for (const PackageBuilder& package : packages_) {
    document[package.is_tar_bz2() ? "packages" : "packages.conda"][package.fn()] =
        package.json(subdir_);
  }
  for (const PackageBuilder& package : v3_) {
    const std::string extension = package.is_tar_bz2() ? "tar.bz2" : "conda";
    const std::string fn = package.fn();
    document["v3"][extension][fn.substr(0, fn.size() - extension.size() - 1)] =
        package.json(subdir_);
  }
  if (!signatures_.empty()) document["signatures"] = signatures_;
  for (const auto& [key, value] : extra_) document[key] = value;
  for (const std::string& key : left_out_) document.erase(key);
  if (raw_.empty()) return document.dump();

  std::string text = "{";
  for (const auto& [key, value] : document.items()) {
    if (text.size() > 1) text += ",";
    text += Json(key).dump() + ":";
    std::string body = value.dump();
    for (const auto& [raw_key, raw_text] : raw_) {
      if (raw_key == key) body.insert(1, raw_text);
    }
    text += body;
  }
  return text + "}";
}

void RepodataBuilder::write(const std::filesystem::path& channel_dir, bool also_zst) const {
  const std::string text = json();
  write_bytes(channel_dir / subdir_ / "repodata.json", text);
  if (also_zst) write_bytes(channel_dir / subdir_ / "repodata.json.zst", zstd_compressed(text));
}

std::string zstd_compressed(std::string_view text) {
  std::string frame(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size = ZSTD_compress(frame.data(), frame.size(), text.data(), text.size(), 3);
  if (ZSTD_isError(size) != 0U) throw std::runtime_error(ZSTD_getErrorName(size));
  frame.resize(size);
  return frame;
}

}  // namespace envlock::test
