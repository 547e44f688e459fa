#include "cli/import_command.hpp"

#include <filesystem>

#include "cli/ask_platforms.hpp"
#include "cli/import_condarc.hpp"
#include "cli/import_environment.hpp"
#include "cli/import_lock.hpp"
#include "cli/import_output.hpp"
#include "cli/import_prefix.hpp"
#include "fetch/atomic_file.hpp"
#include "model/condarc.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_bytes = std::size_t{64} << 20U;  // design section 12, Y02

/// "FILE#NAME" in its parts, where there is no file with the '#' in its name.
struct Source {
  std::string file;
  std::string environment;
};

Source split_source(const std::string& text) {
  std::error_code ignored;
  const std::size_t hash = text.rfind('#');
  if (hash == std::string::npos || hash == 0 || fs::exists(text, ignored)) return {text, {}};
  if (hash + 1 == text.size())
    throw UsageError("'" + text + "' ends with '#'", "name the environment behind it: FILE#NAME");
  return {text.substr(0, hash), text.substr(hash + 1)};
}

std::vector<Platform> named_platforms(const ParsedArgs& args) {
  if (args.values("platform").empty()) return {};
  return asked_platforms(args.values("platform"), {}, std::nullopt, nullptr);
}

/// One line for each platform, and one for each thing that is not locked.
std::vector<std::string> summary_of(const AdoptedLock& adopted) {
  std::vector<std::string> lines;
  for (const auto& [platform, content] : adopted.lock.platforms) {
    std::string line = platform.subdir() + ": " + counted(content.packages.size(), "package");
    if (!content.pypi.empty()) line += ", " + counted(content.pypi.size(), "package") + " of PyPI";
    lines.push_back(std::move(line));
  }
  if (adopted.looked_up != 0)
    lines.push_back(counted(adopted.looked_up, "package") +
                    " completed from the channels' repodata");
  for (const std::string& what : adopted.lock.incomplete) lines.push_back(what);
  return lines;
}

/// Adopts, and says what came of it.
ExitCode finish_lock(Adopted adopted, Imported imported, const std::string& target,
                     const ParsedArgs& args, Context& context) {
  AdoptedLock made = adopt(std::move(adopted), fs::absolute(target).lexically_normal(),
                           args.values("virtual-package"), context);
  imported.kind = "lock";
  imported.source = args.positional(0);
  imported.document = std::move(made.text);
  imported.notices.insert(imported.notices.begin(), made.notices.begin(), made.notices.end());
  for (std::string& line : summary_of(made)) imported.summary.push_back(std::move(line));
  return finish_import(imported, target, context);
}

ExitCode import_lock(const std::string& text, const Source& source, const ParsedArgs& args,
                     Context& context) {
  const std::string target = import_target(args, "envlock.lock", source.file);
  const ForeignLock lock = read_foreign_lock(text, source.file);
  Imported imported;
  imported.format = describe(lock.format);
  for (const std::string& key : lock.unread_keys)
    imported.notices.push_back("the key '" + key + "' of packages is not known and was not read");
  return finish_lock(adopted_from(lock, source.file, source.environment, named_platforms(args)),
                     std::move(imported), target, args, context);
}

ExitCode import_prefix(const std::string& prefix, const ParsedArgs& args, Context& context) {
  const std::string target = import_target(args, "envlock.lock", prefix);
  InstalledSource source = read_installed(prefix, named_platforms(args), context);
  Imported imported;
  imported.format = "the environment";
  imported.unowned = std::move(source.unowned);
  return finish_lock(std::move(source.adopted), std::move(imported), target, args, context);
}

ExitCode import_condarc(const std::string& text, const std::string& file, const ParsedArgs& args,
                        Context& context) {
  const std::string target = import_target(args, "envlock.yml", file);
  Imported imported = imported_condarc(text, file);
  imported.source = file;
  return finish_import(imported, target, context);
}

