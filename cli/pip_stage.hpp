#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/pip_names.hpp"
#include "cli/pip_target.hpp"
#include "cli/project_file.hpp"
#include "fetch/credential_store.hpp"
#include "fetch/http.hpp"
#include "model/pip_report.hpp"

namespace envlock {

/// A folder of this run alone (0700), removed with all that is in it.
class RunFolder {
 public:
  RunFolder();
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// What pip is asked for one platform.
struct PipQuestion {
  PipTarget target;
  std::vector<std::string> requirements, constraints;  ///< Lines of files that pip reads.
  /// What counts as installed: projects that conda provides, and those on disk.
  std::vector<std::pair<std::string, std::string>> installed;  ///< Project and version.
  bool pre = false;
};

struct PipAnswer {
  std::optional<PipReport> report;    ///< Nothing where pip failed:
  std::vector<std::string> messages;  ///< What it said, by line, harmless for a terminal.
};

/// The python and pip of a lock in a folder of this run, for asking pip and nothing else.
class PipStage {
 public:
  /// Fetches and installs both, with what they depend on.
  /// @param lock  for this machine's platform, with python and pip
  /// @throws what fetching and installing throw
  PipStage(const Lockfile& lock, const std::filesystem::path& folder,
           const std::optional<ProjectFile>& project, HttpClient& http,
           CredentialStore& credentials, Context& context);

  /// `pip install --dry-run --report` with no file, variable or keyring of the user's.
  /// @throws InputError for a report that cannot be read; Error (8) for a pip that cannot be asked;
  /// Interrupted
  [[nodiscard]] PipAnswer ask(const PipQuestion& question, const std::string& index_url);

  /// The `[project]` table of a pyproject.toml, as JSON (docs/pip.md).
  /// @throws InputError where it is no TOML
  [[nodiscard]] std::string project_table(const std::filesystem::path& pyproject,
                                          const std::string& shown);

  [[nodiscard]] const std::stop_token& stop() const noexcept { return context_.stop; }
  [[nodiscard]] const std::string& pip_version() const noexcept { return pip_version_; }

 private:
  /// Runs a script of envlock's by the python. @return its exit status
  int run(const std::string& script, const std::string& ask, const std::filesystem::path& log);
  std::filesystem::path folder_, python_;
  std::string pip_version_;
  Context& context_;
};

/// The packages that `names` and what they depend on are, of one platform of a lock.
std::vector<LockedPackage> closure_of(const LockPlatform& locked,
                                      const std::vector<std::string>& names);

}  // namespace envlock
