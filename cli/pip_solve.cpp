#include "cli/pip_solve.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "cli/at_place.hpp"
#include "cli/pip_explain.hpp"
#include "cli/pip_messages.hpp"
#include "cli/pip_question.hpp"
#include "cli/progress_display.hpp"
#include "fetch/index_client.hpp"
#include "model/match_spec.hpp"
#include "model/pypi_origin.hpp"
#include "model/text.hpp"
#include "model/wheel_name.hpp"

namespace envlock {
namespace {

using Texts = std::vector<std::string>;

/// How often pip is asked for one platform, with fewer pins each time.
constexpr unsigned most_attempts = 8;

const LockPlatform* platform_of(const std::optional<Lockfile>& lock, const Platform& platform) {
  if (!lock) return nullptr;
  const auto found = lock->platforms.find(platform);
  return found == lock->platforms.end() ? nullptr : &found->second;
}

/// The lines of a platform's lists, in the text that locks have for them.
Texts pip_texts(const LockInputs& inputs, const Platform& platform) {
  Texts texts;
  for (const LockInputs::File& file : inputs.files) {
    texts.insert(texts.end(), file.pip.begin(), file.pip.end());
    const auto limited = file.platform_pip.find(platform);
    if (limited != file.platform_pip.end())
      texts.insert(texts.end(), limited->second.begin(), limited->second.end());
  }
  return texts;
}

bool has_package(const LockPlatform& locked, std::string_view name) {
  return std::ranges::any_of(locked.packages,
                             [&](const LockedPackage& p) { return p.record.name == name; });
}

bool same_packages(const LockPlatform& a, const LockPlatform& b) {
  return a.virtual_packages == b.virtual_packages &&
         std::ranges::equal(
             a.packages, b.packages, [](const LockedPackage& x, const LockedPackage& y) {
               return x.record.name == y.record.name && x.record.sha256 == y.record.sha256;
             });
}

class PipSolver {
 public:
  PipSolver(const SolveAsk& ask, Lockfile& lock, HttpClient& http, CredentialStore& credentials,
            Context& context)
      : ask_(ask),
        lock_(lock),
        client_(http, credentials, context.stop),
        http_(http),
        credentials_(credentials),
        context_(context) {
    if (ask_.project) policy_ = WheelPolicy(*ask_.project);
  }

  void run() {
    lock_.incomplete.clear();
    for (auto& [platform, locked] : lock_.platforms) {
      if (lines_of(platform).empty()) continue;
      if (keep_existing(platform, locked)) continue;
      solve(platform, locked);
    }
    lock_.complete = lock_.incomplete.empty();
    policy_.require_allowed(lock_);
  }

 private:
  [[nodiscard]] const std::vector<AskedPipLine>& lines_of(const Platform& platform) const {
    static const std::vector<AskedPipLine> none;
    const auto found = ask_.pip.find(platform);
    return found == ask_.pip.end() ? none : found->second;
  }

  /// The same question over the same conda packages has the same answer: pip is not run for it.
  bool keep_existing(const Platform& platform, LockPlatform& locked) {
    const LockPlatform* before = platform_of(ask_.existing, platform);
    if (before == nullptr || ask_.update_all || !ask_.pip_updates.empty() ||
        !ask_.existing->complete || !same_packages(*before, locked))
      return false;
    const LockInputs& inputs = ask_.existing->inputs;
    const auto asked = [](const std::optional<ExcludeNewer>& one) {
      return one ? one->asked : std::string();
    };
    if (pip_texts(inputs, platform) != pip_texts(ask_.inputs, platform) ||
        asked(inputs.exclude_newer) != asked(ask_.inputs.exclude_newer) ||
        inputs.keep_records_without_timestamp != ask_.inputs.keep_records_without_timestamp ||
        inputs.pypi_indexes != ask_.inputs.pypi_indexes ||
        inputs.pypi_names != ask_.inputs.pypi_names || inputs.denied != ask_.inputs.denied ||
        inputs.owns != ask_.inputs.owns || before->pypi.empty())
      return false;
    // Projects on disk change without their line changing.
    if (std::ranges::any_of(before->pypi, [](const LockedPypi& p) { return is_on_disk(p); }))
      return false;
    locked.pypi = before->pypi;
    return true;
  }

  void leave_out(const Platform& platform, const std::string& why) {
    const std::string list =
        lines_of(platform).size() == 1 ? "the requirement of 'pip:' is" : "the 'pip:' list is";
    lock_.incomplete.push_back(platform.subdir() + ": " + list + " not locked: " + why);
    context_.console.warning(lines_of(platform).front().spec.place.to_string() + ": " +
                             lock_.incomplete.back() + "; the lock says 'complete: false'");
  }

