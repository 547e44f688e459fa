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

}  // namespace envlock
