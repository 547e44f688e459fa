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

Url read_url(const YamlReader& in, const YamlNode& node) {
  const std::string text = in.text(node, "the URL of a mirror");
  const std::optional<Url> url = Url::parse(text);
  if (!url)
    throw InputError(in.place(node), quoted(text) + " is no URL of a mirror",
                     "write for example https://mirror.example.org/conda-forge, or file:///path");
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

}  // namespace

std::vector<MirrorRule> read_mirrors(const YamlReader& in, const YamlEntry& entry) {
  std::vector<MirrorRule> mirrors;
  for (const YamlNode* const node : in.list(entry.value, "'mirrors'")) {
    std::optional<Url> url;
    MirrorRule rule{Url::from_path("/"), false, in.place(*node)};
    if (node->kind == YamlNode::Kind::scalar) {
      url = read_url(in, *node);
    } else {
      for (const YamlEntry& item : in.mapping(*node, "a mirror")) {
        if (item.key == "url") {
          url = read_url(in, item.value);
        } else if (item.key == "serves") {
          rule.serves_metadata = read_serves(in, item.value);
        } else {
          in.refuse_key(item, "a mirror in envlock.yml", keys);
        }
      }
    }
    if (url && url->is_file() && rule.serves_metadata)
      throw InputError(rule.place, "a folder can serve packages only as a mirror",
                       "leave 'serves' out, or name the folder as a channel of its own");
    if (!url)
      throw InputError(rule.place, "a mirror needs a 'url'",
                       "write - {url: https://mirror.example.org/conda-forge, serves: packages}");
    rule.url = *url;
    if (std::ranges::count(mirrors, rule.url, &MirrorRule::url) != 0)
      throw InputError(rule.place,
                       "the mirror " + quoted(rule.url.to_string()) + " is listed twice");
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
