#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/package_record.hpp"

namespace envlock::test {

using Json = nlohmann::ordered_json;

/// One record of a repodata.json, with good defaults: version 1.0, build "0", a sha256 and md5 made
/// from the file name, size 1000, one fixed timestamp. The number at the end of the build is the
/// build number unless it is given.
class PackageBuilder {
 public:
  explicit PackageBuilder(std::string name);

  PackageBuilder& version(std::string text);
  PackageBuilder& build(std::string text);
  PackageBuilder& build_number(std::uint64_t number);
  PackageBuilder& depends(std::vector<std::string> specs);
  PackageBuilder& constrains(std::vector<std::string> specs);
  PackageBuilder& timestamp(std::int64_t milliseconds);
  PackageBuilder& indexed_timestamp(std::int64_t milliseconds);
  PackageBuilder& size(std::uint64_t bytes);
  /// "python" or "generic".
  PackageBuilder& noarch(std::string kind);
  /// A JSON string as old channels have it ("a b"), or a list.
  PackageBuilder& track_features(Json text_or_list);
  PackageBuilder& license(std::string text);
  /// Files it as NAME-VERSION-BUILD.tar.bz2 under "packages"; else it is a .conda.
  PackageBuilder& tar_bz2();
  /// Another key than NAME-VERSION-BUILD.EXTENSION.
  PackageBuilder& file_name(std::string key);
  /// Any field, with any value: `set("noarch", true)`, `set("build_number", "3")`.
  PackageBuilder& set(std::string key, Json value);
  /// Leaves a field out: `without("sha256")`.
  PackageBuilder& without(std::string key);
  /// A dependency that counts only under a condition (CEP 43): NAME[when="CONDITION"].
  PackageBuilder& depends_when(const std::string& spec, const std::string& condition);

  [[nodiscard]] std::string fn() const;
  [[nodiscard]] bool is_tar_bz2() const noexcept { return tar_bz2_; }
  /// The record as a channel's folder `subdir` would hold it.
  [[nodiscard]] Json json(const std::string& subdir) const;
  /// The same as a value of the program, for a channel at `channel_url`. Odd fields given with
  /// `set` do not show in it.
  [[nodiscard]] PackageRecord record(const std::string& channel_url,
                                     const std::string& subdir) const;

 private:
  std::string name_;
  std::string version_ = "1.0";
  std::string build_ = "0";
  std::string file_name_;
  bool tar_bz2_ = false;
  std::optional<std::uint64_t> build_number_;
  std::vector<std::string> depends_, constrains_;
  std::int64_t timestamp_ = 1'700'000'000'000;
  std::uint64_t size_ = 1000;
  std::vector<std::pair<std::string, Json>> fields_;
  std::vector<std::string> left_out_;
};

/// The repodata.json of one subdir, regular or as odd as wished.
class RepodataBuilder {
 public:
  explicit RepodataBuilder(std::string subdir) : subdir_(std::move(subdir)) {}

  RepodataBuilder& add(PackageBuilder package);
  RepodataBuilder& removed(std::vector<std::string> file_names);
  /// `info.base_url` (CEP 15); sets repodata_version 2.
  RepodataBuilder& base_url(std::string url);
  /// `info.subdir`, where it is to be unlike the folder.
  RepodataBuilder& info_subdir(std::string subdir);
  /// A record of the `v3` map (CEP 48) under its file name without extension.
  RepodataBuilder& add_v3(PackageBuilder package);
  /// `signatures.FILE_NAME.KEY_ID.signature`.
  RepodataBuilder& signature(const std::string& file_name, const std::string& key_id,
                             const std::string& hex);
  /// Any top-level key, with any value; given after those above and written last.
  RepodataBuilder& set(std::string key, Json value);
  /// Leaves a top-level key out: `without("packages.conda")`.
  RepodataBuilder& without(std::string key);
  /// Text put as it is behind the opening brace of a top-level object ("packages.conda"), so that
  /// duplicate keys and broken JSON can be made: `raw("packages", "\"a\": 1, \"a\": 2")`. Ends with
  /// a comma of its own where records follow.
  RepodataBuilder& raw(std::string top_level_key, std::string text);

  [[nodiscard]] std::string json() const;
  /// Writes SUBDIR/repodata.json below `channel_dir`, and SUBDIR/repodata.json.zst if asked.
  void write(const std::filesystem::path& channel_dir, bool also_zst = false) const;

 private:
  std::string subdir_, info_subdir_, base_url_;
  std::vector<PackageBuilder> packages_, v3_;
  std::vector<std::string> removed_, left_out_;
  Json signatures_ = Json::object();
  std::vector<std::pair<std::string, Json>> extra_;
  std::vector<std::pair<std::string, std::string>> raw_;
};

/// One zstd frame with the bytes of `text`.
std::string zstd_compressed(std::string_view text);

}  // namespace envlock::test
