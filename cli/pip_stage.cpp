#include "cli/pip_stage.hpp"

#include <stdlib.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <utility>

#include "cli/fetch_attestations.hpp"
#include "cli/fetch_progress.hpp"
#include "cli/fetch_requests.hpp"
#include "cli/pip_messages.hpp"
#include "cli/pip_scripts.hpp"
#include "fetch/atomic_file.hpp"
#include "fetch/package_fetch.hpp"
#include "model/json_writer.hpp"
#include "model/match_spec.hpp"
#include "model/pep440.hpp"
#include "model/text.hpp"
#include "pack/child_process.hpp"
#include "pack/install.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_log_bytes = std::size_t{4} << 20U;
constexpr std::size_t most_report_bytes = std::size_t{64} << 20U;

/// The first whose --report has a settled form, version "1".
constexpr const char* oldest_pip = "23.0";
/// How long pip waits for the next bytes: as long as envlock's own limits and retries, by which the
/// index is asked meanwhile, let it.
constexpr const char* pip_timeout = "--timeout=86400";

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

/// A folder in which Python finds `installed`, and nothing of them but that.
void write_installed(const fs::path& folder,
                     const std::vector<std::pair<std::string, std::string>>& installed) {
  fs::create_directories(folder);
  for (const auto& [project, version] : installed) {
    std::string stem = project;
    std::ranges::replace(stem, '-', '_');
    const fs::path info = folder / (stem + '-' + version + ".dist-info");
    fs::create_directories(info);
    write_file(info / "METADATA",
               "Metadata-Version: 2.1\nName: " + project + "\nVersion: " + version + "\n", 0600,
               AtomicFile::Durability::relaxed);
    write_file(info / "INSTALLER", "conda\n", 0600, AtomicFile::Durability::relaxed);
    write_file(info / "RECORD", "", 0600, AtomicFile::Durability::relaxed);
  }
}

/// What the packages themselves say is installed is this machine's truth, not the target's.
void remove_metadata(const fs::path& site_packages) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(site_packages)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".dist-info") || name.ends_with(".egg-info") || name.ends_with(".pth") ||
        name == "sitecustomize.py" || name == "usercustomize.py")
      found.push_back(entry.path());
  }
  for (const fs::path& path : found) fs::remove_all(path);
}

}  // namespace

RunFolder::RunFolder() {
  std::error_code error;
  const fs::path parent = fs::temp_directory_path(error);
  if (error) throw IoError("there is no folder for temporary files", "name one with TMPDIR");
  std::string path = (fs::canonical(parent, error) / "envlock-pip-XXXXXX").string();
  if (error || ::mkdtemp(path.data()) == nullptr)
    throw IoError("cannot make a folder in '" + parent.string() + "'", errno,
                  "name another one with TMPDIR");
  path_ = path;
}

RunFolder::~RunFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::vector<LockedPackage> closure_of(const LockPlatform& locked,
                                      const std::vector<std::string>& names) {
  std::set<std::string> wanted(names.begin(), names.end());
  std::vector<std::string> open(names.begin(), names.end());
  while (!open.empty()) {
    const std::string name = std::move(open.back());
    open.pop_back();
    for (const LockedPackage& package : locked.packages) {
      if (package.record.name != name) continue;
      for (const std::string& text : package.record.depends) {
        const std::string needed = MatchSpec::parse(text).name();
        if (wanted.insert(needed).second) open.push_back(needed);
      }
    }
  }
  std::vector<LockedPackage> packages;
  for (const LockedPackage& package : locked.packages) {
    if (wanted.contains(package.record.name)) packages.push_back(package);
  }
  return packages;
}

PipStage::PipStage(const Lockfile& lock, const fs::path& folder,
                   const std::optional<ProjectFile>& project, HttpClient& http,
                   CredentialStore& credentials, Context& context)
    : folder_(folder), context_(context) {
  Lockfile part;
  part.channels = lock.channels;
  const Platform host = Platform::host();
  part.platforms[host].packages = closure_of(lock.platforms.at(host), {"python", "pip"});
  for (const LockedPackage& package : part.platforms[host].packages) {
    if (package.record.name == "pip") pip_version_ = package.record.version;
  }
  const auto version = PypiVersion::parse(pip_version_);
  if (!version || *version < *PypiVersion::parse(oldest_pip))
    throw Error(ExitCode::unfit,
                "pip " + pip_version_ + " of the environment cannot report what it would install",
                "ask for a newer one: - pip >=" + std::string(oldest_pip));

  const std::array<LockPart, 1> parts{{{&part, {host}, folder_.string()}}};
  const std::vector<WantedRecord> wanted = wanted_records(parts, project);
  std::vector<PackageRequest> requests;
  std::vector<FetchProgress::Item> items;
  for (const WantedRecord& one : wanted) {
    requests.push_back(one.request);
    items.push_back({one.request.wanted.file_name, one.request.wanted.size_bytes});
  }
  const Cache cache(resolve_cache_dir(context.settings, context.environment));
  PackageStore store(cache, context.settings.read_caches);
  const AttestationReport attested = require_attestations(
      wanted, project, cache,
      {http, &credentials, context.settings.offline, RetryPolicy(), context.stop});
  for (const std::string& notice : attested.notices) context.console.warning(notice);
  std::vector<PackageToPlace> packages;
  {
    FetchProgress progress(context.console, std::move(items));
    PackageContext parts_of_fetch{{}, store, http, &credentials, &progress, {}};
    parts_of_fetch.settings.offline = context.settings.offline;
    PackageFetcher fetcher(parts_of_fetch);
    const std::vector<FetchedPackage> fetched = fetcher.fetch(requests, context.stop);
    for (const std::string& notice : fetcher.take_notices()) context.console.warning(notice);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const LockedPackage& one = *wanted[i].package;
      packages.push_back({one.record, one.channel, one.requested,
                          PackageArchive(fetched[i].found.file, one.record.fn)});
    }
  }
  const TreePlan plan = plan_tree(std::move(packages), {}, context.settings.threads, context.stop,
                                  project ? project->project.clobbers : std::vector<ClobberRule>());
  const fs::path prefix = folder_ / "env";
  InstallRequest request{.prefix = prefix.string(), .lock_text = write_lockfile(part)};
  request.byte_code = false;
  request.threads = context.settings.threads;
  static_cast<void>(install_prefix(plan, request, context.stop));
  remove_metadata(prefix / plan.site_packages);
  python_ = prefix / "bin" / ("python" + plan.python);
}

