#include "model/package_info.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "model/entry_point.hpp"
#include "model/error.hpp"
#include "model/old_package_info.hpp"
#include "model/package_index.hpp"
#include "model/strict_json.hpp"

namespace envlock {
namespace {

/// A package of 200,000 files has about 50 MB of paths.json.
constexpr JsonLimits paths_limits{.max_bytes = std::size_t{256} << 20U};
constexpr JsonLimits small_limits{.max_bytes = std::size_t{16} << 20U};
/// Of one file: so all of them together stay far from 2^64 (A17).
constexpr std::uint64_t max_file_bytes = std::uint64_t{1} << 40U;
constexpr std::size_t max_entry_points = 10'000;

/// Calls `visit(key, node)` for the members that have a value: null is said to be absent.
template <class Visit>
void for_each_value(const JsonNode& object, Visit visit) {
  object.for_each_member([&](std::string_view key, const JsonNode& node) {
    if (node.kind() != JsonNode::Kind::null) visit(key, node);
  });
}

void require_version_1(const JsonNode& document, std::string_view key) {
  bool is_there = false;
  for_each_value(document, [&](std::string_view name, const JsonNode& node) {
    if (name != key) return;
    is_there = true;
    if (node.unsigned_integer() != 1) node.fail_expected("1, the only version that there is");
  });
  if (!is_there) document.fail("'" + std::string(key) + "' is missing");
}

/// Digits in a text occur (design section 12, J03).
std::uint64_t read_build_number(const JsonNode& node) {
  if (!node.is_text()) return node.unsigned_integer();
  const std::string_view text = node.view();
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || stop != text.data() + text.size()) {
    node.fail_expected("a whole number from 0");
  }
  return number;
}

NoArch read_noarch(const JsonNode& node) {
  if (!node.is_text()) return node.boolean() ? NoArch::generic : NoArch::none;  // before conda 4.3
  const std::string_view kind = node.view();
  if (kind == "python") return NoArch::python;
  if (kind == "generic") return NoArch::generic;
  if (!kind.empty()) node.fail_expected("'python' or 'generic'");
  return NoArch::none;
}

PackageIndex read_index(std::string_view json) {
  const JsonDocument document(json, "info/index.json", small_limits);
  const JsonNode root = document.root();
  PackageIndex index;
  bool has_number = false;
  for_each_value(root, [&](std::string_view key, const JsonNode& node) {
    if (key == "name") index.name = node.non_empty_text();
    if (key == "version") index.version = node.non_empty_text();
    if (key == "build") index.build = node.non_empty_text();
    if (key == "build_number") {
      index.build_number = read_build_number(node);
      has_number = true;
    }
    if (key == "subdir") index.subdir = node.text();
    if (key == "noarch") index.noarch = read_noarch(node);
    if (key == "python_site_packages_path") index.python_site_packages_path = node.text();
  });
  for (const auto& [key, is_missing] : {std::pair{"name", index.name.empty()},
                                        {"version", index.version.empty()},
                                        {"build", index.build.empty()},
                                        {"build_number", !has_number}}) {
    if (is_missing) root.fail("'" + std::string(key) + "' is missing");
  }
  return index;
}

PathType read_path_type(const JsonNode& node) {
  const std::string_view type = node.view();
  if (type == "hardlink") return PathType::file;
  if (type == "softlink") return PathType::link;
  if (type == "directory") return PathType::directory;
  node.fail_expected("'hardlink', 'softlink' or 'directory'");
}

PlaceholderMode read_mode(const JsonNode& node) {
  const std::string_view mode = node.view();
  if (mode == "text") return PlaceholderMode::text;
  if (mode == "binary") return PlaceholderMode::binary;
  node.fail_expected("'text' or 'binary'");
}

std::string read_placeholder(const JsonNode& node) {
  std::string placeholder = node.text();
  if (const auto fault = placeholder_fault(placeholder)) {
    node.fail("the placeholder '" + placeholder + "': " + *fault);
  }
  return placeholder;
}

PackagePath read_path(const JsonNode& entry) {
  PackagePath out;
  // What kind of entry this is may stand behind what only files have.
  for_each_value(entry, [&](std::string_view key, const JsonNode& node) {
    if (key == "path_type") out.type = read_path_type(node);
  });
  const bool is_file = out.type == PathType::file;
  for_each_value(entry, [&](std::string_view key, const JsonNode& node) {
    if (key == "_path") {
      out.path = node.text();
      if (const auto fault = package_path_fault(out.path)) {
        node.fail("the path '" + out.path + "': " + *fault);
      }
    } else if (key == "no_link") {
      (void)node.boolean();  // to be copied; installing always does
    } else if (key == "file_mode") {
      out.placeholder_mode = read_mode(node);
    } else if (key == "prefix_placeholder" && is_file) {  // a link's text is never rewritten
      out.placeholder = read_placeholder(node);
    } else if (key == "sha256" && is_file) {
      out.sha256 = node.sha256();
    } else if (key == "size_in_bytes" && is_file) {
      out.size_bytes = node.unsigned_integer();
      if (*out.size_bytes > max_file_bytes) node.fail_expected("at most 1 TiB");
    }
  });
  if (out.path.empty()) entry.fail("'_path' is missing");
  if (is_file && !out.sha256) entry.fail("'sha256' of '" + out.path + "' is missing");
  if (is_file && !out.size_bytes) entry.fail("'size_in_bytes' of '" + out.path + "' is missing");
  if (out.placeholder.empty()) out.placeholder_mode = PlaceholderMode::text;  // says nothing then
  return out;
}

std::vector<PackagePath> read_paths(std::string_view json) {
  const JsonDocument document(json, "info/paths.json", paths_limits);
  const JsonNode root = document.root();
  require_version_1(root, "paths_version");
  std::vector<PackagePath> paths;
  bool is_there = false;
  for_each_value(root, [&](std::string_view key, const JsonNode& list) {
    if (key != "paths") return;
    is_there = true;
    const std::size_t count = list.item_count();
    if (count > max_package_paths) list.fail(too_many_paths(count));
    paths.reserve(count);
    list.for_each_item([&](const JsonNode& entry) { paths.push_back(read_path(entry)); });
  });
  if (!is_there) root.fail("'paths' is missing");
  return paths;
}

EntryPoint read_entry_point(const JsonNode& node) {
  auto entry_point = parse_entry_point(node.view());
  if (!entry_point) node.fail_expected("an entry point as 'command = module:function'");
  return std::move(*entry_point);
}

/// The entry points of link.json, which must not contradict index.json about python.
std::vector<EntryPoint> read_link(std::string_view json, const PackageIndex& index) {
  const JsonDocument document(json, "info/link.json", small_limits);
  const JsonNode root = document.root();
  require_version_1(root, "package_metadata_version");
  std::vector<EntryPoint> entry_points;
  std::set<std::string> commands;
  const auto read_item = [&](const JsonNode& item) {
    if (entry_points.size() == max_entry_points)
      item.fail("more entry points than any package has");
    entry_points.push_back(read_entry_point(item));
    if (!commands.insert(entry_points.back().command).second) {
      item.fail("the command '" + entry_points.back().command + "' is given twice");
    }
  };
  for_each_value(root, [&](std::string_view key, const JsonNode& noarch) {
    if (key != "noarch") return;
    bool is_there = false;
    for_each_value(noarch, [&](std::string_view member, const JsonNode& node) {
      if (member == "entry_points") node.for_each_item(read_item);
      if (member != "type") return;
      is_there = true;
      const std::string_view type = node.view();
      if (type != "python" && type != "generic") node.fail_expected("'python' or 'generic'");
      if (type == "python" && index.noarch != NoArch::python) {
        node.fail("found 'python', which info/index.json does not say");
      }
    });
    if (!is_there) noarch.fail("'type' is missing");
  });
  return entry_points;
}

void sort_paths(std::vector<PackagePath>& paths) {
  std::ranges::sort(paths, {}, &PackagePath::path);
  const auto twice = std::ranges::adjacent_find(paths, {}, &PackagePath::path);
  if (twice != paths.end()) throw InputError("'" + twice->path + "' is listed twice");
}

[[noreturn]] void distrust(const std::string& package, const InputError& error) {
  throw TrustError("'" + package + "': " + error.what(),
                   "these are the bytes that the lock names: tell those who made the package, "
                   "and ask for another build of it");
}

}  // namespace

std::optional<bool> is_for_one_platform(std::string_view index_json) {
  try {
    return read_index(index_json).noarch == NoArch::none;
  } catch (const InputError&) {
    return {};
  }
}

void require_sound_link(std::string_view link_json, const PackageIndex& index,
                        const std::string& package) {
  try {
    (void)read_link(link_json, index);
  } catch (const InputError& error) {
    distrust(package, error);
  }
}

std::string_view to_string(PlaceholderMode mode) noexcept {
  return mode == PlaceholderMode::text ? "text" : "binary";
}

PackageInfo read_package_info(const PackageInfoFiles& files, const std::string& package) {
  try {
    PackageInfo info;
    if (!files.index_json) throw InputError("its info/index.json is missing");
    info.index = read_index(*files.index_json);
    if (files.paths_json) {
      info.paths = read_paths(*files.paths_json);
    } else if (files.files) {
      info.paths = read_old_package_paths(files);
    } else {
      throw InputError("it has neither info/paths.json nor info/files");
    }
    sort_paths(info.paths);
    if (files.link_json) info.entry_points = read_link(*files.link_json, info.index);
    return info;
  } catch (const InputError& error) {
    distrust(package, error);
  }
}

}  // namespace envlock
