#include <algorithm>
#include <string>
#include <tuple>
#include <unordered_map>

#include "model/baseline.hpp"
#include "model/baseline_keys.hpp"
#include "model/strict_json.hpp"

namespace envlock {
namespace {

/// Half a gigabyte is more than two million files.
constexpr std::size_t max_bytes = std::size_t{512} << 20U;
constexpr std::size_t max_text_bytes = std::size_t{1} << 20U;
/// A document of 200,000 files is not parsed at once: its tree would take three times its size.
constexpr std::size_t batch_bytes = std::size_t{256} << 10U;
/// What a line of the list of files starts with, its comma and its line end aside.
constexpr std::string_view list_start = "\n  \"files\": [\n";
constexpr std::string_view list_end = "\n  ]\n}\n";
constexpr std::string_view layout_hint =
    "a baseline is read as 'envlock baseline' writes it, one file a line: restore it";

JsonLimits limits() {
  JsonLimits out;
  out.max_bytes = max_bytes;
  out.max_text_bytes = max_text_bytes;
  return out;
}

/// First of all, since a baseline of a later version may have keys that are unknown here.
void check_version(const JsonNode& root) {
  bool seen = false;
  root.for_each_member([&](std::string_view key, const JsonNode& node) {
    if (key != "baseline_version") return;
    seen = true;
    const std::uint64_t version = node.unsigned_integer();
    if (version == Baseline::current_version) return;
    node.fail("expected version " + std::to_string(Baseline::current_version) + ", found " +
                  std::to_string(version),
              "use an envlock that knows this version, or make it anew with 'envlock baseline'");
  });
  if (!seen) root.fail("'baseline_version' is missing: this is no baseline of envlock");
}

std::string read_path(const JsonNode& node) {
  std::string path = node.text();
  if (const auto fault = package_path_fault(path)) node.fail(*fault);
  return path;
}

void read_variables(const JsonNode& node, Baseline& baseline) {
  node.for_each_member([&](std::string_view name, const JsonNode& value) {
    if (name.empty() || name.find('=') != std::string_view::npos) {
      value.fail("expected the name of a variable as key");
    }
    baseline.variables.emplace(name, value.text());
  });
}

BaselinePackage read_package(const JsonNode& node) {
  const JsonObject object(node, baseline_keys::package);
  BaselinePackage package;
  package.name = object.at("name").non_empty_text();
  package.version = object.at("version").text();
  package.build = object.at("build").text();
  package.subdir = object.at("subdir").text();
  package.channel = object.at("channel").text();
  package.fn = object.at("fn").text();
  package.sha256 = object.at("sha256").sha256();
  return package;
}

void read_packages(const JsonNode& node, Baseline& baseline) {
  const auto key = [](const BaselinePackage& p) { return std::tie(p.name, p.version, p.build); };
  node.for_each_item([&](const JsonNode& item) {
    BaselinePackage package = read_package(item);
    if (!baseline.packages.empty()) {
      const BaselinePackage& before = baseline.packages.back();
      if (package.name == before.name) item.fail("a second package of this name");
      if (key(package) < key(before))
        item.fail("out of order: it belongs above '" + before.name + "'");
    }
    baseline.packages.push_back(std::move(package));
  });
}

/// All but the files: `head` ends with an empty list of them.
Baseline read_head(std::string_view head, const std::string& file) {
  const JsonDocument document(head, file, limits());
  const JsonNode root = document.root();
  check_version(root);
  const JsonObject object(root, baseline_keys::document);
  const JsonNode subdir = object.at("platform");
  const auto platform = Platform::parse(subdir.view());
  if (!platform) subdir.fail_expected("a platform such as 'linux-64'");
  Baseline baseline{*platform, {}, {}, {}, {}, {}};
  baseline.lock_sha256 = object.at("lock_sha256").sha256();
  if (const auto node = object.find("site_packages")) baseline.site_packages = read_path(*node);
  if (const auto node = object.find("variables")) read_variables(*node, baseline);
  read_packages(object.at("packages"), baseline);
  if (object.at("files").item_count() != 0) {
    root.fail("expected each file on a line of its own", std::string(layout_hint));
  }
  return baseline;
}

/// The bytes that stand in `hex`; only what no text could say is written so.
std::string read_hex(const JsonNode& node) {
  const std::string_view hex = node.view();
  const auto digit = [&](char c) -> unsigned {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10U;
    node.fail_expected("lower-case hex digits, two for each byte");
  };
  if (hex.size() % 2 != 0) node.fail_expected("lower-case hex digits, two for each byte");
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    out += static_cast<char>(digit(hex[i]) << 4U | digit(hex[i + 1]));
  }
  return out;
}

FileRole read_role(const JsonNode& node) {
  for (const FileRole role : {FileRole::entry_point, FileRole::link_script, FileRole::activation,
                              FileRole::startup, FileRole::byte_code, FileRole::script_product}) {
    if (node.view() == to_string(role)) return role;
  }
  node.fail_expected(
      "'entry_point', 'link_script', 'activation', 'startup', 'byte_code' or 'script_product'");
}

/// The first line and the offsets tell of the same bytes.
void check_shebang(const JsonNode& node, const PlaceholderUse& use) {
  const std::string& line = use.shebang;
  const bool is_line = line.substr(0, 2) == "#!" && line.find('\n') == std::string::npos;
  if (!is_line || use.mode != PlaceholderMode::text || use.offsets.empty()) {
    node.fail_expected("the first line of a script with its placeholder");
  }
  for (const std::uint64_t offset : use.offsets) {
    const bool inside = offset < line.size();
    if (!inside && offset != use.offsets.front()) break;
    if (!inside || line.compare(offset, use.placeholder.size(), use.placeholder) != 0) {
      node.fail_expected("the placeholder at " + std::to_string(offset));
    }
  }
}

PlaceholderUse read_placeholder(const JsonObject& object, std::uint64_t size_bytes) {
  PlaceholderUse use;
  use.placeholder = object.at("placeholder").non_empty_text();
  const JsonNode mode = object.at("mode");
  if (mode.view() == "binary") {
    use.mode = PlaceholderMode::binary;
  } else if (mode.view() != "text") {
    mode.fail_expected("'text' or 'binary'");
  }
  std::uint64_t end = 0;
  object.at("offsets").for_each_item([&](const JsonNode& node) {
    const std::uint64_t offset = node.unsigned_integer();
    const bool fits =
        offset >= end && offset <= size_bytes && use.placeholder.size() <= size_bytes - offset;
    if (!fits) node.fail_expected("ascending offsets of placeholders inside the file");
    use.offsets.push_back(offset);
    end = offset + use.placeholder.size();
  });
  const auto text = object.find("shebang");
  const auto hex = object.find("shebang_hex");
  if (text && hex) hex->fail("'shebang' is there, too");
  if (text) use.shebang = text->text();
  if (hex) use.shebang = read_hex(*hex);
  if (text || hex) check_shebang(text ? *text : *hex, use);
  return use;
}

void refuse_members(const JsonObject& object, std::initializer_list<std::string_view> keys,
                    std::string_view of) {
  for (const std::string_view key : keys) {
    if (const auto node = object.find(key)) node->fail("not for " + std::string(of));
  }
}

using PackageIndexes = std::unordered_map<std::string_view, std::size_t>;

BaselineFile read_file(const JsonNode& node, const PackageIndexes& packages) {
  const JsonObject object(node, baseline_keys::file);
  BaselineFile file;
  file.path = read_path(object.at("path"));
  file.package = BaselineFile::own;
  if (const auto owner = object.find("package")) {
    const auto at = packages.find(owner->view());
    if (at == packages.end()) owner->fail_expected("the name of a package of 'packages'");
    file.package = at->second;
  }
  if (const auto role = object.find("role")) file.role = read_role(*role);
  const auto directory = object.find("directory");
  const auto link = object.find("link");
  if (file.role == FileRole::byte_code) {
    // It may be missing: nothing else may pass for it.
    if (!file.path.ends_with(".pyc")) node.fail("only a .pyc is byte code");
    refuse_members(object, {"directory", "link", "executable", "placeholder"}, "byte code");
  }
  if (file.role == FileRole::script_product)
    refuse_members(object, {"directory", "placeholder"}, "what a link script made");
  if (directory || link) {
    refuse_members(object,
                   {"executable", "size", "sha256", "placeholder", "mode", "offsets", "shebang",
                    "shebang_hex"},
                   directory ? "directories" : "links");
    if (directory && link) link->fail("not for directories");
    file.type = directory ? PathType::directory : PathType::link;
    if (directory && !directory->boolean()) directory->fail_expected("true");
    if (link) {
      file.target = link->text();
      if (const auto fault = link_target_fault(file.path, file.target)) link->fail(*fault);
    }
    return file;
  }
  if (const auto mode = object.find("executable")) file.executable = mode->boolean();
  file.size_bytes = object.at("size").unsigned_integer();
  file.sha256 = object.at("sha256").sha256();
  if (object.find("placeholder")) {
    file.placeholder = read_placeholder(object, file.size_bytes);
  } else {
    refuse_members(object, {"mode", "offsets", "shebang", "shebang_hex"},
                   "files without 'placeholder'");
  }
  return file;
}

/// Reads the lines of the list of files, some at a time.
class FileList {
 public:
  FileList(Baseline& baseline, const std::string& file) : baseline_(baseline), file_(file) {
    for (std::size_t i = 0; i < baseline.packages.size(); ++i) {
      packages_.emplace(baseline.packages[i].name, i);
    }
  }

