#include "cli/adopt.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "cli/adopt_assumed.hpp"
#include "cli/adopt_policy.hpp"
#include "cli/ask_channels.hpp"
#include "cli/ask_platforms.hpp"
#include "cli/ask_trust.hpp"
#include "cli/channel_record.hpp"
#include "cli/inside.hpp"
#include "cli/network_rules.hpp"
#include "cli/repodata_session.hpp"
#include "cli/solve_lock.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t shown_packages = 10;

/// The channel and the URL of each package in the lock's form.
void make_canonical(AdoptedPackage& package) {
  PackageRecord& record = package.record;
  const auto channel = Url::parse(record.channel_url);
  if (!channel || record.subdir.empty())
    throw InputError(
        package.place,
        "'" + record.name + "' does not say of which channel it is: '" +
            printable(redact_urls(record.url), 200) +
            "' is no http, https or file URL of a channel's folder",
        "envlock locks what CHANNEL/SUBDIR/FILE names; take the package from a channel");
  record.channel_url = channel->to_string();
  record.url = package_url(channel->join(record.subdir), record.fn).to_string();
}

/// One run of `adopt`.
class Adoption {
 public:
  Adoption(Adopted adopted, const std::filesystem::path& lock_path, Context& context)
      : adopted_(std::move(adopted)),
        lock_path_(lock_path),
        context_(context),
        around_(surroundings(context)) {
    project_ = load_project(context.settings.project.value_or(""), around_.cwd, around_.cwd);
    for (auto& [platform, content] : adopted_.platforms) {
      platforms_.push_back(platform);
      for (AdoptedPackage& package : content.packages) make_canonical(package);
      keep_within_reach(content);
    }
  }

