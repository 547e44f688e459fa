#include "pack/relocate.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <span>

#include "model/activation.hpp"
#include "model/error.hpp"
#include "model/guarded.hpp"
#include "model/open_beneath.hpp"
#include "model/parallel.hpp"
#include "model/prefix_path.hpp"
#include "model/prefix_record.hpp"
#include "pack/byte_code.hpp"
#include "pack/directory_sink.hpp"
#include "pack/installed_place.hpp"
#include "pack/installed_state.hpp"
#include "pack/packed_metadata.hpp"
#include "pack/prefix_file.hpp"
#include "pack/prefix_lock.hpp"
#include "pack/stale_scripts.hpp"
#include "pack/unpack.hpp"

namespace envlock {
namespace {

/// What a file was found to be.
enum class State : std::uint8_t {
  at_home,   ///< As it should be here.
  packaged,  ///< With its placeholder.
  moved,     ///< As it was at the old prefix.
  missing,
  changed,
};

std::size_t read_some(int fd, std::span<std::byte> piece, const std::string& shown) {
  for (;;) {
    const ssize_t count = ::read(fd, piece.data(), piece.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw IoError("cannot read '" + shown + "'", errno);
  }
}

class Relocation {
 public:
  Relocation(const Baseline& manifest, const RelocateRequest& request, const std::stop_token& stop)
      : manifest_(manifest),
        request_(request),
        stop_(stop),
        prefix_(open_folder(request.prefix)),
        states_(manifest.files.size(), State::at_home),
        digests_(manifest.files.size()) {}

  RelocateResult run() {
    require_own_folder(prefix_, request_.prefix, request_.is_private_group);
    lock_folder(prefix_, request_.prefix);
    require_room();
    find_old_prefix();
    judge();
    rewrite();
    fit_sources_to_byte_code(prefix_, manifest_);
    compile();
    result_.stale_scripts =
        stale_scripts(prefix_.get(), request_.prefix, result_.old_prefix,
                      [&](std::string_view path) { return find_file(manifest_, path) != nullptr; });
    return std::move(result_);
  }

 private:
  void require_room() const {
    const auto longest = longest_prefix(manifest_);
    if (!longest || request_.prefix.size() <= *longest) return;
    throw Error(
        ExitCode::unfit,
        "the prefix '" + request_.prefix + "' has " + std::to_string(request_.prefix.size()) +
            " bytes, and binaries of the environment have room for " + std::to_string(*longest),
        "move it to a folder with a shorter path");
  }

  /// bin/activate names it, and is written last.
  void find_old_prefix() {
    const BaselineFile* const file = find_file(manifest_, activation_path(Shell::posix));
    if (file == nullptr || !file->placeholder) return;
    last_ = static_cast<std::size_t>(file - manifest_.files.data());
    result_.old_prefix = installed_place(prefix_, request_.prefix).value_or("");
    if (result_.old_prefix == file->placeholder->placeholder) result_.old_prefix.clear();
  }

  [[nodiscard]] UniqueFd open(const BaselineFile& file) const {
    return open_beneath(prefix_.get(), file.path, O_RDONLY | O_NONBLOCK);
  }

  /// True where the file's content is the packaged one once `prefix` is undone; empty: as it is.
  /// @param here  gets the digest of the bytes as they stand there
  bool restores(int fd, const BaselineFile& file, const std::string& prefix, const ByteSink& sink,
                Sha256* here = nullptr) {
    Sha256Hasher hash;
    Sha256Hasher as_is;
    const ByteSink take = [&](std::span<const std::byte> bytes) {
      hash.update(bytes);
      if (sink) sink(bytes);
    };
    std::optional<Restorer> restorer;
    if (!prefix.empty() && file.placeholder) restorer.emplace(*file.placeholder, prefix, take);
    if (::lseek(fd, 0, SEEK_SET) < 0) throw IoError("cannot read '" + file.path + "'", errno);
    std::vector<std::byte> piece(std::size_t{256} << 10U);
    while (const std::size_t count = read_some(fd, piece, file.path)) {
      if (stop_.stop_requested()) throw Interrupted();
      const auto bytes = std::span(piece).first(count);
      if (here != nullptr) as_is.update(bytes);
      if (restorer) {
        restorer->feed(bytes);
      } else {
        take(bytes);
      }
    }
    if (restorer && !restorer->finish()) return false;
    if (here != nullptr) *here = as_is.finish();
    return hash.finish() == file.sha256;
  }

  State state_of(std::size_t index) {
    const BaselineFile& file = manifest_.files[index];
    if (file.type == PathType::link) return state_of_link(file);
    const UniqueFd fd = open(file);
    struct stat facts {};
    if (!fd && errno == ENOENT) return State::missing;
    if (!fd && errno != ELOOP && errno != ENOTDIR && errno != ENXIO)
      throw IoError("cannot open '" + request_.prefix + '/' + file.path + "'", errno);
    if (!fd || ::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return State::changed;
    if (request_.check_all && ((facts.st_mode & 0111U) != 0) != file.executable)
      return State::changed;
    if (!file.placeholder)
      return restores(fd.get(), file, {}, {}) ? State::at_home : State::changed;
    if (restores(fd.get(), file, request_.prefix, {}, &digests_[index])) return State::at_home;
    if (restores(fd.get(), file, {}, {})) return State::packaged;
    if (!result_.old_prefix.empty() && restores(fd.get(), file, result_.old_prefix, {}))
      return State::moved;
    return State::changed;
  }

  void judge() {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < manifest_.files.size(); ++i) {
      const BaselineFile& file = manifest_.files[i];
      if (file.type == PathType::directory) continue;
      if (file.placeholder || request_.check_all || is_python(file)) order.push_back(i);
    }
    std::ranges::stable_sort(order, std::ranges::greater{},
                             [&](std::size_t i) { return manifest_.files[i].size_bytes; });
    parallel_for(order.size(), request_.threads, stop_,
                 [&](std::size_t i) { states_[order[i]] = state_of(order[i]); });
    std::string wrong;
    std::size_t count = 0;
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (states_[i] != State::changed && states_[i] != State::missing) continue;
      if (++count <= 5) {
        wrong += (wrong.empty() ? "'" : ", '") + manifest_.files[i].path + '\'' +
                 (states_[i] == State::missing ? " (missing)" : "");
      }
    }
    if (count == 0) return;
    if (count > 5) wrong += " and " + std::to_string(count - 5) + " more";
    throw TrustError("'" + request_.prefix + "' is not what its manifest says: " + wrong,
                     "nothing was changed; unpack it anew, or look what 'verify' says");
  }

  void rewrite() {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < states_.size(); ++i) {
      const bool is_old = states_[i] == State::packaged || states_[i] == State::moved;
      if (is_old && i != last_) order.push_back(i);
    }
    parallel_for(order.size(), request_.threads, stop_, [&](std::size_t i) { rewrite(order[i]); });
    for (const BaselineFile& file : manifest_.files) {
      if (file.placeholder && file.path.ends_with(".py")) stale_.push_back(file.path);
    }
    const bool is_last_old =
        last_ && (states_[*last_] == State::packaged || states_[*last_] == State::moved);
    if (!order.empty() || is_last_old) {
      forget_byte_code();
      update_records();
      // What a kill could leave half done is done, and on the disk, before the last file says so.
      if (::syncfs(prefix_.get()) != 0)
        throw IoError("cannot write '" + request_.prefix + "'", errno);
    }
    if (is_last_old) {
      order.push_back(*last_);
      rewrite(*last_);
    }
    result_.rewritten = order.size();

    if (!order.empty() && ::syncfs(prefix_.get()) != 0)
      throw IoError("cannot write '" + request_.prefix + "'", errno);
  }

