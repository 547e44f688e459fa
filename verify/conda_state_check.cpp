#include "verify/conda_state_check.hpp"

#include "model/error.hpp"
#include "model/strict_json.hpp"

namespace envlock {
namespace {

using Variables = std::map<std::string, std::string>;

constexpr std::size_t max_state_bytes = std::size_t{4} << 20U;

/// @throws InputError
Variables read_state(const std::string& text) {
  Variables found;
  const JsonDocument document(text, std::string(conda_state_path));
  document.root().for_each_member([&](std::string_view key, const JsonNode& node) {
    if (key != "env_vars") return;
    node.for_each_member(
        [&](std::string_view name, const JsonNode& value) { found.emplace(name, value.text()); });
  });
  return found;
}

/// "A added, B changed, C missing"; empty where both are equal.
std::string difference(const Variables& found, const Variables& locked) {
  std::string names;
  const auto differ = [&](const std::string& name, std::string_view how) {
    names += (names.empty() ? "" : ", ") + name + ' ' + std::string(how);
  };
  for (const auto& [name, value] : found) {
    const auto known = locked.find(name);
    if (known == locked.end()) {
      differ(name, "added");
    } else if (known->second != value) {
      differ(name, "changed");
    }
  }
  for (const auto& [name, value] : locked) {
    if (!found.contains(name)) differ(name, "missing");
  }
  return names;
}

}  // namespace

void check_conda_state(CheckContext& context, const Variables& variables, int prefix_fd,
                       BeneathMethod method) {
  const SmallFile file =
      read_small_file(prefix_fd, std::string(conda_state_path), max_state_bytes, method);
  if (!file.text && file.fault.empty() && variables.empty()) return;
  std::string found = file.fault;
  if (file.text) {
    try {
      found = difference(read_state(*file.text), variables);
    } catch (const InputError& error) {
      found = error.what();
    }
  } else if (found.empty()) {
    found = "it is not there";
  }
  if (found.empty()) return;
  Finding made =
      make_finding(verify_rules(), "environment-variables", std::string(conda_state_path));
  made.expected = "the variables of the lock";
  made.found = std::move(found);
  made.message = "activating the environment sets other variables than the lock says";
  made.sha256 = sha256_of(file.text ? std::string_view(*file.text) : "absent");
  context.findings.add(std::move(made));
}

}  // namespace envlock
