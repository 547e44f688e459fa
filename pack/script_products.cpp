#include "pack/script_products.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <map>
#include <set>

#include "model/error.hpp"
#include "model/open_beneath.hpp"
#include "model/text.hpp"
#include "pack/directory_sink.hpp"
#include "pack/prefix_file.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

constexpr mode_t any_execute = 0111;

/// Python makes and judges it by itself.
bool is_byte_code(std::string_view path) {
  return path.ends_with(".pyc") && path.find("__pycache__/") != std::string_view::npos;
}

/// @return false where there is no regular file (any more)
bool add_content(int prefix_fd, ScriptProduct& product) {
  const UniqueFd fd = open_beneath(prefix_fd, product.path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  if (!fd && errno == ENOENT) return false;
  struct stat facts {};
  if (!fd || ::fstat(fd.get(), &facts) != 0)
    throw IoError("cannot read '" + product.path + "', which a link script made", errno);
  if (!S_ISREG(facts.st_mode)) return false;
  Sha256Hasher hasher;
  std::vector<std::byte> space(std::size_t{64} << 10U);
  for (;;) {
    const ssize_t got = ::read(fd.get(), space.data(), space.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw IoError("cannot read '" + product.path + "'", errno);
    if (got == 0) break;
    hasher.update(std::span(space).first(static_cast<std::size_t>(got)));
    product.size_bytes += static_cast<std::uint64_t>(got);
  }
  product.sha256 = hasher.finish();
  product.executable = (facts.st_mode & any_execute) != 0;
  return true;
}

bool is_planned(const TreePlan& plan, const std::string& name) {
  return std::ranges::any_of(plan.packages, [&](const PlannedPackage& package) {
    return package.source.record.name == name;
  });
}

}  // namespace

PrefixSnapshot::PrefixSnapshot(const std::string& prefix) : prefix_(prefix) {
  std::error_code error;
  fs::recursive_directory_iterator at(prefix, error);
  for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
    struct stat facts {};
    if (::lstat(at->path().c_str(), &facts) != 0) continue;  // gone meanwhile
    std::string path = at->path().lexically_relative(prefix).generic_string();
    if (S_ISDIR(facts.st_mode)) {
      if (path == "conda-meta") at.disable_recursion_pending();
      continue;
    }
    if ((!S_ISREG(facts.st_mode) && !S_ISLNK(facts.st_mode)) || is_byte_code(path)) continue;
    entries_.emplace(std::move(path), Facts{facts.st_ino, facts.st_size, facts.st_mode,
                                            facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec});
  }
  if (error) throw IoError("cannot list '" + prefix + "'", error.value());
}

std::vector<ScriptProduct> PrefixSnapshot::made_since(const PrefixSnapshot& before,
                                                      const std::string& package) const {
  const UniqueFd folder = open_folder(prefix_);
  std::vector<ScriptProduct> made;
  for (const auto& [path, facts] : entries_) {
    const auto known = before.entries_.find(path);
    if (known != before.entries_.end() && known->second == facts) continue;
    if (package_path_fault(path) || !is_utf8(path)) continue;
    ScriptProduct product;
    product.path = path;
    product.package = package;
    if (S_ISLNK(std::get<2>(facts))) {
      std::error_code error;
      product.type = PathType::link;
      product.target = fs::read_symlink(fs::path(prefix_) / path, error).string();
      if (error || !is_utf8(product.target)) continue;
    } else if (!add_content(folder.get(), product)) {
      continue;
    }
    made.push_back(std::move(product));
  }
  std::ranges::sort(made, {}, &ScriptProduct::path);
  return made;
}

void keep_script_products(const UniqueFd& prefix, const TreePlan& plan,
                          const std::vector<ScriptProduct>& made, const std::string& shown) {
  if (made.empty()) return;
  const std::string path(script_products_path);
  std::map<std::string, ScriptProduct> all;
  if (const auto text = read_prefix_file(prefix.get(), path, shown)) {
    for (ScriptProduct& product : read_script_products(*text, shown + '/' + path)) {
      if (is_planned(plan, product.package)) all[product.path] = std::move(product);
    }
  }
  for (const ScriptProduct& product : made) all[product.path] = product;
  std::vector<ScriptProduct> products;
  products.reserve(all.size());
  for (auto& [name, product] : all) products.push_back(std::move(product));
  replace_prefix_file(prefix.get(), path, write_script_products(std::move(products)), shown);
}

std::vector<std::string> add_script_products(Baseline& baseline,
                                             const std::vector<ScriptProduct>& products) {
  std::map<std::string_view, std::size_t> packages;
  for (std::size_t i = 0; i < baseline.packages.size(); ++i)
    packages.emplace(baseline.packages[i].name, i);
  std::vector<std::string> notices;
  std::map<std::string, BaselineFile> files;
  for (BaselineFile& file : baseline.files) files[file.path] = std::move(file);
  for (const ScriptProduct& product : products) {
    const auto owner = packages.find(product.package);
    if (owner == packages.end()) continue;
    if (product.type == PathType::link && link_target_fault(product.path, product.target)) continue;
    if (const auto known = files.find(product.path);
        known != files.end() && known->second.role != FileRole::script_product) {
      const FileRole role = known->second.role;
      const bool is_kept = role == FileRole::startup || role == FileRole::activation;
      notices.push_back("the link script of " + product.package + " wrote '" + product.path +
                        "', a file of a package; the baseline " +
                        (is_kept ? "keeps the package's, because it runs without being asked "
                                   "for: verify will find the change"
                                 : "has it as the script left it"));
      if (is_kept) continue;
    }
    BaselineFile file;
    file.path = product.path;
    file.package = owner->second;
    file.type = product.type;
    file.executable = product.executable;
    file.size_bytes = product.size_bytes;
    file.sha256 = product.sha256;
    file.target = product.target;
    file.role = FileRole::script_product;
    files[product.path] = std::move(file);
  }
  baseline.files.clear();
  for (auto& [path, file] : files) baseline.files.push_back(std::move(file));
  return notices;
}

}  // namespace envlock
