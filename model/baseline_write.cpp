#include <set>
#include <string>

#include "model/baseline.hpp"
#include "model/error.hpp"
#include "model/json_writer.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

std::string hex_of(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

void write_package(JsonWriter& json, const BaselinePackage& package) {
  json.begin_line_object().member("name", package.name).member("version", package.version);
  json.member("build", package.build).member("subdir", package.subdir);
  json.member("channel", package.channel).member("fn", package.fn);
  json.member("sha256", package.sha256.hex()).end_object();
}

void write_placeholder(JsonWriter& json, const PlaceholderUse& use) {
  json.member("placeholder", use.placeholder);
  json.member("mode", use.mode == PlaceholderMode::text ? "text" : "binary");
  json.key("offsets").begin_array();
  for (const std::uint64_t offset : use.offsets) json.value(offset);
  json.end_array();
  if (use.shebang.empty()) return;
  // JSON has no place for bytes that are not UTF-8, and its reader takes no NUL.
  const bool is_text = is_utf8(use.shebang) && use.shebang.find('\0') == std::string::npos;
  if (is_text) {
    json.member("shebang", use.shebang);
  } else {
    json.member("shebang_hex", hex_of(use.shebang));
  }
}

void write_file(JsonWriter& json, const BaselineFile& file, const Baseline& baseline) {
  json.begin_line_object().member("path", file.path);
  if (file.package != BaselineFile::own)
    json.member("package", baseline.packages[file.package].name);
  if (file.role != FileRole::plain) json.member("role", to_string(file.role));
  switch (file.type) {
    case PathType::directory:
      json.member("directory", true);
      break;
    case PathType::link:
      json.member("link", file.target);
      break;
    case PathType::file:
      if (file.executable) json.member("executable", true);
      json.member("size", file.size_bytes).member("sha256", file.sha256.hex());
      if (file.placeholder) write_placeholder(json, *file.placeholder);
      break;
  }
  json.end_object();
}

/// What the reader would refuse is a mistake of whoever made the baseline: told here, not to a user
/// who reads it years later.
void check_order(const Baseline& baseline) {
  std::set<std::string_view> names;
  for (const BaselinePackage& package : baseline.packages) {
    if (!names.insert(package.name).second) {
      throw InternalError("baseline: two packages are named '" + package.name + "'");
    }
  }
  std::string_view before;
  for (const BaselineFile& file : baseline.files) {
    if (file.path <= before) throw InternalError("baseline: '" + file.path + "' is out of order");
    if (file.package >= baseline.packages.size() && file.package != BaselineFile::own) {
      throw InternalError("baseline: '" + file.path + "' has no package");
    }
    before = file.path;
  }
}

}  // namespace

std::string write_baseline(const Baseline& baseline) {
  check_order(baseline);
  JsonWriter json;
  json.begin_object().member("baseline_version", Baseline::current_version);
  json.member("platform", baseline.platform.subdir());
  json.member("lock_sha256", baseline.lock_sha256.hex());
  if (!baseline.site_packages.empty()) json.member("site_packages", baseline.site_packages);
  if (!baseline.variables.empty()) {
    json.key("variables").begin_object();
    for (const auto& [name, value] : baseline.variables) json.member(name, value);
    json.end_object();
  }
  json.key("packages").begin_array();
  for (const BaselinePackage& package : baseline.packages) write_package(json, package);
  json.end_array().key("files").begin_array();
  for (const BaselineFile& file : baseline.files) {
    write_file(json, file, baseline);
  }
  return json.end_array().end_object().take();
}

}  // namespace envlock
