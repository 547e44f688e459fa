#pragma once

#include <span>
#include <string>
#include <string_view>

#include "model/yaml_reader.hpp"

namespace envlock {

/// Reads those parts of envlock.yml where people may be tempted to write a secret. No message here
/// repeats a value.
class CredentialKeys {
 public:
  /// @param in  outlives this
  explicit CredentialKeys(const YamlReader& in) : in_(in) {}

  /// @param example  what could stand in the mapping, for the hint
  /// @throws InputError where it is a text, most likely the secret itself, or no mapping
  void require_mapping(const YamlEntry& entry, const std::string& example) const;
  /// As YamlReader::refuse_key; a key such as "password" has a hint of its own.
  [[noreturn]] void refuse_key(const YamlEntry& entry, const std::string& owner,
                               std::span<const std::string_view> known) const;
  /// The name of an environment variable (POSIX). A value that was pasted by mistake hardly ever is
  /// one.
  [[nodiscard]] std::string variable(const YamlEntry& entry) const;
  [[nodiscard]] std::string absolute_path(const YamlEntry& entry) const;

 private:
  const YamlReader& in_;
};

}  // namespace envlock
