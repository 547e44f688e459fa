#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>

#include "fetch/channel_listing.hpp"
#include "model/guarded.hpp"
#include "model/package_record.hpp"
#include "model/unique_fd.hpp"

namespace envlock {

/// A folder that conda, micromamba, pixi and envlock install from as from any channel:
/// DIR/SUBDIR/FILE and DIR/SUBDIR/repodata.json (and .zst). Package files come first and each
/// appears whole; the listings are replaced at the end, so that a run that fails leaves the folder
/// as good as it was. What earlier runs put there stays. `add` is thread-safe.
/// As long as it lives no other process or ChannelFolder writes into the folder: both would read
/// the same listing, and the second to write it would drop what the first had added.
class ChannelFolder {
 public:
  /// Makes the folder where it is missing, and nothing else. @throws IoError
  static void make(const std::filesystem::path& dir);

  /// Makes the folder and takes it for this object alone: waits while another has it. The lock is a
  /// flock on the folder, which leaves no file and ends with its process, however that ends; where
  /// the file system has none, work goes on without.
  /// @param on_wait  called once where it has to wait
  /// @throws IoError, Interrupted
  explicit ChannelFolder(std::filesystem::path dir, const std::stop_token& stop = {},
                         const std::function<void()>& on_wait = {});

  /// Copies a package into the folder and notes its record. Never a hard link: what is done to one
  /// file must not show in the other. The bytes are hashed as they are copied. A file that is there
  /// with the right bytes is kept.
  /// @param record  with sha256
  /// @throws TrustError (6) where two packages with other bytes have one place in the folder
  ///         (naming both), where the bytes are not those of the record, or where subdir or file
  ///         name cannot be part of a path; IoError
  void add(const PackageRecord& record, const std::filesystem::path& file);

  /// The same for a wheel, which goes to DIR/pypi/FILE and into no listing.
  void add_wheel(const PackageRecord& record, const std::filesystem::path& file);

  /// Writes the listings of every subdir that has something new, and one of noarch, without which
  /// a folder is no channel. Call once, last.
  /// @throws IoError; InputError where a listing is there that envlock did not write
  void finish();

 private:
  struct Subdir {
    ChannelListing earlier;  ///< What is listed already and still there.
    std::map<std::string, PackageRecord> added;
  };
  using Subdirs = std::map<std::string, Subdir>;

  [[nodiscard]] ChannelListing read_earlier(const std::string& subdir) const;
  /// The entry of a subdir, with its folder made and what is in it read.
  Subdir& open(Subdirs& subdirs, const std::string& subdir) const;
  void write_listing(const std::string& name, const Subdir& subdir) const;

  std::filesystem::path dir_;
  UniqueFd lock_;  ///< The folder; closing it unlocks.
  Guarded<Subdirs> subdirs_;
  Guarded<std::map<std::string, PackageRecord>> wheels_;  ///< By file name.
};

}  // namespace envlock
