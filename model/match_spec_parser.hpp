#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/match_spec.hpp"
#include "model/match_spec_keys.hpp"

namespace envlock {

/// Reads one text into one MatchSpec, by the steps of CF 4.1. Private to match_spec_*.cpp: the
/// positional form is in match_spec_parser.cpp, keys and package files in match_spec_details.cpp.
class MatchSpec::Parser {
 public:
  MatchSpec parse(std::string_view text);

 private:
  // [channel[/subdir]::]name[ version[ build]][[key=value,...]]
  void parse_usual(std::string_view text);
  void parse_front(std::string_view text);
  void parse_version_and_build(std::string_view rest);
  void set_positional_version(std::string_view text, char build_separator);
  void set_name(std::string_view name);
  void set_channel(std::string_view channel);
  void set_subdir(std::string_view subdir);
  void set_build(std::string_view text);

  // The URL or path of a package (CF 4.6).
  static bool is_package_file(std::string_view text) noexcept;
  void parse_package_file(std::string_view text);
  std::string_view take_hash(std::string_view text);

  // Keys in brackets (CF 4.3).
  void set(const BracketItem& item);
  void set_version_key(const BracketItem& item);
  void set_build_key(const BracketItem& item);
  void set_build_number_key(const BracketItem& item);
  void set_channel_key(const BracketItem& item);
  void set_subdir_key(const BracketItem& item);
  void set_fn_key(const BracketItem& item);
  void set_url_key(const BracketItem& item);
  void set_md5_key(const BracketItem& item);
  void set_sha256_key(const BracketItem& item);
  void set_track_features_key(const BracketItem& item);
  void set_license_key(const BracketItem& item);
  void set_license_family_key(const BracketItem& item);
  void set_when_key(const BracketItem& item);
  void set_extras_key(const BracketItem& item);
  void set_flags_key(const BracketItem& item);
  void ignore_key(const BracketItem& item);
  void refuse_features_key(const BracketItem& item);
  [[nodiscard]] bool has_details() const noexcept;

  MatchSpec spec_;
  Details more_;
  std::optional<std::string> key_subdir_;  ///< The key wins over a channel's subdir.
  bool has_build_key_ = false;
};

}  // namespace envlock