  /// Byte code of what was rewritten has the old prefix in its constants, and is believed where
  /// time and size of its source happen to be the same.
  void forget_byte_code() {
    const std::string python = python_of(manifest_);
    if (python.empty()) return;
    constexpr std::size_t end_bytes = std::string_view(".pyc").size();
    for (const std::string& source : stale_) {
      const std::string compiled = byte_code_path(source, python);
      had_byte_code_.push_back(static_cast<bool>(open_beneath(prefix_.get(), compiled, O_PATH)));
      const PathParts parts = split_path(compiled.substr(0, compiled.size() - end_bytes));
      const UniqueFd folder = open_beneath(prefix_.get(), parts.folder, O_RDONLY | O_DIRECTORY);
      if (!folder) continue;
      for (const char* const end : {".pyc", ".opt-1.pyc", ".opt-2.pyc"})
        ::unlinkat(folder.get(), (parts.name + end).c_str(), 0);
    }
  }

  [[nodiscard]] State state_of_link(const BaselineFile& file) const {
    const PathParts parts = split_path(file.path);
    const UniqueFd folder = open_beneath(prefix_.get(), parts.folder, O_RDONLY | O_DIRECTORY);
    std::string target(file.target.size() + 1, '\0');
    const ssize_t size =
        folder ? ::readlinkat(folder.get(), parts.name.c_str(), target.data(), target.size()) : -1;
    if (size < 0) return errno == ENOENT ? State::missing : State::changed;
    target.resize(static_cast<std::size_t>(size));
    return target == file.target ? State::at_home : State::changed;
  }

  /// It is run when byte code is compiled.
  [[nodiscard]] bool is_python(const BaselineFile& file) const {
    const std::string python = python_of(manifest_);
    return !python.empty() && file.path == "bin/python" + python;
  }

