#include "verify/packed_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>

#include "model/error.hpp"
#include "model/pack_facts.hpp"
#include "model/text.hpp"
#include "verify/expected_tree.hpp"
#include "verify/small_file.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_manifest_bytes = std::size_t{512} << 20U;

Finding changed_manifest(std::string found, const std::string& text) {
  Finding finding =
      make_finding(verify_rules(), "changed-manifest", std::string(pack_path::manifest));
  finding.expected = "what the baseline tells of the environment";
  finding.found = std::move(found);
  finding.message = "the manifest that the prefix keeps is not that of its packages";
  finding.sha256 = sha256_of(text);
  return finding;
}

bool is_own(std::string_view path) {
  return path == pack_path::facts || path == pack_path::program;
}

/// How a manifest differs from a baseline.
struct Difference {
  std::string what;  ///< The first thing that no pack of the baseline's packages has; empty: none.
  /// What `pack` was told to take or to leave.
  PackedChoice choice;
};

void find_left_out(const Baseline& manifest, const Baseline& baseline, PackedChoice& choice) {
  std::vector<std::size_t> packages;
  for (const BaselineFile& file : baseline.files) {
    if (file.package == BaselineFile::own || find_file(manifest, file.path) != nullptr) continue;
    choice.left_out.push_back(file.path);
    packages.push_back(file.package);
  }
  std::ranges::sort(packages);
  // clang 14 lacks what std::ranges::unique needs.
  packages.erase(std::unique(packages.begin(), packages.end()), packages.end());
  for (const std::size_t index : packages) {
    const BaselinePackage& package = baseline.packages.at(index);
    choice.thinned.push_back(
        ExpectedPackage{package.name, package.version, package.build, {}}.label());
  }
}

/// A pack may lack what filters left out: that is told file by file.
Difference difference(const Baseline& manifest, const Baseline& baseline) {
  Difference out;
  if (manifest.lock_sha256 != baseline.lock_sha256) {
    out.what = "a manifest of another lock, sha256 " + manifest.lock_sha256.hex();
  } else if (manifest.platform != baseline.platform || manifest.packages != baseline.packages ||
             manifest.site_packages != baseline.site_packages) {
    out.what = "a manifest of other packages";
  }
  if (!out.what.empty()) return out;
  for (const BaselineFile& file : manifest.files) {
    const BaselineFile* const known = find_file(baseline, file.path);
    if (known != nullptr ? *known == file : is_own(file.path)) continue;
    if (file.package == BaselineFile::own) {
      out.choice.included.push_back(file.path);
      continue;
    }
    out.what = known == nullptr ? "one that adds '" + file.path + "'"
                                : "one that tells something else of '" + file.path + "'";
    return out;
  }
  find_left_out(manifest, baseline, out.choice);
  return out;
}

/// "one that adds 3 files of no package, among them 'bin/x'"
std::string told_included(const std::vector<std::string>& included) {
  return "one with " + counted(included.size(), "file") + " of no package, " +
         (included.size() == 1 ? "" : "among them ") + "'" + included.front() + "'";
}

}  // namespace

bool has_manifest(int prefix_fd, BeneathMethod method) {
  struct stat facts {};
  const UniqueFd fd =
      open_beneath(prefix_fd, std::string(pack_path::manifest), O_PATH | O_NOFOLLOW, 0, method);
  return fd && ::fstat(fd.get(), &facts) == 0 && S_ISREG(facts.st_mode);
}

PackedFiles read_packed_files(int prefix_fd, const Baseline* baseline,
                              const std::optional<Sha256>& program, BeneathMethod method) {
  PackedFiles out;
  const SmallFile file =
      read_small_file(prefix_fd, std::string(pack_path::manifest), max_manifest_bytes, method);
  if (!file.text && file.fault.empty()) return out;  // it was not unpacked
  if (!file.text) {
    out.findings.push_back(changed_manifest(file.fault, file.fault));
    return out;
  }
  try {
    const Baseline manifest = read_baseline(*file.text, std::string(pack_path::manifest));
    if (baseline != nullptr) {
      Difference differs = difference(manifest, *baseline);
      if (!differs.what.empty()) {
        out.findings.push_back(changed_manifest(std::move(differs.what), *file.text));
        return out;
      }
      out.choice = std::move(differs.choice);
      const std::vector<std::string>& included = out.choice.included;
      if (!included.empty())
        out.findings.push_back(changed_manifest(told_included(included), *file.text));
    }
    for (const BaselineFile& own : manifest.files) {
      if (baseline != nullptr && (!is_own(own.path) || find_file(*baseline, own.path) != nullptr))
        continue;
      if (own.package != BaselineFile::own && !is_own(own.path)) continue;
      if (own.path == pack_path::program && own.sha256 != program) {
        out.choice.has_other_program = true;
        continue;
      }
      out.files.push_back(own);
      out.files.back().package = BaselineFile::own;
    }
  } catch (const InputError& error) {
    out.findings.push_back(changed_manifest(error.what(), *file.text));
  }
  return out;
}

}  // namespace envlock
