#include <algorithm>
#include <charconv>
#include <type_traits>
#include <unordered_set>

#include "model/prefix_record.hpp"
#include "model/strict_json.hpp"
#include "model/time.hpp"

namespace envlock {
namespace {

/// A record of a package with a million files.
constexpr std::size_t max_bytes = std::size_t{256} << 20U;

/// The members of an object of which only some are known; those that are null count as absent.
class Members {
 public:
  explicit Members(const JsonNode& node) {
    node.for_each_member([&](std::string_view key, const JsonNode& value) {
      if (value.kind() != JsonNode::Kind::null) members_.emplace_back(key, value);
    });
  }

  [[nodiscard]] const JsonNode* find(std::string_view key) const {
    const auto at = std::find_if(members_.begin(), members_.end(),
                                 [&](const auto& member) { return member.first == key; });
    return at == members_.end() ? nullptr : &at->second;
  }

  [[nodiscard]] std::string text(std::string_view key) const {
    const JsonNode* const node = find(key);
    return node == nullptr ? std::string() : node->text();
  }

  [[nodiscard]] std::vector<std::string> texts(std::string_view key) const {
    std::vector<std::string> out;
    if (const JsonNode* const node = find(key)) {
      node->for_each_item([&](const JsonNode& item) { out.push_back(item.text()); });
    }
    return out;
  }

  /// An empty text is what mamba writes for a digest that it does not know.
  [[nodiscard]] const JsonNode* find_digest(std::string_view key) const {
    const JsonNode* const node = find(key);
    return node == nullptr || (node->is_text() && node->view().empty()) ? nullptr : node;
  }