  [[noreturn]] void refuse_other_platforms(const SourcePlace& place, const Platform& host) const {
    std::string known;
    for (const auto& [platform, content] : lock_.platforms)
      known += (known.empty() ? "" : ", ") + platform.subdir();
    throw Error(ExitCode::unfit,
                place.to_string() +
                    ": pip says what the 'pip:' list stands for, run by the lock's " +
                    "own python, and this machine (" + host.subdir() +
                    ") runs none of a lock for " + known + " alone",
                "lock for this machine, too: 'platforms: [" + known + ", " + host.subdir() +
                    "]' in the environment file" +
                    (ask_.inputs.platforms.empty()
                         ? ""
                         : ", or --platform " + host.subdir() + " where the file has no list") +
                    "; or lock on a machine that is " + known);
  }

  void require_python(const Platform& platform, const LockPlatform& locked) const {
    if (has_package(locked, "python")) return;
    throw InputError(lines_of(platform).front().spec.place,
                     "the 'pip:' list needs python in the environment" +
                         (lock_.platforms.size() > 1 ? ", for " + platform.subdir() : ""),
                     "add to 'dependencies:' the lines - python and - pip");
  }

  void make_stage(const Platform& platform) {
    if (stage_) return;
    const Platform host = Platform::host();
    const auto here = lock_.platforms.find(host);
    const SourcePlace& place = lines_of(platform).front().spec.place;
    if (here == lock_.platforms.end()) refuse_other_platforms(place, host);
    require_python(platform, here->second);
    if (!has_package(here->second, "pip"))
      throw InputError(place, "the 'pip:' list needs pip in the environment",
                       "add to 'dependencies:' the line - pip");
    folder_.emplace();
    stage_.emplace(lock_, folder_->path(), ask_.project, http_, credentials_, context_);
    proxy_.emplace(client_, folder_->path());
    context_.console.detail("pip " + stage_->pip_version() + " of the environment resolves 'pip:'");
  }

  void solve(const Platform& platform, LockPlatform& locked) {
    require_python(platform, locked);
    const auto target = pip_target(platform, locked);
    if (const std::string* why = std::get_if<std::string>(&target)) {
      leave_out(platform, *why);
      return;
    }
    make_stage(platform);
    PreparedPip prepared =
        prepare_pip(ask_, platform, locked, std::get<PipTarget>(target), *stage_, *proxy_);
    // Markers may leave nothing to ask, which pip would call an error.
    const PipReport report =
        prepared.question.requirements.empty() ? PipReport() : ask_pip(platform, prepared);
    take(platform, locked, prepared, report);
  }

  /// What the existing lock has, by project. `changed` gets those of lines that are new.
  [[nodiscard]] std::map<std::string, std::string> pins_of(const Platform& platform,
                                                           const PreparedPip& prepared,
                                                           std::set<std::string>& changed) const {
    std::map<std::string, std::string> pins;
    const LockPlatform* before = platform_of(ask_.existing, platform);
    if (before == nullptr || ask_.update_all) return pins;
    const Texts known = pip_texts(ask_.existing->inputs, platform);
    for (const AskedPipLine& line : lines_of(platform)) {
      if (std::ranges::count(known, std::string(trim(line.spec.text))) != 0) continue;
      const PipLine read = parse_pip_line(line.spec.text);
      if (!read.requirement.project.empty()) changed.insert(read.requirement.project);
    }
    for (const LockedPypi& package : before->pypi) {
      if (is_on_disk(package) || ask_.pip_updates.contains(package.name) ||
          prepared.find_provided(package.name) != nullptr)
        continue;
      pins.emplace(package.name, package.name + "==" + package.version);
    }
    return pins;
  }

