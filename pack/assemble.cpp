#include "pack/assemble.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "model/guarded.hpp"
#include "model/parallel.hpp"
#include "pack/file_in_work.hpp"
#include "pack/prefix_files.hpp"

namespace envlock {
namespace {

/// The planned files of one package by their path in its archive.
using Sources = std::unordered_map<std::string_view, std::size_t>;

/// What all packages of an assembly share.
struct Shared {
  const TreePlan& plan;
  TreeSink& sink;
  const AssembleSettings& settings;
  Assembly& assembly;
  Guarded<std::vector<std::string>> notices;
};

/// Takes one package's members to the sink.
class PackageVisitor final : public ArchiveVisitor {
 public:
  PackageVisitor(Shared& shared, TreeSink& sink, const PlannedPackage& package,
                 const Sources& sources)
      : shared_(shared), sink_(sink), package_(package), sources_(sources) {}

  void begin(const ArchiveEntry& entry) override {
    current_.reset();
    if (entry.had_special_bits)
      say("'" + entry.path + "' has setuid, setgid or sticky bits, which are not restored");
    const auto found = sources_.find(entry.path);
    if (found == sources_.end()) {
      // Folders need no entry, and another owner's file is written by that one.
      if (entry.kind != ArchiveEntry::Kind::directory && !is_listed(entry.path)) ++unlisted_;
      return;
    }
    begin_planned(entry, found->second);
  }

  void content(std::span<const std::byte> bytes) override {
    if (current_) current_->write(bytes);
  }

  void end() override {
    if (!current_) return;
    const PlannedFile& planned = shared_.plan.files[index_];
    if (const auto fault = current_->finish(shared_.assembly.files[index_]))
      refuse(planned.source, *fault);
    current_.reset();
  }

  /// Writes hard links as files of their own: what they name has been seen by now.
  void finish(const std::stop_token& stop);

  /// @throws TrustError where a planned file did not come
  void require_all() const {
    std::string missing;
    std::size_t count = 0;
    for (const auto& [source, index] : sources_) {
      if (seen_.contains(index)) continue;
      const bool made = shared_.plan.files[index].type == PathType::directory;
      if (made) continue;
      if (++count <= 5) missing += (missing.empty() ? "'" : ", '") + std::string(source) + "'";
    }
    if (count == 0) return;
    if (count > 5) missing += " and " + std::to_string(count - 5) + " more";
    throw TrustError("'" + package_.source.archive.file_name() + "' lacks what its " + listing() +
                     " lists: " + missing);
  }

  void say_unlisted() {
    if (unlisted_ > 0)
      say(std::to_string(unlisted_) +
          " of its files are not in its info/paths.json, and are left out");
  }

 private:
  [[nodiscard]] bool is_listed(const std::string& path) const {
    return std::ranges::binary_search(package_.info.paths, path, {}, &PackagePath::path);
  }

  [[nodiscard]] std::string listing() const {
    return package_.wheel ? "RECORD" : "info/paths.json";
  }

  void say(const std::string& what) {
    shared_.notices.lock()->push_back("'" + package_.source.archive.file_name() + "': " + what);
  }

  [[noreturn]] void refuse(const std::string& path, const std::string& fault) const {
    throw TrustError("'" + package_.source.archive.file_name() + "': '" + path +
                         "' is not what its " + listing() + " says: " + fault,
                     "the package contradicts itself: tell those who made it");
  }

  /// A file without size or hash stands in the list of an old package.
  static bool may_be_link(const PlannedFile& planned) {
    return planned.type == PathType::file && !planned.sha256 && !planned.size_bytes &&
           planned.placeholder.empty();
  }

  void begin_planned(const ArchiveEntry& entry, std::size_t index) {
    const PlannedFile& planned = shared_.plan.files[index];
    AssembledFile& done = shared_.assembly.files[index];
    seen_.emplace(index, true);
    switch (entry.kind) {
      case ArchiveEntry::Kind::directory:
        if (planned.type != PathType::directory) refuse(entry.path, "it is a folder");
        return;
      case ArchiveEntry::Kind::link:
        if (planned.type != PathType::link && !may_be_link(planned))
          refuse(entry.path, "it is a link");
        done.type = PathType::link;
        if (const auto fault = link_target_fault(planned.path, entry.target))
          throw TrustError("'" + package_.source.archive.file_name() + "': '" + planned.path +
                           "': " + *fault);
        done.target = entry.target;
        sink_.link(planned.path, entry.target, file_time_s(package_.source.record));
        return;
      case ArchiveEntry::Kind::hard_link:
        if (planned.type != PathType::file) refuse(entry.path, "it is a file");
        done.executable = entry.executable;
        hard_links_[entry.target].push_back(index);
        return;
      case ArchiveEntry::Kind::file:
        if (planned.type != PathType::file) refuse(entry.path, "it is a file");
        require_size(index, entry);
        open(index, entry);
        return;
    }
  }

