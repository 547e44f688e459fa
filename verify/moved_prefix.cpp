#include "verify/moved_prefix.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "model/text.hpp"
#include "verify/evidence.hpp"
#include "verify/small_file.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_file_bytes = std::size_t{1} << 20U;
/// A prefix in which so many small files are nobody's has other faults than where it lies.
constexpr std::size_t max_tries = 8;

/// Files from which a path can be read back: each place of the placeholder holds it as it is.
std::vector<const ExpectedFile*> telling_files(const ExpectedTree& tree) {
  std::vector<const ExpectedFile*> files;
  for (const ExpectedFile& file : tree.files()) {
    const PlaceholderUse* const use = file.placeholder;
    if (use != nullptr && use->mode == PlaceholderMode::text && !use->offsets.empty() &&
        use->shebang.empty() && file.sha256 && file.size_bytes.value_or(0) <= max_file_bytes)
      files.push_back(&file);
  }
  const auto rank = [&](const ExpectedFile* file) {
    return std::pair(tree.packages()[file->package].is_recorded, file->size_bytes);
  };
  std::ranges::stable_sort(
      files, [&](const ExpectedFile* a, const ExpectedFile* b) { return rank(a) < rank(b); });
  if (files.size() > max_tries) files.resize(max_tries);
  return files;
}

/// By what the file is longer or shorter than packaged, all its places being equally long.
std::optional<std::string> path_in(const ExpectedFile& file, const std::string& text) {
  const PlaceholderUse& use = *file.placeholder;
  const auto places = static_cast<std::ptrdiff_t>(use.offsets.size());
  const std::ptrdiff_t grown =
      static_cast<std::ptrdiff_t>(text.size()) - static_cast<std::ptrdiff_t>(*file.size_bytes);
  const std::ptrdiff_t length =
      static_cast<std::ptrdiff_t>(use.placeholder.size()) + grown / places;
  const std::uint64_t begin = use.offsets.front();
  if (grown % places != 0 || length <= 0 || begin >= text.size()) return std::nullopt;
  std::string path = text.substr(begin, static_cast<std::size_t>(length));
  const bool is_path = path.front() == '/' && std::ranges::none_of(path, [](char c) {
                         return static_cast<unsigned char>(c) < ' ';
                       });
  if (!is_path) return std::nullopt;
  return path;
}

bool is_right_for(const ExpectedFile& file, const std::string& text, const std::string& path) {
  Sha256Hasher packaged;
  Restorer restorer(*file.placeholder, path,
                    [&](std::span<const std::byte> bytes) { packaged.update(bytes); });
  restorer.feed(std::as_bytes(std::span(text)));
  return restorer.finish() && packaged.finish() == file.sha256;
}

}  // namespace

std::optional<std::string> place_made_for(int prefix_fd, const ExpectedTree& tree,
                                          const std::vector<std::string>& prefixes,
                                          BeneathMethod method) {
  for (const ExpectedFile* const file : telling_files(tree)) {
    const SmallFile read =
        read_small_file(prefix_fd, std::string(file->path), 2 * max_file_bytes, method);
    if (!read.text) continue;
    std::optional<std::string> path = path_in(*file, *read.text);
    if (!path || !is_right_for(*file, *read.text, *path)) continue;
    if (*path == file->placeholder->placeholder) continue;  // as packaged: it was made for no place
    if (std::ranges::find(prefixes, *path) != prefixes.end()) return std::nullopt;
    return path;
  }
  return std::nullopt;
}

bool is_same_at(const PlaceholderUse& use, std::string_view one, std::string_view other) {
  if (use.offsets.empty()) return true;
  return !use.shebang.empty() && use.offsets.back() < use.shebang.size() &&
         installed_shebang(use.shebang, use.placeholder, one) ==
             installed_shebang(use.shebang, use.placeholder, other);
}

std::vector<Finding> MovedFiles::finish(const std::string& lies_at, bool has_manifest) {
  std::vector<Finding> findings = finish_packaged(lies_at, has_manifest);
  for (Finding& finding : finish_moved(lies_at, has_manifest))
    findings.push_back(std::move(finding));
  return findings;
}

std::vector<Finding> MovedFiles::finish_packaged(const std::string& lies_at, bool has_manifest) {
  std::vector<Finding> packaged = std::move(*as_packaged_.lock());
  if (packaged.empty() || !has_manifest) return packaged;
  const std::string files = counted(packaged.size(), "file");
  const std::uint64_t unpacked = unpacked_;
  Finding finding = make_finding(verify_rules(), "not-unpacked", {});
  finding.expected = "files that name " + lies_at;
  finding.found = files + " as packed";
  Evidence evidence;
  for (const Finding& one : packaged) evidence.add(one.path, "as packed", one.sha256);
  finding.sha256 = evidence.digest();
  finding.message = "not unpacked yet";
  if (unpacked == 0) {
    packaged.clear();
  } else {
    finding.message += "; " + counted(unpacked, "other file") + (unpacked == 1 ? " is" : " are");
  }
  packaged.push_back(std::move(finding));
  return packaged;
}

std::vector<Finding> MovedFiles::finish_moved(const std::string& lies_at, bool has_manifest) {
  if (!made_for_) return {};
  std::vector<Finding> there = std::move(*there_.lock());
  Finding moved = make_finding(verify_rules(), "moved-prefix", {});
  moved.expected = "an environment made for " + lies_at;
  moved.found = "one made for " + *made_for_;
  const bool is_one = there.size() == 1;
  moved.message = "this environment was made for '" + *made_for_ + "' and lies at '" + lies_at +
                  "': " + counted(there.size(), "file") +
                  (is_one ? " names the old path" : " name the old path");
  Evidence evidence;
  evidence.add(*made_for_, "made for", sha256_of(lies_at));
  const std::uint64_t at_home = at_home_;
  if (at_home == 0) {
    moved.message += is_one ? " and is right for it" : " and are right for it";
    for (const Finding& one : there) evidence.add(one.path, "right there", one.sha256);
    there.clear();
  } else {
    moved.message += ", and " + counted(at_home, "file") + " the new one";
  }
  moved.sha256 = evidence.digest();
  moved.advice = has_manifest
                     ? "envlock relocate {prefix}; or: move it back"
                     : "envlock install {lock} --prefix {prefix} --repair; or: move it back";
  there.push_back(std::move(moved));
  return there;
}

}  // namespace envlock
