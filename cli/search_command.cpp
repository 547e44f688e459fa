#include "cli/search_command.hpp"

#include <algorithm>
#include <memory>
#include <set>

#include "cli/ask_channels.hpp"
#include "cli/ask_platforms.hpp"
#include "cli/condarc_notice.hpp"
#include "cli/json_output.hpp"
#include "cli/network_rules.hpp"
#include "cli/repodata_session.hpp"
#include "cli/wanted_names.hpp"
#include "fetch/atomic_file.hpp"
#include "model/match_spec.hpp"

namespace envlock {
namespace {

constexpr std::size_t shown_records = 40;  // a screen; -v shows all

/// The channels of `-c`, else those of envlock.yml or environment.yml here.
std::vector<AskedChannel> search_channels(const ParsedArgs& args,
                                          const std::optional<ProjectFile>& project,
                                          const std::filesystem::path& cwd) {
  Environment environment;
  if (args.values("channel").empty()) {
    std::error_code ignored;
    const bool has_file = std::filesystem::exists(cwd / "environment.yml", ignored);
    if (has_file) {
      environment = parse_environment(read_file(cwd / "environment.yml", std::size_t{1} << 20U),
                                      "environment.yml");
      environment.files.clear();  // its specs do not matter here
    }
    if (environment.channels.empty() && (!project || project->project.channels.empty())) {
      throw UsageError("search needs a channel",
                       "for example: envlock search " + args.positional(0) + " -c conda-forge");
    }
  }
  return asked_channels(args.values("channel"), environment, project, nullptr, cwd, cwd);
}

void write_texts(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.key(key).begin_array();
  for (const std::string& text : texts) json.value(text);
  json.end_array();
}

void write_record(JsonWriter& json, const PackageRecord& record, const std::string& channel) {
  json.begin_object();
  json.member("name", record.name).member("version", record.version).member("build", record.build);
  json.member("build_number", record.build_number).member("subdir", record.subdir);
  json.member("channel", channel).member("channel_url", record.channel_url);
  json.member("fn", record.fn).member("url", record.url);
  if (record.sha256) json.member("sha256", record.sha256->hex());
  if (record.md5) json.member("md5", record.md5->hex());
  if (record.size) json.member("size", *record.size);
  if (record.timestamp_ms) json.member("timestamp", *record.timestamp_ms);
  if (record.indexed_timestamp_ms) json.member("indexed_timestamp", *record.indexed_timestamp_ms);
  if (!record.license.empty()) json.member("license", record.license);
  if (!record.license_family.empty()) json.member("license_family", record.license_family);
  write_texts(json, "depends", record.depends);
  write_texts(json, "constrains", record.constrains);
  write_texts(json, "track_features", record.track_features);
  if (record.noarch != NoArch::none) json.member("noarch", to_string(record.noarch));
  if (!record.python_site_packages_path.empty()) {
    json.member("python_site_packages_path", record.python_site_packages_path);
  }
  json.end_object();
}

/// What is found for some platforms, each record once.
class Found {
 public:
  void add(const std::string& spec, SolveQuestion question) {
    questions_.push_back(std::make_unique<SolveQuestion>(std::move(question)));
    const SolveQuestion& added = *questions_.back();
    for (const RecordPlace& place : find_records(spec, added)) {
      // noarch records are found once per platform
      const auto& index = added.channels[place.channel].subdirs[place.subdir];
      if (!index_seen_before(index.get())) records_.push_back({&added, place});
    }
    for (const SolverChannel& channel : added.channels) {
      for (const auto& index : channel.subdirs) seen_.insert(index.get());
    }
  }

  [[nodiscard]] std::size_t size() const { return records_.size(); }
  [[nodiscard]] const Index& index(std::size_t i) const {
    const auto& [question, place] = records_[i];
    return *question->channels[place.channel].subdirs[place.subdir];
  }
  [[nodiscard]] RecordId id(std::size_t i) const { return records_[i].second.id; }
  [[nodiscard]] std::size_t channel(std::size_t i) const { return records_[i].second.channel; }
  [[nodiscard]] PackageRecord record(std::size_t i) const {
    return record_at(records_[i].second, *records_[i].first);
  }
  /// Where nothing was found: what is near, for the first platform that has such.
  [[nodiscard]] std::string nearest(const std::string& spec) const {
    for (const auto& question : questions_) {
      if (std::string near = nearest_to(spec, *question); !near.empty()) return near;
    }
    return {};
  }

