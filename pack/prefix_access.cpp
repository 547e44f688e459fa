#include "pack/prefix_access.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "model/error.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

bool lies_below(const std::string& prefix, const std::string& home) {
  if (home.empty() || home.front() != '/') return false;
  std::error_code error;
  std::string folder = fs::weakly_canonical(home, error).string();
  if (error || folder == "/") return false;
  return prefix == folder || prefix.starts_with(folder + '/');
}

}  // namespace

ChosenAccess private_access() { return {{0700, {}}, "private (0700)"}; }

ChosenAccess shared_access() { return {{0755, {}}, "shared (0755)"}; }

ChosenAccess default_access(const std::string& prefix, const std::string& home) {
  if (::geteuid() != 0 || lies_below(prefix, home)) return private_access();
  ChosenAccess access = shared_access();
  access.reason += ", because root installs it outside of its home";
  return access;
}

void set_access(const UniqueFd& folder, const PrefixAccess& access, const std::string& shown) {
  if (access.group && ::fchown(folder.get(), static_cast<uid_t>(-1), *access.group) != 0)
    throw IoError("cannot give '" + shown + "' to the group", errno);
  if (::fchmod(folder.get(), access.mode) != 0)
    throw IoError("cannot set the mode of '" + shown + "'", errno);
}

}  // namespace envlock
