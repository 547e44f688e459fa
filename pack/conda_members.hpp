#pragma once

#include <cstdint>
#include <string>

#include "pack/stored_zip.hpp"

namespace envlock {

/// The two tars of a .conda: what describes the package, and the package.
struct CondaMembers {
  StoredMember info, pkg;
};

/// Finds them (CF 7.2): exactly metadata.json of format version 2, `info-STEM.tar.zst` and
/// `pkg-STEM.tar.zst`, in any order. The stem need not be that of the file's name: who renames a
/// package changes nothing in it.
/// @throws TrustError for what is refused (Z01 to Z09), IoError from `read_at`
CondaMembers read_conda_members(const ReadAt& read_at, std::uint64_t file_size,
                                const std::string& package);

}  // namespace envlock
