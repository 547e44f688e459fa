#pragma once

#include <compare>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace envlock {

/// A platform that an environment is made for, named by its subdir ("linux-64"). Never "noarch".
class Platform {
 public:
  /// Any subdir of CEP 26's form (`^[a-z0-9]+-[a-z0-9]+$`, at most 32 characters), known or not.
  static std::optional<Platform> parse(std::string_view subdir);
  /// The platform that this program was built for.
  static Platform host();
  [[nodiscard]] const std::string& subdir() const noexcept { return subdir_; }
  [[nodiscard]] std::string_view os() const noexcept;    ///< Before the dash: "linux".
  [[nodiscard]] std::string_view arch() const noexcept;  ///< After the dash: "64".
  friend bool operator==(const Platform&, const Platform&) = default;
  friend auto operator<=>(const Platform&, const Platform&) = default;

 private:
  explicit Platform(std::string subdir) : subdir_(std::move(subdir)) {}
  std::string subdir_;
};

/// The subdirs that tools agree on, "noarch" among them, sorted (CF 1.2). Only these are
/// recognised as the last part of a channel's path.
std::span<const std::string_view> known_subdirs() noexcept;
bool is_known_subdir(std::string_view text) noexcept;

}  // namespace envlock
