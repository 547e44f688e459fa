#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/package_info.hpp"
#include "pack/package_archive.hpp"
#include "pack/tar_reader.hpp"
#include "pack/tree_rules.hpp"

// What is done with the members of a package's tars, each judged first.

namespace envlock {

/// Which tar it is that members come from.
enum class TarKind : std::uint8_t {
  whole,  ///< A .tar.bz2, which has all in one.
  info,   ///< info-*.tar.zst, which may have info/ alone.
  pkg,    ///< pkg-*.tar.zst, which may have none of it.
};

/// Keeps the texts of info/ that are read.
class InfoTaker final : public TarVisitor {
 public:
  InfoTaker(const std::string& package, TarKind kind, std::uint64_t max_file_bytes);

  void member(TarMember member) override;
  void data(std::span<const std::byte> bytes) override;
  void member_end() override { current_ = nullptr; }

  /// Whether all has come that is needed of a package with info/paths.json: one for a single
  /// platform needs no link.json, and ContentTaker judges that which comes later.
  [[nodiscard]] bool has_enough();
  [[nodiscard]] const PackageInfoFiles& files() const noexcept { return files_; }

 private:
  std::string package_;
  TarKind kind_;
  std::uint64_t max_file_bytes_;
  TreeRules rules_;
  PackageInfoFiles files_;
  std::string* current_ = nullptr;
  std::optional<bool> needs_link_;
};

/// Hands what is not in info/ to a visitor.
class ContentTaker final : public TarVisitor {
 public:
  /// @param index           the package's own; must outlive this
  /// @param max_file_bytes  of a link.json
  ContentTaker(const std::string& package, TarKind kind, const PackageIndex& index,
               std::uint64_t max_file_bytes, ArchiveVisitor& visitor);

  void member(TarMember member) override;
  void data(std::span<const std::byte> bytes) override;
  void member_end() override;

 private:
  std::string package_;
  TarKind kind_;
  TreeRules rules_;
  const PackageIndex& index_;
  std::uint64_t max_file_bytes_;
  ArchiveVisitor& visitor_;
  bool is_wanted_ = false;
  bool is_link_json_ = false;
  std::string link_json_;
};

}  // namespace envlock
