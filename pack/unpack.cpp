#include "pack/unpack.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "model/error.hpp"
#include "model/prefix_path.hpp"
#include "model/spoken_digest.hpp"
#include "pack/directory_sink.hpp"
#include "pack/environment_files.hpp"
#include "pack/installed_place.hpp"
#include "pack/pack_file.hpp"
#include "pack/packed_metadata.hpp"
#include "pack/prefix_file.hpp"
#include "pack/prefix_lock.hpp"
#include "pack/prefix_stage.hpp"
#include "pack/unpack_tree.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

bool is_there(const std::string& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

void require_room(const PackHead& head, const std::string& prefix) {
  const auto longest = longest_prefix(head.manifest);
  if (!longest || prefix.size() <= *longest) return;
  throw Error(ExitCode::unfit,
              "the prefix '" + prefix + "' has " + std::to_string(prefix.size()) +
                  " bytes, and binaries of the pack have room for " + std::to_string(*longest),
              "unpack it into a folder with a shorter path");
}

/// Absent or an empty folder, unless it is to be replaced. What an interrupted run left inside of
/// it is looked at later, when nobody else can be at work there.
void require_free(const std::string& prefix, bool replace) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(prefix, error);
  if (!fs::exists(status)) return;
  if (!fs::is_directory(status)) {
    throw Error(ExitCode::unfit, "'" + prefix + "' is there, and no folder",
                fs::is_symlink(status) ? "it is a link: name the folder that it leads to"
                                       : "name another folder");
  }
  if (is_empty_folder(prefix)) return;
  const bool is_environment = fs::is_directory(prefix + "/conda-meta", error);
  if (replace && is_environment) {
    if (!must_be_made_inside(prefix)) return;
    throw Error(ExitCode::unfit,
                "'" + prefix +
                    "' is a mount point, or lies in a folder that you cannot write: no "
                    "other environment can take its place by a rename",
                "unpack into a folder inside of it, and --replace that one");
  }
  if (is_there(inner_stage_path(prefix)) && must_be_made_inside(prefix)) return;
  throw Error(ExitCode::unfit, "'" + prefix + "' is there, and not empty",
              is_environment ? "name another folder, or replace the environment with --replace"
                             : "name another folder; what is in this one stays as it is");
}

void rename_or_throw(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0)
    throw IoError("cannot rename '" + from + "' to '" + to + "'", errno);
}

std::string beside(const std::string& prefix, std::string_view kind) {
  const fs::path path(prefix);
  return (path.parent_path() / ("." + path.filename().string() + ".envlock-" + std::string(kind)))
      .string();
}

/// In an environment that was made for a prefix and never stood there: so a kill leaves no doubt
/// which of two is the new one.
constexpr std::string_view incoming_mark = "conda-meta/.envlock-incoming";

/// Swaps two environments, in one step where the file system can; else there is none under
/// `prefix` for a moment, and `settle` knows what a kill leaves then.
void exchange(const std::string& prefix, const std::string& other) {
  if (::renameat2(AT_FDCWD, other.c_str(), AT_FDCWD, prefix.c_str(), RENAME_EXCHANGE) == 0) return;
  const std::string aside = beside(prefix, "aside");
  rename_or_throw(prefix, aside);
  try {
    rename_or_throw(other, prefix);
  } catch (...) {
    (void)::rename(aside.c_str(), prefix.c_str());
    throw;
  }
  rename_or_throw(aside, other);
}

/// The environment that stood in the prefix until now becomes the previous one; the one that was
/// kept before goes last.
void keep_as_previous(const std::string& prefix, const std::string& replaced) {
  const std::string previous = previous_path(prefix);
  const std::string older = beside(prefix, "older");
  if (is_there(older)) remove_tree(older);
  const bool had_previous = is_there(previous);
  if (had_previous) rename_or_throw(previous, older);
  rename_or_throw(replaced, previous);
  sync_folder_above(prefix);
  if (had_previous) remove_tree(older);
}

/// Ends what a kill left of an earlier exchange: whatever stood in the prefix is there or is the
/// previous one, and what never did is gone. The caller has the prefix locked.
void settle(const std::string& prefix) {
  const std::string next = beside(prefix, "next");
  const std::string aside = beside(prefix, "aside");
  const std::string older = beside(prefix, "older");
  if (is_there(aside)) {
    if (!is_there(prefix)) {
      rename_or_throw(aside, prefix);
    } else if (!is_there(next)) {
      rename_or_throw(aside, next);
    } else {
      throw Error(ExitCode::unfit,
                  "'" + aside + "' and '" + next + "' are there, and no run of envlock left both",
                  "look at them, and move away what you do not need");
    }
  }
  if (is_there(next)) {
    if (is_there(next + '/' + std::string(incoming_mark))) {
      remove_tree(next);
    } else {
      keep_as_previous(prefix, next);
    }
  }
  (void)::unlink((prefix + '/' + std::string(incoming_mark)).c_str());
  if (!is_there(older)) return;
  if (is_there(previous_path(prefix))) {
    remove_tree(older);
  } else {
    rename_or_throw(older, previous_path(prefix));
  }
}