  /// A bomb ends here, not at the disk's end.
  void require_size(std::size_t index, const ArchiveEntry& entry) const {
    const PlannedFile& planned = shared_.plan.files[index];
    if (planned.size_bytes && *planned.size_bytes != entry.size_bytes) {
      refuse(planned.source, "expected " + std::to_string(*planned.size_bytes) + " bytes, found " +
                                 std::to_string(entry.size_bytes));
    }
  }

  void open(std::size_t index, const ArchiveEntry& entry) {
    const PlannedFile& planned = shared_.plan.files[index];
    shared_.assembly.files[index].executable = entry.executable;
    index_ = index;
    current_ = open_planned(planned, shared_.settings, sink_, entry.executable, entry.size_bytes,
                            file_time_s(package_.source.record));
  }

  friend class HardLinkVisitor;
  Shared& shared_;
  TreeSink& sink_;
  const PlannedPackage& package_;
  const Sources& sources_;
  std::size_t index_ = 0;
  std::unique_ptr<FileInWork> current_;
  std::unordered_map<std::size_t, bool> seen_;
  std::map<std::string, std::vector<std::size_t>> hard_links_;  ///< By what they name.
  std::size_t unlisted_ = 0;
};

/// Further looks at an archive: the files that hard links name, once more for each link. What was
/// written is taken off the list.
class HardLinkVisitor final : public ArchiveVisitor {
 public:
  explicit HardLinkVisitor(PackageVisitor& first) : first_(first) {}

  void begin(const ArchiveEntry& entry) override {
    indexes_.clear();
    copies_.clear();
    bytes_.clear();
    const auto found = first_.hard_links_.find(entry.path);
    if (entry.kind != ArchiveEntry::Kind::file || found == first_.hard_links_.end()) return;
    entry_ = entry;
    is_kept_ = entry.size_bytes <= max_kept_bytes;
    const std::size_t count =
        is_kept_ ? found->second.size() : std::min(found->second.size(), max_open);
    indexes_.assign(found->second.end() - static_cast<std::ptrdiff_t>(count), found->second.end());
    found->second.resize(found->second.size() - count);
    if (found->second.empty()) first_.hard_links_.erase(found);
    for (const std::size_t index : indexes_) {
      first_.require_size(index, entry);
      if (!is_kept_) copies_.push_back(opened(index));
    }
  }
  void content(std::span<const std::byte> bytes) override {
    if (is_kept_ && !indexes_.empty()) bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    for (const auto& copy : copies_) copy->write(bytes);
  }
  void end() override {
    for (std::size_t i = 0; i < indexes_.size(); ++i) {
      std::unique_ptr<FileInWork> copy;
      if (is_kept_) {
        copy = opened(indexes_[i]);
        copy->write(bytes_);
      } else {
        copy = std::move(copies_[i]);
      }
      if (const auto fault = copy->finish(first_.shared_.assembly.files[indexes_[i]]))
        first_.refuse(first_.shared_.plan.files[indexes_[i]].source, *fault);
    }
    indexes_.clear();
    copies_.clear();
  }

 private:
  /// Smaller files wait in memory until they are whole, and are written one after the other; of a
  /// larger one, one copy is written in one look: an archive takes one member after the other.
  static constexpr std::uint64_t max_kept_bytes = std::uint64_t{8} << 20U;
  static constexpr std::size_t max_open = 1;

  std::unique_ptr<FileInWork> opened(std::size_t index) {
    first_.open(index, entry_);
    return std::move(first_.current_);
  }

