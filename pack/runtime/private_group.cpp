#include "pack/runtime/private_group.hpp"

#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::runtime {
namespace {

/// The fields of a line of /etc/passwd or /etc/group.
std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t colon = line.find(':');
    fields.push_back(line.substr(0, colon));
    if (colon == std::string_view::npos) return fields;
    line.remove_prefix(colon + 1);
  }
}

struct Entry {
  std::string name, last;  ///< `last`: a group's members.
};

std::optional<Entry> find_id(const char* file, std::size_t fields, unsigned id) {
  std::ifstream in(file);
  const std::string wanted = std::to_string(id);
  for (std::string line; std::getline(in, line);) {
    const auto found = fields_of(line);
    if (found.size() == fields && found[2] == wanted)
      return Entry{std::string(found.front()), std::string(found.back())};
  }
  return {};
}

}  // namespace

bool is_private_group(uid_t owner, gid_t group) {
  const auto user = find_id("/etc/passwd", 7, owner);
  const auto its_group = find_id("/etc/group", 4, group);
  return user && its_group && user->name == its_group->name && its_group->last.empty();
}

}  // namespace envlock::runtime
