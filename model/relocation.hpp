#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/package_info.hpp"

// Prefix replacement as a law between two byte streams (CF 8.2, 8.3), and back. Memory is constant:
// a library of a gigabyte is never held whole.

namespace envlock {

/// Where a placeholder stands in the packaged bytes of a file, and what must be known to undo its
/// replacement.
struct PlaceholderUse {
  std::string placeholder;
  PlaceholderMode mode = PlaceholderMode::text;
  std::vector<std::uint64_t> offsets;  ///< In the packaged file, ascending, not overlapping.
  /// The first line of a text file where it is a shebang with the placeholder in it, without the
  /// line end, as packaged: what is written for it is not always a plain replacement.
  std::string shebang;
  friend bool operator==(const PlaceholderUse&, const PlaceholderUse&) = default;
};

using ByteSink = std::function<void(std::span<const std::byte>)>;

/// The longest first line with which Linux starts a script everywhere: "#!" included, the line end
/// not (CF 8.2).
inline constexpr std::size_t max_shebang_bytes = 127;
/// A longer first line in a package is not looked at as a shebang, and replaced like any other
/// text.
inline constexpr std::size_t max_packaged_shebang_bytes = 4096;
/// At most so many places in one file: a placeholder of one letter could need more memory than the
/// file has bytes.
inline constexpr std::size_t max_placeholder_uses = 1'000'000;

/// What stands in the file for the shebang line `packaged` (without line end) when it is installed
/// at `prefix`. Lines are joined by '\n'. Plain replacement where the interpreter does not stand
/// below the placeholder, where the line holds a carriage return (such a script runs nowhere), and
/// where the kernel can run the result: up to `max_shebang_bytes`, no blank in the interpreter's
/// path, for python at most one word of options. Else, so that the script runs by its path without
/// activation:
/// - python, pypy: `#!/bin/sh` and `'''exec' "PATH" OPTIONS "$0" "$@" #'''`. Two known limits: a
///   docstring is no longer the first statement, so a `from __future__` behind one is an error to
///   python; and a coding other than UTF-8, which must stand in line 2, is not seen.
/// - perl: `#!/bin/sh`, `exec "PATH" -x OPTIONS "$0" "$@"` and `#!perl`, where perl -x starts.
/// - others: `#!/usr/bin/env -S 'PATH' OPTIONS` (coreutils 8.30, 2018) where that is short enough;
///   else `#!/usr/bin/env NAME`, which needs PATH: there is no form for them that does not.
std::string installed_shebang(std::string_view packaged, std::string_view placeholder,
                              std::string_view prefix);

/// Replaces a placeholder by a prefix while bytes pass: from the left, not overlapping, as UTF-8
/// bytes (not in UTF-16 or UTF-32, which conda tries, too). In binary mode each NUL-terminated
/// string keeps its length (padded with NULs at its end, or at the end of the file).
class Relocator {
 public:
  /// @param prefix  absolute, no trailing slash
  /// @throws Error (exit 8, unfit) in binary mode where the prefix is longer than the placeholder,
  ///         naming both lengths; InternalError where one of both is empty or holds a NUL
  Relocator(std::string placeholder, PlaceholderMode mode, std::string prefix, ByteSink sink);
  ~Relocator();
  Relocator(Relocator&&) noexcept;
  Relocator& operator=(Relocator&&) noexcept;
  /// @throws TrustError (6) beyond `max_placeholder_uses`
  void feed(std::span<const std::byte> bytes);
  /// Hands on what is left. Call once, last.
  /// @return where the placeholder stood; no offsets where it stands nowhere
  /// @throws TrustError (6) beyond `max_placeholder_uses`
  PlaceholderUse finish();

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

/// Undoes it: installed bytes in, packaged bytes out. Where the installed bytes cannot be the
/// result of the replacement (another text stands at an offset, padding that is not NUL), it says
/// so instead of giving the bytes. Different installed bytes never restore to the same packaged
/// ones, so comparing the digest of what comes out with the package's is proof.
class Restorer {
 public:
  /// @throws InternalError for an empty placeholder or prefix
  Restorer(PlaceholderUse use, std::string prefix, ByteSink sink);
  ~Restorer();
  Restorer(Restorer&&) noexcept;
  Restorer& operator=(Restorer&&) noexcept;
  void feed(std::span<const std::byte> bytes);
  /// True where all that was fed is what the replacement gives; only then the sink's bytes count.
  [[nodiscard]] bool finish();

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

/// The size in bytes that the file has when installed at `prefix`.
std::uint64_t installed_size(const PlaceholderUse& use, std::uint64_t packaged_size,
                             std::string_view prefix);

}  // namespace envlock
