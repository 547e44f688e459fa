#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.hpp"
#include "model/yaml.hpp"

namespace envlock {

/// The selector comments (`- pywin32  # [win]`) of one environment file. They are comments to YAML,
/// so they are looked up in the text, by the line of the item that they stand behind (CEP 24).
class SelectorComments {
 public:
  /// @param text  must outlive this object
  SelectorComments(std::string_view text, std::string file);

  /// The expression behind a list item, marked as followed; nothing where there is none.
  /// @throws InputError where it cannot be evaluated, or stands behind several items
  std::optional<std::string> of(const YamlNode& item);
  /// One notice for all that were followed, and one for each that stands behind something else.
  [[nodiscard]] std::vector<std::string> notices() const;

 private:
  [[nodiscard]] std::optional<std::string> expression_in(std::string_view comment,
                                                         const SourcePlace& place) const;

  std::string file_;
  std::vector<std::string_view> lines_;
  std::vector<bool> followed_;
};

}  // namespace envlock
