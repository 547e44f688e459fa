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
#include "pack/directory_sink.hpp"
#include "pack/environment_files.hpp"
#include "pack/pack_file.hpp"
#include "pack/packed_metadata.hpp"
#include "pack/prefix_lock.hpp"
#include "pack/prefix_stage.hpp"
#include "pack/unpack_tree.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

void require_room(const PackHead& head, const std::string& prefix) {
  const auto longest = longest_prefix(head.manifest);
  if (!longest || prefix.size() <= *longest) return;
  throw Error(ExitCode::unfit,
              "the prefix '" + prefix + "' has " + std::to_string(prefix.size()) +
                  " bytes, and binaries of the pack have room for " + std::to_string(*longest),
              "unpack it into a folder with a shorter path");
}

/// Absent or an empty folder, unless it is to be replaced.
void require_free(const std::string& prefix, bool replace) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(prefix, error);
  if (!fs::exists(status)) return;
  if (!fs::is_directory(status))
    throw Error(ExitCode::unfit, "'" + prefix + "' is there, and no folder");
  if (replace || fs::is_empty(prefix, error)) return;
  throw Error(ExitCode::unfit, "'" + prefix + "' is there, and not empty",
              fs::exists(prefix + "/conda-meta", error)
                  ? "name another folder, or replace the environment with --replace"
                  : "name another folder; what is in this one stays as it is");
}

/// The new environment takes the place of the old one, which is kept.
void swap_in(PrefixStage& stage, const std::string& prefix) {
  const std::string previous = previous_path(prefix);
  std::error_code error;
  if (fs::exists(fs::symlink_status(previous, error))) remove_tree(previous);
  // In one step where the file system can; else nobody sees more than a moment without any.
  if (::renameat2(AT_FDCWD, stage.path().c_str(), AT_FDCWD, prefix.c_str(), RENAME_EXCHANGE) == 0) {
    if (::rename(stage.path().c_str(), previous.c_str()) != 0)
      throw IoError("cannot keep the previous environment as '" + previous + "'", errno);
    return;
  }
  if (::rename(prefix.c_str(), previous.c_str()) != 0)
    throw IoError("cannot move '" + prefix + "' away", errno);
  if (!stage.become(prefix)) {
    (void)::rename(previous.c_str(), prefix.c_str());
    throw IoError("cannot make '" + prefix + "'");
  }
}

class Unpacking {
 public:
  Unpacking(const UnpackRequest& request, const std::stop_token& stop)
      : request_(request), stop_(stop), file_(request.pack) {}

  UnpackResult run() {
    file_.read([this](PackHead head) { begin(std::move(head)); },
               [this]() -> TarVisitor& { return tree_->new_visitor(); }, request_.threads, stop_);
    tree_->require_complete();
    finish();
    return std::move(result_);
  }

 private:
  /// All that can be said before a byte is written.
  void begin(PackHead head) {
    head_ = std::move(head);
    require_free(request_.prefix, request_.replace);
    require_room(head_, request_.prefix);
    if (request_.judge) request_.judge(head_);
    std::error_code error;
    fs::create_directories(fs::path(request_.prefix).parent_path(), error);
    if (error) {
      throw IoError("cannot make '" + fs::path(request_.prefix).parent_path().string() + "'",
                    error.value());
    }
    stage_ = std::make_unique<PrefixStage>(stage_path(request_.prefix));
    sink_ = std::make_unique<DirectorySink>(
        UniqueFd(::fcntl(stage_->fd().get(), F_DUPFD_CLOEXEC, 0)), stage_->path());
    tree_ = std::make_unique<UnpackTree>(head_, request_.prefix, *sink_, file_.shown());
  }

  void finish() {
    put_text(*sink_, std::string(pack_path::facts), head_.facts_text);
    std::vector<std::string> byte_code;
    if (request_.byte_code) byte_code = make_byte_code();
    put_packed_metadata(*sink_, head_, *tree_, byte_code);
    set_access(stage_->fd(), request_.access.value_or(PrefixAccess()), request_.prefix);
    if (::syncfs(stage_->fd().get()) != 0)
      throw IoError("cannot write '" + request_.prefix + "'", errno);
    if (stop_.stop_requested()) throw Interrupted();
    appear();
    result_.manifest_sha256 = sha256_of(head_.manifest_text);
    result_.packages = head_.manifest.packages.size();
    result_.files = head_.manifest.files.size();
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
    std::error_code error;
    const bool is_taken =
        fs::exists(request_.prefix, error) && !fs::is_empty(request_.prefix, error);
    if (request_.replace && is_taken) {
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
  std::unique_ptr<PrefixStage> stage_;
  std::unique_ptr<DirectorySink> sink_;
  std::unique_ptr<UnpackTree> tree_;
  UnpackResult result_;
};

}  // namespace

std::string previous_path(const std::string& prefix) {
  const fs::path path(prefix);
  return (path.parent_path() / ("." + path.filename().string() + ".envlock-previous")).string();
}

UnpackResult unpack(const UnpackRequest& request, const std::stop_token& stop) {
  return Unpacking(request, stop).run();
}

void roll_back(const std::string& prefix) {
  const std::string previous = previous_path(prefix);
  std::error_code error;
  if (!fs::is_directory(previous, error)) {
    throw Error(ExitCode::unfit, "there is no previous environment of '" + prefix + "'",
                "'envlock unpack --replace' keeps one as '" + previous + "'");
  }
  if (!fs::exists(fs::symlink_status(prefix, error))) {
    if (::rename(previous.c_str(), prefix.c_str()) == 0) return;
    throw IoError("cannot move '" + previous + "' back", errno);
  }
  if (::renameat2(AT_FDCWD, previous.c_str(), AT_FDCWD, prefix.c_str(), RENAME_EXCHANGE) == 0)
    return;
  const std::string aside = stage_path(prefix);
  if (::rename(prefix.c_str(), aside.c_str()) != 0 ||
      ::rename(previous.c_str(), prefix.c_str()) != 0 ||
      ::rename(aside.c_str(), previous.c_str()) != 0)
    throw IoError("cannot swap '" + prefix + "' and '" + previous + "'", errno);
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
