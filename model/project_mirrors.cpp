#include "model/project_mirrors.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::array<std::string_view, 2> keys = {"serves", "url"};

std::string quoted(std::string_view text) {
  return '\'' + printable(redact_urls(text), 100) + '\'';
}

using Location = std::variant<Url, std::string>;

bool is_relative_path(std::string_view text) {
  return text == "." || text == ".." || text.starts_with("./") || text.starts_with("../");
}

Location read_location(const YamlReader& in, const YamlNode& node) {
  const std::string text = in.text(node, "the URL of a mirror");
  if (is_relative_path(text)) return text;
  if (text.starts_with('/')) return Url::from_path(text);
  const std::optional<Url> url = Url::parse(text);
  if (!url)
    throw InputError(
        in.place(node), quoted(text) + " is no URL of a mirror",
        "write for example https://mirror.example.org/conda-forge, or a folder's path: "
        "one that starts with /, ./ or ../");
  if (url->has_credentials())
    throw InputError(in.place(node), quoted(text) + " carries a login, which no file may hold",
                     "leave it out here; docs/credentials.md says where it goes");
  return *url;
}

bool read_serves(const YamlReader& in, const YamlNode& node) {
  const std::string text = in.text(node, "'serves'");
  if (text == "packages") return false;
  if (text == "metadata+packages") return true;
  throw InputError(in.place(node), quoted(text) + " is not what a mirror can serve",
                   "write packages or metadata+packages");
}

std::string shown(const Location& location) {
  const Url* const url = std::get_if<Url>(&location);
  return url != nullptr ? url->to_string() : std::get<std::string>(location);
}

}  // namespace

Url MirrorRule::url(std::string_view project_dir) const {
  if (const Url* const whole = std::get_if<Url>(&location)) return *whole;
  return Url::from_path(std::string(project_dir) + '/' + std::get<std::string>(location));
}

bool MirrorRule::is_folder() const {
  const Url* const whole = std::get_if<Url>(&location);
  return whole == nullptr || whole->is_file();
}

std::vector<MirrorRule> read_mirrors(const YamlReader& in, const YamlEntry& entry) {
  std::vector<MirrorRule> mirrors;
  for (const YamlNode* const node : in.list(entry.value, "'mirrors'")) {
    std::optional<Location> location;
    MirrorRule rule{"", false, in.place(*node)};
    if (node->kind == YamlNode::Kind::scalar) {
      location = read_location(in, *node);
    } else {
      for (const YamlEntry& item : in.mapping(*node, "a mirror")) {
        if (item.key == "url") {
          location = read_location(in, item.value);
        } else if (item.key == "serves") {
          rule.serves_metadata = read_serves(in, item.value);
        } else {
          in.refuse_key(item, "a mirror in envlock.yml", keys);
        }
      }
    }
    if (location) rule.location = *std::move(location);
    if (location && rule.is_folder() && rule.serves_metadata)
      throw InputError(rule.place, "a folder can serve packages only as a mirror",
                       "leave 'serves' out, or name the folder as a channel of its own");
    if (!location)
      throw InputError(rule.place, "a mirror needs a 'url'",
                       "write - {url: https://mirror.example.org/conda-forge, serves: packages}");
    if (std::ranges::count(mirrors, rule.location, &MirrorRule::location) != 0)
      throw InputError(rule.place,
                       "the mirror " + quoted(shown(rule.location)) + " is listed twice");
    mirrors.push_back(std::move(rule));
  }
  return mirrors;
}

std::vector<std::string> read_plain_http(const YamlReader& in, const YamlEntry& entry) {
  std::vector<std::string> origins;
  for (const YamlNode* const node : in.list(entry.value, "'plain_http'")) {
    const std::string text = in.text(*node, "an origin");
    const std::optional<Url> url = Url::parse(text);
    if (!url || url->scheme() != "http" || !url->path().empty() || url->has_credentials())
      throw InputError(in.place(*node), quoted(text) + " is no http origin",
                       "write scheme, host and port only: http://mirror.lab:8080");
    if (std::ranges::count(origins, url->origin()) == 0) origins.push_back(url->origin());
  }
  return origins;
}

std::span<const std::string_view> mirror_keys() noexcept { return keys; }

}  // namespace envlock
