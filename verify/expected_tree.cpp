#include "verify/expected_tree.hpp"

#include <utility>

#include "model/package_record.hpp"

namespace envlock {
namespace {

/// Who owns what the installer adds by itself.
ExpectedPackage own_package() { return {"envlock", "", "", {}, false}; }

}  // namespace

std::string_view folder_of(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

std::string_view name_of(std::string_view path) noexcept {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

bool is_byte_code_name(std::string_view path) noexcept { return path.ends_with(".pyc"); }

std::string ExpectedPackage::label() const {
  std::string text = name;
  for (const std::string* part : {&version, &build}) {
    if (!part->empty() && *part != pypi_build) text += ' ' + *part;
  }
  return text;
}

ExpectedTree::ExpectedTree(std::vector<ExpectedFile> files, std::vector<ExpectedPackage> packages,
                           std::string_view site_packages)
    : files_(std::move(files)), packages_(std::move(packages)), site_packages_(site_packages) {
  by_path_.reserve(files_.size());
  folders_ = {"", "conda-meta"};
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const ExpectedFile& file = files_[i];
    by_path_.emplace(file.path, i);
    std::string_view folder = file.type == PathType::directory ? file.path : folder_of(file.path);
    // A folder that is known has its parents known.
    while (folders_.insert(folder).second) folder = folder_of(folder);
  }
}

const ExpectedFile* ExpectedTree::find(std::string_view path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? nullptr : &files_[found->second];
}

ExpectedFile expected_file(const BaselineFile& file, std::size_t own) {
  ExpectedFile expected;
  expected.path = file.path;
  expected.package = file.package < own ? file.package : own;
  expected.type = file.type;
  expected.is_script_product = file.role == FileRole::script_product;
  if (file.type == PathType::link) expected.target = file.target;
  if (file.type != PathType::file) return expected;
  expected.executable = file.executable;
  expected.size_bytes = file.size_bytes;
  expected.sha256 = file.sha256;
  if (file.placeholder) expected.placeholder = &*file.placeholder;
  expected.is_byte_code = is_byte_code_name(file.path) && !file.placeholder;
  // Also of a package's own: caches are removed at will, and made again of the sources.
  expected.may_be_missing =
      expected.is_byte_code &&
      (file.role == FileRole::byte_code || name_of(folder_of(file.path)) == "__pycache__");
  return expected;
}

ExpectedTree expected_tree(const Baseline& baseline, const std::vector<BaselineFile>& packed) {
  std::vector<ExpectedPackage> packages;
  for (const BaselinePackage& package : baseline.packages)
    packages.push_back({package.name, package.version, package.build, package.sha256, true});
  const std::size_t own = packages.size();
  packages.push_back(own_package());
  std::vector<ExpectedFile> files;
  files.reserve(baseline.files.size() + packed.size());
  for (const BaselineFile& file : baseline.files) files.push_back(expected_file(file, own));
  for (const BaselineFile& file : packed) files.push_back(expected_file(file, own));
  return {std::move(files), std::move(packages), baseline.site_packages};
}

}  // namespace envlock
