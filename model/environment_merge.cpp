#include <algorithm>
#include <set>

#include "model/environment.hpp"

namespace envlock {
namespace {

std::string quoted(const std::string& text) { return '\'' + text + '\''; }

void merge_name(Environment& into, const Environment& part) {
  if (part.name.empty() || part.name == into.name) return;
  if (!into.name.empty())
    throw InputError(part.name_place,
                     "the name " + quoted(part.name) + " contradicts " + quoted(into.name) +
                         " in " + into.name_place.to_string(),
                     "give both files the same name, or only one of them a name");
  into.name = part.name;
  into.name_place = part.name_place;
}

void merge_variables(Environment& into, const Environment& part) {
  for (const auto& [name, value] : part.variables) {
    const auto [found, added] = into.variables.emplace(name, value);
    if (!added && found->second != value)
      throw InputError(part.variable_places.at(name),
                       "the variable " + quoted(name) + " contradicts its value in " +
                           into.variable_places.at(name).to_string(),
                       "set it in one file");
    if (added) into.variable_places[name] = part.variable_places.at(name);
  }
}

std::string join(const std::vector<Platform>& platforms) {
  std::string out;
  for (const Platform& platform : platforms)
    out.append(out.empty() ? "" : ", ").append(platform.subdir());
  return out;
}

void merge_platforms(Environment& into, const Environment& part) {
  if (part.platforms.empty()) return;
  if (into.platforms.empty()) {
    into.platforms = part.platforms;
    into.platforms_place = part.platforms_place;
    return;
  }
  std::vector<Platform> common;
  std::ranges::set_intersection(into.platforms, part.platforms, std::back_inserter(common));
  if (common.empty())
    throw InputError(part.platforms_place,
                     "no platform in common: " + join(part.platforms) + " here, " +
                         join(into.platforms) + " in " + into.platforms_place.to_string(),
                     "list a platform that every file lists");
  into.platforms = std::move(common);
}

using Channels = std::vector<RequestedChannel>;

std::size_t position(const Channels& channels, const std::string& text) {
  return static_cast<std::size_t>(std::ranges::find(channels, text, &RequestedChannel::text) -
                                  channels.begin());
}

/// Two channels that stand in one order in `earlier` and in the other in `later`.
void refuse_contradiction(const Channels& earlier, const Channels& later) {
  for (std::size_t i = 1; i < later.size(); ++i) {
    const std::size_t mine = position(earlier, later[i].text);
    if (mine == earlier.size()) continue;
    for (std::size_t j = 0; j < i; ++j) {
      const std::size_t other = position(earlier, later[j].text);
      if (other == earlier.size() || other < mine) continue;
      throw InputError(later[i].place,
                       "the channel " + quoted(later[j].text) + " comes before " +
                           quoted(later[i].text) + " here, and after it in " +
                           earlier[mine].place.to_string(),
                       "the order is the priority: list the channels in one order in every file");
    }
  }
}

/// All channels in an order that agrees with every file; among free ones, the first named first.
Channels merge_channels(const std::vector<Environment>& parts) {
  Channels all;
  std::set<std::string> known;
  std::vector<std::pair<std::string, std::string>> edges;
  for (const Environment& part : parts) {
    for (std::size_t i = 0; i < part.channels.size(); ++i) {
      if (known.insert(part.channels[i].text).second) all.push_back(part.channels[i]);
      if (i > 0) edges.emplace_back(part.channels[i - 1].text, part.channels[i].text);
    }
  }
  Channels ordered;
  while (!all.empty()) {
    const auto is_free = [&](const RequestedChannel& channel) {
      return std::ranges::none_of(edges, [&](const auto& e) { return e.second == channel.text; });
    };
    const auto next = std::ranges::find_if(all, is_free);
    if (next == all.end())
      throw InputError(all.front().place,
                       "the files contradict each other about the order of the channels, from " +
                           quoted(all.front().text) + " on",
                       "the order is the priority: list the channels in one order in every file");
    std::erase_if(edges, [&](const auto& edge) { return edge.first == next->text; });
    ordered.push_back(std::move(*next));
    all.erase(next);
  }
  return ordered;
}

}  // namespace

Environment merge_environments(std::vector<Environment> parts) {
  Environment merged;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) refuse_contradiction(parts[j].channels, parts[i].channels);
  }
  merged.channels = merge_channels(parts);
  for (Environment& part : parts) {
    merge_name(merged, part);
    merge_variables(merged, part);
    merge_platforms(merged, part);
    std::ranges::move(part.files, std::back_inserter(merged.files));
    std::ranges::move(part.notices, std::back_inserter(merged.notices));
  }
  return merged;
}

}  // namespace envlock
