#include "cli/channel_output.hpp"

#include <algorithm>
#include <utility>

#include "fetch/channel_folder.hpp"
#include "model/error.hpp"
#include "model/url.hpp"

namespace envlock {
namespace {

/// A text as a scalar of YAML's flow style.
std::string yaml_scalar(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + '\'';
}

/// A lock's channel with a folder as its mirror, as a line of envlock.yml's `channels:`.
std::string channel_line(const LockChannel& channel, const std::string& folder) {
  // A local channel's is a relative reference, which envlock.yml has as a path.
  const bool is_url = channel.url.find("://") != std::string::npos;
  const std::string url = is_url ? channel.url : percent_decode(channel.url).value_or(channel.url);
  return yaml_scalar(channel.name) + ": {url: " + yaml_scalar(url) + ", mirrors: [" +
         yaml_scalar(folder) + "]}";
}

}  // namespace

void write_channel_folder(const std::string& folder, const std::string& shown, const FetchRun& run,
                          Context& context) {
  ChannelFolder channel(folder, context.stop, [&] {
    context.console.note("waits for another envlock that writes into '" + shown + "'");
  });
  for (std::size_t i = 0; i < run.wanted.size(); ++i) {
    if (context.stop.stop_requested()) throw Interrupted();
    const PackageRecord& record = run.wanted[i].package->record;
    if (is_wheel(record)) {
      channel.add_wheel(record, run.fetched[i].found.file);
    } else {
      channel.add(record, run.fetched[i].found.file);
    }
  }
  channel.finish();
}

std::vector<std::string> channel_folder_use(const std::string& shown, const std::string& path,
                                            std::span<const Lockfile* const> locks) {
  std::vector<std::string> lines;  // of envlock.yml; their order is a priority
  const auto add = [&](const LockChannel& channel) {
    std::string line = "    " + channel_line(channel, path);
    if (std::ranges::count(lines, line) == 0) lines.push_back(std::move(line));
  };
  for (const Lockfile* const lock : locks) {
    for (const LockInputs::Channel& asked : lock->inputs.channels) {
      if (const LockChannel* const channel = lock->find_channel(asked.name)) add(*channel);
    }
    for (const LockChannel& channel : lock->channels) add(channel);
  }
  // A bare name after -c would be a channel of somebody else's.
  lines.insert(
      lines.begin(),
      {"'" + shown + "' is a channel with all of them: conda create -c '" + path +
           "' --override-channels ...",
       "envlock takes them from there with this in envlock.yml, beside the lock:", "  channels:"});
  return lines;
}

}  // namespace envlock
