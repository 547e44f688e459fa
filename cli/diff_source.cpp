#include "cli/diff_source.hpp"

#include <filesystem>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "cli/git_blob.hpp"
#include "cli/inside.hpp"
#include "cli/prefix_argument.hpp"
#include "fetch/atomic_file.hpp"
#include "model/entry_point.hpp"
#include "model/error.hpp"
#include "model/open_beneath.hpp"
#include "model/text.hpp"
#include "pack/directory_sink.hpp"
#include "pack/installed_state.hpp"
#include "verify/diff/dependency_view.hpp"
#include "verify/pip_record.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_bytes = std::size_t{512} << 20U;
constexpr std::size_t max_environment_bytes = std::size_t{1} << 20U;

struct Document {
  std::string text;
  std::string shown;   ///< Without the environment's name.
  std::string file;    ///< For reports: relative where that is known.
  std::string folder;  ///< Absolute; local channels of a lock count from it.
  std::string environment;
};

/// "FILE#NAME", where FILE is there and "FILE#NAME" is not.
void split_environment(Document& document) {
  const std::size_t sign = document.shown.rfind('#');
  if (sign == std::string::npos) return;
  document.environment = document.shown.substr(sign + 1);
  document.shown.resize(sign);
}

bool looks_like_baseline(std::string_view text) {
  return text.substr(0, 200).find("\"baseline_version\"") != std::string_view::npos;
}

DiffInput parse(const Document& document) {
  const std::string_view start = trim(std::string_view(document.text).substr(0, 200));
  if (!start.starts_with('{') && foreign_format_of(document.text)) {
    try {
      return diff_input_of(read_foreign_lock(document.text, document.shown), document.environment);
    } catch (const UsageError& error) {
      throw UsageError("'" + document.shown + "': " + error.what(), error.hint());
    }
  }
  if (!document.environment.empty()) {
    throw UsageError("'" + document.shown + "' has no environments of its own",
                     "'#NAME' is for a pixi.lock");
  }
  if (!start.starts_with('{')) {
    throw InputError({document.shown, 1, 0},
                     "it is no lock, baseline, explicit list, conda-lock.yml or pixi.lock",
                     "name one of these, a prefix, or git:REV:PATH");
  }
  if (looks_like_baseline(document.text))
    return diff_input_of(read_baseline(document.text, document.shown));
  return diff_input_of(read_lockfile(document.text, document.shown, document.folder));
}

DiffSource source_of(Document document, const std::string& argument) {
  DiffSource source{.input = parse(document), .text = std::move(document.text), .beside = {}};
  source.input.shown = argument;
  source.input.file = document.file;
  return source;
}

DiffSource read_git(const std::string& argument, const std::stop_token& stop) {
  const fs::path cwd = fs::current_path();
  Document document;
  document.shown = argument;
  split_environment(document);
  const std::string spec = document.shown.substr(std::string_view("git:").size());
  document.text = read_git_blob(spec, cwd, max_bytes, stop);
  const std::size_t colon = spec.find(':');
  const std::string path = spec.substr(colon + 1);
  // "./x" counts from here, all else from the repository's top.
  const fs::path base = path.starts_with("./") ? cwd : git_top(cwd);
  document.file = fs::path(path).lexically_normal().string();
  document.folder = (base / path).lexically_normal().parent_path().string();
  DiffSource source = source_of(std::move(document), argument);
  const std::string at = spec.substr(0, colon + 1);
  const fs::path folder = fs::path(path).parent_path();
  source.beside = [=](const std::string& name) -> std::optional<std::string> {
    try {
      std::string beside = (folder / name).lexically_normal().string();
      if (beside.starts_with("../") || beside.starts_with('/')) return std::nullopt;
      if (path.starts_with("./")) beside.insert(0, "./");
      return read_git_blob(at + beside, cwd, max_environment_bytes);
    } catch (const Error&) {
      return std::nullopt;
    }
  };
  return source;
}

/// Whether a text has a name that is not part of a longer one.
bool names(std::string_view text, std::string_view name) {
  constexpr std::string_view of_names = "abcdefghijklmnopqrstuvwxyz0123456789_-.";
  const std::string lower = to_lower(text);
  for (std::size_t at = lower.find(name); at != std::string::npos; at = lower.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    const bool starts = at == 0 || of_names.find(lower[at - 1]) == std::string_view::npos;
    if (starts && (end == lower.size() || of_names.find(lower[end]) == std::string_view::npos))
      return true;
  }
  return false;
}

