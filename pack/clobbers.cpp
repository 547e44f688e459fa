#include "pack/clobbers.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "model/error.hpp"
#include "model/string_matcher.hpp"

namespace envlock {
namespace {

constexpr std::size_t most_named = 20;
/// The owner of the installer's own files.
constexpr std::string_view own_name = "envlock";

/// The targets of a package's links, by their paths in the archive.
class LinkTargets final : public ArchiveVisitor {
 public:
  void begin(const ArchiveEntry& entry) override {
    if (entry.kind == ArchiveEntry::Kind::link) targets_[entry.path] = entry.target;
  }
  void content(std::span<const std::byte> /*bytes*/) override {}
  void end() override {}
  [[nodiscard]] const std::map<std::string, std::string>& all() const noexcept { return targets_; }

 private:
  std::map<std::string, std::string> targets_;
};

class Settler {
 public:
  Settler(TreePlan& plan, std::span<const ClobberRule> rules, const std::stop_token& stop)
      : plan_(plan), rules_(rules), stop_(stop) {}

  void settle() {
    std::ranges::stable_sort(plan_.files, {}, &PlannedFile::path);
    std::vector<PlannedFile> kept;
    kept.reserve(plan_.files.size());
    for (auto at = plan_.files.begin(); at != plan_.files.end();) {
      const auto end = std::find_if(at, plan_.files.end(),
                                    [&](const PlannedFile& file) { return file.path != at->path; });
      kept.push_back(settle_path({at, end}));
      at = end;
    }
    plan_.files = std::move(kept);
    refuse_files_above();
    if (count_ == 0) return;
    if (count_ > most_named) faults_ += "\n  and " + std::to_string(count_ - most_named) + " more";
    std::string hint =
        "drop one of the packages of each line from environment.yml, or ask for another build of "
        "it";
    if (!lines_.empty())
      hint += "; or say in envlock.yml whose file is kept:\npolicy:\n  clobbers:" + lines_;
    throw Error(ExitCode::unfit, "packages claim the same paths with other content:" + faults_,
                hint);
  }

 private:
  /// @param claims  all of one path
  PlannedFile settle_path(std::span<PlannedFile> claims) {
    const PlannedFile* winner = &claims.front();
    if (!std::ranges::all_of(claims, [&](const PlannedFile& file) {
          return &file == winner || same(*winner, file);
        })) {
      winner = chosen(claims);
      if (winner == nullptr) {
        refuse_claims(claims);
        winner = &claims.front();
      }
    }
    // The first of those with the winner's bytes is the one that is written.
    std::vector<std::size_t> owners;
    PlannedFile* first = nullptr;
    for (PlannedFile& file : claims) {
      const std::size_t owner = file.owners.front();
      if (&file != winner && !same(*winner, file)) {
        lose(owner, file);
        continue;
      }
      if (first == nullptr) first = &file;
      if (owners.empty() || owners.back() != owner) owners.push_back(owner);
    }
    PlannedFile settled = std::move(*first);
    settled.owners = std::move(owners);
    return settled;
  }

  /// What the first rule keeps that fits; null where none does.
  const PlannedFile* chosen(std::span<const PlannedFile> claims) {
    const std::size_t own = plan_.packages.size();
    const bool has_own = claims.back().owners.front() == own;
    for (const ClobberRule& rule : rules_) {
      if (!glob_matches(rule.path, claims.front().path, LetterCase::matters)) continue;
      if (has_own) {
        if (rule.keep == own_name) return &claims.back();
        continue;
      }
      const PlannedFile* found = nullptr;
      for (const PlannedFile& file : claims) {
        if (name(file) != rule.keep) continue;
        // One package that claims a path twice is at odds with itself.
        if (found != nullptr && !same(*found, file)) return nullptr;
        found = found == nullptr ? &file : found;
      }
      if (found != nullptr) return found;
    }
    return nullptr;
  }

  void lose(std::size_t owner, const PlannedFile& file) {
    if (owner < plan_.packages.size()) std::erase(plan_.packages[owner].link_scripts, file.path);
  }

  [[nodiscard]] std::string name(const PlannedFile& file) const {
    const std::size_t index = file.owners.front();
    return index < plan_.packages.size() ? distinct_name(plan_.packages[index].source.record)
                                         : std::string(own_name);
  }

  [[nodiscard]] std::string owner(const PlannedFile& file) const {
    const std::size_t index = file.owners.front();
    return index < plan_.packages.size() ? plan_.packages[index].source.record.fn
                                         : std::string(own_name);
  }

  void refuse_claims(std::span<const PlannedFile> claims) {
    if (++count_ > most_named) return;
    const std::string& path = claims.front().path;
    std::vector<std::string> names;
    faults_ += "\n  '" + path + "': ";
    for (const PlannedFile& file : claims) {
      faults_ += (&file == &claims.front() ? "" : " and ") + owner(file);
      if (names.empty() || names.back() != name(file)) names.push_back(name(file));
    }
    if (names.size() < 2) return;
    if (names.back() == own_name && claims.back().owners.front() == plan_.packages.size())
      names = {std::string(own_name)};
    lines_ += "\n    " + clobber_line(path, names.front());
    for (std::size_t i = 1; i < names.size(); ++i) lines_ += (i == 1 ? "  # or " : ", ") + names[i];
  }

  void refuse(const PlannedFile& a, const PlannedFile& b, const std::string& what) {
    if (++count_ <= most_named) faults_ += "\n  " + what + ": " + owner(a) + " and " + owner(b);
  }

  /// A path of a folder is a file or link for another package.
  void refuse_files_above() {
    for (const PlannedFile& file : plan_.files) {
      for (std::size_t slash = file.path.find('/'); slash != std::string::npos;
           slash = file.path.find('/', slash + 1)) {
        const std::string above = file.path.substr(0, slash);
        const auto found = std::ranges::lower_bound(plan_.files, above, {}, &PlannedFile::path);
        if (found != plan_.files.end() && found->path == above &&
            found->type != PathType::directory) {
          refuse(*found, file,
                 "'" + above + "' is no folder for one, and '" + file.path +
                     "' lies in it for the other");
          break;
        }
      }
    }
  }

  bool same(const PlannedFile& a, const PlannedFile& b) {
    if (a.type != b.type || a.role == FileRole::entry_point || b.role == FileRole::entry_point)
      return false;
    switch (a.type) {
      case PathType::directory:
        return true;
      case PathType::link:
        return target(a) == target(b);
      case PathType::file:
        break;
    }
    return a.sha256 && a.sha256 == b.sha256 && a.placeholder == b.placeholder &&
           (a.placeholder.empty() || a.placeholder_mode == b.placeholder_mode);
  }

  const std::string& target(const PlannedFile& link) {
    const std::size_t index = link.owners.front();
    auto found = targets_.find(index);
    if (found == targets_.end()) {
      LinkTargets reader;
      const PlannedPackage& package = plan_.packages[index];
      package.source.archive.read_content(package.info, reader, stop_);
      found = targets_.emplace(index, reader.all()).first;
    }
    return found->second[link.source];
  }

  TreePlan& plan_;
  std::span<const ClobberRule> rules_;
  const std::stop_token& stop_;
  std::map<std::size_t, std::map<std::string, std::string>> targets_;
  std::string faults_, lines_;
  std::size_t count_ = 0;
};

}  // namespace

void settle_clobbers(TreePlan& plan, std::span<const ClobberRule> rules,
                     const std::stop_token& stop) {
  Settler(plan, rules, stop).settle();
}

}  // namespace envlock