 private:
  std::vector<std::pair<std::string_view, JsonNode>> members_;
};

/// A whole number, also as digits in a text (design section 12, J03).
template <class Integer>
Integer lenient_number(const JsonNode& node) {
  if (!node.is_text()) {
    if constexpr (std::is_signed_v<Integer>) return node.integer();
    return static_cast<Integer>(node.unsigned_integer());
  }
  const std::string_view digits = node.view();
  Integer number = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (fault != std::errc() || end != digits.data() + digits.size()) {
    node.fail_expected("a whole number");
  }
  return number;
}

NoArch read_noarch(const JsonNode& node) {
  if (!node.is_text()) return node.boolean() ? NoArch::generic : NoArch::none;  // old conda-build
  for (const NoArch kind : {NoArch::generic, NoArch::python}) {
    if (node.view() == to_string(kind)) return kind;
  }
  node.fail_expected("'generic' or 'python'");
}

/// A list, or a text with commas or spaces between.
std::vector<std::string> read_features(const Members& members) {
  const JsonNode* const node = members.find("track_features");
  if (node == nullptr || !node->is_text()) return members.texts("track_features");
  std::vector<std::string> out;
  std::string_view rest = node->view();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of(", "), rest.size());
    if (end > 0) out.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

bool cut_end(std::string& text, const std::string& end) {
  if (text.size() <= end.size() || text.substr(text.size() - end.size()) != end) return false;
  text.resize(text.size() - end.size());
  return true;
}

/// The base URL of the channel: what stands before the subdir in the package's URL, else what the
/// record calls its channel, which is a name, or a URL with or without subdir (CF 8.9).
std::string channel_of(const PackageRecord& record, std::string channel) {
  std::string base = record.url;
  const std::size_t slash = base.rfind('/');
  if (slash != std::string::npos) {
    base.resize(slash);
    if (cut_end(base, "/" + record.subdir)) return base;
  }
  while (!channel.empty() && channel.back() == '/') channel.pop_back();
  (void)cut_end(channel, "/" + record.subdir);
  return channel;
}

PackageRecord read_record(const Members& members) {
  PackageRecord record;
  record.name = members.text("name");
  record.version = members.text("version");
  record.build = members.text("build");
  if (const auto* node = members.find("build_number")) {
    record.build_number = lenient_number<std::uint64_t>(*node);
  }
  record.subdir = members.text("subdir");
  record.fn = members.text("fn");
  record.url = members.text("url");
  record.channel_url = channel_of(record, members.text("channel"));
  if (const auto* node = members.find_digest("sha256")) record.sha256 = node->sha256();
  if (const auto* node = members.find_digest("md5")) record.md5 = node->md5();
  if (const auto* node = members.find("size")) record.size = node->unsigned_integer();
  for (const auto& [key, time] : {std::pair("timestamp", &record.timestamp_ms),
                                  std::pair("indexed_timestamp", &record.indexed_timestamp_ms)}) {
    const JsonNode* const node = members.find(key);
    if (node == nullptr) continue;
    *time = timestamp_to_ms(lenient_number<std::int64_t>(*node));
  }
  record.license = members.text("license");
  record.license_family = members.text("license_family");
  record.depends = members.texts("depends");
  record.constrains = members.texts("constrains");
  record.track_features = read_features(members);
  if (const auto* node = members.find("noarch")) record.noarch = read_noarch(*node);
  record.python_site_packages_path = members.text("python_site_packages_path");
  return record;
}

std::string read_path_text(const JsonNode& node) {
  std::string path = node.text();
  if (const auto fault = package_path_fault(path)) node.fail(*fault);
  return path;
}

PrefixPath::Kind read_kind(const JsonNode* node) {
  using Kind = PrefixPath::Kind;
  if (node == nullptr) return Kind::file;
  const std::string_view text = node->view();
  if (text == "hardlink") return Kind::file;
  if (text == "softlink") return Kind::link;
  if (text == "directory") return Kind::directory;
  if (text == "pyc_file") return Kind::pyc;
  return text == "unix_python_entry_point" ? Kind::entry_point : Kind::other;
}

PrefixPath read_path(const JsonNode& node) {
  const Members members(node);
  const JsonNode* const name = members.find("_path");
  if (name == nullptr) node.fail("'_path' is missing");
  PrefixPath path;
  path.path = read_path_text(*name);
  path.kind = read_kind(members.find("path_type"));
  if (const auto* digest = members.find_digest("sha256")) path.sha256 = digest->sha256();
  if (const auto* digest = members.find_digest("sha256_in_prefix")) {
    path.sha256_in_prefix = digest->sha256();
  }
  if (const auto* size = members.find("size_in_bytes")) path.size_bytes = size->unsigned_integer();
  path.placeholder = members.text("prefix_placeholder");
  const JsonNode* const mode = members.find("file_mode");
  if (mode != nullptr && mode->view() == "binary") path.placeholder_mode = PlaceholderMode::binary;
  return path;
}

std::vector<PrefixPath> read_paths(const Members& members) {
  std::vector<PrefixPath> paths;
  std::unordered_set<std::string> seen;
  if (const JsonNode* const data = members.find("paths_data")) {
    const Members inner(*data);
    if (const JsonNode* const list = inner.find("paths")) {
      list->for_each_item([&](const JsonNode& item) {
        PrefixPath path = read_path(item);
        if (!seen.insert(path.path).second) item.fail("the path is given twice");
        paths.push_back(std::move(path));
      });
    }
  }
  // Old records have this list alone.
  if (const JsonNode* const files = members.find("files")) {
    files->for_each_item([&](const JsonNode& item) {
      PrefixPath path;
      path.path = read_path_text(item);
      if (seen.insert(path.path).second) paths.push_back(std::move(path));
    });
  }
  return paths;
}

std::vector<std::string> read_specs(const Members& members) {
  std::vector<std::string> specs = members.texts("requested_specs");
  const std::string spec = members.text("requested_spec");
  const bool is_spec = !spec.empty() && spec != "None";  // as old versions of conda wrote it
  if (specs.empty() && is_spec) specs.push_back(spec);
  return specs;
}

}  // namespace

std::optional<PrefixRecord> read_prefix_record(std::string_view json, const std::string& file) {
  JsonLimits limits;
  limits.max_bytes = max_bytes;
  const JsonDocument document(json, file, limits);
  const JsonNode root = document.root();
  const Members members(root);
  for (const std::string_view key : {"name", "version", "build"}) {
    const JsonNode* const node = members.find(key);
    if (node == nullptr || !node->is_text() || node->view().empty()) return std::nullopt;
  }
  PrefixRecord record;
  record.record = read_record(members);
  record.requested_specs = read_specs(members);
  record.paths = read_paths(members);
  return record;
}

}  // namespace envlock
