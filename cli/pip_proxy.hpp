#pragma once

#include <exception>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cli/wheel_policy.hpp"
#include "fetch/index_client.hpp"
#include "fetch/loopback_server.hpp"
#include "model/project_pypi.hpp"
#include "model/simple_index.hpp"
#include "model/time.hpp"
#include "model/wheel_name.hpp"

namespace envlock {

/// What pip may see of the indexes.
struct PipView {
  PypiRules rules;
  std::set<std::string> provided;  ///< Projects that conda provides: for pip there are none.
  std::optional<Instant> cutoff;   ///< Files that came later are left out.
  bool keep_untimed = false;       ///< Under a cutoff, files of which no time is known.
  bool offline = false;
  WheelPolicy policy = {};  ///< What it denies is not there.
};

/// The one index that pip is given. It asks for each project the one index that envlock.yml names
/// for it, with envlock's own client and credentials, and shows the wheels that may be locked: so
/// no other place can offer a project, and pip never holds a credential. What it fetched it has
/// checked against the index's digests.
class PipProxy {
 public:
  /// @param folder  for wheels that pip wants whole; private
  PipProxy(IndexClient& client, std::filesystem::path folder);
  PipProxy(const PipProxy&) = delete;
  PipProxy& operator=(const PipProxy&) = delete;

  /// Before each run of pip.
  void show(PipView view);
  /// Where all its URLs begin; a secret of this run.
  [[nodiscard]] std::string root() const;
  /// What "--index-url" gets.
  [[nodiscard]] std::string index_url() const;
  /// A URL here that stands for a wheel elsewhere, or on disk.
  std::string add_wheel(const Url& url, const std::optional<Sha256>& sha256);

  struct Wheel {
    IndexFile file;
    std::string index;  ///< The name of the index; empty for one that was named by its URL.
    std::optional<Url> index_url = {};  ///< Of the index whose page named it.
    bool is_unproved = false;           ///< Its index tells no digest: the file's is that of today.
  };
  /// The wheel that stands behind a URL that pip reports; its digest is known afterwards.
  /// @throws NetworkError, TrustError; InternalError where none does
  Wheel resolve(const std::string& url);

  /// The version of a wheel that pip saw of a project, by its digest.
  [[nodiscard]] std::optional<std::string> version_of(const std::string& project,
                                                      const std::vector<Sha256>& digests) const;

  /// What went wrong on the way to an index in this run of pip, which saw only an HTTP error.
  [[nodiscard]] std::exception_ptr failure() const;
  [[nodiscard]] std::vector<std::string> projects() const;  ///< That pip asked for in this run.
  /// Why a project has less to offer than its index shows, for explanations; empty: it has not.
  /// @param with_tags  also for what the wheels of the latest version are
  [[nodiscard]] std::string remark(const std::string& project, bool with_tags) const;

 private:
  struct Remark {
    std::string index;
    std::size_t wheels = 0, archives = 0, too_new = 0, untimed = 0, unusable = 0;
    std::size_t denied = 0;
    std::string denied_by = {};  ///< "envlock.yml:4: 'tool <2'"
    bool is_unknown = false;
    std::set<std::string> tags = {};  ///< "cp311-win_amd64", of the latest version.
    std::string latest = {};          ///< The version; empty: none that can be compared.
  };
  LoopbackAnswer answer(const std::string& path);
  LoopbackAnswer project_page(const std::string& project);
  static void note_tags(const WheelName& wheel, Remark& remark);
  LoopbackAnswer wheel_file(std::string_view rest);
  void download(std::size_t index);
  [[nodiscard]] static std::string reason(const std::string& project, const Remark& remark,
                                          bool with_tags);

  IndexClient& client_;
  std::filesystem::path folder_;
  std::string token_;
  mutable std::mutex mutex_;  ///< Over all below: the server's thread comes in.
  PipView view_;
  std::map<std::string, std::vector<std::size_t>> pages_;   ///< Of this run, by project.
  std::map<std::string, std::optional<ProjectPage>> seen_;  ///< By index and project.
  std::vector<Wheel> wheels_;
  std::vector<std::filesystem::path> files_;  ///< By wheel; empty: not here.
  /// Files that were fetched, for all runs, by URL and expected digest.
  std::map<std::string, std::pair<std::filesystem::path, IndexDownload>> fetched_;
  std::map<std::string, Remark> remarks_;
  std::exception_ptr failure_;
  LoopbackServer server_;  ///< Last: it uses all of the above.
};

}  // namespace envlock
