#include "verify/pip_packages.hpp"

#include <algorithm>
#include <atomic>

#include "model/guarded.hpp"
#include "model/text.hpp"
#include "verify/evidence.hpp"
#include "verify/extra_family.hpp"
#include "verify/extra_files.hpp"
#include "verify/file_digest.hpp"
#include "verify/packed_files.hpp"
#include "verify/small_file.hpp"
#include "verify/tracked_files.hpp"

namespace envlock {
namespace {

constexpr std::uint64_t max_evidence_bytes = 64U << 20U;

bool is_byte_code(std::string_view path) { return path.ends_with(".pyc"); }

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, std::min(text.find('\n'), std::size_t{60})));
}

/// "pip", "uv", ... where the distribution says it.
std::string installer_of(int site_fd, const std::string& dist_info, BeneathMethod method) {
  const SmallFile file = read_small_file(site_fd, dist_info + "/INSTALLER", 4096, method);
  return file.text ? first_line(*file.text) : std::string();
}

/// The package, or the distribution inside of one, that has this project's name; empty: none.
std::string name_in_packages(const ExpectedTree& tree, std::string_view project) {
  const std::string wanted = normalised_project(project);
  for (const ExpectedPackage& package : tree.packages()) {
    std::string_view name = package.name;
    if (name.starts_with("pypi:")) name.remove_prefix(5);  // a wheel of the lock
    if (package.is_recorded && normalised_project(name) == wanted) return package.label();
  }
  for (const std::string_view folder : tree.folders()) {
    if (folder_of(folder) != tree.site_packages()) continue;
    const auto parts = parse_dist_info_name(name_of(folder));
    if (parts && normalised_project(parts->name) == wanted) return std::string(name_of(folder));
  }
  return {};
}

}  // namespace

struct PipPackages::Distribution {
  std::string folder;  ///< Of its .dist-info, in the prefix.
  std::string name, version, installer;
  std::string twin;  ///< The package of the environment that has its name; empty: none.
  PipRecord record;
  std::vector<std::atomic<bool>> seen;
  Guarded<Evidence> evidence;

  [[nodiscard]] std::string label() const { return name + ' ' + version + " (pip)"; }
  /// About the package as a whole: of one cause there is one finding.
  [[nodiscard]] Finding finding() const {
    return make_finding(verify_rules(), twin.empty() ? "pip-package" : "pip-shadows", folder);
  }
};

PipPackages::PipPackages(CheckContext& context, int prefix_fd, BeneathMethod method)
    : context_(context), was_unpacked_(has_manifest(prefix_fd, method)) {
  const std::string site(context.tree.site_packages());
  if (site.empty()) return;
  const UniqueFd site_fd = open_beneath(prefix_fd, site, O_RDONLY | O_DIRECTORY, 0, method);
  if (!site_fd) return;  // the walk will say why
  std::vector<std::string> names;
  if (!list_folder(site_fd.get(), names)) return;
  std::ranges::sort(names);
  for (const std::string& name : names) {
    std::string folder = site;
    folder.append("/").append(name);
    const auto parts = parse_dist_info_name(name);
    if (!parts || context.tree.has_folder(folder)) continue;
    const SmallFile file =
        read_small_file(site_fd.get(), name + "/RECORD", max_pip_record_bytes, method);
    if (!file.text) continue;  // no installed distribution: what is there is extra
    auto distribution = std::make_unique<Distribution>();
    distribution->folder = std::move(folder);
    distribution->name = parts->name;
    distribution->version = parts->version;
    distribution->twin = name_in_packages(context.tree, parts->name);
    distribution->installer = installer_of(site_fd.get(), name, method);
    distribution->record = parse_pip_record(*file.text, site);
    distribution->seen = std::vector<std::atomic<bool>>(distribution->record.files.size());
    distributions_.push_back(std::move(distribution));
  }
  for (const auto& distribution : distributions_) {
    const std::vector<PipFile>& files = distribution->record.files;
    for (std::size_t i = 0; i < files.size(); ++i) {
      const std::string_view path = files[i].path;
      // What a package has is the package's, and conda-meta is nobody's to claim.
      if (context.tree.find(path) != nullptr || path.starts_with("conda-meta/")) {
        distribution->seen[i] = true;
        continue;
      }
      files_.emplace(path, Place{distribution.get(), i});
      for (std::string_view at = folder_of(path); !at.empty(); at = folder_of(at)) {
        if (!folders_.insert(at).second) break;
      }
    }
  }
}

PipPackages::~PipPackages() = default;

PipPackages::Owner PipPackages::owner_of(std::string_view path) const {
  const Distribution& distribution = *files_.find(path)->second.distribution;
  return {distribution.label(), distribution.finding().id};
}

void PipPackages::note(std::string_view path) {
  const auto found = files_.find(path);
  if (found != files_.end()) found->second.distribution->seen[found->second.file] = true;
}

