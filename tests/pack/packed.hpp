#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "pack/pack_archive.hpp"
#include "tests/pack/placing.hpp"
#include "tests/support/tar_bytes.hpp"

namespace envlock::test {

/// Two packages with links, a text and a binary with placeholders, an empty folder and a program.
struct PackedPackages : Packages {
  PackedPackages();
};

/// Writes a pack of packages.
void pack_to(const Packages& packages, const std::filesystem::path& file,
             PackSettings settings = {}, const std::string& lock_text = "lock one\n");

/// The members of a plain tar, for tests that put another one together.
std::vector<TarEntry> entries_of(const std::string& tar);

/// The entries as a plain tar that other tools take.
std::string plain_pack(const std::vector<TarEntry>& entries);

/// The entries as a .tar.zst with a table: one frame for the first `head` of them, one for each
/// other.
std::string framed_pack(const std::vector<TarEntry>& entries, std::size_t head);

/// Unpacks a pack into a prefix. @return "", or "EXIT: message"
std::string unpack_result(const std::filesystem::path& pack, const std::filesystem::path& prefix,
                          std::size_t threads = 2);

}  // namespace envlock::test