  PipReport ask_pip(const Platform& platform, PreparedPip& prepared) {
    std::set<std::string> hidden;
    for (const ProvidedProject& one : prepared.provided) hidden.insert(one.project);
    for (const LockedPypi& one : prepared.local) hidden.insert(one.name);
    PipView view{ask_.project ? ask_.project->project.pypi : PypiRules(),
                 std::move(hidden),
                 {},
                 ask_.inputs.keep_records_without_timestamp,
                 context_.settings.offline,
                 policy_};
    if (ask_.inputs.exclude_newer) view.cutoff = ask_.inputs.exclude_newer->cutoff;
    const Texts constraints = prepared.question.constraints;
    ProgressDisplay progress(context_.console);
    progress.phase("pip resolves 'pip:' for " + platform.subdir());
    PipAnswer answer;
    std::set<std::string> changed;
    std::map<std::string, std::string> pins = pins_of(platform, prepared, changed);
    // Pins first as a whole, then without those of lines that are new, then without those that
    // pip's explanation names, then none.
    for (unsigned attempts = 1;; ++attempts) {
      proxy_->show(view);
      prepared.question.constraints = constraints;
      for (const auto& [project, pin] : pins) prepared.question.constraints.push_back(pin);
      answer = stage_->ask(prepared.question, proxy_->index_url());
      if (const std::exception_ptr failure = proxy_->failure()) refuse(failure, platform, prepared);
      if (answer.report || pins.empty()) break;
      const auto is_changed = [&](const auto& pin) { return changed.contains(pin.first); };
      const std::string why = pip_conflict_text(answer.messages);
      const auto is_named = [&](const auto& pin) { return names_project(why, pin.first); };
      if (attempts == most_attempts ||
          (std::erase_if(pins, is_changed) == 0 && std::erase_if(pins, is_named) == 0))
        pins.clear();
    }
    if (!answer.report)
      explain_pip_failure({ask_, platform, prepared, *proxy_, folder_->path(),
                           stage_->pip_version(), answer.messages});
    tell_warnings(platform, answer.messages);
    return std::move(*answer.report);
  }

  /// What went wrong on the way, with the line that led there where a line named the URL.
  [[noreturn]] void refuse(const std::exception_ptr& failure, const Platform& platform,
                           const PreparedPip& prepared) const {
    try {
      std::rethrow_exception(failure);
    } catch (const TrustError& error) {
      for (const AskedPipLine& line : lines_of(platform)) {
        const PipLine read = parse_pip_line(line.spec.text);
        if (read.url && std::string(error.what()).find(read.url->to_string()) != std::string::npos)
          throw TrustError(line.spec.place.to_string() + ": " + error.what(), error.hint());
      }
      throw;
    } catch (const NetworkError& error) {
      const std::string place =
          prepared.places.empty() ? "" : prepared.places.front().file + ": 'pip:': ";
      std::string hint = error.hint();
      constexpr std::string_view of_channels = "the channel's URL";
      if (const std::size_t at = hint.find(of_channels); at != std::string::npos)
        hint.replace(at, of_channels.size(), "the index's URL (in envlock.yml, else PyPI's)");
      throw NetworkError(place + error.what(), hint);
    }
  }

  void tell_warnings(const Platform& platform, const Texts& messages) {
    for (const std::string& line : messages) {
      if (!line.starts_with("WARNING: ")) continue;
      const std::string text = without_own_places(line.substr(9), *proxy_, folder_->path());
      if (text.find("yanked") != std::string::npos || text.find("Target directory") == 0) continue;
      if (tells_of_missing_extra(line))
        lock_.incomplete.push_back(platform.subdir() +
                                   ": what an extra needs is not locked: " + text);
      if (told_.insert(text).second) context_.console.warning("pip: " + text);
    }
  }

  void take(const Platform& platform, LockPlatform& locked, const PreparedPip& prepared,
            const PipReport& report) {
    std::set<std::string> known;
    for (const ProvidedProject& one : prepared.provided) known.insert(one.project);
    for (const LockedPypi& one : prepared.local) known.insert(one.name);
    for (const PipReportItem& item : report.install) known.insert(project_key(item.name));
    locked.pypi = prepared.local;
    for (const PipReportItem& item : report.install)
      locked.pypi.push_back(locked_item(platform, item, prepared, known));
    std::ranges::sort(locked.pypi, {}, &LockedPypi::name);
  }

