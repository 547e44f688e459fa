#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "model/error.hpp"
#include "model/strict_json.hpp"
#include "verify/audit_context.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_depth = 8;
constexpr std::size_t max_files = 5000;

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

/// Files below etc/ that may hold settings: by their ends, or without one.
bool may_hold_settings(std::string_view name) {
  constexpr std::array<std::string_view, 14> ends{".env",  ".json",       ".ini",  ".cfg",  ".conf",
                                                  ".yaml", ".yml",        ".toml", ".py",   ".sh",
                                                  ".key",  ".properties", ".pem",  ".netrc"};
  return name.find('.') == std::string_view::npos ||
         std::any_of(ends.begin(), ends.end(), [&](auto end) { return ends_with(name, end); });
}

/// The first secret of a file, and how many there are.
struct Secrets {
  std::size_t count = 0, line = 0;
  std::string text;
  void add(std::size_t number, std::string shown) {
    if (count++ > 0) return;
    line = number;
    text = std::move(shown);
  }
};

void find_in_json(const JsonNode& node, std::string_view name, Secrets& found) {
  if (node.kind() == JsonNode::Kind::object) {
    node.for_each_member(
        [&](std::string_view key, const JsonNode& member) { find_in_json(member, key, found); });
  } else if (node.kind() == JsonNode::Kind::list) {
    node.for_each_item([&](const JsonNode& item) { find_in_json(item, name, found); });
  } else if (node.is_text()) {
    const bool is_named = is_secret_name(name) && is_secret_value(node.view());
    const std::string value = node.text();
    if (!is_named && !has_credentials(value)) return;
    const std::string shown =
        "\"" + std::string(name) + "\": \"" + (is_named ? "***" : masked_line(value)) + "\"";
    found.add(found.count == 0 ? node.place().line : 0, shown);
  }
}

bool find_in_json(const std::string& text, const std::string& path, Secrets& found) {
  try {
    const JsonDocument document(text, path);
    const JsonNode root = document.root();
    find_in_json(root, "", found);
    return true;
  } catch (const InputError&) {  // no strict JSON: then its lines are looked at
    found = {};
    return false;
  }
}

Secrets secrets_of(const std::string& text, const std::string& path) {
  Secrets found;
  const bool is_json = ends_with(path, ".json") || path == "conda-meta/state";
  if (is_json && find_in_json(text, path, found)) return found;
  for (const TextLine& line : lines_of(text)) {
    const auto assignment = parse_assignment(line.text);
    const bool is_named =
        assignment && is_secret_name(assignment->name) && is_secret_value(assignment->value);
    if (!is_named && !has_credentials(line.text)) continue;
    found.add(line.number,
              is_named ? masked_line(line.text, assignment->value) : masked_line(line.text));
  }
  return found;
}

class SecretScan {
 public:
  explicit SecretScan(AuditContext& context)
      : context_(context), prefix_(context.prefixes().front()) {}

  void scan() {
    for (const char* const path :
         {".env", ".condarc", "condarc", "conda-meta/state", "conda-meta/history"}) {
      look_at(path);
    }
    walk("condarc.d", 1);
    walk("etc", max_depth);
  }

 private:
  void walk(const std::string& folder, std::size_t depth) {
    struct stat status {};
    const std::string place = prefix_ / folder;
    if (::lstat(place.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return;
    for (const std::string& name : list_host_folder(place).names) {
      const std::string path = std::filesystem::path(folder) / name;
      if (::lstat((prefix_ / path).c_str(), &status) != 0) continue;
      if (S_ISDIR(status.st_mode) && depth > 1) {
        walk(path, depth - 1);
      } else if (S_ISREG(status.st_mode) && may_hold_settings(name)) {
        look_at(path);
      }
    }
  }

  void look_at(const std::string& path) {
    const std::string place = prefix_ / path;
    struct stat status {};
    if (::lstat(place.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
    if ((status.st_mode & S_IROTH) == 0 || !is_reachable_by_others(place)) return;
    if (context_.read_paths().count(place) != 0) return;  // Jupyter's, judged already
    const auto& is_packaged = context_.request().is_packaged;
    if (is_packaged && is_packaged(path)) return;
    if (++files_ > max_files) {
      if (files_ == max_files + 1) context_.count("files below etc");
      return;
    }
    const HostFile file = read_host_file(place);
    context_.look();
    if (!file.text) return;
    const std::size_t key = file.text->find("PRIVATE KEY-----");
    if (key != std::string::npos) {
      const auto before = file.text->begin() + static_cast<std::ptrdiff_t>(key);
      const auto line = std::count(file.text->begin(), before, '\n') + 1;
      context_.add(place, {"EL417", static_cast<std::size_t>(line), "a private key", "",
                           "every user can read the private key in it", "mode 0600"});
      return;
    }
    const Secrets found = secrets_of(*file.text, path);
    if (found.count == 0) return;
    const std::string more =
        found.count > 1 ? " and " + std::to_string(found.count - 1) + " more" : "";
    context_.add(place, {"EL431", found.line, found.text + more, "",
                         "every user can read a secret in it", "mode 0600"});
  }

  AuditContext& context_;
  std::filesystem::path prefix_;
  std::size_t files_ = 0;
};

}  // namespace

void audit_secrets(AuditContext& context) { SecretScan(context).scan(); }

}  // namespace envlock