  /// @param first_line  where `lines` start in the file
  void read(std::string_view lines, std::size_t first_line) {
    std::size_t line = first_line;
    while (!lines.empty()) {
      const std::size_t least = std::min(batch_bytes, lines.size() - 1);
      const std::size_t end = std::min(lines.find('\n', least), lines.size());
      line += read_batch(lines.substr(0, end), line, end == lines.size());
      lines.remove_prefix(std::min(end + 1, lines.size()));
    }
  }

 private:
  /// @return how many lines were read
  std::size_t read_batch(std::string_view lines, std::size_t first_line, bool is_last) {
    if (!is_last) {
      if (lines.back() != ',') refuse_layout(first_line);
      lines.remove_suffix(1);
    }
    text_.assign(1, '[');
    text_.append(lines).append(1, ']');
    const JsonDocument document(text_, file_, limits(), first_line);
    const JsonNode root = document.root();
    const auto count = static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n')) + 1;
    if (root.item_count() != count) refuse_layout(first_line);
    root.for_each_item([&](const JsonNode& node) { add(node); });
    return count;
  }

  void add(const JsonNode& node) {
    BaselineFile file = read_file(node, packages_);
    if (!baseline_.files.empty() && file.path <= baseline_.files.back().path) {
      node.fail(file.path == baseline_.files.back().path
                    ? "the path is given twice"
                    : "out of order: it belongs above '" + baseline_.files.back().path + "'");
    }
    check_parents(node, file.path);
    baseline_.files.push_back(std::move(file));
  }

