#include "pack/conda_members.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include "model/error.hpp"
#include "model/strict_json.hpp"
#include "pack/refusal.hpp"

namespace envlock {
namespace {

constexpr std::string_view metadata_name = "metadata.json", suffix = ".tar.zst";
constexpr std::uint64_t max_metadata_bytes = 64U << 10U;
constexpr std::uint64_t format_version = 2;  // CEP 35

/// What stands between the prefix and the suffix; nothing where the name has another form.
std::optional<std::string_view> stem_of(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix) ||
      name.size() <= prefix.size() + suffix.size())
    return std::nullopt;
  return name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
}

void take(std::optional<StoredMember>& to, StoredMember member, const std::string& package) {
  if (to) refuse(package, member.name, "is a second member of its kind", "Z02");
  to = std::move(member);
}

bool says_version_2(const std::string& text, const std::string& file) {
  const JsonDocument document(text, file);
  bool found = false;
  document.root().for_each_member([&](std::string_view key, const JsonNode& value) {
    if (key == "conda_pkg_format_version") found = value.unsigned_integer() == format_version;
  });
  return found;
}

void check_metadata(const ReadAt& read_at, const StoredMember& member, const std::string& package) {
  if (member.size_bytes > max_metadata_bytes)
    refuse(package, metadata_name, "is above 64 KiB", "Z08");
  std::string text(static_cast<std::size_t>(member.size_bytes), '\0');
  read_at(member.offset_bytes, std::as_writable_bytes(std::span(text)));
  bool sound = false;
  try {
    sound = says_version_2(text, member.name);
  } catch (const InputError& error) {
    refuse(package, "", error.what(), "Z08");
  }
  if (!sound) refuse(package, metadata_name, "does not say conda_pkg_format_version 2", "Z08");
}

}  // namespace

CondaMembers read_conda_members(const ReadAt& read_at, std::uint64_t file_size,
                                const std::string& package) {
  std::optional<StoredMember> metadata, info, pkg;
  for (StoredMember& member : read_stored_zip(read_at, file_size, package)) {
    if (member.name == metadata_name)
      metadata = std::move(member);
    else if (stem_of(member.name, "info-"))
      take(info, std::move(member), package);
    else if (stem_of(member.name, "pkg-"))
      take(pkg, std::move(member), package);
    else
      refuse(package, member.name, "is no member that a .conda has", "Z02");
  }
  if (!metadata) refuse(package, metadata_name, "is missing", "Z08");
  if (!info || !pkg)
    refuse(package, "", info ? "has no member pkg-*.tar.zst" : "has no member info-*.tar.zst",
           "Z02");
  if (stem_of(info->name, "info-") != stem_of(pkg->name, "pkg-"))
    refuse(package, info->name, "and '" + pkg->name + "' are of different packages", "Z07");
  check_metadata(read_at, *metadata, package);
  return {std::move(*info), std::move(*pkg)};
}

}  // namespace envlock
