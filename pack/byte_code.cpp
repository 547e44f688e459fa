#include "pack/byte_code.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <utility>

#include "model/error.hpp"
#include "model/guarded.hpp"
#include "model/open_beneath.hpp"
#include "model/parallel.hpp"
#include "pack/child_process.hpp"

namespace envlock {
namespace {

/// Reads NUL-separated paths. `-c` puts the working directory first on the path; nothing of it may
/// be imported.
constexpr std::string_view program = R"(import sys
sys.path[:] = [p for p in sys.path if p]
import os, py_compile
os.umask(0o022)
tree = sys.argv[1]
options = {}
if hasattr(py_compile, 'PycInvalidationMode'):
    options['invalidation_mode'] = py_compile.PycInvalidationMode.TIMESTAMP
for name in sys.stdin.buffer.read().split(b'\0'):
    if not name:
        continue
    name = os.fsdecode(name)
    source = os.path.join(tree, name)
    try:
        made = py_compile.compile(source, dfile=name, doraise=True, **options)
        time_ns = os.stat(source).st_mtime_ns
        os.utime(made, ns=(time_ns, time_ns))
    except Exception:
        pass
)";

/// What byte code says of the source that it was made from.
struct NamedSource {
  std::uint32_t time_s, size;
};

/// Nothing where it is no file, or goes by a hash (PEP 552).
std::optional<NamedSource> named_source(const UniqueFd& byte_code) {
  std::array<unsigned char, 16> header{};
  if (!byte_code || ::pread(byte_code.get(), header.data(), header.size(), 0) !=
                        static_cast<ssize_t>(header.size()))
    return std::nullopt;
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value << 8U | header[at + i];
    return value;
  };
  if (header[2] != '\r' || header[3] != '\n' || number(4) != 0) return std::nullopt;
  return NamedSource{number(8), number(12)};
}

bool has_path(const TreePlan& plan, const std::string& path) {
  const auto found = std::ranges::lower_bound(plan.files, path, {}, &PlannedFile::path);
  return found != plan.files.end() && found->path == path;
}

}  // namespace

std::string byte_code_path(std::string_view source, std::string_view python) {
  const std::size_t slash = source.rfind('/');
  const std::size_t name = slash == std::string_view::npos ? 0 : slash + 1;
  std::string path(source.substr(0, name));
  path += "__pycache__/";
  path += source.substr(name, source.size() - name - 3);
  path += ".cpython-";
  for (const char c : python) {
    if (c != '.') path += c;
  }
  return path + ".pyc";
}

std::vector<ByteCodeJob> byte_code_jobs(std::string_view python, std::string_view site_packages,
                                        const std::vector<OwnedPath>& paths) {
  if (python.empty()) return {};
  const std::string library = "lib/python" + std::string(python) + '/';
  const std::string site = std::string(site_packages) + '/';
  std::map<std::size_t, ByteCodeJob> by_package;
  for (const OwnedPath& one : paths) {
    const bool is_source = one.is_file && one.path.ends_with(".py") &&
                           (one.path.starts_with(library) || one.path.starts_with(site));
    if (!is_source || one.package == OwnedPath::nobody) continue;
    const std::string compiled = byte_code_path(one.path, python);
    if (std::ranges::binary_search(paths, std::string_view(compiled), {}, &OwnedPath::path))
      continue;
    by_package[one.package].sources.emplace_back(one.path);
  }
  std::vector<ByteCodeJob> jobs;
  for (auto& [package, job] : by_package) {
    job.package = package;
    jobs.push_back(std::move(job));
  }
  return jobs;
}

std::vector<ByteCodeJob> byte_code_jobs(const TreePlan& plan) {
  std::vector<OwnedPath> paths;
  paths.reserve(plan.files.size());
  for (const PlannedFile& file : plan.files) {
    const std::size_t owner = file.owners.front();
    paths.push_back({file.path, owner < plan.packages.size() ? owner : OwnedPath::nobody,
                     file.type == PathType::file});
  }
  return byte_code_jobs(plan.python, plan.site_packages, paths);
}

void fit_sources_to_byte_code(const UniqueFd& tree, const TreePlan& plan,
                              const std::vector<bool>& wanted) {
  if (plan.python.empty()) return;
  for (const PlannedFile& file : plan.files) {
    const std::size_t owner = file.owners.front();
    const bool is_left = owner >= plan.packages.size() || (!wanted.empty() && !wanted[owner]);
    if (is_left || file.type != PathType::file || !file.path.ends_with(".py")) continue;
    const std::string compiled = byte_code_path(file.path, plan.python);
    if (!has_path(plan, compiled)) continue;
    fit_source_to_byte_code(tree, file.path, compiled);
  }
}

void fit_source_to_byte_code(const UniqueFd& tree, const std::string& source,
                             const std::string& compiled) {
  const auto named = named_source(open_beneath(tree.get(), compiled, O_RDONLY | O_NONBLOCK));
  const UniqueFd file = open_beneath(tree.get(), source, O_RDONLY | O_NONBLOCK);
  struct stat facts {};
  if (!named || !file || ::fstat(file.get(), &facts) != 0) return;
  if (!S_ISREG(facts.st_mode) || static_cast<std::uint32_t>(facts.st_size) != named->size) return;
  std::array<timespec, 2> times{};
  times[0].tv_nsec = UTIME_OMIT;
  times[1].tv_sec = named->time_s;
  // Where it fails, Python makes its byte code anew: slower, not wrong.
  (void)::futimens(file.get(), times.data());
}

std::optional<std::string> compile_byte_code(const std::filesystem::path& tree,
                                             std::string_view python,
                                             const std::vector<ByteCodeJob>& jobs,
                                             std::size_t threads, const std::stop_token& stop) {
  if (jobs.empty()) return {};
  std::vector<const ByteCodeJob*> order;
  for (const ByteCodeJob& job : jobs) order.push_back(&job);
  std::ranges::stable_sort(order, std::ranges::greater{},
                           [](const ByteCodeJob* job) { return job->sources.size(); });
  Guarded<std::optional<std::string>> failure;
  parallel_for(order.size(), threads, stop, [&](std::size_t i) {
    std::string input;
    for (const std::string& source : order[i]->sources) input += source + '\0';
    // Hash seed: sets and dictionaries of constants are written in their order.
    ChildResult result;
    try {
      result =
          run_child({.arguments = {(tree / ("bin/python" + std::string(python))).string(), "-sSB",
                                   "-W", "ignore", "-c", std::string(program), tree.string()},
                     .environment = {"PYTHONHASHSEED=0", "LANG=C.UTF-8"},
                     .input = input},
                    stop);
    } catch (const IoError& error) {  // no such program, or a file system that runs none
      *failure.lock() = error.what();
      return;
    }
    if (result.status != 0 && !failure.lock()->has_value())
      *failure.lock() = describe_status(result.status) + ": " + result.error;
  });
  return *failure.lock();
}

}  // namespace envlock
