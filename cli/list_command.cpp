#include "cli/list_command.hpp"

#include <fcntl.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "cli/json_output.hpp"
#include "cli/prefix_argument.hpp"
#include "model/entry_point.hpp"
#include "model/open_beneath.hpp"
#include "model/pypi_origin.hpp"
#include "model/shell_word.hpp"
#include "model/text.hpp"
#include "pack/directory_sink.hpp"
#include "pack/installed_state.hpp"
#include "verify/pip_record.hpp"
#include "verify/small_file.hpp"

namespace envlock {
namespace {

/// One line of the list.
struct Listed {
  std::string name, version, build, channel;
  const PrefixRecord* record = nullptr;  ///< Null: pip or its like installed it.
};

std::string module_folder(const InstalledState& state) {
  const auto python = std::ranges::find_if(
      state.packages, [](const auto& package) { return package.record.record.name == "python"; });
  if (python == state.packages.end()) return {};
  const PackageRecord& record = python->record.record;
  return site_packages_of(record.version, record.python_site_packages_path);
}

/// Folders of site-packages that packages have.
std::set<std::string, std::less<>> owned_folders(const InstalledState& state,
                                                 const std::string& site) {
  std::set<std::string, std::less<>> owned;
  for (const InstalledState::Package& package : state.packages) {
    for (const PrefixPath& path : package.record.paths) {
      if (!path.path.starts_with(site) || path.path.substr(site.size(), 1) != "/") continue;
      const std::string_view below = std::string_view(path.path).substr(site.size() + 1);
      owned.emplace(below.substr(0, below.find('/')));
    }
  }
  return owned;
}

/// What a .dist-info in site-packages tells that no package has.
std::vector<Listed> pip_packages(const UniqueFd& prefix, const InstalledState& state) {
  constexpr std::size_t max_metadata_bytes = std::size_t{4} << 20U;
  std::vector<Listed> out;
  const std::string site = module_folder(state);
  if (site.empty()) return out;
  const UniqueFd folder = open_beneath(prefix.get(), site, O_RDONLY | O_DIRECTORY);
  std::vector<std::string> names;
  if (!folder || !list_folder(folder.get(), names)) return out;
  const auto owned = owned_folders(state, site);
  for (const std::string& name : names) {
    const auto parts = parse_dist_info_name(name);
    if (!parts || owned.contains(name)) continue;
    const SmallFile file = read_small_file(folder.get(), name + "/METADATA", max_metadata_bytes);
    if (!file.text) continue;  // what pip left of one that it removed
    const DistInfoName told = parse_dist_metadata(*file.text);
    out.push_back({.name = printable(told.name.empty() ? parts->name : told.name),
                   .version = printable(told.version.empty() ? parts->version : told.version),
                   .build = "pypi_0",
                   .channel = "pypi"});
  }
  return out;
}

std::vector<Listed> listed_packages(const UniqueFd& prefix, const InstalledState& state) {
  std::vector<Listed> all = pip_packages(prefix, state);
  for (const InstalledState::Package& package : state.packages) {
    const PackageRecord& record = package.record.record;
    all.push_back({record.name, record.version, record.build, record.channel_url, &package.record});
  }
  std::ranges::sort(all, [](const Listed& a, const Listed& b) {
    const std::string left = normalised_project(a.name);
    const std::string right = normalised_project(b.name);
    return std::tie(left, a.name, a.version, a.build) < std::tie(right, b.name, b.version, b.build);
  });
  return all;
}

/// Of a wheel that is not from PyPI where it is from.
std::string shown_channel(const Listed& one) {
  if (one.record == nullptr || !is_wheel(one.record->record)) return one.channel;
  const std::string origin = pypi_origin(one.record->record.url);
  return origin == "PyPI" ? one.channel : origin;
}

void write_listed(JsonWriter& json, const Listed& one) {
  json.begin_object().member("name", one.name).member("version", one.version);
  json.member("build", one.build);
  json.member("subdir", one.record == nullptr ? std::string() : one.record->record.subdir);
  json.member("channel_url", one.channel);
  if (one.record != nullptr) {
    const PackageRecord& record = one.record->record;
    json.member("url", record.url);
    if (record.sha256) json.member("sha256", record.sha256->hex());
  }
  json.member("requested", one.record != nullptr && !one.record->requested_specs.empty());
  json.end_object();
}

ExitCode run_list(const ParsedArgs& args, Context& context) {
  const std::string prefix = resolved_prefix(args.positional(0));
  const UniqueFd folder = open_folder(prefix);
  const InstalledState state = read_installed_state(folder.get(), prefix);
  if (state.packages.empty() && !state.lock_text) {
    throw IoError("'" + prefix + "' is no environment: it has no conda-meta/ with records",
                  "'envlock install --prefix' makes one");
  }
  const std::vector<Listed> packages = listed_packages(folder, state);
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      json.member("prefix", prefix).member("made_by_envlock", state.lock_text.has_value());
      json.key("packages").begin_array();
      for (const Listed& one : packages) write_listed(json, one);
      json.end_array();
    });
  }
  std::size_t name_width = 4;
  std::size_t version_width = 7;
  std::size_t build_width = 5;
  for (const Listed& one : packages) {
    name_width = std::max(name_width, one.name.size());
    version_width = std::max(version_width, one.version.size());
    build_width = std::max(build_width, one.build.size());
  }
  const auto padded = [](std::string text, std::size_t width) {
    text.resize(std::max(width, text.size()) + 2, ' ');
    return text;
  };
  for (const Listed& one : packages) {
    const bool is_requested = one.record != nullptr && !one.record->requested_specs.empty();
    Line line;
    line.add(padded(one.name, name_width), is_requested ? Tone::bold : Tone::plain);
    line.add(padded(one.version, version_width)).add(padded(one.build, build_width));
    line.add(shown_channel(one), Tone::dim);
    context.console.out(line);
  }
  const std::size_t of_pip = packages.size() - state.packages.size();
  context.console.note(
      counted(packages.size(), "package") + ", by the prefix's own records" +
          (of_pip == 0 ? "" : "; " + std::to_string(of_pip) + " of them by pip or its like (pypi)"),
      "whether the files are those: envlock verify " + shell_word(args.positional(0)) +
          " --lock LOCK, or --baseline FILE");
  return ExitCode::ok;
}

}  // namespace

Command list_command() {
  return {{.name = "list",
           .summary = "The packages of a prefix, by its own records",
           .description =
               "Reads conda-meta/ of an environment that envlock, conda, micromamba or pixi made. "
               "What stands there is what the prefix says of itself; 'envlock verify' says whether "
               "it is true. What pip installed beside is listed from its METADATA, with 'pypi' as "
               "its channel; a wheel that is not from PyPI with its index's host, or as 'local "
               "wheel'.",
           .positionals = {{.name = "PREFIX",
                            .help = "the environment's folder",
                            .required = true,
                            .kind = ValueKind::directory}},
           .examples = {{"What is in an environment", "envlock list /opt/env"},
                        {"For a program", "envlock list /opt/env --json"}},
           .exits = {ExitCode::invalid_input}},
          run_list};
}

}  // namespace envlock
