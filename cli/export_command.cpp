#include "cli/export_command.hpp"

#include <filesystem>
#include <set>
#include <string>

#include "cli/export_foreign.hpp"
#include "cli/export_pypi.hpp"
#include "cli/export_text.hpp"
#include "cli/json_output.hpp"
#include "cli/lock_input.hpp"
#include "cli/output_file.hpp"
#include "model/pypi_origin.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

/// Of one platform, or of all that the lock has.
bool is_of_one_platform(const std::string& format) {
  return format == "explicit" || format == "environment" || format == "requirements";
}

std::vector<Platform> chosen_platforms(const Lockfile& lock, const ParsedArgs& args,
                                       const std::string& format) {
  if (is_of_one_platform(format) || args.has("platform")) return {choose_platform(lock, args)};
  std::vector<Platform> all;
  for (const auto& [platform, content] : lock.platforms) all.push_back(platform);
  return all;
}

/// Where references to wheels and projects on disk count from: the document's folder, where that is
/// known, else the lock's. Nothing where the format takes URLs alone.
std::optional<std::string> folder_of_references(const std::string& format, const std::string& file,
                                                const std::string& output) {
  if (format == "conda-lock") return std::nullopt;
  return lock_folder(output.empty() ? file : output);
}

ForeignText export_text(const Lockfile& lock, const std::vector<Platform>& platforms,
                        const std::string& format) {
  if (format == "conda-lock") return conda_lock_text(lock, platforms);
  if (format == "pixi") return pixi_lock_text(lock, platforms);
  if (format == "environment") {
    ForeignText out{pinned_environment(lock, platforms.front()), {}};
    for (const LockedPypi& package : lock.platforms.at(platforms.front()).pypi) {
      if (package.path.empty() && !is_of_pypi(package) && is_on_disk(package))
        out.lost.push_back("the SHA-256 of the wheel '" + reference_path(package.url) + "'");
    }
    return out;
  }
  if (format == "requirements") {
    ForeignText out{requirements_list(lock, platforms.front()), {}};
    const LockPlatform& locked = lock.platforms.at(platforms.front());
    out.lost.push_back("the " + counted(locked.packages.size(), "conda package"));
    for (const LockedPypi& package : locked.pypi) {
      if (!package.sha256)
        out.lost.push_back("the project '" + package.path + "', but in a comment,");
    }
    return out;
  }
  ForeignText out{explicit_list(lock, platforms.front()), {}};
  if (const auto& pypi = lock.platforms.at(platforms.front()).pypi; !pypi.empty())
    out.lost.push_back("the " + counted(pypi.size(), "PyPI package") + ", but in comments,");
  if (!lock.variables.empty()) out.lost.emplace_back("the variables");
  return out;
}

/// What the document leaves out is said, never dropped in silence.
void note_losses(Console& console, const Lockfile& lock, const std::vector<Platform>& platforms,
                 const std::vector<std::string>& lost, const std::string& format) {
  for (const std::string& what : lock.incomplete) {
    console.warning("the lock is not complete: " + what);
  }
  const std::string owner = format == "explicit"       ? "an explicit list"
                            : format == "requirements" ? "a requirements file"
                            : format == "environment"  ? "an environment.yml"
                            : format == "conda-lock"   ? "conda-lock.yml"
                                                       : "pixi.lock";
  for (const std::string& what : lost) {
    console.warning(owner + " has no place for " + what + " of the lock",
                    format == "explicit" ? "'--format environment' has" : "");
  }
  std::set<std::string> local, wheels;
  std::size_t without_md5 = 0;
  for (const Platform& platform : platforms) {
    for (const LockedPypi& package : lock.platforms.at(platform).pypi) {
      if (package.url.starts_with("file:")) wheels.insert(package.name);
    }
    for (const LockedPackage& package : lock.platforms.at(platform).packages) {
      if (package.record.channel_url.starts_with("file:")) local.insert(package.channel);
      without_md5 += package.record.md5 ? 0 : 1;
    }
  }
  for (const std::string& channel : local) {
    console.warning("the channel '" + channel + "' is a folder of this machine: what is written " +
                    "works only where that has the same path");
  }
  for (const std::string& name : wheels) {
    console.warning("the wheel of '" + name +
                    "' is a file of this machine: what is written works " +
                    "only where that has the same path");
  }
  if (format == "conda-lock" && without_md5 != 0) {
    console.warning("conda-lock wants an MD5 of each package, and the lock has none of " +
                        counted(without_md5, "package"),
                    "micromamba reads the file as it is");
  }
}

