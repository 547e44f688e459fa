#include "model/project_pypi.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "model/pep440.hpp"
#include "model/text.hpp"
#include "model/wheel_name.hpp"

namespace envlock {
namespace {

constexpr std::array<std::string_view, 2> section_keys = {"indexes", "names"};
constexpr std::array<std::string_view, 4> index_keys = {"credentials", "packages", "private",
                                                        "url"};
constexpr std::size_t most_indexes = 64;

std::string quoted(std::string_view text) {
  return '\'' + printable(redact_urls(text), 100) + '\'';
}

bool is_pattern(std::string_view text) {
  return !text.empty() && text.size() <= 100 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '*';
  });
}

/// `pattern` has '*' for any text.
bool fits(std::string_view pattern, std::string_view name) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == name;
  if (!name.starts_with(pattern.substr(0, star))) return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (std::size_t at = star; at <= name.size(); ++at) {
    if (fits(rest, name.substr(at))) return true;
  }
  return false;
}

Url read_url(const YamlReader& in, const YamlNode& node) {
  const std::string text = in.text(node, "the URL of an index");
  const auto url = Url::parse(text);
  if (!url || url->is_file())
    throw InputError(in.place(node), quoted(text) + " is no http or https URL of an index",
                     "write for example https://pypi.org/simple");
  if (url->has_credentials() || holds_credentials(text))
    throw InputError(in.place(node), quoted(text) + " carries a login, which no file may hold",
                     "name its source with 'credentials:' (docs/credentials.md)");
  return *url;
}

PypiIndex read_index(const YamlReader& in, const YamlEntry& entry) {
  const std::string what = "the index " + quoted(entry.key);
  std::optional<Url> url;
  PypiIndex index{entry.key, default_pypi_index().url};
  std::optional<bool> is_private;
  index.place = in.place(entry);
  if (entry.value.kind == YamlNode::Kind::scalar) {
    url = read_url(in, entry.value);
  } else {
    in.require_mapping(entry.value, what);
    for (const YamlEntry& item : entry.value.entries) {
      if (item.key == "url") {
        url = read_url(in, item.value);
      } else if (item.key == "packages") {
        for (const YamlNode* node : in.list(item.value, "'packages'")) {
          const std::string text = in.text(*node, "a pattern of 'packages'");
          const std::string pattern = project_key(text);
          if (!is_pattern(pattern) || std::ranges::count(pattern, '*') > 3)
            throw InputError(in.place(*node), quoted(text) + " is no pattern of package names",
                             "write a name, with '*' for any text: acme-*");
          index.packages.push_back(pattern);
        }
        if (index.packages.empty())
          throw InputError(in.place(item), what + " has no packages",
                           "leave 'packages' out for the index of everything else");
      } else if (item.key == "private") {
        is_private = in.boolean(item.value, "'private'");
      } else if (item.key == "credentials") {
        index.credentials = read_credential_rule(in, item);
      } else {
        in.refuse_key(item, "an index in envlock.yml", index_keys);
      }
    }
  }
  if (!url)
    throw InputError(index.place, what + " needs a 'url'",
                     "write " + entry.key + ": {url: https://.../simple, packages: [NAME-*]}");
  index.url = *url;
  index.is_private = is_private.value_or(index.credentials.has_value());
  return index;
}

void check_indexes(const std::vector<PypiIndex>& indexes) {
  std::set<std::string> patterns;
  const PypiIndex* fallback = nullptr;
  for (const PypiIndex& index : indexes) {
    for (const PypiIndex& other : indexes) {
      if (&other == &index) break;
      if (other.url == index.url)
        throw InputError(index.place, "the indexes " + quoted(other.name) + " and " +
                                          quoted(index.name) + " are the same place");
    }
    for (const std::string& pattern : index.packages) {
      if (!patterns.insert(pattern).second)
        throw InputError(index.place, "the pattern " + quoted(pattern) + " is there twice",
                         "a package comes from one index");
    }
    if (!index.packages.empty()) continue;
    if (fallback != nullptr)
      throw InputError(
          index.place,
          "the indexes " + quoted(fallback->name) + " and " + quoted(index.name) +
              " both have no 'packages': whoever put a name on one of them could take its place",
          "name the packages of one of them: packages: [NAME, PREFIX-*]");
    fallback = &index;
  }
}

}  // namespace

const PypiIndex& default_pypi_index() {
  static const PypiIndex index{"pypi", *Url::parse("https://pypi.org/simple")};
  return index;
}

Url PypiIndex::folder() const {
  const std::string last = url.path().substr(url.path().rfind('/') + 1);
  return last == "simple" || last == "+simple" || last == "%2Bsimple"
             ? url.resolve("..").value_or(url)
             : url;
}

const PypiIndex& PypiRules::index_of(std::string_view project) const {
  const PypiIndex* fallback = &default_pypi_index();
  for (const PypiIndex& index : indexes) {
    if (index.packages.empty()) fallback = &index;
    if (std::ranges::any_of(index.packages,
                            [&](const std::string& pattern) { return fits(pattern, project); }))
      return index;
  }
  return *fallback;
}

const PypiIndex* PypiRules::find_url(const Url& url) const {
  bool has_fallback = false;
  for (const PypiIndex& index : indexes) {
    has_fallback = has_fallback || index.packages.empty();
    if (index.url == url) return &index;
  }
  return !has_fallback && url == default_pypi_index().url ? &default_pypi_index() : nullptr;
}

PypiRules read_pypi_rules(const YamlReader& in, const YamlEntry& entry) {
  PypiRules rules;
  for (const YamlEntry& item : in.mapping(entry.value, "'pypi'")) {
    if (item.key == "indexes") {
      for (const YamlEntry& index : in.mapping(item.value, "'indexes'")) {
        rules.indexes.push_back(read_index(in, index));
        if (rules.indexes.size() > most_indexes)
          throw InputError(in.place(index),
                           "more than " + std::to_string(most_indexes) + " indexes");
      }
    } else if (item.key == "names") {
      for (const YamlEntry& name : in.mapping(item.value, "'names'")) {
        std::vector<std::string>& projects = rules.names[to_lower(name.key)];
        if (name.value.kind == YamlNode::Kind::scalar) {
          projects.push_back(project_key(in.text(name.value, "a project's name")));
        } else {
          for (const YamlNode* node : in.list(name.value, "the projects of " + quoted(name.key)))
            projects.push_back(project_key(in.text(*node, "a project's name")));
        }
        for (const std::string& project : projects) {
          if (!is_pattern(project) || !is_project_key(project))
            throw InputError(in.place(name), quoted(project) + " is no name of a project",
                             "it begins and ends with a letter or digit");
        }
      }
    } else {
      in.refuse_key(item, "'pypi' in envlock.yml", section_keys);
    }
  }
  check_indexes(rules.indexes);
  return rules;
}

std::span<const std::string_view> pypi_keys(std::string_view section) noexcept {
  if (section == "pypi_index") return index_keys;
  return section_keys;
}

}  // namespace envlock