/// The new environment takes the place of the old one, which is kept as the previous one. Until the
/// exchange both are whole, under names of their own.
void swap_in(PrefixStage& stage, const std::string& prefix) {
  const std::string next = beside(prefix, "next");
  settle(prefix);
  if (!stage.become(next)) throw IoError("cannot make '" + next + "'");
  try {
    exchange(prefix, next);
  } catch (...) {
    // What was made is lost, what was there is not.
    if (is_there(next + '/' + std::string(incoming_mark))) remove_tree(next);
    throw;
  }
  (void)::unlink((prefix + '/' + std::string(incoming_mark)).c_str());
  keep_as_previous(prefix, next);
}

/// What ends the reading of a pack that need not be unpacked.
struct IsThere {};

/// Whether the prefix holds what an earlier run brought of the same pack, and brought whole: it
/// appears with its manifest at once, and its place is written into it last.
bool holds_pack(const PackHead& head, const std::string& prefix) {
  std::error_code error;
  if (!fs::is_directory(fs::symlink_status(prefix, error)) ||
      !fs::is_directory(fs::symlink_status(prefix + "/conda-meta", error)))
    return false;
  const UniqueFd folder = open_folder(prefix);
  if (is_there(inner_stage_path(prefix)) || installed_place(folder, prefix) != prefix) return false;
  try {
    const auto has = [&](std::string_view path, const std::string& text) {
      return read_prefix_file(folder.get(), std::string(path), prefix) == text;
    };
    // One that was signed since is another: the prefix is to keep what it can be checked by.
    return has(pack_path::manifest, head.manifest_text) && has(pack_path::facts, head.facts_text) &&
           (head.signature.empty() || has(pack_path::signature, head.signature));
  } catch (const IoError&) {  // it has something else in a file's place
    return false;
  }
}

class Unpacking {
 public:
  Unpacking(const UnpackRequest& request, const std::stop_token& stop)
      : request_(request), stop_(stop), file_(request.pack) {}

  UnpackResult run() {
    try {
      file_.read([this](PackHead head) { begin(std::move(head)); },
                 [this]() -> TarVisitor& { return tree_->new_visitor(); }, request_.threads, stop_);
      tree_->require_complete();
      finish();
    } catch (const IsThere&) {
      file_.drain(stop_);
      result_.was_there = true;
    }
    result_.manifest_sha256 = sha256_of(head_.manifest_text);
    result_.packages = head_.manifest.packages.size();
    result_.files = head_.manifest.files.size();
    return std::move(result_);
  }

 private:
  /// All that can be said before a byte is written.
  void begin(PackHead head) {
    head_ = std::move(head);
    // A kill amid an exchange may have left the environment beside its place.
    if (!is_there(request_.prefix) && is_there(beside(request_.prefix, "aside")))
      settle(request_.prefix);
    if (!request_.replace && holds_pack(head_, request_.prefix)) {
      if (request_.judge) request_.judge(head_, true);
      throw IsThere();
    }
    require_free(request_.prefix, request_.replace);
    require_room(head_, request_.prefix);
    if (request_.judge) request_.judge(head_, false);
    keep_replaced();
    std::error_code error;
    fs::create_directories(fs::path(request_.prefix).parent_path(), error);
    if (error) {
      throw IoError("cannot make '" + fs::path(request_.prefix).parent_path().string() + "'",
                    error.value());
    }
    if (must_be_made_inside(request_.prefix)) {
      inside_ = open_folder(request_.prefix);
      stage_ = std::make_unique<PrefixStage>(inner_stage_path(request_.prefix));
      stage_->take_back(inside_, request_.prefix);
    } else {
      stage_ = std::make_unique<PrefixStage>(stage_path(request_.prefix));
    }
    sink_ = std::make_unique<DirectorySink>(
        UniqueFd(::fcntl(stage_->fd().get(), F_DUPFD_CLOEXEC, 0)), stage_->path());
    tree_ = std::make_unique<UnpackTree>(head_, request_.prefix, *sink_, file_.shown());
  }