  void rewrite(std::size_t index) {
    const BaselineFile& file = manifest_.files[index];
    const PathParts parts = split_path(file.path);
    const UniqueFd folder = open_beneath(prefix_.get(), parts.folder, O_RDONLY | O_DIRECTORY);
    const UniqueFd from = open(file);
    struct stat facts {};
    if (!folder || !from || ::fstat(from.get(), &facts) != 0)
      throw IoError("cannot open '" + request_.prefix + '/' + file.path + "'", errno);
    // No two files have one name meanwhile, however long theirs are.
    const std::string name = ".envlock-relocated-" + std::to_string(index);
    ::unlinkat(folder.get(), name.c_str(), 0);  // of a run that was killed
    const UniqueFd to(::openat(folder.get(), name.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!to)
      throw IoError("cannot write into '" + request_.prefix + '/' + parts.folder + "'", errno);
    try {
      write_relocated(index, from.get(), to.get());
      copy_facts(facts, to.get(), file);
      if (::renameat(folder.get(), name.c_str(), folder.get(), parts.name.c_str()) != 0)
        throw IoError("cannot replace '" + request_.prefix + '/' + file.path + "'", errno);
    } catch (...) {
      ::unlinkat(folder.get(), name.c_str(), 0);
      throw;
    }
  }

  void write_relocated(std::size_t index, int from, int to) {
    const BaselineFile& file = manifest_.files[index];
    Sha256Hasher hash;
    Relocator relocator(file.placeholder->placeholder, file.placeholder->mode, request_.prefix,
                        [&](std::span<const std::byte> bytes) {
                          hash.update(bytes);
                          write_all(to, bytes, file.path);
                        });
    const std::string& old = states_[index] == State::moved ? result_.old_prefix : std::string();
    const bool same =
        restores(from, file, old, [&](std::span<const std::byte> bytes) { relocator.feed(bytes); });
    if (!same)
      throw TrustError("'" + request_.prefix + '/' + file.path + "' changes while it is read");
    (void)relocator.finish();
    digests_[index] = hash.finish();
  }

  void write_all(int to, std::span<const std::byte> bytes, const std::string& path) const {
    while (!bytes.empty()) {
      const ssize_t count = ::write(to, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw IoError("cannot write '" + request_.prefix + '/' + path + "'", errno);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

  /// Byte code names its source's time; who may read a file stays.
  void copy_facts(const struct stat& facts, int to, const BaselineFile& file) const {
    const std::array<timespec, 2> times{facts.st_atim, facts.st_mtim};
    if (::geteuid() == 0) (void)::fchown(to, facts.st_uid, facts.st_gid);
    if (::fchmod(to, facts.st_mode & 0777U) != 0 || ::futimens(to, times.data()) != 0)
      throw IoError("cannot write '" + request_.prefix + '/' + file.path + "'", errno);
  }

  /// conda-meta tells the digests of the files as they are here.
  void update_records() {
    InstalledState state = read_installed_state(prefix_.get(), request_.prefix);
    for (InstalledState::Package& package : state.packages) {
      bool changed = false;
      for (PrefixPath& path : package.record.paths) {
        const BaselineFile* const file = find_file(manifest_, path.path);
        if (file == nullptr || !file->placeholder) continue;
        const Sha256& here = digests_[static_cast<std::size_t>(file - manifest_.files.data())];
        if (here == Sha256() || path.sha256_in_prefix == here) continue;
        path.sha256_in_prefix = here;
        changed = true;
      }
      if (changed) {
        replace_prefix_file(prefix_.get(), "conda-meta/" + package.file_name,
                            write_prefix_record(package.record), request_.prefix);
      }
    }
  }

  void compile() {
    std::vector<ByteCodeJob> jobs = byte_code_jobs(manifest_);
    const std::string python = python_of(manifest_);
    for (ByteCodeJob& job : jobs) {
      std::erase_if(job.sources, [&](const std::string& source) {
        if (request_.byte_code) return false;
        const auto at = std::ranges::lower_bound(stale_, source);
        if (at == stale_.end() || *at != source || had_byte_code_.empty()) return true;
        // What was not compiled before is not compiled now.
        return !had_byte_code_[static_cast<std::size_t>(at - stale_.begin())];
      });
    }
    std::erase_if(jobs, [](const ByteCodeJob& job) { return job.sources.empty(); });
    const auto failure = compile_byte_code(request_.prefix, python, jobs, request_.threads, stop_);
    if (failure) {
      result_.notices.push_back("the environment's python could not compile byte code (" +
                                *failure + "): it will start more slowly");
    }
  }

  const Baseline& manifest_;
  const RelocateRequest& request_;
  const std::stop_token& stop_;
  UniqueFd prefix_;
  std::vector<State> states_;
  std::vector<Sha256> digests_;      ///< In the prefix, of what was rewritten.
  std::optional<std::size_t> last_;  ///< bin/activate.
  std::vector<std::string> stale_;   ///< Sources that name the prefix, sorted.
  std::vector<bool> had_byte_code_;  ///< One for each of them; empty: none was rewritten.
  RelocateResult result_;
};

}  // namespace

RelocateResult relocate(const Baseline& manifest, const RelocateRequest& request,
                        const std::stop_token& stop) {
  require_usable_prefix(request.prefix);
  return Relocation(manifest, request, stop).run();
}

}  // namespace envlock