Option platform_option() {
  Option option = one_platform_option();
  option.fallback = "this machine's, else the only one; all of 'conda-lock' and 'pixi'";
  return option;
}

ExitCode run_export(const ParsedArgs& args, Context& context) {
  if (!args.has("format")) {
    throw UsageError(
        "'envlock export' needs a format",
        "add '--format explicit', 'environment', 'requirements', 'conda-lock' or 'pixi'");
  }
  const std::string format = context.settings.format;
  const std::string file = args.positional(0, "envlock.lock");
  Lockfile lock = load_lock(file);
  const std::vector<Platform> platforms = chosen_platforms(lock, args, format);
  const std::string output = args.value("output");
  place_on_disk(lock, lock_folder(file), folder_of_references(format, file, output));
  const ForeignText text = export_text(lock, platforms, format);
  const std::string& document = text.document;
  note_losses(context.console, lock, platforms, text.lost, format);
  if (!output.empty()) {
    std::error_code ignored;
    if (std::filesystem::equivalent(output, file, ignored)) {
      throw UsageError("'" + output + "' is the lock itself", "choose another file for -o");
    }
    write_output_file(output, output, document);
  }
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      json.member("format", format);
      if (is_of_one_platform(format)) {
        json.member("platform", platforms.front().subdir());
      } else {
        json.key("platforms").begin_array();
        for (const Platform& platform : platforms) json.value(platform.subdir());
        json.end_array();
      }
      if (!output.empty()) json.member("output", output);
      json.member("document", document);
    });
  }
  if (output.empty()) context.console.out_document(document);
  return ExitCode::ok;
}

}  // namespace

Command export_command() {
  return {{.name = "export",
           .summary = "Write a lock in the words of other tools",
           .description =
               "'explicit' is the list of URLs with SHA-256 that conda and micromamba install "
               "without solving. 'environment' is an environment.yml that pins every package by "
               "version and build; it holds no hashes. 'requirements' is a requirements file with "
               "SHA-256 of the packages of PyPI alone. 'conda-lock' is a conda-lock.yml (version "
               "1) and "
               "'pixi' a pixi.lock (version 6), both for all platforms of the lock unless one is "
               "given. What a format has no place for is named in a warning.",
           .positionals = {lock_argument()},
           .groups = {{.title = "Options",
                       .options = {{.name = "format",
                                    .value = "FORMAT",
                                    .help = "what to write (must be given)",
                                    .kind = ValueKind::choice,
                                    .choices = {"explicit", "environment", "requirements",
                                                "conda-lock", "pixi"}},
                                   platform_option(),
                                   {.name = "output",
                                    .letter = 'o',
                                    .value = "FILE",
                                    .help = "where to write it",
                                    .fallback = "standard output",
                                    .kind = ValueKind::file}}}},
           .examples = {{"A list for conda, which installs it without solving",
                         "envlock export --format explicit -o explicit.txt"},
                        {"A lock for pixi", "envlock export --format pixi -o pixi.lock"},
                        {"An environment.yml with exact pins",
                         "envlock export --format environment --platform linux-64"}},
           .exits = {ExitCode::invalid_input, ExitCode::untrusted},
           .formats_are_documents = true},
          run_export};
}

}  // namespace envlock
