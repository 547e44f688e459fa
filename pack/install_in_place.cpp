#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>

#include "model/error.hpp"
#include "model/open_beneath.hpp"
#include "pack/assemble.hpp"
#include "pack/directory_sink.hpp"
#include "pack/environment_files.hpp"
#include "pack/install_new.hpp"
#include "pack/prefix_difference.hpp"
#include "pack/prefix_file.hpp"
#include "pack/prefix_journal.hpp"
#include "pack/prefix_lock.hpp"
#include "pack/prefix_records.hpp"

namespace envlock {
namespace {

/// Fixed names that an update replaces whoever wrote them.
constexpr std::string_view own_prefix = "conda-meta/";

void require_unfrozen(const UniqueFd& prefix, const std::string& shown) {
  const auto frozen = read_prefix_file(prefix.get(), "conda-meta/frozen", shown);
  if (!frozen) return;
  throw Error(ExitCode::unfit,
              "'" + shown + "' is frozen" + (frozen->empty() ? std::string() : ": " + *frozen),
              "whoever wrote '" + shown + "/conda-meta/frozen' wants it left alone (CEP 22)");
}

bool is_empty(const UniqueFd& prefix) {
  std::error_code error;
  const std::filesystem::directory_iterator at("/proc/self/fd/" + std::to_string(prefix.get()),
                                               error);
  return !error && at == std::filesystem::directory_iterator();
}

class Update {
 public:
  Update(const TreePlan& plan, const InstallRequest& request, const std::stop_token& stop)
      : plan_(plan), request_(request), stop_(stop), prefix_(open_folder(request.prefix)) {}

  InstallResult run() {
    lock_folder(prefix_, request_.prefix);
    require_own();
    finish_interrupted();
    const bool empty = is_empty(prefix_);
    if (!empty) require_unfrozen(prefix_, request_.prefix);
    state_ = read_installed_state(prefix_.get(), request_.prefix);
    if (!empty && !state_.lock_text) {
      throw Error(ExitCode::unfit, "'" + request_.prefix + "' is there, and not made by envlock",
                  "install into a new folder; what is in this one stays as it is");
    }
    result_.updated = !empty;
    difference_ = prefix_difference(state_, plan_, request_.repair);
    leave_own_files_replaceable();
    if (!request_.repair) require_room(prefix_.get(), request_.prefix, without_own_files());
    if (nothing_changes()) {
      result_.kept = plan_.packages.size();
      if (request_.access) set_access(prefix_, *request_.access, request_.prefix);
      return std::move(result_);
    }
    assemble_stage();
    if (stop_.stop_requested()) throw Interrupted();
    commit_journal(prefix_, journal_, request_.prefix);
    apply_journal(prefix_, journal_, request_.prefix);
    if (request_.access) set_access(prefix_, *request_.access, request_.prefix);
    add_byte_code();
    return std::move(result_);
  }

 private:
  [[nodiscard]] std::string stage_path() const {
    return request_.prefix + '/' + std::string(PrefixJournal::stage_folder);
  }

  /// Its python is run, and its journal obeyed.
  void require_own() const {
    struct stat facts {};
    if (::fstat(prefix_.get(), &facts) != 0)
      throw IoError("cannot look at '" + request_.prefix + "'", errno);
    if (facts.st_uid == ::geteuid() && (facts.st_mode & 0022U) == 0) return;
    throw TrustError("'" + request_.prefix + "' belongs to another user, or others can write it",
                     "update it as its owner; take rights of others away with: chmod go-w '" +
                         request_.prefix + "'");
  }

  void finish_interrupted() {
    ::unlinkat(prefix_.get(), (std::string(PrefixJournal::file_name) + ".envlock-new").c_str(), 0);
    if (const auto journal = find_journal(prefix_, request_.prefix)) {
      apply_journal(prefix_, *journal, request_.prefix);
      result_.notices.push_back("an interrupted update of '" + request_.prefix +
                                "' was completed first");
    }
    remove_tree(stage_path());
  }

  /// The installer's own files of an earlier run are nobody's package, and are replaced.
  void leave_own_files_replaceable() {
    for (const PlannedFile& file : plan_.files) {
      if (file.owners.front() == plan_.packages.size()) own_.push_back(file.path);
    }
  }

  [[nodiscard]] PrefixDifference without_own_files() const {
    PrefixDifference difference = difference_;
    std::erase_if(difference.place,
                  [&](const std::string& path) { return std::ranges::binary_search(own_, path); });
    return difference;
  }

  [[nodiscard]] bool nothing_changes() const {
    if (request_.repair) return false;
    const bool none_wanted = std::none_of(difference_.wanted.begin(), difference_.wanted.end() - 1,
                                          [](bool wanted) { return wanted; });
    return none_wanted && difference_.leaving.empty() && state_.lock_text == request_.lock_text;
  }

