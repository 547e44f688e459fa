#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "model/baseline.hpp"

namespace envlock {

/// What one path of a prefix must be, as far as it is known. Texts belong to whatever the tree was
/// made from.
struct ExpectedFile {
  std::string_view path;
  std::size_t package = 0;  ///< Into ExpectedTree::packages.
  PathType type = PathType::file;
  /// A .pyc: where it is not what it must be, or that is not known, its header is judged.
  bool is_byte_code = false;
  bool may_be_missing = false;              ///< Python makes it anew.
  bool is_script_product = false;           ///< As a link script left it, by the baseline.
  std::optional<bool> executable;           ///< Nothing: not known.
  std::optional<std::uint64_t> size_bytes;  ///< As `sha256` counts; nothing: not known.
  std::optional<Sha256> sha256;             ///< Of the packaged bytes where there is a placeholder.
  const PlaceholderUse* placeholder = nullptr;
  std::optional<std::string_view> target;  ///< Of links.
};

struct ExpectedPackage {
  std::string name;  ///< By `distinct_name`: "pypi:rich" of a wheel.
  std::string version, build;
  Sha256 sha256;             ///< Of the archive; all zero where it is not known.
  bool is_recorded = false;  ///< conda-meta must have a record of it.
  /// "name version build"; of a wheel "pypi:name version".
  [[nodiscard]] std::string label() const;
};

/// What a whole prefix must be: the one thing that the check works on, whoever says it.
class ExpectedTree {
 public:
  /// @param files  each path once
  ExpectedTree(std::vector<ExpectedFile> files, std::vector<ExpectedPackage> packages,
               std::string_view site_packages);
  ExpectedTree(const ExpectedTree&) = delete;
  ExpectedTree& operator=(const ExpectedTree&) = delete;

  [[nodiscard]] const std::vector<ExpectedFile>& files() const noexcept { return files_; }
  [[nodiscard]] const std::vector<ExpectedPackage>& packages() const noexcept { return packages_; }
  /// Where python keeps modules; empty without python.
  [[nodiscard]] std::string_view site_packages() const noexcept { return site_packages_; }
  [[nodiscard]] const ExpectedFile* find(std::string_view path) const;
  /// The position of what `find` gave.
  [[nodiscard]] std::size_t index_of(const ExpectedFile& file) const noexcept {
    return static_cast<std::size_t>(&file - files_.data());
  }
  /// True for the folders above expected paths, expected folders, and conda-meta; "" is the prefix.
  [[nodiscard]] bool has_folder(std::string_view path) const { return folders_.contains(path); }
  [[nodiscard]] const std::unordered_set<std::string_view>& folders() const noexcept {
    return folders_;
  }

 private:
  std::vector<ExpectedFile> files_;
  std::vector<ExpectedPackage> packages_;
  std::string_view site_packages_;
  std::unordered_map<std::string_view, std::size_t> by_path_;
  std::unordered_set<std::string_view> folders_;
};

/// @param packed  further files of envlock's own; both must outlive the tree
ExpectedTree expected_tree(const Baseline& baseline, const std::vector<BaselineFile>& packed);
/// @param own  the number of the package of envlock's own files
ExpectedFile expected_file(const BaselineFile& file, std::size_t own);

/// The folder that holds `path`; "" for what lies in the prefix itself.
std::string_view folder_of(std::string_view path) noexcept;
/// By its ending, which is what Python's import goes by.
bool is_byte_code_name(std::string_view path) noexcept;
/// The last part of a path.
std::string_view name_of(std::string_view path) noexcept;

}  // namespace envlock
