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

/// What stands in the file for the shebang line `packaged` (without line end) when it is installed
/// at `prefix`: plain replacement where the kernel can run it (up to `max_shebang_bytes`, no space
/// in the interpreter's path); else for python interpreters (`python`, `python3`, `python3.11`) the
/// two lines `#!/bin/sh` and `'''exec' "PATH" OPTIONS "$0" "$@" #'''`, else a form that works
/// without activation, too, where there is one. Lines are joined by '\n'.
std::string installed_shebang(std::string_view packaged, std::string_view placeholder,
                              std::string_view prefix);

/// Replaces a placeholder by a prefix while bytes pass. In binary mode each NUL-terminated string
/// keeps its length (padded with NULs at its end, or at the end of the file).
class Relocator {
 public:
  /// @param prefix  absolute, no trailing slash
  /// @throws Error (exit 8, unfit) in binary mode where the prefix is longer than the placeholder,
  ///         naming both lengths; InternalError for an empty placeholder
  Relocator(std::string placeholder, PlaceholderMode mode, std::string prefix, ByteSink sink);
  ~Relocator();
  Relocator(Relocator&&) noexcept;
  Relocator& operator=(Relocator&&) noexcept;
  void feed(std::span<const std::byte> bytes);
  /// Hands on what is left. @return where the placeholder stood
  PlaceholderUse finish();

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

/// Undoes it: installed bytes in, packaged bytes out. Where the installed bytes cannot be the
/// result of the replacement (another text stands at an offset, padding that is not NUL), it says
/// so instead of giving the bytes.
class Restorer {
 public:
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