  void assemble_stage() {
    if (::mkdirat(prefix_.get(), std::string(PrefixJournal::stage_folder).c_str(), 0700) != 0)
      throw IoError("cannot make '" + stage_path() + "'", errno);
    try {
      DirectorySink sink(open_folder(stage_path()), stage_path());
      assembly_ = assemble(
          plan_, sink,
          {.prefix = request_.prefix, .threads = request_.threads, .wanted = difference_.wanted},
          stop_);
      put_meta(sink);
    } catch (const Error&) {
      // Nothing of the prefix was touched yet.
      std::error_code ignored;
      std::filesystem::remove_all(stage_path(), ignored);
      throw;
    }
    result_.notices.insert(result_.notices.end(), assembly_.notices.begin(),
                           assembly_.notices.end());
    if (::syncfs(prefix_.get()) != 0)
      throw IoError("cannot write '" + request_.prefix + "'", errno);
  }

  /// Records of new packages, and those of kept ones whose part in the request changed.
  void put_meta(TreeSink& sink) {
    records_ = prefix_records(plan_, assembly_, {});
    take_shared(records_);
    std::vector<PrefixRecord> written;
    std::vector<const PackageRecord*> added;
    std::vector<const PackageRecord*> removed;
    for (std::size_t i = 0; i < plan_.packages.size(); ++i) {
      if (!difference_.wanted[i]) {
        ++result_.kept;
        keep(records_[i], written);
        continue;
      }
      added.push_back(&records_[i].record);
      result_.added.push_back(dist_name(*added.back()));
      result_.linked.push_back(i);
      written.push_back(records_[i]);
    }
    journal_.remove = difference_.remove;
    for (const InstalledState::Package* package : difference_.leaving) {
      removed.push_back(&package->record.record);
      result_.removed.push_back(dist_name(*removed.back()));
      journal_.remove.push_back(std::string(own_prefix) + package->file_name);
    }
    put_records(sink, written);
    put_environment_files(sink, request_,
                          state_.history + history_block(added, removed, requested_names(plan_)));
    journal_.folders = difference_.folders;
    journal_.place = difference_.place;
    for (const PrefixRecord& record : written) {
      const std::string path = std::string(own_prefix) + prefix_record_file_name(record.record);
      std::erase(journal_.remove, path);
      journal_.place.push_back(path);
    }
    for (std::string& path : environment_file_paths(request_))
      journal_.place.push_back(std::move(path));
    if (request_.variables.empty()) journal_.remove.emplace_back("conda-meta/state");
  }

  void keep(const PrefixRecord& now, std::vector<PrefixRecord>& written) const {
    for (const InstalledState::Package* package : difference_.kept) {
      const PrefixRecord& before = package->record;
      if (before.record.name != now.record.name) continue;
      if (before.requested_specs.empty() == now.requested_specs.empty()) return;
      written.push_back(before);
      written.back().requested_specs = now.requested_specs;
    }
  }

  /// A new package's file that a kept one brought with the same bytes was not made now: the kept
  /// record tells what it is.
  void take_shared(std::vector<PrefixRecord>& records) const {
    std::map<std::string_view, const PrefixPath*> known;
    for (const InstalledState::Package* kept : difference_.kept) {
      for (const PrefixPath& path : kept->record.paths) known.emplace(path.path, &path);
    }
    for (std::size_t i = 0; i < plan_.packages.size(); ++i) {
      if (!difference_.wanted[i]) continue;
      for (PrefixPath& path : records[i].paths) {
        const auto file = std::ranges::lower_bound(plan_.files, path.path, {}, &PlannedFile::path);
        if (file == plan_.files.end() || file->path != path.path ||
            difference_.wanted[file->owners.front()])
          continue;
        if (const auto found = known.find(path.path); found != known.end()) path = *found->second;
      }
    }
  }

  [[nodiscard]] bool is_wanted(std::string_view name) const {
    for (std::size_t i = 0; i < plan_.packages.size(); ++i) {
      if (plan_.packages[i].source.record.name == name) return difference_.wanted[i];
    }
    return false;
  }

  void add_byte_code() {
    fit_sources_to_byte_code(prefix_, plan_, difference_.wanted);
    if (!request_.byte_code) return;
    std::vector<ByteCodeJob> jobs = byte_code_jobs(plan_);
    // Another python makes other byte code of the same sources.
    if (!is_wanted("python"))
      std::erase_if(jobs, [&](const ByteCodeJob& job) { return !difference_.wanted[job.package]; });
    const std::vector<std::string> made =
        make_byte_code(prefix_, request_.prefix, plan_, jobs, request_, stop_, result_.notices);
    std::vector<PrefixRecord> records = prefix_records(plan_, assembly_, made);
    take_shared(records);
    for (const ByteCodeJob& job : jobs) {
      if (!difference_.wanted[job.package]) continue;  // its record names them already
      const PrefixRecord& record = records[job.package];
      replace_prefix_file(prefix_.get(),
                          std::string(own_prefix) + prefix_record_file_name(record.record),
                          write_prefix_record(record), request_.prefix);
    }
  }

  const TreePlan& plan_;
  const InstallRequest& request_;
  const std::stop_token& stop_;
  UniqueFd prefix_;
  InstalledState state_;
  PrefixDifference difference_;
  std::vector<std::string> own_;
  Assembly assembly_;
  std::vector<PrefixRecord> records_;
  PrefixJournal journal_;
  InstallResult result_;
};

}  // namespace

InstallResult install_in_place(const TreePlan& plan, const InstallRequest& request,
                               const std::stop_token& stop) {
  return Update(plan, request, stop).run();
}

}  // namespace envlock
