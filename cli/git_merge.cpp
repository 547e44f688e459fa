#include "cli/git_merge.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "cli/git_program.hpp"
#include "cli/git_setup.hpp"
#include "cli/inside.hpp"
#include "cli/json_output.hpp"
#include "cli/output_file.hpp"
#include "cli/pip_solve.hpp"
#include "cli/project_file.hpp"
#include "cli/repodata_session.hpp"
#include "cli/solve_lock.hpp"
#include "cli/wanted_names.hpp"
#include "fetch/atomic_file.hpp"
#include "model/lock_merge.hpp"
#include "model/lock_urls.hpp"
#include "model/selector.hpp"
#include "model/shell_word.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_lock_bytes = std::size_t{64} << 20U;

/// What git hands a merge driver.
struct MergeFiles {
  std::string base, ours, theirs;  ///< Files; `ours` takes the result.
  std::string markers;             ///< How many characters a conflict mark has.
  std::string path;                ///< Of the lock, from the top of the work tree.
};

/// Why a merge is left to the user.
struct NotMerged {
  std::string why;
};

MergeFiles merge_files(const ParsedArgs& args) {
  if (args.positionals().size() != 6) {
    throw UsageError("'git-setup merge' takes five arguments, which git gives: %O %A %B %L %P",
                     "set it up with: envlock git-setup");
  }
  MergeFiles files{args.positional(1), args.positional(2), args.positional(3), args.positional(4),
                   args.positional(5)};
  unsigned marker_size = 0;
  const auto [end, fault] = std::from_chars(
      files.markers.data(), files.markers.data() + files.markers.size(), marker_size);
  if (fault != std::errc{} || end != files.markers.data() + files.markers.size() ||
      marker_size == 0)
    throw UsageError("'" + files.markers + "' is no size of conflict marks", "git gives it as %L");
  const fs::path path = fs::path(files.path).lexically_normal();
  if (path.empty() || path.is_absolute() || *path.begin() == "..")
    throw UsageError("'" + files.path + "' is no path below the work tree", "git gives it as %P");
  return files;
}

/// A platform in the words of selectors, which know most of them, but not all.
std::string selector_of(const Platform& platform) {
  const std::string os(platform.os());
  const std::string arch = platform.arch() == "64"   ? "x86_64"
                           : platform.arch() == "32" ? "x86 and not x86_64"
                                                     : std::string(platform.arch());
  std::string selector = os + " and " + arch;
  const bool is_known = !selector_fault(selector) && selector_holds(selector, platform);
  if (!is_known) throw NotMerged{"requests for " + platform.subdir() + " alone cannot be merged"};
  return selector;
}

/// The channel as it can be asked for again: by the name under which the lock has it where that
/// leads to the same place.
std::string channel_text(const LockInputs::Channel& channel, const ChannelNames& names,
                         const fs::path& lock_dir) {
  std::string text =
      absolute_url(channel.url, Url::from_path(lock_dir.string())).value_or(channel.url);
  try {
    const std::vector<Channel> named = parse_channel(channel.name, names);
    if (named.size() == 1 && named.front().url.to_string() == text) text = channel.name;
  } catch (const InputError&) {  // a name that is none of its own: the last part of a path
  }
  std::string subdirs;
  for (const std::string& subdir : channel.subdirs)
    subdirs += (subdirs.empty() ? "[" : ",") + subdir;
  return subdirs.empty() ? text : text + subdirs + ']';
}

/// The environment that the merged question was asked by.
Environment environment_of(const LockInputs& inputs, const ChannelNames& names,
                           const fs::path& lock_dir, const fs::path& cwd) {
  Environment environment;
  const auto add = [](std::vector<RequestedSpec>& to, const std::vector<std::string>& texts,
                      const std::string& file, const std::optional<std::string>& selector) {
    for (const std::string& text : texts) to.push_back({text, {file, 0, 0}, selector});
  };
  for (const LockInputs::File& asked : inputs.files) {
    Environment::File file;
    file.path = (lock_dir / asked.path).lexically_normal().lexically_proximate(cwd).string();
    add(file.specs, asked.specs, file.path, std::nullopt);
    for (const auto& [platform, specs] : asked.platform_specs)
      add(file.specs, specs, file.path, selector_of(platform));
    add(file.pip, asked.pip, file.path, std::nullopt);
    for (const auto& [platform, lines] : asked.platform_pip)
      add(file.pip, lines, file.path, selector_of(platform));
    environment.files.push_back(std::move(file));
  }
  for (const LockInputs::Channel& channel : inputs.channels)
    environment.channels.push_back(
        {channel_text(channel, names, lock_dir), {environment.files.front().path, 0, 0}});
  environment.platforms = inputs.platforms;
  return environment;
}

