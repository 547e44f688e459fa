#include "pack/prefix_journal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <set>

#include "model/error.hpp"
#include "model/json_writer.hpp"
#include "model/open_beneath.hpp"
#include "model/package_info.hpp"
#include "model/strict_json.hpp"
#include "model/update_paths.hpp"
#include "pack/prefix_file.hpp"
#include "pack/prefix_lock.hpp"

namespace envlock {
namespace {

constexpr std::array<std::string_view, 3> keys{"remove", "folders", "place"};
constexpr JsonLimits limits{.max_bytes = std::size_t{1} << 30U, .max_items = 10'000'000};

void write_paths(JsonWriter& json, std::string_view key, const std::vector<std::string>& paths) {
  json.key(key).begin_array();
  for (const std::string& path : paths) json.value(path);
  json.end_array();
}

/// Records are the installer's to place: only for them conda-meta/ is allowed.
void require_path(const JsonNode& node, std::string_view path) {
  std::string_view judged = path;
  if (judged.starts_with("conda-meta/")) judged.remove_prefix(std::string_view("conda-").size());
  if (const auto fault = package_path_fault(judged)) node.fail(*fault);
}

std::vector<std::string> read_paths(const JsonObject& object, std::string_view key) {
  std::vector<std::string> paths;
  object.at(key).for_each_item([&](const JsonNode& node) {
    require_path(node, node.view());
    paths.emplace_back(node.view());
  });
  return paths;
}

class Applier {
 public:
  Applier(const UniqueFd& prefix, const PrefixJournal& journal, std::string shown)
      : prefix_(prefix), journal_(journal), shown_(std::move(shown)) {}

  void apply() {
    const UniqueFd stage =
        open_beneath(prefix_.get(), std::string(update_stage_folder), O_RDONLY | O_DIRECTORY);
    for (const std::string& path : journal_.remove) remove(path);
    for (const std::string& folder : emptied_) remove_if_empty(folder);
    for (const std::string& folder : journal_.folders) (void)folder_at(folder);
    // Without a stage, everything was placed.
    if (stage) {
      for (const std::string& path : journal_.place) place(stage, path);
    }
  }

 private:
  [[noreturn]] void fail(const std::string& what, const std::string& path) const {
    throw IoError("cannot " + what + " '" + shown_ + '/' + path + "'", errno,
                  "mend that and run the same command again: it completes what was begun");
  }

  void remove(const std::string& path) {
    const PathParts parts = split_path(path);
    const UniqueFd folder = open_beneath(prefix_.get(), parts.folder, O_RDONLY | O_DIRECTORY);
    if (!folder) {
      if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return;
      fail("remove", path);
    }
    if (::unlinkat(folder.get(), parts.name.c_str(), 0) != 0 && errno != ENOENT && errno != EISDIR)
      fail("remove", path);
    if (parts.folder != ".") emptied_.insert(parts.folder);
  }

  void remove_if_empty(std::string path) {
    while (path != ".") {
      const PathParts parts = split_path(path);
      const UniqueFd folder = open_beneath(prefix_.get(), parts.folder, O_RDONLY | O_DIRECTORY);
      // Not empty, a link, or gone: all fine.
      if (!folder || ::unlinkat(folder.get(), parts.name.c_str(), AT_REMOVEDIR) != 0) return;
      path = parts.folder;
    }
  }

  UniqueFd folder_at(const std::string& path) {
    UniqueFd folder = make_folder_beneath(prefix_.get(), path);
    if (!folder) fail("make the folder", path);
    return folder;
  }

  void place(const UniqueFd& stage, const std::string& path) {
    const PathParts parts = split_path(path);
    const UniqueFd from = open_beneath(stage.get(), parts.folder, O_RDONLY | O_DIRECTORY);
    if (!from) {
      if (errno == ENOENT) return;
      fail("place", path);
    }
    const UniqueFd to = folder_at(parts.folder);
    const char* const name = parts.name.c_str();
    if (::renameat(from.get(), name, to.get(), name) == 0 || errno == ENOENT) return;
    // An empty folder in a file's place is nobody's work.
    if (errno != EISDIR || ::unlinkat(to.get(), name, AT_REMOVEDIR) != 0 ||
        ::renameat(from.get(), name, to.get(), name) != 0)
      fail("place", path);
  }

  const UniqueFd& prefix_;
  const PrefixJournal& journal_;
  std::string shown_;
  /// Folders that lost something, the deepest first.
  std::set<std::string, std::greater<>> emptied_;
};

}  // namespace

std::string write_journal(const PrefixJournal& journal) {
  JsonWriter json;
  json.begin_object();
  write_paths(json, keys[0], journal.remove);
  write_paths(json, keys[1], journal.folders);
  write_paths(json, keys[2], journal.place);
  json.end_object();
  return json.take();
}

PrefixJournal read_journal(std::string_view json, const std::string& file) {
  const JsonDocument document(json, file, limits);
  const JsonNode root = document.root();
  const JsonObject object(root, keys);
  return {read_paths(object, keys[0]), read_paths(object, keys[1]), read_paths(object, keys[2])};
}

std::optional<PrefixJournal> find_journal(const UniqueFd& prefix, const std::string& shown) {
  const std::string name(update_journal_file);
  const auto text = read_prefix_file(prefix.get(), name, shown);
  if (!text) return {};
  return read_journal(*text, shown + '/' + name);
}

void commit_journal(const UniqueFd& prefix, const PrefixJournal& journal,
                    const std::string& shown) {
  const std::string name(update_journal_file);
  replace_prefix_file(prefix.get(), name, write_journal(journal), shown);
}

void apply_journal(const UniqueFd& prefix, const PrefixJournal& journal, const std::string& shown) {
  Applier(prefix, journal, shown).apply();
  if (::syncfs(prefix.get()) != 0) throw IoError("cannot write '" + shown + "'", errno);
  remove_tree(shown + '/' + std::string(update_stage_folder));
  if (::unlinkat(prefix.get(), std::string(update_journal_file).c_str(), 0) != 0 && errno != ENOENT)
    throw IoError("cannot remove the journal of '" + shown + "'", errno);
}

}  // namespace envlock
