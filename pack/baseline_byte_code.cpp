#include "pack/baseline_byte_code.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "model/error.hpp"
#include "model/open_beneath.hpp"
#include "model/parallel.hpp"
#include "pack/byte_code.hpp"
#include "pack/install.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

/// Removed at the end, with all that is in it.
class ScratchFolder {
 public:
  explicit ScratchFolder(const fs::path& parent) : path_((parent / ".envlock-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr)
      throw IoError("cannot make a folder in '" + parent.string() + "'", errno,
                    "name another one with TMPDIR");
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

/// @return nothing where there is no such file: its source cannot be compiled
std::optional<BaselineFile> byte_code_file(const UniqueFd& tree, std::string path,
                                           std::size_t package) {
  const UniqueFd fd = open_beneath(tree.get(), path, O_RDONLY | O_NONBLOCK);
  if (!fd && errno == ENOENT) return std::nullopt;
  struct stat facts {};
  if (!fd || ::fstat(fd.get(), &facts) != 0) throw IoError("cannot read '" + path + "'", errno);
  if (!S_ISREG(facts.st_mode)) throw IoError("'" + path + "' is no file");
  BaselineFile file;
  Sha256Hasher hasher;
  std::vector<std::byte> space(std::size_t{64} << 10U);
  for (;;) {
    const ssize_t got = ::read(fd.get(), space.data(), space.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw IoError("cannot read '" + path + "'", errno);
    if (got == 0) break;
    hasher.update(std::span(space).first(static_cast<std::size_t>(got)));
    file.size_bytes += static_cast<std::uint64_t>(got);
  }
  file.path = std::move(path);
  file.package = package;
  file.sha256 = hasher.finish();
  file.role = FileRole::byte_code;
  return file;
}

bool is_relocated(const Baseline& baseline, const std::string& path) {
  const BaselineFile* const file = find_file(baseline, path);
  return file != nullptr && file->placeholder;
}

}  // namespace

void add_byte_code(Baseline& baseline, const TreePlan& plan, const fs::path& tree,
                   std::size_t threads, const std::stop_token& stop) {
  struct Wanted {
    std::string path;
    std::size_t package;
  };
  std::vector<Wanted> wanted;
  for (const ByteCodeJob& job : byte_code_jobs(plan)) {
    for (const std::string& source : job.sources) {
      if (!is_relocated(baseline, source))
        wanted.push_back({byte_code_path(source, plan.python), job.package});
    }
  }
  const UniqueFd fd(::open(tree.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw IoError("cannot open '" + tree.string() + "'", errno);
  std::vector<std::optional<BaselineFile>> made(wanted.size());
  parallel_for(wanted.size(), threads, stop, [&](std::size_t i) {
    made[i] = byte_code_file(fd, std::move(wanted[i].path), wanted[i].package);
  });
  std::size_t count = 0;
  for (std::optional<BaselineFile>& file : made) {
    if (!file) continue;
    baseline.files.push_back(std::move(*file));
    ++count;
  }
  if (!wanted.empty() && count == 0) {
    throw Error(ExitCode::unfit,
                "the environment's python made no byte code in '" + tree.string() +
                    "', so that there is none to write down",
                "make the baseline on a machine where that python runs, in a file system that "
                "lets programs run (TMPDIR)");
  }
  std::ranges::sort(baseline.files, {}, &BaselineFile::path);
}

void add_byte_code_made_anew(Baseline& baseline, const TreePlan& plan, const fs::path& scratch,
                             std::size_t threads, const std::stop_token& stop) {
  const ScratchFolder folder(scratch);
  const InstallRequest request{.prefix = (fs::canonical(folder.path()) / "env").string(),
                               .lock_text = {},
                               .variables = {},
                               .access = {},
                               .threads = threads};
  (void)install_prefix(plan, request, stop);
  add_byte_code(baseline, plan, request.prefix, threads, stop);
}

}  // namespace envlock
