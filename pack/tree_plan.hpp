#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "model/baseline.hpp"
#include "model/package_info.hpp"
#include "model/package_record.hpp"
#include "model/project_clobbers.hpp"
#include "pack/package_archive.hpp"

namespace envlock {

/// A package of an environment: what the lock says of it, and its verified archive.
struct PackageToPlace {
  PackageRecord record;
  std::string channel;  ///< The lock's name for it.
  bool requested = false;
  PackageArchive archive;
  /// Of a wheel that was asked for by URL: what PEP 610 has pip write down. Empty: none.
  std::string direct_url = {};
};

struct PlannedPackage {
  PackageToPlace source;
  PackageInfo info;
  std::vector<std::string> link_scripts;  ///< Paths in the prefix, sorted.
  std::optional<WheelInfo> wheel = {};    ///< Where it is one.
};

/// One path of the tree, decided before any byte is written.
struct PlannedFile {
  std::string path;  ///< In the prefix.
  /// Who has it, as indexes into TreePlan::packages; the first one's bytes are written, the others'
  /// are the same.
  std::vector<std::size_t> owners;
  PathType type = PathType::file;
  std::string source;   ///< In the first owner's archive; empty where the installer makes it.
  std::string content;  ///< Of what the installer makes, as packaged.
  /// It is read from a prefix (AssembleSettings::prefix_files), neither made nor in an archive.
  bool is_in_prefix = false;
  bool executable = false;  ///< Of what the installer makes, and of what is read from a prefix.
  std::string target = {};  ///< Of links that are read from a prefix.
  FileRole role = FileRole::plain;
  std::optional<Sha256> sha256;  ///< As packaged; nothing in old packages and for links.
  std::optional<std::uint64_t> size_bytes;
  std::string placeholder;  ///< Empty: none.
  PlaceholderMode placeholder_mode = PlaceholderMode::text;
};

/// The whole tree of an environment.
struct TreePlan {
  std::vector<PlannedPackage> packages;  ///< Sorted by (name, version, build).
  std::vector<PlannedFile> files;        ///< Sorted by path, each once.
  std::string python;                    ///< "3.11"; empty without python.
  std::string site_packages;             ///< Empty without python.
};

/// A file that belongs to no package: the installer's own.
struct ExtraFile {
  std::string path, content;  ///< As packaged: with `placeholder`, if any.
  bool executable = false;
  std::string placeholder = {};
};

/// Reads every package's info/ and decides where each path goes. Everything that can be wrong with
/// the tree is found here, and all of it at once: packages whose own identity is not the lock's
/// (6), noarch:python packages without python (8), paths that two packages own with other bytes, or
/// that are a file for one and a folder for another (8, naming the owners).
/// @param extra     files of the installer's own, owned by the package `envlock` that it adds where
///                  there are any
/// @param clobbers  whose file stands where several bring one with other bytes; the others lose the
///                  path
TreePlan plan_tree(std::vector<PackageToPlace> packages, std::vector<ExtraFile> extra,
                   std::size_t threads, const std::stop_token& stop,
                   std::span<const ClobberRule> clobbers = {});

/// The longest prefix, in bytes, that every binary placeholder of the plan has room for; nothing
/// where there are none.
std::optional<std::size_t> longest_prefix(const TreePlan& plan);

/// @throws Error (8) naming the packages and the room that they have
void require_prefix_fits(const TreePlan& plan, std::string_view prefix);

}  // namespace envlock