  /// What is no folder has nothing in it. Parents stand before their children.
  void check_parents(const JsonNode& node, const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return;
    std::string_view parent = std::string_view(path).substr(0, slash);
    if (parent == checked_parent_) return;  // as for most files
    checked_parent_ = parent;
    for (;;) {
      const auto at = std::lower_bound(
          baseline_.files.begin(), baseline_.files.end(), parent,
          [](const BaselineFile& file, std::string_view wanted) { return file.path < wanted; });
      const bool found = at != baseline_.files.end() && at->path == parent;
      if (found && at->type != PathType::directory) {
        node.fail("'" + at->path + "' is no folder");
      }
      const std::size_t next = parent.rfind('/');
      if (next == std::string_view::npos) return;
      parent = parent.substr(0, next);
    }
  }

  [[noreturn]] void refuse_layout(std::size_t line) const {
    throw InputError(SourcePlace{file_, line, 0}, "expected each file on a line of its own",
                     std::string(layout_hint));
  }

  Baseline& baseline_;
  const std::string& file_;
  PackageIndexes packages_;
  std::string checked_parent_;
  std::string text_;
};

}  // namespace

Baseline read_baseline(std::string_view json, const std::string& file) {
  if (json.size() > max_bytes) {
    throw InputError(SourcePlace{file, 0, 0}, "expected at most " + std::to_string(max_bytes) +
                                                  " bytes, found " + std::to_string(json.size()));
  }
  // No text of a JSON document has a line end in it: the first of these starts the list.
  const std::size_t start = json.find(list_start);
  if (start == std::string_view::npos) return read_head(json, file);  // no files at all
  const bool is_whole =
      json.size() >= list_end.size() && json.substr(json.size() - list_end.size()) == list_end;
  const std::size_t content = start + list_start.size();
  if (!is_whole || json.size() - list_end.size() < content) {
    throw InputError(SourcePlace{file, 0, 0}, "the list of files has no end: the file is cut off",
                     std::string(layout_hint));
  }
  std::string head(json.substr(0, content));
  head += "]}";
  Baseline baseline = read_head(head, file);
  const auto first_line =
      static_cast<std::size_t>(
          std::count(json.begin(), json.begin() + static_cast<std::ptrdiff_t>(content), '\n')) +
      1;
  const std::string_view lines = json.substr(content, json.size() - list_end.size() - content);
  baseline.files.reserve(static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n')) +
                         1);
  FileList(baseline, file).read(lines, first_line);
  return baseline;
}

}  // namespace envlock