 private:
  [[nodiscard]] bool index_seen_before(const Index* index) const { return seen_.contains(index); }
  std::vector<std::unique_ptr<SolveQuestion>> questions_;
  std::vector<std::pair<const SolveQuestion*, RecordPlace>> records_;
  std::set<const Index*> seen_;  ///< Of the platforms before.
};

void print_records(Console& console, const Found& found,
                   const std::vector<AskedChannel>& channels) {
  // Only whoever reads a screen is spared the rest: a pipe's reader would never know of it.
  const bool is_short = console.settings().out_is_tty && console.settings().verbosity == 0;
  const std::size_t shown = is_short ? std::min(shown_records, found.size()) : found.size();
  std::size_t name_width = 4;
  std::size_t version_width = 7;
  std::size_t build_width = 5;
  for (std::size_t i = 0; i < shown; ++i) {
    const Index& index = found.index(i);
    name_width = std::max(name_width, index.name(found.id(i)).size());
    version_width = std::max(version_width, index.version(found.id(i)).size());
    build_width = std::max(build_width, index.build(found.id(i)).size());
  }
  const auto padded = [](std::string_view text, std::size_t width) {
    std::string wide(text);
    wide.resize(std::max(wide.size(), width) + 2, ' ');
    return wide;
  };
  console.out(Line().add(padded("NAME", name_width) + padded("VERSION", version_width) +
                             padded("BUILD", build_width) + "FROM",
                         Tone::bold));
  for (std::size_t i = 0; i < shown; ++i) {
    const Index& index = found.index(i);
    const RecordId id = found.id(i);
    console.out(Line(padded(index.name(id), name_width) + padded(index.version(id), version_width) +
                     padded(index.build(id), build_width))
                    .add(channels[found.channel(i)].channel.name + "/" + index.summary().subdir,
                         Tone::dim));
  }
  if (found.size() > shown) {
    console.out("... and " + std::to_string(found.size() - shown) + " more (-v shows all)");
  }
}

ExitCode run_search(const ParsedArgs& args, Context& context) {
  const AskSurroundings around = surroundings(context);
  const std::string spec = args.positional(0);
  try {
    (void)MatchSpec::parse(spec);
  } catch (const InputError& error) {
    throw UsageError(error.what(), error.hint());
  }
  note_condarc(context);
  const std::optional<ProjectFile> project =
      load_project(context.settings.project.value_or(""), around.cwd, around.cwd);
  const std::vector<AskedChannel> channels = search_channels(args, project, around.cwd);
  const std::vector<Platform> platforms =
      asked_platforms(args.values("platform"), {}, std::nullopt, nullptr);

  RepodataSession session(context, false, network_rules(project));
  const ChannelSet set(channels, platforms, project && !project->project.channels.empty(),
                       session.access(), names_to_search(spec));
  for (const std::string& notice : set.notices()) context.console.note(notice);
  for (const std::string& detail : set.details()) context.console.detail(detail);
  Found found;
  for (const Platform& platform : platforms) {
    found.add(spec, {platform, {}, set.for_platform(platform), channel_names(project, around.cwd)});
  }
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      json.key("records").begin_array();
      for (std::size_t i = 0; i < found.size(); ++i) {
        write_record(json, found.record(i), channels[found.channel(i)].channel.name);
      }
      json.end_array();
    });
  }
  if (found.size() == 0) {
    context.console.note("no record matches '" + spec + "'", found.nearest(spec));
  } else {
    print_records(context.console, found, channels);
  }
  return ExitCode::ok;
}

}  // namespace

Command search_command() {
  CommandTable table;
  table.name = "search";
  table.summary = "Every package record that a MatchSpec matches, best first";
  table.description =
      "Looks through the channels' repodata. Versions are ordered as the solver orders them. A "
      "terminal gets a screenful, and with -v all; a pipe or a file always gets all. "
      "--json prints all fields of each record.";
  table.positionals = {{"SPEC", "a MatchSpec: numpy, 'numpy>=2', 'pytorch=*=cuda*'", true, false}};
  table.groups = {{"Where to look",
                   {{.name = "channel",
                     .letter = 'c',
                     .value = "CHANNEL",
                     .help = "a channel: a name, a URL or a path",
                     .fallback = "those of envlock.yml or environment.yml",
                     .repeatable = true},
                    {.name = "platform",
                     .value = "PLATFORM",
                     .help = "for this platform (noarch is always looked at)",
                     .fallback = "this machine's",
                     .repeatable = true,
                     .kind = ValueKind::platform}}},
                  credential_options()};
  table.examples = {{"All builds of numpy 2", "envlock search 'numpy=2' -c conda-forge"},
                    {"CUDA builds of pytorch, as JSON",
                     "envlock search 'pytorch=*=cuda*' -c conda-forge --json"}};
  table.exits = {ExitCode::invalid_input, ExitCode::network, ExitCode::untrusted};
  return {std::move(table), &run_search};
}

}  // namespace envlock
