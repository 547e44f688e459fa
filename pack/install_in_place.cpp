#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>

#include "model/error.hpp"
#include "model/lockfile.hpp"
#include "model/open_beneath.hpp"
#include "model/pack_facts.hpp"
#include "model/update_paths.hpp"
#include "pack/assemble.hpp"
#include "pack/conda_variables.hpp"
#include "pack/directory_sink.hpp"
#include "pack/environment_files.hpp"
#include "pack/finish_install.hpp"
#include "pack/install_new.hpp"
#include "pack/installed_place.hpp"
#include "pack/kept_records.hpp"
#include "pack/prefix_difference.hpp"
#include "pack/prefix_file.hpp"
#include "pack/prefix_journal.hpp"
#include "pack/prefix_lock.hpp"
#include "pack/prefix_records.hpp"
#include "pack/stale_scripts.hpp"

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
    require_own_folder(prefix_, request_.prefix);
    finish_interrupted();
    const bool empty = is_empty(prefix_);
    if (!empty) require_unfrozen(prefix_, request_.prefix);
    std::vector<std::string> unreadable;
    read_state(unreadable);
    if (!empty && !state_.lock_text) require_made_by_envlock();
    result_.updated = !empty;
    const std::string old_place = installed_place(prefix_, request_.prefix).value_or("");
    if (!request_.repair) {
      require_same_place();
      pending_ = find_pending(prefix_, request_.prefix);
    }
    difference_ = prefix_difference(state_, plan_, request_.repair);
    add_new_pending();
    leave_own_files_replaceable();
    if (!nothing_changes()) require_kinds_of_all();
    if (!request_.repair) require_room(prefix_.get(), request_.prefix, without_own_files());
    if (nothing_changes()) {
      result_.kept = plan_.packages.size();
      set_stated_access();
    } else {
      change();
      remove_unreadable(unreadable);
      if (request_.repair) find_stale_scripts(old_place);
    }
    std::ranges::sort(result_.added);
    std::ranges::sort(result_.removed);
    finish_install(prefix_, plan_, request_, std::move(pending_), result_, stop_);
    return std::move(result_);
  }

 private:
  [[nodiscard]] std::string stage_path() const {
    return request_.prefix + '/' + std::string(update_stage_folder);
  }

  /// Only --repair goes on where a record cannot be read.
  void read_state(std::vector<std::string>& unreadable) {
    try {
      state_ = read_installed_state(prefix_.get(), request_.prefix,
                                    request_.repair ? &unreadable : nullptr);
    } catch (const InputError& error) {
      if (request_.repair) throw;
      throw InputError(error.what(),
                       "make it anew, with all files of the packages: the same "
                       "command with --repair");
    }
  }

  void find_stale_scripts(const std::string& old_place) {
    result_.stale_scripts =
        stale_scripts(prefix_.get(), request_.prefix, old_place, [&](std::string_view path) {
          const auto at = std::ranges::lower_bound(plan_.files, path, {}, &PlannedFile::path);
          return at != plan_.files.end() && at->path == path;
        });
  }

  /// A prefix that lost its lock is still known by its activation script.
  void require_made_by_envlock() const {
    const bool is_ours = installed_place(prefix_, request_.prefix).has_value();
    if (is_ours && request_.repair) return;
    throw Error(ExitCode::unfit,
                "'" + request_.prefix + "' is there, and not made by envlock" +
                    (is_ours ? ", or its " + std::string(installed_lock_path) + " is lost" : ""),
                is_ours ? "make all of it anew with --repair"
                        : "install into a new folder; what is in this one stays as it is");
  }

  /// Records that nobody can read name nothing, and none but the plan's may stay.
  void remove_unreadable(const std::vector<std::string>& names) {
    const UniqueFd folder = open_beneath(prefix_.get(), "conda-meta", O_RDONLY | O_DIRECTORY);
    if (!folder) return;
    for (const std::string& name : names) {
      const bool is_wanted = std::ranges::any_of(plan_.packages, [&](const auto& package) {
        return prefix_record_file_name(package.source.record) == name;
      });
      if (!is_wanted) ::unlinkat(folder.get(), name.c_str(), 0);
      result_.notices.push_back("conda-meta/" + name + " could not be read, and was made anew");
    }
  }

  /// An unpacked environment that is changed is no longer what its manifest says, and its program
  /// would judge and relocate by that.
  void forget_pack() {
    result_.notices.emplace_back(
        "the environment was unpacked from a pack, and is as installed from a lock now: "
        "bin/envlock-env and the manifest, by which it was moved and verified, are removed");
    for (const std::string_view path :
         {pack_path::manifest, pack_path::signature, pack_path::facts, pack_path::program}) {
      const auto planned = std::ranges::lower_bound(plan_.files, path, {}, &PlannedFile::path);
      if (planned != plan_.files.end() && planned->path == path) continue;  // a package's
      const PathParts parts = split_path(std::string(path));
      const UniqueFd folder = open_beneath(prefix_.get(), parts.folder, O_RDONLY | O_DIRECTORY);
      if (folder) ::unlinkat(folder.get(), parts.name.c_str(), 0);
    }
  }

  /// Before anything is changed: the journal could not be applied, and not be taken back either.
  void require_kinds_of_all() const {
    std::vector<std::string> more = environment_file_paths(request_);
    more.emplace_back(pending_install_file);
    for (const PlannedPackage& package : plan_.packages)
      more.push_back(std::string(own_prefix) + prefix_record_file_name(package.source.record));
    require_kinds(prefix_.get(), request_.prefix, difference_, more);
  }

  void change() {
    assemble_stage();
    if (open_beneath(prefix_.get(), std::string(pack_path::manifest), O_PATH)) forget_pack();
    // The mode comes before the files: a kill in between leaves an empty folder, or the journal.
    set_stated_access();
    commit_journal(prefix_, journal_, request_.prefix);
    apply_journal(prefix_, journal_, request_.prefix);
  }

  void set_stated_access() const {
    if (request_.access) set_access(prefix_, *request_.access, request_.prefix);
    if (!request_.access && !result_.updated)
      set_access(prefix_, request_.new_access, request_.prefix);
  }

  /// Its python is run, and its journal obeyed.
  void finish_interrupted() {
    ::unlinkat(prefix_.get(), std::string(update_journal_to_be).c_str(), 0);
    if (const auto journal = find_journal(prefix_, request_.prefix)) {
      apply_journal(prefix_, *journal, request_.prefix);
      result_.notices.push_back("an interrupted update of '" + request_.prefix +
                                "' was completed first");
    }
    remove_tree(stage_path());
  }

  /// A prefix that was moved has its old path in its files.
  void require_same_place() const {
    const auto made_for = installed_place(prefix_, request_.prefix);
    if (!made_for || *made_for == request_.prefix) return;
    throw Error(
        ExitCode::unfit,
        "'" + request_.prefix + "' was made for '" + *made_for + "', and its files name that path",
        "move it back; or make its packages' files anew for this path, by --repair");
  }

  /// What an earlier run left undone of packages that stay, and what the new ones need.
  void add_new_pending() {
    const auto stays = [&](const std::string& name) {
      for (std::size_t i = 0; i < plan_.packages.size(); ++i) {
        if (dist_name(plan_.packages[i].source.record) == name) return !difference_.wanted[i];
      }
      return false;
    };
    PendingWork left = std::move(pending_);
    pending_ = pending_for(plan_, request_, difference_.wanted);
    const auto take_up = [&](const std::vector<std::string>& names, std::vector<std::string>& to) {
      for (const std::string& name : names) {
        if (!stays(name) || std::ranges::count(to, name) > 0) continue;
        to.push_back(name);
        result_.finished = true;
      }
    };
    if (request_.byte_code) take_up(left.byte_code, pending_.byte_code);
    take_up(left.link_scripts, pending_.link_scripts);
    if (result_.finished) {
      result_.notices.push_back("what an earlier run left undone in '" + request_.prefix +
                                "' (byte code or link scripts) was done, too");
    }
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
    if (::mkdirat(prefix_.get(), std::string(update_stage_folder).c_str(), 0700) != 0)
      throw IoError("cannot make '" + stage_path() + "'", errno);
    try {
      DirectorySink sink(open_folder(stage_path()), stage_path());
      assembly_ = assemble(
          plan_, sink,
          {.prefix = request_.prefix, .threads = request_.threads, .wanted = difference_.wanted},
          stop_);
      fit_sources_to_byte_code(open_folder(stage_path()), plan_, difference_.wanted);
      put_meta(sink);
      if (::syncfs(prefix_.get()) != 0)
        throw IoError("cannot write '" + request_.prefix + "'", errno);
      if (stop_.stop_requested()) throw Interrupted();
    } catch (...) {
      // Nothing of the prefix was touched yet.
      std::error_code ignored;
      std::filesystem::remove_all(stage_path(), ignored);
      throw;
    }
    result_.notices.insert(result_.notices.end(), assembly_.notices.begin(),
                           assembly_.notices.end());
  }

  /// Records of new packages, and those of kept ones whose part in the request changed.
  void put_meta(TreeSink& sink) {
    records_ = prefix_records(plan_, assembly_, {});
    take_shared_paths(plan_, difference_, records_);
    std::vector<PrefixRecord> written;
    std::vector<const PackageRecord*> added;
    std::vector<const PackageRecord*> removed;
    for (std::size_t i = 0; i < plan_.packages.size(); ++i) {
      if (!difference_.wanted[i]) {
        ++result_.kept;
        if (auto record = renewed_record(difference_.kept, records_[i], journal_.remove)) {
          ++result_.records;
          written.push_back(std::move(*record));
        }
        continue;
      }
      const PackageRecord& record = records_[i].record;
      if (!is_wheel(record)) added.push_back(&record);  // the history is conda's
      result_.added.push_back(dist_name(record));
      written.push_back(records_[i]);
    }
    journal_.remove.insert(journal_.remove.end(), difference_.remove.begin(),
                           difference_.remove.end());
    for (const InstalledState::Package* package : difference_.leaving) {
      const PackageRecord& record = package->record.record;
      if (!is_wheel(record)) removed.push_back(&record);
      result_.removed.push_back(dist_name(record));
      journal_.remove.push_back(std::string(own_prefix) + package->file_name);
    }
    put_records(sink, written);
    if (pending_.empty()) {
      journal_.remove.emplace_back(pending_install_file);
    } else {
      put_text(sink, std::string(pending_install_file), write_pending(pending_));
      journal_.place.emplace_back(pending_install_file);
    }
    const CondaVariables state = find_variables();
    InstallRequest files = request_;
    files.variables = state.variables;
    put_environment_files(sink, files,
                          state_.history + history_block(added, removed, requested_names(plan_)));
    journal_.folders = difference_.folders;
    journal_.place.insert(journal_.place.end(), difference_.place.begin(), difference_.place.end());
    for (const PrefixRecord& record : written) {
      const std::string path = std::string(own_prefix) + prefix_record_file_name(record.record);
      std::erase(journal_.remove, path);
      journal_.place.push_back(path);
    }
    for (std::string& path : environment_file_paths(files))
      journal_.place.push_back(std::move(path));
    if (!state.stays && state.variables.empty()) journal_.remove.emplace_back("conda-meta/state");
  }

  CondaVariables find_variables() {
    std::optional<std::string> text;
    try {
      text = read_prefix_file(prefix_.get(), "conda-meta/state", request_.prefix);
    } catch (const IoError&) {  // a link, or what nobody may read
      text.emplace();
    }
    std::optional<std::map<std::string, std::string>> before;
    try {
      if (text && state_.lock_text)
        before = read_lockfile(*state_.lock_text, std::string(installed_lock_path), request_.prefix)
                     .variables;
    } catch (const Error&) {  // then no variable is known to be envlock's
    }
    CondaVariables state = conda_variables(text, before, request_.variables);
    if (state.is_lost) {
      result_.notices.emplace_back(
          "conda-meta/state could not be read: the lock's variables are in its place");
    }
    return state;
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
  PendingWork pending_;
  InstallResult result_;
};

}  // namespace

InstallResult install_in_place(const TreePlan& plan, const InstallRequest& request,
                               const std::stop_token& stop) {
  return Update(plan, request, stop).run();
}

}  // namespace envlock
