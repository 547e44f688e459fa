#include <algorithm>
#include <array>
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

JsonLimits limits() {
  JsonLimits out;
  out.max_bytes = max_bytes;
  return out;
}

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

/// A list that stands in a document, cut out of it.
struct CutList {
  std::string_view content;  ///< Between its brackets.
  std::size_t first_line = 1;
};

/// The lists of a record that may have a hundred thousand items, by the letter: nothing is judged
/// here but where strings and brackets begin and end. What is left of the document, and each part
/// of a list, is then parsed strictly; so that a wrong cut is a refusal, never another record.
class ListCutter {
 public:
  ListCutter(std::string_view json, std::size_t least_bytes)
      : json_(json), least_bytes_(least_bytes) {
    run();
  }

  [[nodiscard]] const std::optional<CutList>& paths() const noexcept { return paths_; }
  [[nodiscard]] const std::optional<CutList>& files() const noexcept { return files_; }

  /// The document with both lists empty; its lines keep their numbers.
  [[nodiscard]] std::string rest() const {
    std::string out;
    const char* from = json_.data();
    std::array<const CutList*, 2> lists{paths_ ? &*paths_ : nullptr, files_ ? &*files_ : nullptr};
    if (lists[0] != nullptr && lists[1] != nullptr &&
        lists[1]->content.data() < lists[0]->content.data())
      std::swap(lists[0], lists[1]);
    for (const CutList* list : lists) {
      if (list == nullptr) continue;
      out.append(from, list->content.data());
      out.append(static_cast<std::size_t>(std::ranges::count(list->content, '\n')), '\n');
      from = list->content.data() + list->content.size();
    }
    return out.append(from, json_.data() + json_.size());
  }

 private:
  /// @return the text of the string that starts at `at_`, as it is spelt; `at_` is then behind it
  std::string_view take_string() {
    const std::size_t start = ++at_;
    while (at_ < json_.size() && json_[at_] != '"') at_ += json_[at_] == '\\' ? 2U : 1U;
    const std::size_t end = std::min(at_++, json_.size());
    return json_.substr(start, end - start);
  }

  void run() {
    std::string_view key;      // the last string
    std::string_view outside;  // the key of the object of depth 2 that is open
    std::size_t depth = 0;
    std::size_t start = 0;
    std::optional<CutList>* list = nullptr;
    std::size_t list_depth = 0;
    while (at_ < json_.size()) {
      const char c = json_[at_];
      if (c == '"') {
        const std::string_view text = take_string();
        if (list == nullptr) key = text;
        continue;
      }
      ++at_;
      if (c == '{' || c == '[') {
        ++depth;
        if (list != nullptr) continue;
        if (c == '{' && depth == 2) outside = key;
        if (c != '[') continue;
        if (depth == 2 && key == "files" && !files_) list = &files_;
        if (depth == 3 && key == "paths" && outside == "paths_data" && !paths_) list = &paths_;
        start = at_;
        list_depth = depth;
      } else if (c == '}' || c == ']') {
        if (list != nullptr && depth == list_depth && at_ - 1 - start <= least_bytes_) {
          list = nullptr;  // short enough to stay
        } else if (list != nullptr && depth == list_depth) {
          *list = CutList{
              json_.substr(start, at_ - 1 - start),
              static_cast<std::size_t>(std::ranges::count(json_.substr(0, start), '\n')) + 1};
          list = nullptr;
        }
        if (depth > 0) --depth;
      }
    }
  }

  std::string_view json_;
  std::size_t least_bytes_;
  std::size_t at_ = 0;
  std::optional<CutList> paths_, files_;
};

/// The end of a part of a list that has at least `least` bytes: a comma between items, or the end.
std::size_t end_of_part(std::string_view content, std::size_t least) {
  std::size_t depth = 0;
  bool in_text = false;
  for (std::size_t at = 0; at < content.size(); ++at) {
    const char c = content[at];
    if (in_text) {
      if (c == '\\') ++at;
      if (c == '"') in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth > 0) --depth;
    } else if (c == ',' && depth == 0 && at >= least) {
      return at;
    }
  }
  return content.size();
}

