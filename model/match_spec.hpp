#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/string_matcher.hpp"
#include "model/version_spec.hpp"

namespace envlock {

/// The parts of a record that a MatchSpec looks at, borrowed from whoever holds the record. Empty
/// text: no such field.
struct MatchFields {
  std::string_view name;
  const Version* version = nullptr;
  std::string_view build;
  std::uint64_t build_number = 0;
  std::string_view channel_url;  ///< Base URL, canonical.
  std::string_view subdir;
  std::string_view fn;
  std::string_view url;
  std::string_view md5;     ///< Lower-case hex.
  std::string_view sha256;  ///< Lower-case hex.
  std::string_view license;
  std::string_view license_family;
  std::string_view track_features;  ///< Joined by ' ', sorted.
};

/// What `build_number=` demands: ">=3", or "3" for equality.
struct BuildNumberSpec {
  enum class Op : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal };
  Op op = Op::equal;
  std::uint64_t value = 0;
  [[nodiscard]] bool matches(std::uint64_t build_number) const noexcept;
  [[nodiscard]] std::string to_string() const;
};

/// A request for packages such as "conda-forge::numpy >=1.7,<2" (CEP 29 and 43-45, CF 4). Equality
/// is that of the canonical texts. Copies share what is rarely given.
class MatchSpec {
 public:
  static constexpr std::size_t max_text_bytes = 65536;

  /// What few requests say. Nothing or empty: any.
  struct Details {
    std::optional<std::string> channel;  ///< As written, without subdir: the caller resolves it.
    std::optional<std::string> subdir;
    std::optional<std::string> fn;
    std::optional<std::string> url;  ///< Normalised, without hash.
    std::optional<std::string> md5;
    std::optional<std::string> sha256;
    std::optional<StringMatcher> name;  ///< A glob or regular expression; "*" is none.
    std::optional<StringMatcher> license;
    std::optional<StringMatcher> license_family;
    std::vector<std::string> track_features;  ///< Sorted; a record must have just these.
    std::optional<std::string> when;          ///< Checked, not evaluated.
    std::vector<std::string> extras;          ///< Sorted.
    std::vector<std::string> flags;           ///< Sorted; each a flag or a glob.
  };

  /// Reads any form of CF 4: positional, brackets, package URL or absolute path with an optional
  /// hash, `mkl@`. A namespace is read and dropped, as is a '#' comment. @throws InputError with
  /// the text, what is wrong and what to write
  static MatchSpec parse(std::string_view text);

  /// In lower case; "" where it is a glob or regular expression.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] bool has_exact_name() const noexcept { return !name_.empty(); }
  [[nodiscard]] bool matches_name(std::string_view name) const;  ///< Case is ignored.
  [[nodiscard]] const VersionSpec& version() const noexcept { return version_; }
  [[nodiscard]] const std::optional<StringMatcher>& build() const noexcept { return build_; }
  [[nodiscard]] const std::optional<BuildNumberSpec>& build_number() const noexcept {
    return build_number_;
  }
  [[nodiscard]] const Details& details() const noexcept;
  [[nodiscard]] const std::optional<std::string>& channel() const noexcept {
    return details().channel;
  }

  /// Everything but the channel and the conditions of CEP 43-45.
  [[nodiscard]] bool matches(const MatchFields& fields) const;
  /// The part of matches() that concerns the build; case matters in builds.
  [[nodiscard]] bool matches_build(std::string_view build, std::uint64_t build_number) const {
    return (!build_ || build_->matches(build)) &&
           (!build_number_ || build_number_->matches(build_number));
  }
  /// Where true, an exact or any name, version() and matches_build() decide alone: no channel,
  /// subdir or other field, and no condition.
  [[nodiscard]] bool looks_only_at_name_version_build() const noexcept { return !details_; }
  /// Has `when=`, `extras=` or `flags=` (CEP 43-45): matches() alone must not be trusted.
  [[nodiscard]] bool is_conditional() const noexcept;
  /// Canonical text (CF 4.5): parse(to_string()) == *this, and requests that mean the same print
  /// the same.
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const MatchSpec& a, const MatchSpec& b) {
    return a.to_string() == b.to_string();
  }

 private:
  class Parser;
  MatchSpec() = default;
  std::string name_;
  VersionSpec version_;
  std::optional<StringMatcher> build_;  ///< Never "*".
  std::optional<BuildNumberSpec> build_number_;
  std::shared_ptr<const Details> details_;  ///< Null where nothing of it is given.
};

}  // namespace envlock