/// The envlock.yml that counts for a lock: the one beside its environment file, else the nearest
/// one above the lock that names it.
std::optional<ProjectFile> project_of(const std::string& option, const fs::path& lock,
                                      const std::string& first_file, const fs::path& top) {
  const fs::path beside = (lock.parent_path() / first_file).lexically_normal().parent_path();
  if (auto project = load_project(option, top, beside)) return project;
  for (fs::path folder = lock.parent_path();; folder = folder.parent_path()) {
    auto project = load_project({}, top, folder);
    if (project && std::ranges::any_of(project->project.environments, [&](const auto& named) {
          return (project->dir / named.lock).lexically_normal() == lock;
        }))
      return project;
    if (folder == top || folder == folder.parent_path()) return std::nullopt;
  }
}

class LockMerger {
 public:
  LockMerger(MergeFiles files, Context& context)
      : files_(std::move(files)),
        context_(context),
        top_(fs::current_path()),
        lock_path_((top_ / files_.path).lexically_normal()) {}

  /// The merged lock's text. @throws NotMerged, or what a solve throws
  std::string merged() {
    const Lockfile ours = read_side(files_.ours, "our side");
    const Lockfile theirs = read_side(files_.theirs, "their side");
    // Where both sides added the file, git gives an empty one.
    const bool has_base = !read_file(files_.base, max_lock_bytes).empty();
    const Lockfile base = has_base ? read_side(files_.base, "the common ancestor") : Lockfile{};
    LockMerge merge = merge_locks(has_base ? &base : nullptr, ours, theirs);
    if (!merge.conflicts.empty()) throw NotMerged{merge.conflicts.front()};
    if (merge.lock.inputs.files.empty())
      throw NotMerged{"what was asked for is in none of the locks (they were imported)"};
    if (merge.lock.inputs.same_versions_as)
      throw NotMerged{"it takes the versions of another environment, whose lock may be merged too"};
    for (const LockInputs::File& file : merge.lock.inputs.files) {
      if (!is_inside(lock_path_.parent_path() / file.path, top_))
        throw NotMerged{"'" + file.path + "', which it names, lies outside of the repository"};
    }
    sides_ = {ours, theirs};
    return solved(std::move(merge.lock));
  }

 private:
  Lockfile read_side(const std::string& file, const std::string& which) const {
    try {
      return read_lockfile(read_file(file, max_lock_bytes), files_.path,
                           lock_path_.parent_path().string());
    } catch (const InputError& error) {
      throw NotMerged{which + " is no good lock: " + error.what()};
    }
  }

  [[nodiscard]] SolveAsk question(Lockfile merged) const {
    const std::optional<ProjectFile> project = project_of(
        context_.settings.project.value_or(""), lock_path_, merged.inputs.files.front().path, top_);
    const LockInputs inputs = merged.inputs;
    const fs::path beside =
        (lock_path_.parent_path() / inputs.files.front().path).lexically_normal().parent_path();
    Environment environment =
        environment_of(inputs, channel_names(project, beside), lock_path_.parent_path(), top_);
    environment.variables = merged.variables;
    std::vector<std::string> incomplete = merged.incomplete;
    LockPlace place{.path = lock_path_, .shown = files_.path, .existing = std::move(merged)};
    // What the two locks say is the whole question: no variable of this process has a part in it.
    AskSurroundings around{
        .cwd = top_,
        .variable = [](const std::string&) -> std::optional<std::string> { return std::nullopt; },
        .host_virtual_packages = [] { return std::vector<VirtualPackage>{}; },
        .now = context_.clock.now()};
    SolveAsk ask = build_ask(environment, std::move(place), {}, project, around);
    ask.incomplete = std::move(incomplete);
    LockInputs expected = inputs;
    expected.spec_channels = ask.inputs.spec_channels;  // follow from the requests
    const std::vector<InputChange> differences = compare_inputs(expected, ask.inputs);
    if (!differences.empty()) {
      throw NotMerged{"envlock.yml, as it is in the work tree now, says otherwise about '" +
                      differences.front().field + "'"};
    }
    ask.inputs.exclude_newer = inputs.exclude_newer;
    return ask;
  }