/// What pip and its like installed: the .dist-info folders that no package brought.
std::vector<FoundDistribution> distributions_in(int prefix_fd, const InstalledState& state) {
  std::string site_packages;
  std::set<std::string, std::less<>> packaged;
  for (const InstalledState::Package& package : state.packages) {
    const PackageRecord& record = package.record.record;
    if (record.name == "python")
      site_packages = site_packages_of(record.version, record.python_site_packages_path);
    for (const PrefixPath& path : package.record.paths) {
      if (const std::size_t end = path.path.find(".dist-info/"); end != std::string::npos)
        packaged.insert(path.path.substr(0, path.path.find('/', end)));
    }
  }
  if (site_packages.empty()) return {};
  const UniqueFd folder = open_beneath(prefix_fd, site_packages, O_RDONLY | O_DIRECTORY);
  if (!folder) return {};
  std::vector<FoundDistribution> found;
  try {
    for (const auto& entry :
         fs::directory_iterator("/proc/self/fd/" + std::to_string(folder.get()))) {
      const std::string name = entry.path().filename().string();
      const auto parts = parse_dist_info_name(name);
      if (parts && !packaged.contains(site_packages + '/' + name))
        found.push_back({normalised_project(parts->name), std::string(parts->version)});
    }
  } catch (const fs::filesystem_error& error) {
    throw IoError("cannot read '" + site_packages + "' of the prefix", error.code().value());
  }
  return found;
}

DiffSource read_prefix(const std::string& argument) {
  const std::string prefix = resolved_prefix(argument);
  const UniqueFd folder = open_folder(prefix);
  InstalledState state = read_installed_state(folder.get(), prefix);
  if (state.packages.empty() && !state.lock_text) {
    throw IoError("'" + argument + "' is no environment: it has no conda-meta/ with records",
                  "name a lock, a prefix, or another document");
  }
  // Its packages may all be noarch.
  const std::set<Platform> platforms = platforms_of(state);
  const Platform platform = platforms.empty() ? Platform::host() : *platforms.begin();
  std::vector<FoundDistribution> distributions = distributions_in(folder.get(), state);
  std::vector<PrefixRecord> records;
  for (InstalledState::Package& package : state.packages)
    records.push_back(std::move(package.record));
  DiffSource source{
      .input = diff_input_of_prefix(std::move(records), platform, std::move(distributions)),
      .text = {},
      .beside = {}};
  source.input.shown = argument;
  source.input.notes.emplace_back(
      "only what its records and .dist-info folders say is compared; 'envlock verify' judges its "
      "files");
  return source;
}

}  // namespace

DiffSource read_diff_source(const std::string& argument, Context& context) {
  if (argument.starts_with("git:")) return read_git(argument, context.stop);
  std::error_code error;
  if (fs::is_directory(argument, error)) return read_prefix(argument);
  Document document;
  document.shown = argument;
  if (!fs::exists(argument, error)) split_environment(document);
  document.text = read_file(document.shown, max_bytes);
  document.file = document.shown;
  document.folder = fs::absolute(document.shown).lexically_normal().parent_path().string();
  const fs::path folder = document.folder;
  DiffSource source = source_of(std::move(document), argument);
  source.beside = [folder](const std::string& name) -> std::optional<std::string> {
    if (!is_inside(folder / name, reach_of(folder))) return std::nullopt;
    try {
      return read_file(folder / name, max_environment_bytes);
    } catch (const Error&) {
      return std::nullopt;
    }
  };
  return source;
}

std::size_t line_of_request(std::string_view yaml, std::string_view spec) {
  const std::string name = dependency_name(spec);
  std::size_t named = 0;  // in a list on one line, or elsewhere
  for (std::size_t line = 1; !yaml.empty(); ++line) {
    const std::string_view whole = yaml.substr(0, yaml.find('\n'));
    yaml.remove_prefix(std::min(whole.size() + 1, yaml.size()));
    std::string_view item = trim(whole.substr(0, whole.find(" #")));
    if (item.starts_with('#')) continue;
    if (named == 0 && names(item, name)) named = line;
    if (!item.starts_with('-')) continue;
    item = trim(item.substr(1));
    if (!item.empty() && (item.front() == '"' || item.front() == '\'')) item.remove_prefix(1);
    if (dependency_name(item) == name) return line;
  }
  return named;
}

}  // namespace envlock
