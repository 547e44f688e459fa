#include "pack/pending_work.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "model/error.hpp"
#include "model/json_writer.hpp"
#include "model/open_beneath.hpp"
#include "model/strict_json.hpp"
#include "model/update_paths.hpp"
#include "pack/prefix_file.hpp"

namespace envlock {
namespace {

constexpr std::array<std::string_view, 2> keys{"byte_code", "link_scripts"};
constexpr JsonLimits limits{.max_bytes = std::size_t{16} << 20U};

void write_names(JsonWriter& json, std::string_view key, const std::vector<std::string>& names) {
  json.key(key).begin_array();
  for (const std::string& name : names) json.value(name);
  json.end_array();
}

std::vector<std::string> read_names(const JsonObject& object, std::string_view key) {
  std::vector<std::string> names;
  object.at(key).for_each_item([&](const JsonNode& node) { names.push_back(node.text()); });
  return names;
}

}  // namespace

std::string write_pending(const PendingWork& pending) {
  JsonWriter json;
  json.begin_object();
  write_names(json, keys[0], pending.byte_code);
  write_names(json, keys[1], pending.link_scripts);
  json.end_object();
  return json.take();
}

PendingWork read_pending(std::string_view json, const std::string& file) {
  const JsonDocument document(json, file, limits);
  const JsonNode root = document.root();
  const JsonObject object(root, keys);
  return {read_names(object, keys[0]), read_names(object, keys[1])};
}

PendingWork find_pending(const UniqueFd& prefix, const std::string& shown) {
  const std::string path(pending_install_file);
  const auto text = read_prefix_file(prefix.get(), path, shown);
  if (!text) return {};
  return read_pending(*text, shown + '/' + path);
}

void keep_pending(const UniqueFd& prefix, const PendingWork& pending, const std::string& shown) {
  const std::string path(pending_install_file);
  if (!pending.empty()) {
    replace_prefix_file(prefix.get(), path, write_pending(pending), shown);
    return;
  }
  const PathParts parts = split_path(path);
  const UniqueFd folder = open_beneath(prefix.get(), parts.folder, O_RDONLY | O_DIRECTORY);
  if (!folder || ::unlinkat(folder.get(), parts.name.c_str(), 0) == 0 || errno == ENOENT) return;
  throw IoError("cannot remove '" + shown + '/' + path + "'", errno);
}

}  // namespace envlock