/// Calls `visit` with each item of a list, of which only a part is parsed at a time.
template <class Visit>
void for_each_part(const CutList& list, const std::string& file, std::size_t batch_bytes,
                   const Visit& visit) {
  std::string_view rest = list.content;
  std::size_t line = list.first_line;
  std::string text;
  bool is_first = true;
  for (;;) {
    const std::size_t end = end_of_part(rest, batch_bytes);
    const std::string_view part = rest.substr(0, end);
    const bool is_last = end == rest.size();
    text.assign(1, '[').append(part).append(1, ']');
    const JsonDocument document(text, file, limits(), line);
    const JsonNode root = document.root();
    const bool is_empty_list = is_first && is_last;
    if (root.item_count() == 0 && !is_empty_list)
      root.fail("expected an item before or behind ','");
    root.for_each_item(visit);
    if (is_last) return;
    line += static_cast<std::size_t>(std::ranges::count(part, '\n'));
    rest.remove_prefix(end + 1);
    is_first = false;
  }
}

std::vector<std::string> read_specs(const Members& members) {
  std::vector<std::string> specs = members.texts("requested_specs");
  const std::string spec = members.text("requested_spec");
  const bool is_spec = !spec.empty() && spec != "None";  // as old versions of conda wrote it
  if (specs.empty() && is_spec) specs.push_back(spec);
  return specs;
}

}  // namespace

std::optional<PrefixRecord> read_prefix_record(std::string_view json, const std::string& file,
                                               const PrefixPathSink& sink,
                                               std::size_t batch_bytes) {
  if (json.size() > max_bytes) {
    throw InputError(SourcePlace{file, 0, 0}, "expected at most " + std::to_string(max_bytes) +
                                                  " bytes, found " + std::to_string(json.size()));
  }
  const ListCutter lists(json, batch_bytes);
  PrefixRecord record;
  {
    const std::string rest = lists.rest();
    const JsonDocument document(rest, file, limits());
    const JsonNode root = document.root();
    const Members members(root);
    for (const std::string_view key : {"name", "version", "build"}) {
      const JsonNode* const node = members.find(key);
      if (node == nullptr || !node->is_text() || node->view().empty()) return std::nullopt;
    }
    record.record = read_record(members);
    record.requested_specs = read_specs(members);
    const auto told = [&](const JsonNode& item) {
      if (!sink(record, read_path(item), false)) item.fail("the path is given twice");
    };
    // Short lists, and those whose keys are spelt with escapes, are still here.
    if (const JsonNode* const data = members.find("paths_data")) {
      const Members inner(*data);
      if (const JsonNode* const list = inner.find("paths")) list->for_each_item(told);
    }
    if (lists.paths()) {
      for_each_part(*lists.paths(), file, batch_bytes, told);
    }
    const auto listed = [&](const JsonNode& item) {
      PrefixPath path;
      path.path = read_path_text(item);
      (void)sink(record, std::move(path), true);
    };
    if (const JsonNode* const list = members.find("files")) list->for_each_item(listed);
    if (lists.files()) for_each_part(*lists.files(), file, batch_bytes, listed);
  }
  return record;
}

std::optional<PrefixRecord> read_prefix_record(std::string_view json, const std::string& file) {
  std::vector<PrefixPath> paths;
  std::unordered_set<std::string> seen;
  std::optional<PrefixRecord> record = read_prefix_record(
      json, file, [&](const PrefixRecord&, PrefixPath path, bool is_listed_only) {
        const bool is_new = seen.insert(path.path).second;
        // Old records have the list of names alone, others name all twice.
        if (!is_new) return is_listed_only;
        paths.push_back(std::move(path));
        return true;
      });
  if (record) record->paths = std::move(paths);
  return record;
}

}  // namespace envlock
