#include "pack/prefix_access.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "model/error.hpp"

namespace envlock {

void set_access(const UniqueFd& folder, const PrefixAccess& access, const std::string& shown) {
  if (access.group && ::fchown(folder.get(), static_cast<uid_t>(-1), *access.group) != 0)
    throw IoError("cannot give '" + shown + "' to the group", errno);
  if (::fchmod(folder.get(), access.mode) != 0)
    throw IoError("cannot set the mode of '" + shown + "'", errno);
}

}  // namespace envlock
