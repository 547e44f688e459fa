#include "cli/git_setup_command.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>

#include "cli/git_blob.hpp"
#include "cli/git_merge.hpp"
#include "cli/git_setup.hpp"
#include "cli/json_output.hpp"
#include "cli/lock_text.hpp"
#include "cli/project_file.hpp"
#include "fetch/atomic_file.hpp"
#include "model/error.hpp"
#include "model/lockfile.hpp"
#include "model/shell_word.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 2> actions = {"textconv", "merge"};
constexpr std::size_t max_lock_bytes = std::size_t{64} << 20U;

/// How git's shell calls this program: by name where PATH leads to it, so that a newer one in the
/// same place is used at once; else by its path.
std::string program_word(const EnvironmentLookup& environment) {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error) throw IoError("cannot tell where this program lies: " + error.message());
  const std::string path = environment("PATH").value_or("");
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find(':', start), path.size());
    const fs::path found = fs::path(path.substr(start, end - start)) / "envlock";
    start = end + 1;
    // A relative folder of PATH may be one of any repository.
    if (!found.is_absolute() || !fs::exists(found, error)) continue;
    if (fs::equivalent(found, self, error)) return "envlock";
    break;  // another envlock comes first
  }
  return shell_word(self.string());
}

/// Locks of envlock.yml's environments that have names of their own.
std::vector<std::string> named_locks(const fs::path& top, const Context& context) {
  const fs::path cwd = fs::current_path();
  auto project = load_project(context.settings.project.value_or(""), cwd, cwd);
  if (!project) project = load_project({}, cwd, top);
  std::vector<std::string> locks;
  if (!project) return locks;
  const fs::path dir = fs::weakly_canonical(project->dir);
  for (const Project::NamedEnvironment& named : project->project.environments) {
    const fs::path lock = (dir / named.lock).lexically_normal();
    const fs::path relative = lock.lexically_relative(top);
    const bool is_inside = !relative.empty() && *relative.begin() != "..";
    if (is_inside && lock.filename() != "envlock.lock") locks.push_back(relative.generic_string());
  }
  std::sort(locks.begin(), locks.end());
  locks.erase(std::unique(locks.begin(), locks.end()), locks.end());
  return locks;
}

/// What git shows in place of a lock. What is no lock, or one of another version, is shown as it
/// is: git would end its whole diff otherwise.
ExitCode textconv(const ParsedArgs& args, Context& context) {
  if (args.positionals().size() != 2)
    throw UsageError("'git-setup textconv' takes one file", "envlock git-setup textconv FILE");
  const std::string file = args.positional(1);
  // git has it already: what is too large for a lock is shown, too.
  const std::string text = read_file(file, std::numeric_limits<std::size_t>::max() / 2);
  std::vector<std::string> lines;
  try {
    if (text.size() > max_lock_bytes) throw TrustError("'" + file + "' is too large for a lock");
    // Where the file lies says nothing of where the lock lay: local channels stay as written.
    lines = lock_text(read_lockfile(text, file, "/lock"));
  } catch (const Error&) {
    lines.clear();
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      lines.push_back(text.substr(at, end - at));
      at = end + 1;
    }
  }
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      json.key("lines").begin_array();
      for (const std::string& line : lines) json.value(line);
      json.end_array();
    });
  }
  for (const std::string& line : lines) context.console.out(line);
  return ExitCode::ok;
}

enum class Wish : std::uint8_t { set, check, remove };