  void finish() {
    put_text(*sink_, std::string(pack_path::facts), head_.facts_text);
    std::vector<std::string> byte_code;
    fit_sources_to_byte_code(stage_->fd(), head_.manifest);
    if (request_.byte_code) byte_code = make_byte_code();
    if (replaced_) put_text(*sink_, std::string(incoming_mark), "");
    put_packed_metadata(*sink_, head_, *tree_, byte_code);
    set_access(inside_ ? inside_ : stage_->fd(), request_.access.value_or(access_),
               request_.prefix);
    if (::syncfs(stage_->fd().get()) != 0)
      throw IoError("cannot write '" + request_.prefix + "'", errno);
    if (stop_.stop_requested()) throw Interrupted();
    appear();
  }

  /// An environment that is to be replaced stays as it is while this works, and says who may enter.
  void keep_replaced() {
    std::error_code error;
    if (!request_.replace || !fs::is_directory(request_.prefix + "/conda-meta", error)) return;
    replaced_ = open_folder(request_.prefix);
    lock_folder(replaced_, request_.prefix);
    struct stat facts {};
    if (::fstat(replaced_.get(), &facts) != 0)
      throw IoError("cannot look at '" + request_.prefix + "'", errno);
    if (request_.replacing) request_.replacing(head_, is_there(previous_path(request_.prefix)));
    access_ = PrefixAccess{.mode = facts.st_mode & 0777U, .group = facts.st_gid};
  }

  std::vector<std::string> make_byte_code() {
    const std::vector<ByteCodeJob> jobs = byte_code_jobs(head_.manifest);
    const std::string python = python_of(head_.manifest);
    const auto failure = compile_byte_code(stage_->path(), python, jobs, request_.threads, stop_);
    if (failure) {
      result_.notices.push_back("the environment's python could not compile byte code (" +
                                *failure + "): it will start more slowly");
    }
    return made_byte_code(stage_->fd(), python, jobs);
  }

  void appear() {
    if (inside_) return stage_->move_up(inside_, request_.prefix);
    std::error_code error;
    const bool is_taken = fs::exists(request_.prefix, error) && !is_empty_folder(request_.prefix);
    if (request_.replace && is_taken && replaced_) {
      swap_in(*stage_, request_.prefix);
      result_.previous = previous_path(request_.prefix);
      return;
    }
    if (!stage_->become(request_.prefix)) {
      throw Error(ExitCode::unfit, "something is mounted on '" + request_.prefix + "'",
                  "unpack into a folder inside of it");
    }
  }

  const UnpackRequest& request_;
  const std::stop_token& stop_;
  PackFile file_;
  PackHead head_{{}, {}, {}, {}, Baseline{Platform::host(), {}, {}, {}, {}, {}}, {}};
  UniqueFd inside_;      ///< The prefix, where it is made inside of it.
  UniqueFd replaced_;    ///< The environment that is to be replaced.
  PrefixAccess access_;  ///< Where the request has none.
  std::unique_ptr<PrefixStage> stage_;
  std::unique_ptr<DirectorySink> sink_;
  std::unique_ptr<UnpackTree> tree_;
  UnpackResult result_;
};

}  // namespace

std::string told_was_there(const UnpackResult& result, const std::string& prefix) {
  return "'" + prefix + "' holds this pack already, manifest " +
         spoken_digest(result.manifest_sha256) +
         ": nothing was done (--replace brings its files anew)";
}

std::string previous_path(const std::string& prefix) { return beside(prefix, "previous"); }

UnpackResult unpack(const UnpackRequest& request, const std::stop_token& stop) {
  require_usable_prefix(request.prefix);
  return Unpacking(request, stop).run();
}

void roll_back(const std::string& prefix) {
  const std::string previous = previous_path(prefix);
  UniqueFd locked;
  if (is_there(prefix)) {
    locked = open_folder(prefix);
    lock_folder(locked, prefix);
  }
  settle(prefix);
  std::error_code error;
  if (!fs::is_directory(previous, error)) {
    throw Error(ExitCode::unfit, "there is no previous environment of '" + prefix + "'",
                "unpacking with --replace keeps one as '" + previous + "'");
  }
  if (is_there(prefix)) {
    exchange(prefix, previous);
  } else {
    rename_or_throw(previous, prefix);
  }
  sync_folder_above(prefix);
}

std::optional<std::size_t> longest_prefix(const Baseline& manifest) {
  std::optional<std::size_t> longest;
  for (const BaselineFile& file : manifest.files) {
    if (!file.placeholder || file.placeholder->mode != PlaceholderMode::binary) continue;
    const std::size_t room = file.placeholder->placeholder.size();
    longest = std::min(longest.value_or(room), room);
  }
  return longest;
}

}  // namespace envlock
