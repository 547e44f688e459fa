#include "cli/import_environment.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "cli/ask_channels.hpp"
#include "cli/ask_trust.hpp"
#include "cli/at_place.hpp"
#include "cli/import_roots.hpp"
#include "cli/nearest_record.hpp"
#include "cli/repodata_session.hpp"
#include "cli/yaml_text.hpp"
#include "model/json_writer.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

/// A line of the export.
struct ExportedLine {
  RequestedSpec asked;
  MatchSpec spec;
  std::string version, build;  ///< As exported; empty where the line does not say it.
  std::optional<PackageRecord> record;
  bool is_gone = false;  ///< The record stands in for it.
};

Platform platform_of(const Environment& environment, const std::vector<Platform>& platforms) {
  const std::vector<Platform>& said = platforms.empty() ? environment.platforms : platforms;
  if (said.empty()) return Platform::host();
  if (said.size() > 1) throw UsageError("an export is of one platform", "give one '--platform'");
  return said.front();
}

/// "NAME=VERSION=BUILD" in its parts: what conda writes, not what it would match.
void split_export(ExportedLine& line) {
  std::string_view text = line.asked.text;
  text = text.substr(0, text.find_first_of("# \t"));
  if (const std::size_t channel = text.rfind("::"); channel != std::string_view::npos)
    text.remove_prefix(channel + 2);
  const std::size_t first = text.find_first_of("=<>!~");
  if (first == std::string_view::npos || text[first] != '=') return;
  std::string_view rest = text.substr(first);
  rest.remove_prefix(std::min(rest.find_first_not_of('='), rest.size()));
  const std::size_t second = rest.find('=');
  line.version = rest.substr(0, second);
  if (second != std::string_view::npos) line.build = rest.substr(second + 1);
}

/// The export without 'name: base', which is conda's own environment and no name for another;
/// lines stay where they are.
std::optional<std::string> without_base(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = trim(text.substr(at, end - at));
    if (text[at] == 'n' && line.starts_with("name:")) {
      const std::string_view name = trim(line.substr(std::string_view("name:").size()));
      if (name != "base" && name != "'base'" && name != "\"base\"") return std::nullopt;
      return std::string(text.substr(0, at)).append(text.substr(end));
    }
    at = end + 1;
  }
  return std::nullopt;
}

class Proposal {
 public:
  /// @param was_base  its name was, and is left out
  Proposal(const Environment& environment, const std::string& file, Platform platform,
           bool was_base)
      : environment_(environment),
        file_(file),
        platform_(std::move(platform)),
        was_base_(was_base) {
    for (const RequestedSpec& asked : environment.specs_for(platform_)) {
      ExportedLine line{asked, at_place(asked.place, [&] { return MatchSpec::parse(asked.text); }),
                        {},    {},
                        {},    false};
      if (!line.spec.has_exact_name()) continue;
      split_export(line);
      lines_.push_back(std::move(line));
    }
  }

  [[nodiscard]] WantedNames names() const {
    WantedNames wanted;
    wanted.with_dependencies = false;
    for (const ExportedLine& line : lines_) wanted.names.insert(line.spec.name());
    return wanted;
  }

  void find(const std::vector<SolverChannel>& channels) {
    for (ExportedLine& line : lines_) {
      line.record = best_match(line.spec, channels);
      if (line.record) continue;
      line.is_gone = true;
      line.record = nearest_record(line.spec.name(), line.version, line.build, channels);
    }
  }

  /// Sets what is asked for.
  void choose() {
    NameGraph needs;
    for (const ExportedLine& line : lines_) needs[line.spec.name()];
    std::string unlisted;
    for (const ExportedLine& line : lines_) {
      if (!line.record) continue;
      for (const std::string& text : line.record->depends) {
        const std::string name = MatchSpec::parse(text).name();
        if (needs.contains(name)) {
          needs[line.spec.name()].insert(name);
        } else if (!line.is_gone && !name.starts_with("__") && unlisted.empty()) {
          unlisted = "'" + line.spec.name() + "' needs '" + name + "'";
        }
      }
    }
    if (unlisted.empty()) {
      roots_ = roots_of(needs);
      if (!environment_.files[0].pip.empty() && needs.contains("pip") &&
          std::ranges::find(roots_, "pip") == roots_.end())
        roots_.insert(std::ranges::lower_bound(roots_, "pip"), "pip");
      return;
    }
    kept_all_ = unlisted;
    for (const auto& [name, below] : needs) roots_.push_back(name);
  }