ExitCode report(Context& context, const std::vector<GitSetupPart>& parts, Wish wish) {
  std::vector<GitSetupPart> told = parts;
  if (wish == Wish::check)
    std::erase_if(told, [](const GitSetupPart& part) { return part.is_set; });
  const bool is_missing = wish == Wish::check && !told.empty();
  const ExitCode code = is_missing ? ExitCode::findings : ExitCode::ok;
  if (context.settings.json) {
    return print_json_result(context, code, [&](JsonWriter& json) {
      json.member("set_up", wish == Wish::remove ? false : !is_missing);
      json.key(wish == Wish::check ? "missing" : "changed").begin_array();
      for (const GitSetupPart& part : told) {
        json.begin_object().member("what", part.what).member("wanted", part.wanted);
        json.member("found", part.found).end_object();
      }
      json.end_array();
    });
  }
  for (const GitSetupPart& part : told) {
    if (wish == Wish::remove) {
      context.console.out("removed " + part.what + ": " + part.found);
    } else {
      context.console.out((wish == Wish::check ? "missing " : "set ") + part.what + ": " +
                          part.wanted + (part.found.empty() ? "" : " (was: " + part.found + ")"));
    }
  }
  if (is_missing) {
    context.console.note("git reads locks as any other text", "set it up with: envlock git-setup");
  } else if (wish == Wish::remove) {
    if (told.empty()) context.console.out("nothing was set up");
  } else if (told.empty()) {
    context.console.out("git shows locks as text and merges them");
  } else {
    context.console.note(
        "git shows locks as text now, and merges them; the settings are those of this clone",
        "commit .gitattributes, and run 'envlock git-setup' once in every other clone");
  }
  return code;
}

ExitCode run_git_setup(const ParsedArgs& args, Context& context) {
  const std::string action = args.positional(0);
  if (!action.empty() && (args.has("check") || args.has("remove")))
    throw UsageError("'git-setup " + action + "' takes neither --check nor --remove");
  if (action == "textconv") return textconv(args, context);
  if (action == "merge") return git_merge(args, context);
  if (args.has("check") && args.has("remove"))
    throw UsageError("--check and --remove exclude each other");
  const fs::path top = git_top(fs::current_path());
  const GitSetup setup = git_setup(top, program_word(context.environment),
                                   named_locks(top, context), context.settings.offline);
  if (args.has("check")) return report(context, look_at(setup), Wish::check);
  if (args.has("remove")) return report(context, take_out(setup), Wish::remove);
  return report(context, set_up(setup), Wish::set);
}

}  // namespace

Command git_setup_command() {
  return {
      {.name = "git-setup",
       .summary = "Let git show locks as text, and merge them",
       .description =
           "In the git repository around the working folder: 'git diff' and 'git log -p' show a "
           "lock as one line a package, and a merge in which both sides changed a lock solves "
           "again, with what both ask for, and what both locked as preferences. The settings go "
           "to the repository's own configuration, and the lines that name the locks to "
           ".gitattributes: commit that. Nothing that is set already changes.\n\n"
           "A merge is left as a conflict where both sides changed the same request into two, "
           "or where there is no solution; one line says why, and what to type. It does not "
           "read environment.yml, which git has not merged yet when it asks: the locks hold what "
           "was asked. So run 'envlock solve --check' when the merge is done. With --offline, the "
           "driver is set up to use cached repodata alone; without, it does so where the network "
           "is away.\n\n"
           "'textconv FILE' and 'merge BASE OURS THEIRS MARKERS PATH' are what git then runs. "
           "docs/git.md has more.",
       .positionals = {{.name = "ACTION",
                        .help = "what git runs: textconv or merge",
                        .kind = ValueKind::choice,
                        .choices = {actions.begin(), actions.end()}},
                       {.name = "FILE",
                        .help = "what git gives it",
                        .repeatable = true,
                        .kind = ValueKind::file}},
       .groups = {{.title = "Options",
                   .options = {{.name = "check",
                                .help = "change nothing; exit 1 where it is not set up"},
                               {.name = "remove", .help = "take out what was set up"}}},
                  credential_options()},
       .examples = {{"Set it up in this clone", "envlock git-setup"},
                    {"Is it set up?", "envlock git-setup --check"},
                    {"What git shows in place of a lock",
                     "envlock git-setup textconv envlock.lock"}},
       .exits = {ExitCode::findings, ExitCode::invalid_input}},
      run_git_setup};
}

}  // namespace envlock
