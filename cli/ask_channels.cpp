#include "cli/ask_channels.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "cli/ask_trust.hpp"
#include "cli/at_place.hpp"
#include "model/lock_urls.hpp"
#include "model/match_spec.hpp"

namespace envlock {
namespace {

std::filesystem::path dir_of(const SourcePlace& place, const std::filesystem::path& cwd) {
  return (cwd / place.file).lexically_normal().parent_path();
}

/// What the user may name: envlock.yml's list, where it has one.
class ChannelPolicy {
 public:
  ChannelPolicy(const std::optional<ProjectFile>& project, const ChannelNames& names) {
    if (!project || project->project.channels.empty()) return;
    file_ = project->project.path;
    for (const auto& [name, url] : names.named) allowed_.push_back(url);
  }
  void require(const Channel& channel, const SourcePlace& place) const {
    if (file_.empty() || std::find(allowed_.begin(), allowed_.end(), channel.url) != allowed_.end())
      return;
    const std::string where = place.to_string();
    throw TrustError((where.empty() ? "" : where + ": ") + "channel '" + channel.name + "' (" +
                         channel.url.to_string() + ") is not in the list of '" + file_ + "'",
                     "if you trust it, add it under 'channels:' of '" + file_ + "':\n  " +
                         channel.name + ":\n    url: " + channel.url.to_string());
  }

 private:
  std::string file_;
  std::vector<Url> allowed_;
};

class ChannelList {
 public:
  explicit ChannelList(ChannelPolicy policy) : policy_(std::move(policy)) {}

  void add(const std::string& text, const SourcePlace& place, const ChannelNames& names,
           bool only_by_name) {
    for (Channel& channel : at_place(place, [&] { return parse_channel(text, names); })) {
      policy_.require(channel, place);
      const auto same =
          std::find_if(channels_.begin(), channels_.end(),
                       [&](const AskedChannel& known) { return known.channel.url == channel.url; });
      if (same != channels_.end()) continue;
      channel.name = unique_name(channel.name);
      channels_.push_back({std::move(channel), only_by_name, place});
    }
  }
  [[nodiscard]] bool empty() const noexcept { return channels_.empty(); }
  std::vector<AskedChannel> take() { return std::move(channels_); }

 private:
  std::string unique_name(const std::string& name) {
    std::string candidate = name;
    for (int i = 2; !names_.insert(candidate).second; ++i)
      candidate = name + '-' + std::to_string(i);
    return candidate;
  }
  ChannelPolicy policy_;
  std::vector<AskedChannel> channels_;
  std::set<std::string> names_;
};

/// The channel that a spec names, but for the "any channel" forms `*::x` and `*/linux-64::x`.
std::optional<std::string> channel_of(const RequestedSpec& spec) {
  const MatchSpec parsed = at_place(spec.place, [&] { return MatchSpec::parse(spec.text); });
  if (!parsed.channel() || parsed.channel()->starts_with('*')) return std::nullopt;
  return *parsed.channel();
}

}  // namespace

std::vector<AskedChannel> asked_channels(const std::vector<std::string>& command_line,
                                         const Environment& environment,
                                         const std::optional<ProjectFile>& project,
                                         const Lockfile* existing,
                                         const std::filesystem::path& lock_dir,
                                         const std::filesystem::path& cwd) {
  const auto names_at = [&](const std::filesystem::path& dir) {
    return channel_names(project, dir);
  };
  ChannelList list{ChannelPolicy(project, names_at(cwd))};
  for (const std::string& text : command_line)
    list.add(text, {"command line", 0, 0}, names_at(cwd), false);
  for (const RequestedChannel& channel : environment.channels) {
    list.add(channel.text, channel.place, names_at(dir_of(channel.place, cwd)), false);
  }
  if (list.empty() && project) {
    for (const Project::ChannelRule& rule : project->project.channels) {
      list.add(rule.name, rule.place, names_at(project->dir), false);
    }
  }
  if (list.empty() && existing != nullptr) {
    for (const LockInputs::Channel& channel : existing->inputs.channels) {
      const auto url = absolute_url(channel.url, Url::from_path(lock_dir.string()));
      list.add(url.value_or(channel.url), {"the existing lock", 0, 0}, names_at(lock_dir), false);
    }
  }
  const bool has_list = !list.empty();
  for (const Environment::File& file : environment.files) {
    for (const RequestedSpec& spec : file.specs) {
      if (const auto text = channel_of(spec))
        list.add(*text, spec.place, names_at(dir_of(spec.place, cwd)), true);
    }
  }
  if (!has_list) {
    const std::string file =
        environment.files.empty() ? "environment.yml" : environment.files.front().path;
    throw InputError({file, 0, 0}, "no channel is named, so there is nowhere to take packages from",
                     "add to '" + file +
                         "':\nchannels:\n  - conda-forge\n(or pass -c conda-forge); envlock has no "
                         "default channel");
  }
  std::vector<AskedChannel> channels = list.take();
  if (!project) return channels;
  const ChannelNames named = names_at(project->dir);
  for (const Project::ChannelRule& rule : project->project.channels) {
    const auto url = named.named.find(rule.name);
    if (rule.use_shards || url == named.named.end()) continue;
    for (AskedChannel& asked : channels)
      if (asked.channel.url == url->second) asked.use_shards = false;
  }
  return channels;
}

void add_channels_to_inputs(const std::vector<AskedChannel>& channels,
                            const std::optional<ProjectFile>& project,
                            const std::filesystem::path& lock_dir, LockInputs& inputs) {
  const ChannelNames names = channel_names(project, project ? project->dir : lock_dir);
  for (const AskedChannel& asked : channels) {
    LockInputs::Channel channel;
    channel.name = asked.channel.name;
    channel.url = url_for_lock(asked.channel.url, lock_dir.string());
    channel.trust = trust_for_lock(asked.trust);
    channel.minimum_age = asked.trust.minimum_age;
    channel.subdirs = asked.channel.subdirs;
    std::sort(channel.subdirs.begin(), channel.subdirs.end());
    (asked.only_by_name ? inputs.spec_channels : inputs.channels).push_back(std::move(channel));
    if (!project) continue;
    for (const Project::ChannelRule& rule : project->project.channels) {
      const auto url = names.named.find(rule.name);
      if (rule.owns.empty() || url == names.named.end() || url->second != asked.channel.url)
        continue;
      std::vector<std::string> patterns = rule.owns;
      std::sort(patterns.begin(), patterns.end());
      inputs.owns.emplace(asked.channel.name, std::move(patterns));
    }
  }
  std::sort(
      inputs.spec_channels.begin(), inputs.spec_channels.end(),
      [](const LockInputs::Channel& a, const LockInputs::Channel& b) { return a.name < b.name; });
}

}  // namespace envlock