  /// pip is not run while git merges. What one side's `pip:` list stood for holds where the list
  /// and the conda packages are that side's.
  void keep_pypi(const SolveAsk& ask, Lockfile& made) const {
    for (const Lockfile& side : sides_) {
      if (!side.complete || !has_pip_list(ask)) continue;
      const auto same_list = [](const LockInputs::File& a, const LockInputs::File& b) {
        return a.path == b.path && a.pip == b.pip && a.platform_pip == b.platform_pip;
      };
      if (!std::ranges::equal(side.inputs.files, made.inputs.files, same_list)) continue;
      if (side.inputs.pypi_indexes != made.inputs.pypi_indexes ||
          side.inputs.pypi_names != made.inputs.pypi_names)
        continue;
      const auto same_packages = [](const auto& a, const auto& b) {
        return a.first == b.first && a.second.packages == b.second.packages;
      };
      if (!std::ranges::equal(side.platforms, made.platforms, same_packages)) continue;
      for (auto& [platform, locked] : made.platforms)
        locked.pypi = side.platforms.at(platform).pypi;
      made.incomplete.clear();
      made.complete = true;
      return;
    }
    if (!has_pip_list(ask)) return;
    made.complete = false;
    made.incomplete = {
        "the 'pip:' list was not resolved again when git merged this lock: run "
        "'envlock solve'"};
    context_.console.warning(files_.path + ": " + made.incomplete.front());
  }

  std::string solved(Lockfile merged) {
    const SolveAsk ask = question(std::move(merged));
    const auto answer = [&](Context& context) {
      RepodataSession session(context, false, ask.network);
      const ChannelSet channels(ask.channels, ask.platforms, ask.has_channel_policy,
                                session.access(), names_to_solve(ask));
      const auto solutions = solve_all(questions_of(ask, channels, nullptr),
                                       static_cast<unsigned>(context.settings.threads));
      Lockfile made = make_lock(ask, channels, solutions);
      keep_pypi(ask, made);
      return made;
    };
    Lockfile lock;
    try {
      lock = answer(context_);
    } catch (const NetworkError& error) {
      // On a train, what is in the cache is often enough.
      Settings offline = context_.settings;
      offline.offline = true;
      Context context{context_.command, context_.console,     context_.clock,
                      offline,          context_.environment, context_.stop};
      try {
        lock = answer(context);
      } catch (const NetworkError&) {
        throw NetworkError(error.what(), error.hint());
      }
      context_.console.note("the network is away: " + files_.path +
                            " is merged by the repodata in the cache");
    }
    if (context_.stop.stop_requested()) throw Interrupted();
    std::string text = write_lockfile(lock);
    try {
      static_cast<void>(read_lockfile(text, files_.path, lock_path_.parent_path().string()));
    } catch (const InputError& error) {
      throw InternalError("the merged lock contradicts itself: " + std::string(error.what()));
    }
    return text;
  }

  MergeFiles files_;
  Context& context_;
  fs::path top_;
  fs::path lock_path_;
  std::vector<Lockfile> sides_;
};

/// Leaves in OURS what git leaves where it has no driver.
void leave_conflict(const MergeFiles& files) {
  const fs::path cwd = fs::current_path();
  const auto whole = [&](const std::string& file) { return (cwd / file).string(); };
  static_cast<void>(
      run_git(cwd,
              {"merge-file", "--quiet", "--marker-size=" + files.markers, "-L", "ours", "-L",
               "base", "-L", "theirs", whole(files.ours), whole(files.base), whole(files.theirs)},
              max_lock_bytes));
}

ExitCode say(Context& context, const MergeFiles& files, const std::string& why) {
  if (context.settings.json) {
    return print_json_result(context, why.empty() ? ExitCode::ok : ExitCode::findings,
                             [&](JsonWriter& json) {
                               json.member("path", files.path).member("merged", why.empty());
                               if (!why.empty()) json.member("why", why);
                             });
  }
  if (why.empty()) {
    context.console.note(files.path + " is merged: solved again with what both sides ask for");
    return ExitCode::ok;
  }
  const std::string path = shell_word(files.path);
  const std::string folder = fs::path(files.path).parent_path().string();
  const std::string solve =
      folder.empty() ? "envlock solve" : "(cd " + shell_word(folder) + " && envlock solve)";
  context.console.warning(files.path + " is left as a conflict: " + why,
                          "settle environment.yml, then: git checkout --ours -- " + path + " && " +
                              solve + " && git add -- " + path);
  return ExitCode::findings;
}

}  // namespace

ExitCode git_merge(const ParsedArgs& args, Context& context) {
  const MergeFiles files = merge_files(args);
  std::string why;
  try {
    const std::string text = LockMerger(files, context).merged();
    write_output_file(fs::current_path() / files.ours, files.ours, text);
    return say(context, files, {});
  } catch (const NotMerged& error) {
    why = error.why;
  } catch (const Interrupted&) {
    throw;
  } catch (const Error& error) {
    // Whatever it is, to git it is a conflict; an exit above 128 would end the whole merge.
    why = error.what();
  }
  leave_conflict(files);
  return say(context, files, why);
}

}  // namespace envlock