  LockedPypi locked_item(const Platform& platform, const PipReportItem& item,
                         const PreparedPip& prepared, const std::set<std::string>& known) {
    LockedPypi out;
    out.name = project_key(item.name);
    out.version = item.version;
    const std::string what = "'" + out.name + ' ' + out.version + "'";
    if (const ProvidedProject* provided = prepared.find_provided(out.name))
      throw Error(ExitCode::unsolvable,
                  "pip would replace conda's '" + provided->package->record.name + ' ' +
                      provided->package->record.version + "' by " + what + " of PyPI",
                  "ask conda for what the 'pip:' list needs, or give the list another version");
    const PipProxy::Wheel wheel = proxy_->resolve(item.url);
    if (item.sha256 && item.sha256 != wheel.file.sha256)
      throw TrustError(what + ": pip reports sha256 " + item.sha256->hex() + ", the index says " +
                       wheel.file.sha256->hex());
    out.sha256 = wheel.file.sha256;
    out.size = wheel.file.size;
    // One that lies in the repository has a reference from the lock's folder.
    out.url = url_for_lock(wheel.file.url, ask_.lock_path.parent_path().string());
    out.requires_dist = item.requires_dist;
    out.requested = prepared.requested.contains(out.name);
    const auto hashes = prepared.hashes.find(out.name);
    if (hashes != prepared.hashes.end()) {
      const auto& allowed = hashes->second.allowed;
      const SourcePlace& place = hashes->second.place;
      if (!hashes->second.is_pinned) refuse_unpinned(out, hashes->second);
      if (std::ranges::count(allowed, *out.sha256) == 0)
        throw TrustError(place.to_string() + ": '" + wheel.file.name + "' has sha256 " +
                             out.sha256->hex() + ", which is none of the line's",
                         "the line's digests are of other files of " + what +
                             ": of another platform, or of what was there before");
    }
    if (wheel.is_unproved && hashes == prepared.hashes.end() &&
        told_.insert(wheel.file.name).second)
      context_.console.warning("the index '" + wheel.index + "' tells no sha256 of '" +
                               wheel.file.name + "': locked is that of the file as it came today");
    if (wheel.file.is_yanked)
      context_.console.warning(
          what + " was yanked" +
          (wheel.file.yanked_why.empty() ? "" : ": " + printable(wheel.file.yanked_why, 300)));
    check_requirements(platform, out, prepared, known);
    return out;
  }

  /// pip takes digests for one version alone: which of them would be meant by another day's list?
  /// What fits none of them is no slip of the pen, and today's digest is not told: written into the
  /// line, it would undo what the line is for.
  [[noreturn]] void refuse_unpinned(const LockedPypi& package, const LineHashes& line) const {
    const bool fits = std::ranges::count(line.allowed, *package.sha256) != 0;
    const auto version =
        fits ? std::optional(package.version) : proxy_->version_of(package.name, line.allowed);
    if (!version)
      throw TrustError(line.place.to_string() + ": '" + package.name + ' ' + package.version +
                           "', which pip chose for '" + line.name +
                           "', has none of the line's digests",
                       "they are of another version, of another platform, or of what was there "
                       "before: find out which, and pin the version that they are of with '=='");
    std::string text = line.name + " ==" + *version;
    if (!line.marker.empty()) text += " ; " + line.marker;
    for (const Sha256& digest : line.allowed) text += " --hash=sha256:" + digest.hex();
    throw InputError(line.place,
                     "'" + line.name +
                         "' has '--hash' and no version: pip takes digests only of "
                         "what is pinned with '=='",
                     "write: - " + text);
  }

  /// pip's answer is closed, and does not hang on what nobody knows of the target.
  void check_requirements(const Platform& platform, const LockedPypi& package,
                          const PreparedPip& prepared, const std::set<std::string>& known) {
    for (const std::string& text : package.requires_dist) {
      const Requirement needed = at_place({"the metadata of '" + package.name + "'", 0, 0},
                                          [&] { return Requirement::parse(text); });
      if (needed.marker) {
        const std::set<std::string> names = needed.marker->names();
        if (names.contains("platform_release") || names.contains("platform_version"))
          leave_out_part(platform, "'" + package.name + "' needs '" + needed.name +
                                       "' by the release of the target's system (" +
                                       needed.marker_text + "), which is not known");
        if (!needed.marker->holds(prepared.question.target.markers)) continue;
      }
      if (!known.contains(needed.project))
        leave_out_part(platform, "'" + package.name + "' needs '" + needed.name +
                                     "', which pip did not choose");
    }
  }

  void leave_out_part(const Platform& platform, const std::string& why) {
    lock_.incomplete.push_back(platform.subdir() + ": " + why);
    context_.console.warning(lock_.incomplete.back());
  }

  const SolveAsk& ask_;
  Lockfile& lock_;
  IndexClient client_;
  HttpClient& http_;
  CredentialStore& credentials_;
  Context& context_;
  WheelPolicy policy_;
  std::optional<RunFolder> folder_;
  std::optional<PipStage> stage_;
  std::optional<PipProxy> proxy_;
  std::set<std::string> told_;
};

}  // namespace

bool has_pip_list(const SolveAsk& ask) {
  return std::ranges::any_of(ask.pip, [](const auto& entry) { return !entry.second.empty(); });
}

void lock_pip_lists(const SolveAsk& ask, Lockfile& lock, HttpClient& http,
                    CredentialStore& credentials, Context& context) {
  PipSolver(ask, lock, http, credentials, context).run();
}

}  // namespace envlock