ExitCode import_environment(const std::string& text, const std::string& file,
                            const ParsedArgs& args, Context& context) {
  const std::string target = import_target(args, "environment.yml", file);
  ProposedEnvironment proposed = proposed_environment(text, file, named_platforms(args), context);
  const std::string lock = args.value("lock");
  if (lock.empty()) return finish_import(proposed.imported, target, context);
  for (std::string& line :
       solve_proposal(proposed, target, lock, args.values("virtual-package"), context))
    proposed.imported.summary.push_back(std::move(line));
  return finish_import(proposed.imported, target, context);
}

/// A line "dependencies:" in the first column.
bool looks_like_environment(std::string_view text) {
  constexpr std::string_view key = "dependencies:";
  return text.starts_with(key) || text.find("\n" + std::string(key)) != std::string_view::npos;
}

ExitCode run_import(const ParsedArgs& args, Context& context) {
  const Source source = split_source(args.positional(0));
  std::error_code error;
  if (!fs::exists(source.file, error))
    throw IoError("there is no '" + source.file + "'",
                  "name a file or the folder of an environment");
  const bool is_folder = fs::is_directory(source.file, error);
  const std::string text = is_folder ? std::string() : read_file(source.file, max_bytes);
  const bool is_lock = foreign_format_of(text).has_value();
  if (!is_lock && looks_like_environment(text))
    return import_environment(text, source.file, args, context);
  if (args.has("lock"))
    throw UsageError("--lock is for files of 'conda env export'", "leave it out");
  if (is_folder) return import_prefix(source.file, args, context);
  if (is_lock) return import_lock(text, source, args, context);
  if (text.starts_with('{') && text.find("\"lockfile_version\"") < 100)
    throw InputError(SourcePlace{source.file}, "this is a lock of envlock already",
                     "'envlock export' writes it for other tools");
  if (looks_like_condarc(text)) return import_condarc(text, source.file, args, context);
  throw InputError(
      SourcePlace{source.file}, "this is nothing that envlock can import",
      "it takes explicit lists, conda-lock.yml, pixi.lock, files of 'conda env export', "
      ".condarc and the folder of an environment");
}

}  // namespace

Command import_command() {
  CommandTable table;
  table.name = "import";
  table.summary = "Take over what other tools locked, exported or installed";
  table.description =
      "An explicit list, a conda-lock.yml, a pixi.lock or the folder of an installed environment "
      "becomes an envlock.lock with the same packages. 'pixi.lock#NAME' takes the environment "
      "NAME, 'conda-lock.yml#NAME' the category NAME beside 'main'. What the source does not say "
      "(SHA-256, dependencies) is looked up in the repodata of the channel that each URL names, "
      "and a package that has another hash there is refused. The lock says 'origin: adopted', and "
      "'complete: false' where something could not be taken over.\n\n"
      "A file of 'conda env export' becomes an environment.yml that asks for what no other of its "
      "packages needs; a .condarc becomes an envlock.yml. Both are proposals: read them. No token "
      "or password is copied.";
  table.positionals = {
      {"SOURCE", "what to import: a file, FILE#NAME, or a folder", true, false, ValueKind::file}};
  table.groups = {
      {"Options",
       {{.name = "output",
         .letter = 'o',
         .value = "FILE",
         .help = "where to write it; what is there is replaced",
         .fallback = "envlock.lock, environment.yml or envlock.yml, which must not be there yet",
         .kind = ValueKind::file},
        {.name = "lock",
         .value = "FILE",
         .help = "of an export: also solve the proposal, preferring the exported builds",
         .kind = ValueKind::file},
        {.name = "platform",
         .value = "PLATFORM",
         .help = "only this platform of a lock; the platform of an export",
         .fallback = "all; this machine's",
         .repeatable = true,
         .kind = ValueKind::platform},
        {.name = "virtual-package",
         .value = "N=V[=B]",
         .help = "what is assumed of the target, as in 'envlock solve'",
         .repeatable = true}}},
      credential_options()};
  table.examples = {
      {"Take over the environment 'test' of a pixi project", "envlock import 'pixi.lock#test'"},
      {"What 'conda env export' wrote, kept close to what it was",
       "envlock import export.yml -o environment.yml --lock envlock.lock"}};
  table.exits = {ExitCode::invalid_input, ExitCode::unsolvable, ExitCode::network,
                 ExitCode::untrusted};
  return {std::move(table), &run_import};
}

}  // namespace envlock