void PipPackages::check(const WalkEntry& entry, const OpenedEntry* opened) {
  const auto found = files_.find(entry.path);
  if (found == files_.end()) return;
  Distribution& distribution = *found->second.distribution;
  const PipFile& file = distribution.record.files[found->second.file];
  distribution.seen[found->second.file] = true;
  Finding changed = make_finding(verify_rules(), "pip-file", entry.path);
  changed.package = distribution.label();
  changed.message = "the file is not as the RECORD of its package says";
  if (opened == nullptr || !opened->fd) {
    changed.expected = "a file that can be read";
    changed.found = opened == nullptr ? std::string(file_kind(entry.facts.st_mode))
                                      : "a file that cannot be opened";
    return context_.findings.add(std::move(changed));
  }
  const auto size = static_cast<std::uint64_t>(opened->facts.st_size);
  const bool wrong_size = file.size_bytes && *file.size_bytes != size;
  const auto limit =
      (file.sha256 && !wrong_size) || context_.hash_all_evidence ? UINT64_MAX : max_evidence_bytes;
  const auto placed =
      placed_digest(opened->fd.get(), opened->facts, entry.space, limit, context_.prefixes.front());
  if (placed) context_.bytes_hashed += size;
  const auto digest = placed ? std::optional(placed->content) : std::nullopt;
  const auto evidence = placed ? std::optional(placed->evidence) : std::nullopt;
  distribution.evidence.lock()->add(entry.path, "file", evidence);
  const bool can_run = (opened->facts.st_mode & 0111U) != 0;
  note_unowned(context_, entry, distribution.folder,
               family_of(entry.path, can_run, context_.tree.site_packages()), digest);
  if (!wrong_size && (!file.sha256 || digest == file.sha256)) return;
  // Nothing here proves that this is all that changed: the finding stays one.
  if (was_unpacked_ && placed && placed->evidence != placed->content) {
    changed.message +=
        "; it names this prefix, and that was another one where pip made it: unpacking and "
        "relocating change such a file";
  }
  changed.expected =
      wrong_size ? counted(*file.size_bytes, "byte") : "sha256 " + file.sha256->hex();
  changed.found = wrong_size ? counted(size, "byte")
                  : digest   ? "sha256 " + digest->hex()
                             : "content that could not be read whole";
  changed.sha256 = evidence;
  context_.findings.add(std::move(changed));
}

void PipPackages::finish() {
  for (const auto& distribution : distributions_) finish(*distribution);
}

void PipPackages::finish(Distribution& distribution) {
  const std::vector<PipFile>& files = distribution.record.files;
  std::string programs;
  std::size_t program_count = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].path.starts_with("bin/") && ++program_count <= 5)
      programs += (programs.empty() ? "" : ", ") + files[i].path;
    // Byte code may be made anew, or not at all.
    if (distribution.seen[i] || is_byte_code(files[i].path)) continue;
    Finding gone = make_finding(verify_rules(), "pip-file", files[i].path);
    gone.package = distribution.label();
    gone.expected = "a file";
    gone.found = "nothing";
    gone.message = "a file that the RECORD of its package names is not there";
    gone.sha256 = sha256_of("absent");
    context_.findings.add(std::move(gone));
  }
  for (const std::string& fault : distribution.record.faults) {
    Finding bad = make_finding(verify_rules(), "pip-file", distribution.folder + "/RECORD", fault);
    bad.package = distribution.label();
    bad.expected = "lines of path, sha256 and size";
    bad.found = fault;
    bad.message = "its RECORD has a line that proves nothing";
    context_.findings.add(std::move(bad));
  }
  Finding there = distribution.finding();
  there.package = distribution.label();
  there.found = counted(files.size(), "file");
  if (!distribution.installer.empty()) there.found += " by " + distribution.installer;
  if (program_count > 0)
    there.found += ", programs: " + programs + (program_count > 5 ? ", ..." : "");
  there.sha256 = distribution.evidence.lock()->digest();
  if (distribution.twin.empty()) {
    there.expected = "nothing that is not in the lock";
    there.message = "a package that is not in the lock was installed by " +
                    (distribution.installer.empty() ? "pip or its like" : distribution.installer);
  } else if (distribution.installer == "envlock") {  // the environment of another lock
    there.expected = distribution.twin;
    there.found = distribution.name + ' ' + distribution.version + ": " + there.found;
    there.message = "a wheel of the lock is there in another version";
    there.advice = "envlock install {lock} --prefix {prefix}";
  } else {
    there.expected = distribution.twin + ", once";
    there.found = distribution.name + ' ' + distribution.version + " beside it: " + there.found;
    there.message = "pip installed over a package of the lock: which one runs is a matter of luck";
    add_uninstall(there, distribution.name);
  }
  context_.findings.add(std::move(there));
}

void PipPackages::add_uninstall(Finding& finding, const std::string& name) const {
  // Of a lock with pip, or of one that pip brought: else only the user knows whose it was.
  constexpr std::string_view python = "bin/python";
  const bool has_pip =
      std::ranges::any_of(context_.tree.packages(),
                          [](const ExpectedPackage& package) { return package.name == "pip"; }) &&
      context_.tree.find(python) != nullptr;
  if (!has_pip || name.starts_with('-') || normalised_project(name) == "pip") return;
  // Twice: where the package's own files are back beside it, pip takes off one of the two at a
  // time.
  finding.advice =
      "{paths} -m pip uninstall -y {word} && {paths} -m pip uninstall -y {word} && envlock install "
      "{lock} --prefix {prefix} --repair";
  finding.advice_paths = {std::string(python)};
  finding.advice_words = {name, name};
}

}  // namespace envlock