  [[nodiscard]] Imported take() const {
    Imported out;
    out.kind = "environment";
    out.format = "the export";
    out.source = file_;
    out.document = document();
    out.summary.push_back(counted(lines_.size(), "package") + " exported, " +
                          counted(roots_.size(), "request") +
                          " proposed: read them before you "
                          "solve");
    if (was_base_)
      out.notices.emplace_back(
          "'name: base' is left out: it is the environment that conda itself runs from; give the "
          "new one a name of its own");
    if (!kept_all_.empty())
      out.notices.push_back("the file is no full export (" + kept_all_ +
                            ", which it does not list): all its lines are kept");
    for (const ExportedLine& line : lines_) {
      if (line.is_gone) out.summary.push_back(gone_text(line));
    }
    return out;
  }

  [[nodiscard]] std::vector<PackageRecord> found() const {
    std::vector<PackageRecord> records;
    for (const ExportedLine& line : lines_) {
      if (line.record && !line.is_gone) records.push_back(*line.record);
    }
    return records;
  }

 private:
  static std::string gone_text(const ExportedLine& line) {
    const std::string exported = line.spec.name() + ' ' + line.version + ' ' + line.build;
    std::string text = "gone: " + std::string(trim(exported));
    if (!line.record) return text + ": no channel has a package of this name";
    return text + ": the nearest is " + line.record->version + ' ' + line.record->build + " (" +
           line.record->channel_url + ")";
  }

  [[nodiscard]] std::string document() const {
    std::string out = "# Proposed by 'envlock import' from " +
                      printable(std::filesystem::path(file_).filename().string(), 200) + " for " +
                      platform_.subdir() +
                      ":\n# what no other package of it needs. Read it, take out what you do not "
                      "want, and pin what must stay.\n";
    if (!environment_.name.empty()) out += "name: " + yaml_scalar(environment_.name) + '\n';
    out += "channels:\n";
    for (const RequestedChannel& channel : environment_.channels)
      out += "  - " + yaml_scalar(channel.text) + '\n';
    out += "dependencies:\n";
    for (const std::string& name : roots_) {
      const auto line =
          std::ranges::find(lines_, name, [](const ExportedLine& one) { return one.spec.name(); });
      // What no channel has would only make the question unsolvable.
      out += line->record ? "  - " : "  # gone: ";
      out += yaml_scalar(request(*line)) + comment(*line) + '\n';
    }
    const auto& pip = environment_.files[0].pip;
    if (!pip.empty()) out += "  - pip:\n";
    for (const RequestedSpec& line : pip) out += "      - " + yaml_scalar(line.text) + '\n';
    if (!environment_.variables.empty()) out += "variables:\n";
    for (const auto& [name, value] : environment_.variables) {
      std::string text;
      append_json_string(text, value);
      out += "  " + yaml_scalar(name) + ": " + text + '\n';
    }
    return out;
  }

  /// A line that is kept as it is asks for what it asked; a root for its name. The channel that it
  /// names stays.
  [[nodiscard]] std::string request(const ExportedLine& line) const {
    if (!kept_all_.empty() && line.build.empty() && !line.is_gone) return line.asked.text;
    const std::string name = line.spec.name();
    return line.spec.channel() ? *line.spec.channel() + "::" + name : name;
  }

  static std::string comment(const ExportedLine& line) {
    if (line.version.empty()) return {};
    return "  # was " + printable(line.version + (line.build.empty() ? "" : " " + line.build), 200);
  }

  const Environment& environment_;
  const std::string& file_;
  Platform platform_;
  bool was_base_;
  std::vector<ExportedLine> lines_;
  std::vector<std::string> roots_;
  std::string kept_all_;  ///< Why; empty: it was a full export.
};

}  // namespace

ProposedEnvironment proposed_environment(std::string_view text, const std::string& file,
                                         const std::vector<Platform>& platforms, Context& context) {
  const std::optional<std::string> renamed = without_base(text);
  const Environment environment = parse_environment(renamed ? *renamed : text, file);
  const AskSurroundings around = surroundings(context);
  const auto project = load_project(context.settings.project.value_or(""), around.cwd, around.cwd);
  std::vector<AskedChannel> channels =
      asked_channels({}, environment, project, nullptr, around.cwd, around.cwd);
  add_trust(channels, project, around.now);
  const Platform platform = platform_of(environment, platforms);
  RepodataSession session(context, false, network_rules(project));
  Proposal proposal(environment, file, platform, renamed.has_value());
  const ChannelSet set(channels, {platform}, project && !project->project.channels.empty(),
                       session.access(), proposal.names());
  for (const std::string& notice : set.notices()) context.console.note(notice);
  for (const std::string& detail : set.details()) context.console.detail(detail);
  proposal.find(set.for_platform(platform));
  proposal.choose();
  return {proposal.take(), platform, proposal.found()};
}

}  // namespace envlock