  PackageVisitor& first_;
  ArchiveEntry entry_;
  bool is_kept_ = false;
  std::vector<std::size_t> indexes_;
  std::vector<std::byte> bytes_;
  std::vector<std::unique_ptr<FileInWork>> copies_;
};

void PackageVisitor::finish(const std::stop_token& stop) {
  while (!hard_links_.empty()) {
    const auto left = [&] {
      std::size_t count = 0;
      for (const auto& [target, links] : hard_links_) count += links.size();
      return count;
    };
    const std::size_t before = left();
    HardLinkVisitor again(*this);
    package_.source.archive.read_content(package_.info, again, stop);
    if (left() == before)
      refuse(hard_links_.begin()->first, "a hard link names it, and it is no file of the package");
  }
}

/// A file or link that is in a prefix.
void place_from_prefix(Shared& shared, TreeSink& sink, std::size_t index, std::int64_t time_s,
                       const std::stop_token& stop) {
  const PlannedFile& planned = shared.plan.files[index];
  AssembledFile& done = shared.assembly.files[index];
  const PrefixFiles* const files = shared.settings.prefix_files;
  if (files == nullptr) throw InternalError("'" + planned.path + "' is in no known prefix");
  if (planned.type == PathType::link) {
    files->require_link(planned);
    done.target = planned.target;
    return sink.link(planned.path, planned.target, time_s);
  }
  if (planned.type != PathType::file) return;
  done.executable = planned.executable;
  const auto work = open_planned(planned, shared.settings, sink, planned.executable,
                                 planned.size_bytes.value(), time_s);
  files->read(
      planned, [&](std::span<const std::byte> bytes) { work->write(bytes); }, stop);
  if (const auto fault = work->finish(done)) {
    throw TrustError(
        "'" + files->shown(planned.path) + "' is not what it was when it was verified: " + *fault,
        "somebody writes into the prefix: pack it when nobody does");
  }
}

/// Folders, which archives may leave out, and what the installer makes.
void place_the_rest(Shared& shared, const std::vector<bool>& wanted, const std::stop_token& stop) {
  for (std::size_t i = 0; i < shared.plan.files.size(); ++i) {
    const PlannedFile& planned = shared.plan.files[i];
    const std::size_t owner = planned.owners.front();
    if (!wanted[owner]) continue;
    const bool own = owner == shared.plan.packages.size();
    if (planned.type == PathType::directory) shared.sink.directory(planned.path);
    if (planned.is_in_prefix) {
      if (own) place_from_prefix(shared, shared.sink, i, file_time_s({}), stop);
      continue;
    }
    if (planned.type != PathType::file || !planned.source.empty()) continue;
    AssembledFile& done = shared.assembly.files[i];
    done.executable = planned.executable;
    const std::int64_t time_s =
        file_time_s(own ? PackageRecord() : shared.plan.packages[owner].source.record);
    const auto work = open_planned(planned, shared.settings, shared.sink, planned.executable,
                                   planned.content.size(), time_s);
    work->write(std::as_bytes(std::span(planned.content)));
    if (const auto fault = work->finish(done)) throw InternalError("a made file: " + *fault);
  }
}

void read_package(Shared& shared, TreeSink& sink, const PlannedPackage& package,
                  const Sources& sources, const std::stop_token& stop) {
  PackageVisitor visitor(shared, sink, package, sources);
  package.source.archive.read_content(package.info, visitor, stop);
  visitor.finish(stop);
  visitor.require_all();
  visitor.say_unlisted();
}

}  // namespace

Assembly assemble(const TreePlan& plan, TreeSink& sink, const AssembleSettings& settings,
                  const std::stop_token& stop) {
  Assembly assembly;
  assembly.files.resize(plan.files.size());
  for (std::size_t i = 0; i < plan.files.size(); ++i) assembly.files[i].type = plan.files[i].type;
  Shared shared{plan, sink, settings, assembly, {}};
  std::vector<bool> wanted = settings.wanted;
  if (wanted.empty()) wanted.assign(plan.packages.size() + 1, true);

  std::vector<Sources> sources(plan.packages.size());
  std::vector<std::vector<std::size_t>> in_prefix(plan.packages.size());
  for (std::size_t i = 0; i < plan.files.size(); ++i) {
    const PlannedFile& file = plan.files[i];
    if (file.owners.front() >= plan.packages.size()) continue;
    if (file.is_in_prefix) {
      in_prefix[file.owners.front()].push_back(i);
    } else if (!file.source.empty()) {
      sources[file.owners.front()].emplace(file.source, i);
    }
  }
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < plan.packages.size(); ++i) {
    if (wanted[i]) order.push_back(i);
  }
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t i) {
    return plan.packages[i].source.record.size.value_or(0);
  });
  place_the_rest(shared, wanted, stop);
  parallel_for(order.size(), settings.threads, stop, [&](std::size_t i) {
    const PlannedPackage& package = plan.packages[order[i]];
    try {
      TreeSink& part = sink.begin_part(i);
      const std::int64_t time_s = file_time_s(package.source.record);
      for (const std::size_t file : in_prefix[order[i]])
        place_from_prefix(shared, part, file, time_s, stop);
      if (package.source.archive.is_at_hand())
        read_package(shared, part, package, sources[order[i]], stop);
      sink.end_part(i);
    } catch (...) {
      sink.abandon(std::current_exception());
      throw;
    }
  });
  assembly.notices = std::move(*shared.notices.lock());
  std::ranges::sort(assembly.notices);
  return assembly;
}

}  // namespace envlock
