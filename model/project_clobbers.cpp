#include "model/project_clobbers.hpp"

#include <algorithm>
#include <array>

#include "model/package_info.hpp"
#include "model/package_name.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::array<std::string_view, 2> keys = {"keep", "path"};

std::string quoted(std::string_view text) { return '\'' + printable(text, 100) + '\''; }

ClobberRule read_rule(const YamlReader& in, const YamlNode& node) {
  ClobberRule rule;
  rule.place = in.place(node);
  in.require_mapping(node, "a rule of 'clobbers'");
  for (const YamlEntry& entry : node.entries) {
    const SourcePlace place = in.place(entry.value);
    if (entry.key == "path") {
      rule.path = in.text(entry.value, "'path'");
      if (const auto fault = package_path_fault(rule.path))
        throw InputError(place, quoted(rule.path) + " can be no path of a package: " + *fault,
                         "write it as the packages have it, below the prefix: bin/tool");
    } else if (entry.key == "keep") {
      rule.keep = in.text(entry.value, "'keep'");
      std::string_view name = rule.keep;
      if (name.starts_with("pypi:")) name.remove_prefix(5);  // a wheel
      if (!is_package_name(name))
        throw InputError(place, quoted(rule.keep) + " is no package's name",
                         "name the package alone, without version or build; a wheel is pypi:NAME");
    } else {
      in.refuse_key(entry, "a rule of 'clobbers'", keys);
    }
  }
  if (rule.path.empty() || rule.keep.empty())
    throw InputError(rule.place, "a rule of 'clobbers' needs 'path' and 'keep'",
                     "write - {path: bin/tool, keep: the-package-whose-file-it-is}");
  return rule;
}

}  // namespace

std::vector<ClobberRule> read_clobbers(const YamlReader& in, const YamlEntry& entry) {
  std::vector<ClobberRule> rules;
  for (const YamlNode* const node : in.list(entry.value, "'clobbers'")) {
    ClobberRule rule = read_rule(in, *node);
    const auto twice = std::ranges::find_if(rules, [&](const ClobberRule& other) {
      return other.path == rule.path && other.keep == rule.keep;
    });
    if (twice != rules.end())
      throw InputError(rule.place,
                       quoted(rule.path) + " is kept of " + quoted(rule.keep) +
                           " twice, first on "
                           "line " +
                           std::to_string(twice->place.line),
                       "keep one of the two");
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::span<const std::string_view> clobber_keys() noexcept { return keys; }

std::string clobber_line(std::string_view path, std::string_view keep) {
  std::string line = "- {path: \"";
  for (const char c : path) {
    if (c == '"') line += '\\';  // no path has a backslash
    line += c;
  }
  return line + "\", keep: " + std::string(keep) + '}';
}

}  // namespace envlock
