#include "pack/refusal.hpp"

#include "model/error.hpp"
#include "model/text.hpp"

namespace envlock {

void refuse(const std::string& package, std::string_view member, const std::string& what,
            std::string_view rule) {
  std::string message = "'" + package + "': ";
  if (!member.empty()) message.append("'").append(printable(member, 1024)).append("': ");
  message.append(what).append(" (rule ").append(rule).append(")");
  throw TrustError(message,
                   "do not install this package; whoever built it can tell whether this is a slip "
                   "or an attack");
}

void refuse_pack(const std::string& pack, std::string_view member, const std::string& what) {
  std::string message = "'" + pack + "' is no pack of envlock, or damaged: ";
  if (!member.empty()) message.append("'").append(printable(member, 1024)).append("' ");
  throw TrustError(message + what, damaged_pack_hint);
}

}  // namespace envlock
