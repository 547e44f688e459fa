#include "verify/extra_files.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "model/text.hpp"
#include "verify/file_digest.hpp"
#include "verify/tracked_files.hpp"

namespace envlock {
namespace {

constexpr std::uint64_t max_evidence_bytes = 64U << 20U;
constexpr mode_t any_execute = 0111;

/// What was found in one place, for the reader and for an acceptance.
struct Looked {
  std::string found;
  std::optional<Sha256> sha256;
  std::optional<Sha256> evidence;  ///< PlacedDigest::evidence
};

Looked look(const WalkEntry& entry, const OpenedEntry* opened, bool whatever_size,
            std::string_view prefix) {
  if (S_ISLNK(entry.facts.st_mode)) {
    const auto target = link_text(entry.folder_fd, entry.name);
    if (!target) return {"a symbolic link that cannot be read", {}, {}};
    return {"a symbolic link to " + *target, sha256_of(*target), sha256_of(*target)};
  }
  if (opened == nullptr) {
    return {std::string(file_kind(entry.facts.st_mode)), sha256_of("special"),
            sha256_of("special")};
  }
  if (!opened->fd) return {"a file that cannot be opened", {}, {}};
  const auto size = static_cast<std::uint64_t>(opened->facts.st_size);
  Looked looked{"a file of " + counted(size, "byte"), {}, {}};
  const auto digest = placed_digest(opened->fd.get(), opened->facts, entry.space,
                                    whatever_size ? UINT64_MAX : max_evidence_bytes, prefix);
  if (!digest) return looked;
  looked.sha256 = digest->content;
  looked.evidence = digest->evidence;
  return looked;
}

/// Whether it is what a link script is said to have left.
bool is_as_claimed(const ScriptProduct& product, const WalkEntry& entry, const Looked& looked) {
  const mode_t mode = entry.facts.st_mode;
  if (product.type == PathType::link)
    return S_ISLNK(mode) && looked.sha256 == sha256_of(product.target);
  return S_ISREG(mode) && looked.sha256 == product.sha256 &&
         ((mode & any_execute) != 0) == product.executable;
}

/// Families of files that may be shared libraries: Python's modules have theirs among them.
bool is_library(ExtraFamily family) noexcept {
  return family == ExtraFamily::library || family == ExtraFamily::python_module;
}

/// Folders that ld.so before glibc 2.37 looks into, alone and nested, before the folder that they
/// lie in: "tls", the platform (AT_PLATFORM) and the names of AT_HWCAP's bits.
bool is_legacy_hwcap(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 24> names{
      "tls",     "x86_64",    "haswell",   "xeon_phi", "avx512_1", "i386",    "i486",    "i586",
      "i686",    "sse2",      "nosegneg",  "aarch64",  "atomics",  "altivec", "dfp",     "vsx",
      "ppc64le", "arch_2_06", "arch_2_07", "power7",   "power8",   "power9",  "power10", "ppcle"};
  return std::ranges::find(names, name) != names.end();
}

std::string message_for(std::string_view rule) {
  if (rule == "shadowing-library")
    return "it has the name of a library that a package brought, and lies where programs look";
  if (rule == "startup-file") return "an interpreter runs it at every start";
  if (rule == "activation-script") return "activating the environment runs it";
  if (rule == "special-file") return "no package has such a thing";
  if (rule == "link-script-product")
    return "this script made code when it was installed, by what the prefix says of itself";
  return "no package brought it";
}

}  // namespace

void note_unowned(CheckContext& context, const WalkEntry& entry, const std::string& told_at,
                  ExtraFamily family, const std::optional<Sha256>& sha256) {
  if (!context.list_unowned) return;
  const mode_t mode = entry.facts.st_mode;
  using Kind = UnownedFile::Kind;
  context.unowned.lock()->push_back({.path = entry.path,
                                     .told_at = told_at,
                                     .kind = S_ISREG(mode)   ? Kind::file
                                             : S_ISLNK(mode) ? Kind::link
                                                             : Kind::special,
                                     .family = std::string(plural_of(family)),
                                     .sha256 = sha256});
}

ExtraFiles::ExtraFiles(CheckContext& context, const PipPackages& pip, const ScriptClaims& claims)
    : context_(context), pip_(pip), claims_(claims) {
  for (std::size_t i = 0; i < family_count; ++i) {
    const auto family = static_cast<ExtraFamily>(i);
    if (rule_of(family).empty()) tolerated_[family];
  }
  for (const ExpectedFile& file : context.tree.files()) {
    const std::string_view stem = library_stem(file.path);
    if (stem.empty()) continue;
    library_stems_.insert(stem);
    library_folders_.insert(folder_of(file.path));
  }
}

bool ExtraFiles::shadows(std::string_view path) const {
  const std::string_view stem = library_stem(path);
  if (stem.empty() || !library_stems_.contains(stem)) return false;
  std::string_view folder = folder_of(path);
  // glibc looks into LIBDIR/glibc-hwcaps/LEVEL/ before LIBDIR/, and before 2.37 into any nesting of
  // the folders of older hardware.
  if (name_of(folder_of(folder)) == "glibc-hwcaps") folder = folder_of(folder_of(folder));
  for (;; folder = folder_of(folder)) {
    if (folder == "lib" || folder == "lib64" || library_folders_.contains(folder)) return true;
    if (folder.empty() || !is_legacy_hwcap(name_of(folder))) return false;
  }
}

std::string ExtraFiles::unknown_folder(std::string_view path) const {
  std::string_view topmost;
  for (std::string_view at = folder_of(path); !at.empty(); at = folder_of(at)) {
    if (context_.tree.has_folder(at) || pip_.has_folder(at)) break;
    // Python makes these beside any source: what else is in them belongs to the folder above.
    if (name_of(at) != "__pycache__") topmost = at;
  }
  return std::string(topmost);
}

void ExtraFiles::add(const WalkEntry& entry, const OpenedEntry* opened) {
  const mode_t mode = entry.facts.st_mode;
  if (!S_ISREG(mode) && !S_ISLNK(mode))
    return add_as(ExtraFamily::program, "special-file", entry, nullptr);
  // A link's own mode says nothing: its place and name do.
  const bool can_run = S_ISREG(mode) && (mode & any_execute) != 0;
  const ExtraFamily family = family_of(entry.path, can_run, context_.tree.site_packages());
  if (is_library(family) && shadows(entry.path))
    return add_as(family, "shadowing-library", entry, opened);
  if (rule_of(family).empty()) {
    tolerated_.at(family).add(entry.path);
    return;
  }
  add_as(family, {}, entry, opened);
}

void ExtraFiles::add_of_pip(const WalkEntry& entry, const OpenedEntry* opened) {
  const ExtraFamily family = family_of(entry.path, false, context_.tree.site_packages());
  const std::string_view site = context_.tree.site_packages();
  const bool is_in_site = entry.path.starts_with(site) && entry.path.substr(site.size(), 1) == "/";
  if (is_told_alone(family)) {
    add_as(family, {}, entry, opened);
  } else if (is_library(family) && shadows(entry.path)) {
    add_as(family, "shadowing-library", entry, opened);
  } else if (family == ExtraFamily::program ||
             (family == ExtraFamily::python_module && !is_in_site)) {
    add_as(family, {}, entry, opened, pip_.owner_of(entry.path));
  }
}

void ExtraFiles::add_as(ExtraFamily family, std::string_view rule, const WalkEntry& entry,
                        const OpenedEntry* opened, PipPackages::Owner owner) {
  const ScriptClaims::Claim claim =
      owner.package.empty() ? claims_.find(entry.path) : ScriptClaims::Claim{};
  const bool is_claimed = claim.product != nullptr;
  Looked looked =
      look(entry, opened, context_.hash_all_evidence || is_claimed, context_.prefixes.front());
  const bool is_as_left = is_claimed && is_as_claimed(*claim.product, entry, looked);
  // Data may still be what some program reads (etc/gitconfig): it stays what nobody brought.
  const bool is_data = family == ExtraFamily::data;
  // What runs without being asked for is told by itself, whatever the prefix says of it.
  const bool is_of_script = is_as_left && !is_data && rule.empty() && !is_told_alone(family);
  std::string place;
  if ((!is_claimed || (is_as_left && is_data)) && rule.empty() && !is_told_alone(family)) {
    place = unknown_folder(entry.path);
    if (place.empty() && family == ExtraFamily::code_cache) place = folder_of(entry.path);
  }
  const bool is_folder = !place.empty();
  if (!is_folder) place = is_of_script ? claim.script->path : std::string_view(entry.path);
  note_unowned(context_, entry, place, family, looked.sha256);
  const auto index = static_cast<std::size_t>(family);
  const auto units = units_.lock();
  Unit& unit = (*units)[place];
  unit.is_folder = is_folder;
  unit.rule = rule;
  if (is_of_script) {
    unit.script = claim.script;
  } else if (is_claimed && !is_folder) {
    unit.origin = "; by what the prefix says of itself, the link script of " +
                  claim.product->package + (is_as_left ? " made it" : " left something else here");
  }
  if (!owner.package.empty()) unit.owner = std::move(owner);
  ++unit.counts[index];
  std::string& example = unit.examples[index];
  if (example.empty() || entry.path < example) example = entry.path;
  if (family == ExtraFamily::code_cache) {
    unit.caches.insert(entry.path);
    if (unit.caches.size() > most_named) unit.caches.erase(std::prev(unit.caches.end()));
  }
  unit.bytes += static_cast<std::uint64_t>(entry.facts.st_size);
  // A file's size is in its digest, and changes where it names the prefix.
  const bool is_file = S_ISREG(entry.facts.st_mode) && opened != nullptr;
  unit.evidence.add(entry.path, is_file ? "a file" : looked.found, looked.evidence);
  unit.found = std::move(looked.found);
  unit.only_file = looked.evidence;
}

Finding ExtraFiles::finding_of(const std::string& path, const Unit& unit) const {
  std::size_t worst = family_count;
  while (unit.counts[--worst] == 0) {
  }
  const auto family = static_cast<ExtraFamily>(worst);
  std::string_view rule = unit.rule.empty() ? rule_of(family) : std::string_view(unit.rule);
  if (unit.script != nullptr) rule = "link-script-product";
  Finding finding = make_finding(verify_rules(), rule, path);
  finding.expected = "nothing";
  finding.message = message_for(rule) + unit.origin;
  finding.package = unit.owner.package;
  finding.part_of = unit.owner.finding;
  if (!finding.part_of.empty())
    finding.message +=
        "; only the RECORD of an installed package names it, which anybody who can "
        "write here could have written";
  if (!unit.is_folder && unit.script == nullptr) {
    finding.found = unit.found;
    finding.sha256 = unit.only_file;
    return finding;
  }
  std::string counts;
  for (std::size_t i = family_count; i-- > 0;) {
    if (unit.counts[i] == 0) continue;
    counts += (counts.empty() ? "" : ", ") +
              counted_kind(unit.counts[i], plural_of(static_cast<ExtraFamily>(i)));
  }
  if (unit.script != nullptr)
    finding.package = context_.tree.packages()[unit.script->package].label();
  finding.found = (unit.script != nullptr ? "" : "a folder with ") + counts + " (" +
                  counted(unit.bytes, "byte") + "), among them " + unit.examples[worst];
  finding.sha256 = unit.evidence.digest();
  if (unit.script == nullptr && family == ExtraFamily::code_cache) advise_on_caches(finding, unit);
  return finding;
}

void ExtraFiles::advise_on_caches(Finding& finding, const Unit& unit) {
  const auto count_of = [&](ExtraFamily family) {
    return unit.counts[static_cast<std::size_t>(family)];
  };
  // What worse families are there names the rule; what is left is data, which is somebody's.
  if (count_of(ExtraFamily::data) > 0) {
    finding.advice = find_rule(verify_rules(), rule_of(ExtraFamily::data))->advice;
    finding.traits = finding.traits | RuleTrait::somebodys_work;
    return;
  }
  finding.advice_paths.assign(unit.caches.begin(), unit.caches.end());
  const std::uint64_t more = count_of(ExtraFamily::code_cache) - unit.caches.size();
  if (more > 0)
    finding.advice += "; verify then names the next of the other " + std::to_string(more);
}

void ExtraFiles::finish() {
  const auto units = units_.lock();
  for (const auto& [path, unit] : *units) context_.findings.add(finding_of(path, unit));
}

}  // namespace envlock
