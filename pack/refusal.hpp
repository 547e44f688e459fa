#pragma once

#include <string>
#include <string_view>

namespace envlock {

/// Refuses a package archive: "'FILE.conda': 'MEMBER': what (rule A01)".
/// @param package  the archive's file name
/// @param member   as found: it is escaped and cut here, because a message ends at a NUL; empty
/// where
///                 the archive as a whole is meant
/// @param rule     of the hostile-input catalogue
/// @throws TrustError always
[[noreturn]] void refuse(const std::string& package, std::string_view member,
                         const std::string& what, std::string_view rule);

/// What to do about a pack that is not what `envlock pack` wrote: most are cut or damaged on the
/// way.
inline constexpr const char* damaged_pack_hint =
    "carry it over again, and compare its sha256 with FILE.sha256";

/// Refuses a pack: "'FILE' is no pack of envlock, or damaged: 'MEMBER' what". No rule is named: who
/// carries a pack to a machine can do nothing with it.
/// @param pack    as it is shown
/// @param member  as for refuse()
/// @throws TrustError always
[[noreturn]] void refuse_pack(const std::string& pack, std::string_view member,
                              const std::string& what);

}  // namespace envlock