  AdoptedLock run(const std::vector<std::string>& virtual_packages) {
    find_channels();
    look_up();
    ask_.lock_path = lock_path_;
    ask_.incomplete = adopted_.incomplete;
    ask_.variables = adopted_.variables;
    ask_.inputs.channel_priority = adopted_.channel_priority;
    add_channels_to_inputs(ask_.channels, project_, lock_dir(), ask_.inputs);
    ask_.virtual_packages =
        asked_virtual_packages(virtual_packages, platforms_, project_, nullptr, around_).assumed;
    std::map<Platform, Solution> packages;
    for (auto& [platform, content] : adopted_.platforms)
      packages.emplace(platform, answer(platform, content));
    out_.lock = make_lock(ask_, *set_, packages);
    out_.lock.origin = "adopted";
    for (auto& [platform, content] : adopted_.platforms) {
      out_.lock.platforms.at(platform).pypi = std::move(content.pypi);
    }
    require_allowed(out_.lock, ask_, project_);
    out_.text = write_lockfile(out_.lock);
    judge();
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::filesystem::path lock_dir() const { return lock_path_.parent_path(); }

  /// Wheels on disk get references from the lock. One that lies outside of what a lock may name is
  /// left out, as `solve` refuses it: no other checkout has it, and its path names this machine's
  /// users, so that it does not stand in the sentence either.
  void keep_within_reach(AdoptedPlatform& content) {
    const fs::path reach = reach_of(lock_dir());
    std::vector<LockedPypi> kept;
    for (LockedPypi& package : content.pypi) {
      const auto url = Url::parse(package.url);
      if (url && url->is_file()) {
        if (!leads_inside(url->local_path(), reach)) {
          adopted_.incomplete.push_back("the wheel '" + printable(package.name, 200) + ' ' +
                                        printable(package.version, 100) +
                                        "' lies outside of the lock's repository, and is not "
                                        "locked: move it into the repository");
          continue;
        }
        package.url = url_for_lock(*url, lock_dir().string());
      }
      kept.push_back(std::move(package));
    }
    content.pypi = std::move(kept);
  }

  /// Those that the source names, then those that only URLs of packages name.
  void find_channels() {
    Environment environment;
    environment.channels = adopted_.channels;
    for (const auto& [platform, content] : adopted_.platforms) {
      for (const AdoptedPackage& package : content.packages)
        environment.channels.push_back({package.record.channel_url, package.place});
    }
    if (environment.channels.empty())
      throw InputError(SourcePlace{adopted_.source}, "there is nothing to lock in it");
    ask_.channels = asked_channels({}, environment, project_, nullptr, lock_dir(), around_.cwd);
    add_trust(ask_.channels, project_, around_.now);
    for (std::size_t i = 0; i < ask_.channels.size(); ++i)
      positions_.emplace(ask_.channels[i].channel.url.to_string(), i);
  }

  [[nodiscard]] std::size_t position(const PackageRecord& record) const {
    return positions_.at(record.channel_url);
  }

  /// A package whose hash and metadata are known needs its channel only for signatures.
  [[nodiscard]] bool needs_channel(const AdoptedPackage& package) const {
    const AskedChannel& channel = ask_.channels[position(package.record)];
    return !package.record.sha256 || !package.has_metadata ||
           channel.trust.signatures != SignaturePolicy::not_looked_at;
  }

  void look_up() {
    std::vector<AskedChannel> wanted;
    std::vector<Platform> platforms;
    WantedNames names;
    names.with_dependencies = false;
    for (const auto& [platform, content] : adopted_.platforms) {
      bool some = false;
      for (const AdoptedPackage& package : content.packages) {
        if (!needs_channel(package)) continue;
        some = true;
        names.names.insert(package.record.name);
        const AskedChannel& channel = ask_.channels[position(package.record)];
        const auto same = [&](const AskedChannel& known) {
          return known.channel.url == channel.channel.url;
        };
        if (std::ranges::none_of(wanted, same)) wanted.push_back(channel);
      }
      if (some) platforms.push_back(platform);
    }
    session_.emplace(context_, false, network_rules(project_));
    set_.emplace(wanted, platforms, project_ && !project_->project.channels.empty(),
                 session_->access(), names);
    for (const std::string& notice : set_->notices()) context_.console.note(notice);
    for (const std::string& detail : set_->details()) context_.console.detail(detail);
  }

  Solution answer(const Platform& platform, AdoptedPlatform& content) {
    const std::vector<SolverChannel> sources = set_->for_platform(platform);
    Solution solution;
    for (AdoptedPackage& package : content.packages) {
      SolvedPackage solved;
      solved.channel = position(package.record);
      if (needs_channel(package)) complete(package, sources, solved.signed_by);
      solved.record = package.record;
      solved.requested = package.requested;
      solution.packages.push_back(std::move(solved));
    }
    refuse_missing(platform);
    std::ranges::sort(solution.packages, {},
                      [](const SolvedPackage& package) { return package.record.name; });
    std::vector<PackageRecord> records;
    for (const SolvedPackage& package : solution.packages) records.push_back(package.record);
    std::vector<VirtualPackage>& assumed = ask_.virtual_packages.at(platform);
    if (!content.virtual_packages.empty()) assumed = content.virtual_packages;
    for (const std::string& change : raise_assumed(records, platform, assumed))
      out_.notices.push_back(platform.subdir() + ": " + change);
    return solution;
  }

  /// Fills in what the channel says of the package.
  void complete(AdoptedPackage& package, const std::vector<SolverChannel>& sources,
                std::vector<std::string>& signed_by) {
    PackageRecord& record = package.record;
    const auto source = std::ranges::find_if(sources, [&](const SolverChannel& channel) {
      return channel.channel.url.to_string() == record.channel_url;
    });
    std::optional<ChannelRecord> found;
    if (source != sources.end()) {
      found = find_record(*source, record);
      if (!found) found = find_record_by_digest(*source, record);
    }
    if (!found || !found->record.sha256) {
      const bool can_do_without = record.sha256 && !record.depends.empty();
      const bool is_signed =
          source != sources.end() && source->signatures == SignaturePolicy::require;
      if (!can_do_without || is_signed) {
        missing_.push_back(&package);
      } else {
        ++gone_;
      }
      return;
    }
    require_same(package, found->record);
    if (const std::string fault = signature_fault(source->signatures, found->signatures);
        !fault.empty())
      throw TrustError(package.place.to_string() + ": '" + record.fn + "': " + fault);
    if (found->signatures && source->signatures != SignaturePolicy::not_looked_at)
      signed_by = found->signatures->signers();
    ++out_.looked_up;
    if (found->record.fn != record.fn) {
      out_.notices.push_back(package.place.to_string() + ": by its digest '" + record.fn +
                             "' is '" + found->record.fn + "', which is locked");
    }
    PackageRecord whole = std::move(found->record);
    whole.channel_url = record.channel_url;
    if (package.has_metadata) {
      // What was solved and installed counts, not what the channel says of it today.
      whole.depends = std::move(record.depends);
      whole.constrains = std::move(record.constrains);
    }
    record = std::move(whole);
  }

  void require_same(const AdoptedPackage& package, const PackageRecord& channel) const {
    const PackageRecord& record = package.record;
    const auto refuse = [&](const std::string& what, const std::string& here,
                            const std::string& there) {
      throw TrustError(package.place.to_string() + ": '" + record.fn + "' has the " + what + ' ' +
                           here + " here, and " + there + " in the channel " + record.channel_url,
                       "the channel replaced the package, or somebody changed the file: find out "
                       "which before you trust either");
    };
    if (record.sha256 && record.sha256 != channel.sha256)
      refuse("SHA-256", record.sha256->hex(), channel.sha256->hex());
    if (record.md5 && channel.md5 && record.md5 != channel.md5)
      refuse("MD5", record.md5->hex(), channel.md5->hex());
  }

  void refuse_missing(const Platform& platform) {
    if (gone_ != 0)
      out_.notices.push_back(
          platform.subdir() + ": " + counted(gone_, "package") + (gone_ == 1 ? " is" : " are") +
          " no longer in the channel's repodata, and locked with what the file says of " +
          (gone_ == 1 ? "it" : "them"));
    gone_ = 0;
    if (missing_.empty()) return;
    std::string message = counted(missing_.size(), "package") + " of '" + adopted_.source +
                          "' cannot be completed from the channel's repodata";
    for (std::size_t i = 0; i < std::min(missing_.size(), shown_packages); ++i)
      message += "\n  " + missing_[i]->place.to_string() + ": " + missing_[i]->record.fn + " (" +
                 missing_[i]->record.channel_url + "/" + missing_[i]->record.subdir + ")";
    if (missing_.size() > shown_packages)
      message += "\n  and " + std::to_string(missing_.size() - shown_packages) + " more";
    throw InputError(message,
                     "their SHA-256 or dependencies are not known: solve the environment anew, or "
                     "name a channel that still has them");
  }

  /// What `solve --check` and every other command will ask of the lock.
  void judge() const {
    try {
      static_cast<void>(
          read_lockfile(out_.text, lock_path_.filename().string(), lock_dir().string()));
    } catch (const InputError& error) {
      std::string message = error.what();
      message.erase(0, message.find(": ") + 2);
      throw InputError(SourcePlace{adopted_.source},
                       "its packages do not fit together, so they are no lock: " + message,
                       "solve the environment anew with 'envlock solve'; a virtual package is "
                       "given with '--virtual-package'");
    }
  }

  Adopted adopted_;
  const std::filesystem::path& lock_path_;
  Context& context_;
  AskSurroundings around_;
  std::optional<ProjectFile> project_;
  std::vector<Platform> platforms_;
  SolveAsk ask_;
  std::map<std::string, std::size_t> positions_;  ///< In ask_.channels, by URL.
  std::optional<RepodataSession> session_;
  std::optional<ChannelSet> set_;
  std::vector<const AdoptedPackage*> missing_;
  std::size_t gone_ = 0;
  AdoptedLock out_;
};

}  // namespace

AdoptedLock adopt(Adopted adopted, const std::filesystem::path& lock_path,
                  const std::vector<std::string>& virtual_packages, Context& context) {
  return Adoption(std::move(adopted), lock_path, context).run(virtual_packages);
}

}  // namespace envlock
