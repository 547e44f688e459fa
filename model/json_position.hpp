#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace envlock {

/// One step from a JSON value to a value inside it.
struct JsonStep {
  std::string_view key;          ///< Of a member of an object.
  std::size_t index = no_index;  ///< Of an item of an array; then `key` does not count.
  static constexpr std::size_t no_index = static_cast<std::size_t>(-1);
};

/// The first place where `text` is no JSON (RFC 8259), or nests or counts beyond our limits.
struct JsonFault {
  std::size_t offset = 0;
  std::string message;  ///< "expected ',' or '}', found '\"'"; empty: no fault.
};

/// Finds what is wrong with a document that the parser refused. Slow and exact: for messages.
JsonFault find_json_fault(std::string_view text, std::size_t max_depth);

/// The offset of the value that `steps` lead to from the top of `text`, which is JSON; of the last
/// one that is there, where the way ends early. For messages.
std::size_t find_json_value(std::string_view text, std::span<const JsonStep> steps);

/// Line (from 1) of `offset`.
std::size_t line_of_offset(std::string_view text, std::size_t offset) noexcept;

}  // namespace envlock
