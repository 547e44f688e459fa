#include "cli/trust_channels.hpp"

#include <algorithm>
#include <string_view>

#include "cli/ask_channels.hpp"
#include "cli/ask_trust.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::int64_t ms_a_day = 86'400'000;

std::string days(std::int64_t number) {
  return std::to_string(number) + (number == 1 ? " day" : " days");
}

}  // namespace

std::optional<ProjectFile> trust_project(Context& context) {
  const std::filesystem::path cwd = std::filesystem::current_path();
  return load_project(context.settings.project.value_or(""), cwd, cwd);
}

std::vector<AskedChannel> signed_channels(const std::optional<ProjectFile>& project,
                                          const std::vector<std::string>& names, Context& context) {
  std::vector<AskedChannel> channels;
  if (project && !project->project.channels.empty()) {
    channels = asked_channels({}, {}, project, nullptr, project->dir, project->dir);
    add_trust(channels, project, context.clock.now());
  }
  for (const std::string& name : names) {
    const auto found = std::ranges::find_if(
        channels, [&](const AskedChannel& asked) { return asked.channel.name == name; });
    if (found == channels.end()) refuse_unlisted(project, name);
    if (!found->trust.looks_at_signatures())
      throw UsageError(found->place.to_string() + ": channel '" + name + "' asks for no signatures",
                       "'envlock trust init " + name + "' prints the lines to add");
  }
  std::erase_if(channels, [&](const AskedChannel& asked) {
    return !asked.trust.looks_at_signatures() ||
           (!names.empty() && std::ranges::count(names, asked.channel.name) == 0);
  });
  return channels;
}

void note_no_signed_channel(Context& context) {
  context.console.note(
      "no channel of envlock.yml demands signatures",
      "a channel does with these lines, which 'envlock trust init CHANNEL' fills in:\n"
      "    signatures: require\n    root: trust/NAME.root.json\n    root_sha256: HEX");
}

std::vector<std::string> channel_arguments(const ParsedArgs& args) {
  const std::vector<std::string>& all = args.positionals();
  return {all.begin() + (all.empty() ? 0 : 1), all.end()};
}

void refuse_unlisted(const std::optional<ProjectFile>& project, const std::string& name) {
  std::vector<std::string_view> known;
  if (project) {
    for (const Project::ChannelRule& rule : project->project.channels) known.push_back(rule.name);
  }
  const auto nearest = nearest_word(name, known);
  throw UsageError("envlock.yml has no channel '" + name + "'",
                   nearest ? "did you mean '" + *nearest + "'?"
                           : "list it under 'channels:' of envlock.yml (docs/trust.md)");
}

std::string expiry_text(Instant expiration, Instant now) {
  const std::string moment = expiration.to_string();
  if (expiration <= now) return "EXPIRED " + moment;
  return "expires " + moment + " (in " + days((expiration.ms - now.ms) / ms_a_day) + ")";
}

}  // namespace envlock
