#include "model/lock_urls.hpp"

#include <vector>

#include "model/error.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> out;
  while (!path.empty()) {
    const std::size_t end = path.find('/');
    if (end != 0) out.push_back(path.substr(0, end));
    if (end == std::string_view::npos) break;
    path.remove_prefix(end + 1);
  }
  return out;
}

/// `steps` after `start`, lexically: ".." takes the last part of `start` away while it has one that
/// is no "..".
std::string join(std::vector<std::string_view> start, const std::vector<std::string_view>& steps) {
  std::vector<std::string_view> parts;
  for (const std::string_view part : start) {
    if (part != ".") parts.push_back(part);
  }
  for (const std::string_view step : steps) {
    if (step == ".." && !parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else {
      parts.push_back(step);
    }
  }
  std::string out = parts.empty() || parts.front() != ".." ? "." : "";
  for (const std::string_view part : parts) {
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

/// The way from the folder `from` to `to`, both absolute paths.
std::vector<std::string_view> steps_between(std::string_view from, std::string_view to) {
  const auto start = segments_of(from);
  const auto end = segments_of(to);
  std::size_t common = 0;
  while (common < start.size() && common < end.size() && start[common] == end[common]) ++common;
  std::vector<std::string_view> steps(start.size() - common, "..");
  steps.insert(steps.end(), end.begin() + static_cast<std::ptrdiff_t>(common), end.end());
  return steps;
}

}  // namespace

bool is_local_reference(std::string_view text) {
  if (text == "." || text == "..") return true;
  if (text.substr(0, 2) == "./") {
    text.remove_prefix(2);
  } else {
    if (text.substr(0, 3) != "../") return false;
    while (text.substr(0, 3) == "../") text.remove_prefix(3);
    if (text == "..") return true;
  }
  const auto url = Url::parse("file:///" + std::string(text));
  return url && !text.empty() && url->path() == "/" + std::string(text);
}

std::optional<std::string> absolute_url(std::string_view lock_text, const Url& lock_folder) {
  if (is_local_reference(lock_text)) {
    const auto url = lock_folder.resolve(lock_text);
    return url ? std::optional(url->to_string()) : std::nullopt;
  }
  const auto url = Url::parse(lock_text);
  if (!url || url->is_file() || url->has_credentials() || url->to_string() != lock_text) {
    return std::nullopt;
  }
  return url->to_string();
}

std::string url_for_lock(const Url& url, const std::string& lock_dir) {
  if (!url.is_file()) return url.to_string();
  return join({}, steps_between(Url::from_path(lock_dir).path(), url.path()));
}

std::string package_url_for_lock(const std::string& url, const LockChannel& channel,
                                 const std::string& channel_url) {
  const auto parsed = Url::parse(url);
  const auto base = Url::parse(channel_url);
  if (!parsed || !base || parsed->has_credentials() ||
      base->is_file() != is_local_reference(channel.url)) {
    throw InternalError("the URL of a package of channel '" + channel.name +
                        "' cannot enter a lock: " + redact_urls(url));
  }
  if (!parsed->is_file()) return parsed->to_string();
  if (!base->is_file()) {
    throw InternalError("a local package of the remote channel '" + channel.name + "'");
  }
  return join(segments_of(channel.url), steps_between(base->path(), parsed->path()));
}

}  // namespace envlock
