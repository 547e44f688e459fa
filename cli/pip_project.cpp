#include "cli/pip_project.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "model/strict_json.hpp"
#include "model/wheel_name.hpp"

namespace envlock {
namespace {

constexpr const char* static_hint =
    "give it a pyproject.toml whose [project] has name, version and dependencies, none of them in "
    "'dynamic'";

}  // namespace

LocalProject read_local_project(std::string_view json, const std::string& shown,
                                const std::vector<std::string>& extras, const std::string& python) {
  const JsonDocument document(json, shown);
  const JsonNode root = document.root();
  if (root.kind() != JsonNode::Kind::object)
    throw InputError("'" + shown +
                         "' has no [project]: what the project needs is known only to a "
                         "build, which runs its code",
                     static_hint);
  LocalProject out;
  std::map<std::string, std::vector<std::string>> optional;
  std::vector<std::string> dynamic;
  root.for_each_member([&](std::string_view key, const JsonNode& value) {
    if (key == "name") {
      out.name = value.non_empty_text();
    } else if (key == "version") {
      out.version = value.non_empty_text();
      if (!PypiVersion::parse(out.version)) value.fail_expected("a version of Python's packages");
    } else if (key == "dependencies") {
      out.dependencies = value.texts();
    } else if (key == "dynamic") {
      dynamic = value.texts();
    } else if (key == "requires-python") {
      const auto clauses = parse_pypi_specifiers(value.view());
      if (!clauses) value.fail_expected("version specifiers");
      for (const PypiSpecifier& clause : *clauses) {
        if (!clause.accepts(python))
          value.fail("the project needs python " + value.text() + ", the environment has " +
                     python);
      }
    } else if (key == "optional-dependencies") {
      value.for_each_member([&](std::string_view extra, const JsonNode& list) {
        optional[project_key(extra)] = list.texts();
      });
    }
  });
  if (out.name.empty()) root.fail("a [project] without name", static_hint);
  for (const char* part : {"dependencies", "optional-dependencies"}) {
    if (std::ranges::count(dynamic, part) != 0)
      throw InputError("'" + shown + "': '" + part +
                           "' is dynamic: a build makes it, which runs "
                           "the project's code",
                       static_hint);
  }
  if (out.version.empty()) out.version = dynamic_version;
  // "tool[all]" may stand for "tool[a,b]".
  std::vector<std::string> open = extras;
  std::set<std::string> taken;
  const std::string own = project_key(out.name);
  while (!open.empty()) {
    const std::string extra = std::move(open.back());
    open.pop_back();
    if (!taken.insert(extra).second) continue;
    const auto found = optional.find(extra);
    if (found == optional.end()) throw InputError("'" + shown + "' has no extra '" + extra + "'");
    for (const std::string& text : found->second) {
      const Requirement needed = Requirement::parse(text);
      if (needed.project == own) {
        open.insert(open.end(), needed.extras.begin(), needed.extras.end());
      } else {
        out.dependencies.push_back(text);
      }
    }
  }
  return out;
}

}  // namespace envlock
