#include "cli/prefix_argument.hpp"

#include <grp.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <vector>

#include "model/error.hpp"
#include "model/prefix_path.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

std::optional<gid_t> find_group(const std::string& name) {
  // An entry holds all the names of its members.
  constexpr std::size_t most_bytes = std::size_t{64} << 20U;
  std::vector<char> buffer(64U << 10U);
  group entry{};
  group* found = nullptr;
  int error_number = 0;
  while ((error_number =
              ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found)) == EINTR ||
         (error_number == ERANGE && buffer.size() < most_bytes)) {
    if (error_number == ERANGE) buffer.resize(buffer.size() * 2);
  }
  if (error_number == 0 && found != nullptr) return entry.gr_gid;
  gid_t id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (error == std::errc() && end == name.data() + name.size()) return id;
  return {};
}

}  // namespace

Option prefix_option(std::string_view help) {
  return {
      .name = "prefix", .letter = 'p', .value = "DIR", .help = help, .kind = ValueKind::directory};
}

std::string absolute_prefix(const std::string& given) {
  require_nameable_prefix(given);
  std::error_code error;
  fs::path path = fs::absolute(given, error).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  if (error || given.empty() || path == path.root_path())
    throw UsageError("'" + given + "' cannot be a prefix", "name a folder of its own");
  const fs::path parent = fs::weakly_canonical(path.parent_path(), error);
  if (error) throw IoError("cannot look at '" + path.parent_path().string() + "'", error.value());
  return (parent / path.filename()).string();
}

std::string resolved_prefix(const std::string& given) {
  const std::string prefix = absolute_prefix(given);
  std::error_code error;
  const fs::path real = fs::canonical(prefix, error);
  if (error) return prefix;  // who opens it says what is wrong
  require_nameable_prefix(real.string());
  if (real == real.root_path())
    throw UsageError("'" + given + "' cannot be a prefix", "name a folder of its own");
  return real.string();
}

std::string require_prefix(const ParsedArgs& args) {
  if (!args.has("prefix")) throw UsageError("no prefix is given", "say which folder: --prefix DIR");
  return absolute_prefix(args.value("prefix"));
}

ChosenAccess choose_access(const ParsedArgs& args, const std::string& prefix,
                           const EnvironmentLookup& environment) {
  const int given = static_cast<int>(args.has("private")) + static_cast<int>(args.has("shared")) +
                    static_cast<int>(args.has("group"));
  if (given > 1)
    throw UsageError("'--private', '--shared' and '--group' exclude each other", "give one");
  if (args.has("private")) return private_access();
  if (args.has("shared")) return shared_access();
  if (args.has("group")) {
    const std::string name = args.value("group");
    const auto group = find_group(name);
    if (!group) throw UsageError("there is no group '" + name + "'", "see: getent group");
    return {{0750, group}, "for the group " + name + " (0750)"};
  }
  return default_access(prefix, environment("HOME").value_or(""));
}

}  // namespace envlock
