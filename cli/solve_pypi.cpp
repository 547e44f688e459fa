#include "cli/solve_pypi.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "model/pypi_origin.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

struct PypiChange {
  const LockedPypi* before = nullptr;  ///< Null: added.
  const LockedPypi* after = nullptr;   ///< Null: removed.
  [[nodiscard]] bool is_change() const {
    if (before == nullptr || after == nullptr) return true;
    return before->version != after->version || before->sha256 != after->sha256 ||
           before->path != after->path || before->metadata_sha256 != after->metadata_sha256;
  }
};

std::map<std::string_view, PypiChange> changes_of(const LockPlatform* before,
                                                  const LockPlatform& after) {
  std::map<std::string_view, PypiChange> changes;
  if (before != nullptr) {
    for (const LockedPypi& package : before->pypi) changes[package.name].before = &package;
  }
  for (const LockedPypi& package : after.pypi) changes[package.name].after = &package;
  std::erase_if(changes, [](const auto& entry) { return !entry.second.is_change(); });
  return changes;
}

/// "3 packages from PyPI, 1 local wheel"
std::string origins_text(const LockPlatform& content) {
  std::map<std::string, std::size_t> origins;
  for (const LockedPypi& package : content.pypi) ++origins[pypi_origin(package)];
  std::string text;
  for (const auto& [origin, count] : origins) {
    const bool is_local = origin.starts_with("local ");
    text += (text.empty() ? "" : ", ") +
            (is_local ? counted(count, origin) : counted(count, "package") + " from " + origin);
  }
  return text.empty() ? "0 packages" : text;
}

void write_package(JsonWriter& json, const LockedPypi& package) {
  json.begin_object().member("name", package.name).member("version", package.version);
  if (!package.url.empty()) json.member("url", package.url);
  if (!package.path.empty()) json.member("path", package.path);
  if (package.sha256) json.member("sha256", package.sha256->hex());
  json.member("requested", package.requested).end_object();
}

}  // namespace

void print_pypi(Console& console, const LockPlatform* before, const LockPlatform& after) {
  const auto changes = changes_of(before, after);
  if (after.pypi.empty() && changes.empty()) return;
  std::string head = "  by pip: " + origins_text(after);
  if (before != nullptr) {
    const std::size_t moved = changes.size();
    head += moved == 0 ? ", none moved" : ", " + counted(moved, "package") + " moved";
  }
  console.out(head);
  constexpr std::size_t shown_changes = 40;  // a screen; -v shows all
  std::size_t shown = 0;
  for (const auto& [name, change] : changes) {
    if (before == nullptr && !change.after->requested) continue;
    if (++shown > shown_changes && console.settings().verbosity == 0) continue;
    Line line("  ");
    if (change.before == nullptr) {
      if (before != nullptr) line.add("+ ", Tone::good);
      line.add(name).add(' ' + change.after->version, Tone::dim);
    } else if (change.after == nullptr) {
      line.add("- ", Tone::bad).add(name).add(' ' + change.before->version, Tone::dim);
    } else {
      const bool same = change.before->version == change.after->version;
      line.add("~ ", Tone::warn).add(name).add(' ' + change.before->version);
      line.add(same ? "  another file" : " -> " + change.after->version);
    }
    console.out(line);
  }
  if (shown > shown_changes && console.settings().verbosity == 0)
    console.out("  ... and " + std::to_string(shown - shown_changes) + " more (-v shows all)");
}

void write_pypi(JsonWriter& json, const LockPlatform* before, const LockPlatform& after) {
  if (after.pypi.empty() && (before == nullptr || before->pypi.empty())) return;
  const auto changes = changes_of(before, after);
  json.key("pypi").begin_object();
  json.key("packages").begin_array();
  for (const LockedPypi& package : after.pypi) write_package(json, package);
  json.end_array().key("added").begin_array();
  for (const auto& [name, change] : changes) {
    if (change.before == nullptr) write_package(json, *change.after);
  }
  json.end_array().key("removed").begin_array();
  for (const auto& [name, change] : changes) {
    if (change.after == nullptr) write_package(json, *change.before);
  }
  json.end_array().key("changed").begin_array();
  for (const auto& [name, change] : changes) {
    if (change.before == nullptr || change.after == nullptr) continue;
    json.begin_object().member("name", name).key("before");
    write_package(json, *change.before);
    json.key("after");
    write_package(json, *change.after);
    json.end_object();
  }
  json.end_array().end_object();
}

}  // namespace envlock
