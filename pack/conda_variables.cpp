#include "pack/conda_variables.hpp"

#include "model/error.hpp"
#include "model/strict_json.hpp"

namespace envlock {
namespace {

using Variables = std::map<std::string, std::string>;

/// @throws InputError
Variables read_variables(const std::string& text) {
  Variables found;
  const JsonDocument document(text, "conda-meta/state");
  document.root().for_each_member([&](std::string_view key, const JsonNode& node) {
    if (key != "env_vars") return;
    node.for_each_member(
        [&](std::string_view name, const JsonNode& value) { found.emplace(name, value.text()); });
  });
  return found;
}

}  // namespace

CondaVariables conda_variables(const std::optional<std::string>& file,
                               const std::optional<Variables>& before, const Variables& locked) {
  if (!file) return {.stays = locked.empty(), .variables = locked};
  Variables found;
  try {
    found = read_variables(*file);
  } catch (const InputError&) {  // what nobody can read is nobody's to remove
    return {.stays = locked.empty(), .variables = locked, .is_lost = !locked.empty()};
  }
  Variables wanted = locked;
  for (const auto& [name, value] : found) {
    if (!before || !before->contains(name)) wanted.emplace(name, value);
  }
  if (found == wanted) return {.stays = true};
  return {.variables = std::move(wanted)};
}

}  // namespace envlock
