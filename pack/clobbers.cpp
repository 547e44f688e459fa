#include "pack/clobbers.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "model/error.hpp"

namespace envlock {
namespace {

constexpr std::size_t most_named = 20;

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
  Settler(TreePlan& plan, const std::stop_token& stop) : plan_(plan), stop_(stop) {}

  void settle() {
    std::ranges::stable_sort(plan_.files, {}, &PlannedFile::path);
    std::vector<PlannedFile> kept;
    kept.reserve(plan_.files.size());
    for (PlannedFile& file : plan_.files) {
      if (kept.empty() || kept.back().path != file.path) {
        kept.push_back(std::move(file));
      } else if (same(kept.back(), file)) {
        if (kept.back().owners.back() != file.owners.front())
          kept.back().owners.push_back(file.owners.front());
      } else {
        refuse(kept.back(), file, "'" + file.path + "'");
      }
    }
    plan_.files = std::move(kept);
    refuse_files_above();
    if (count_ == 0) return;
    if (count_ > most_named) faults_ += "\n  and " + std::to_string(count_ - most_named) + " more";
    throw Error(ExitCode::unfit, "packages claim the same paths with other content:" + faults_,
                "drop one of the packages of each line from environment.yml, or ask for another "
                "build of it");
  }

 private:
  [[nodiscard]] std::string owner(const PlannedFile& file) const {
    const std::size_t index = file.owners.front();
    return index < plan_.packages.size() ? plan_.packages[index].source.record.fn : "envlock";
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
  const std::stop_token& stop_;
  std::map<std::size_t, std::map<std::string, std::string>> targets_;
  std::string faults_;
  std::size_t count_ = 0;
};

}  // namespace

void settle_clobbers(TreePlan& plan, const std::stop_token& stop) { Settler(plan, stop).settle(); }

}  // namespace envlock
