#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/digest.hpp"

namespace envlock {

/// A path of a prefix that no package brought and that a finding tells, alone or with others.
struct UnownedFile {
  enum class Kind : std::uint8_t { file, link, special };
  std::string path;     ///< In the prefix.
  std::string told_at;  ///< Finding::path of the finding: its own, a folder above, or pip's.
  Kind kind = Kind::file;
  std::string family;  ///< "programs", "Python modules": what it can do, for counts.
  /// Of the bytes, or of a link's text, as they were when they were looked at; nothing where they
  /// could not be read.
  std::optional<Sha256> sha256;
};

}  // namespace envlock
