#include "cli/list_command.hpp"

#include <algorithm>

#include "cli/json_output.hpp"
#include "cli/prefix_argument.hpp"
#include "pack/directory_sink.hpp"
#include "pack/installed_state.hpp"

namespace envlock {
namespace {

ExitCode run_list(const ParsedArgs& args, Context& context) {
  const std::string prefix = absolute_prefix(args.positional(0));
  const UniqueFd folder = open_folder(prefix);
  const InstalledState state = read_installed_state(folder.get(), prefix);
  if (state.packages.empty() && !state.lock_text) {
    throw IoError("'" + prefix + "' is no environment: it has no conda-meta/ with records",
                  "'envlock install --prefix' makes one");
  }
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      json.member("prefix", prefix).member("made_by_envlock", state.lock_text.has_value());
      json.key("packages").begin_array();
      for (const InstalledState::Package& package : state.packages) {
        const PackageRecord& record = package.record.record;
        json.begin_object();
        json.member("name", record.name).member("version", record.version);
        json.member("build", record.build).member("subdir", record.subdir);
        json.member("channel_url", record.channel_url).member("url", record.url);
        if (record.sha256) json.member("sha256", record.sha256->hex());
        json.member("requested", !package.record.requested_specs.empty());
        json.end_object();
      }
      json.end_array();
    });
  }
  std::size_t name_width = 4;
  std::size_t version_width = 7;
  std::size_t build_width = 5;
  for (const InstalledState::Package& package : state.packages) {
    const PackageRecord& record = package.record.record;
    name_width = std::max(name_width, record.name.size());
    version_width = std::max(version_width, record.version.size());
    build_width = std::max(build_width, record.build.size());
  }
  const auto padded = [](std::string text, std::size_t width) {
    text.resize(std::max(width, text.size()) + 2, ' ');
    return text;
  };
  for (const InstalledState::Package& package : state.packages) {
    const PackageRecord& record = package.record.record;
    const Tone tone = package.record.requested_specs.empty() ? Tone::plain : Tone::bold;
    Line line;
    line.add(padded(record.name, name_width), tone);
    line.add(padded(record.version, version_width)).add(padded(record.build, build_width));
    line.add(record.channel_url, Tone::dim);
    context.console.out(line);
  }
  context.console.note(
      std::to_string(state.packages.size()) + " packages, by the prefix's own records",
      "whether the files are those: envlock verify " + args.positional(0) +
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
               "it is true.",
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