int PipStage::run(const std::string& script, const std::string& ask, const fs::path& log) {
  write_file(folder_ / "script.py", script, 0600, AtomicFile::Durability::relaxed);
  write_file(folder_ / "ask.json", ask, 0600, AtomicFile::Durability::relaxed);
  write_file(log, "", 0600, AtomicFile::Durability::relaxed);
  fs::create_directories(folder_ / "home");
  ChildCommand child;
  // -I: no variable, no user's folder, and not this folder's modules.
  child.arguments = {python_.string(), "-I", "-B", (folder_ / "script.py").string(),
                     (folder_ / "ask.json").string()};
  // No configuration file, whosever: /dev/null says so to pip. No keyring has a place here.
  child.environment = {"PATH=/usr/bin:/bin",
                       "HOME=" + (folder_ / "home").string(),
                       "TMPDIR=" + folder_.string(),
                       "PIP_CONFIG_FILE=/dev/null",
                       "LC_ALL=C.UTF-8",
                       "NO_COLOR=1",
                       "no_proxy=127.0.0.1"};
  child.folder = folder_.string();
  const ChildResult result = run_child(child, context_.stop);
  if (WIFEXITED(result.status)) return WEXITSTATUS(result.status);
  throw Error(ExitCode::unfit,
              "the environment's python ended with " + describe_status(result.status) +
                  " when it was asked to run pip",
              "do its packages fit this machine? 'envlock install' tells");
}

PipAnswer PipStage::ask(const PipQuestion& question, const std::string& index_url) {
  const fs::path installed = folder_ / "installed";
  const fs::path requirements = folder_ / "requirements.txt";
  const fs::path constraints = folder_ / "constraints.txt";
  const fs::path report = folder_ / "report.json";
  const fs::path log = folder_ / "pip.log";
  fs::remove_all(installed);
  fs::remove(report);
  write_installed(installed, question.installed);
  // The index's URL is a secret of this run: into a file, not among arguments that others see.
  write_file(requirements, joined(question.requirements) + "--index-url " + index_url + "\n", 0600,
             AtomicFile::Durability::relaxed);
  write_file(constraints, joined(question.constraints), 0600, AtomicFile::Durability::relaxed);
  JsonWriter json(JsonWriter::Style::compact);
  json.begin_object();
  json.key("markers").begin_object();
  for (const auto& [name, value] : question.target.markers) json.member(name, value);
  for (const char* name : {"platform_release", "platform_version"}) json.member(name, "");
  json.end_object();
  json.member("python", question.target.python).member("abi", question.target.abi);
  json.key("version").begin_array();
  for (const std::uint64_t number : question.target.version) json.value(number);
  json.end_array();
  json.key("platforms").begin_array();
  for (const std::string& tag : question.target.platforms) json.value(tag);
  json.end_array();
  json.member("installed", installed.string()).member("log", log.string());
  json.key("arguments").begin_array();
  std::vector<std::string> arguments{"--isolated",
                                     "--no-input",
                                     "--disable-pip-version-check",
                                     "--no-color",
                                     "--no-cache-dir",
                                     "--retries=0",
                                     pip_timeout,
                                     "install",
                                     "--dry-run",
                                     "--report",
                                     report.string(),
                                     "--only-binary",
                                     ":all:",
                                     "--progress-bar",
                                     "off",
                                     "--python-version",
                                     question.target.python,
                                     "-r",
                                     requirements.string(),
                                     "-c",
                                     constraints.string()};
  if (question.pre) arguments.emplace_back("--pre");
  for (const std::string& argument : arguments) json.value(argument);
  json.end_array().end_object();
  const int status = run(std::string(pip_script), json.take(), log);
  PipAnswer answer;
  answer.messages = pip_messages(read_file(log, most_log_bytes));
  if (status == pip_unknown_status)
    throw Error(ExitCode::unfit,
                "pip " + pip_version_ +
                    " of the environment cannot be asked as if it ran on another "
                    "machine: " +
                    (answer.messages.empty() ? "" : answer.messages.front()),
                "another version of pip may: - pip >=" + std::string(oldest_pip));
  if (status == 0)
    answer.report = read_pip_report(read_file(report, most_report_bytes), "pip's report");
  return answer;
}

std::string PipStage::project_table(const fs::path& pyproject, const std::string& shown) {
  const fs::path log = folder_ / "project.json";
  JsonWriter json(JsonWriter::Style::compact);
  json.begin_object().member("file", pyproject.string()).member("log", log.string()).end_object();
  const int status = run(std::string(toml_script), json.take(), log);
  std::string text = read_file(log, most_log_bytes);
  if (status == toml_broken_status)
    throw InputError("'" + shown + "' is no TOML: " + printable(text, 300));
  if (status != 0) throw InternalError("reading '" + shown + "' failed");
  return text;
}

}  // namespace envlock
