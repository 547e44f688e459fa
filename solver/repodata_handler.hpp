#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

#include "model/error.hpp"

namespace envlock {

/// The value of an element of which the type is known. By value: a loop over a member of a
/// temporary result would outlive it.
inline simdjson::dom::object object_of(simdjson::dom::element value) {
  return value.get_object().value_unsafe();
}
inline simdjson::dom::array array_of(simdjson::dom::element value) {
  return value.get_array().value_unsafe();
}
inline std::string_view text_of(simdjson::dom::element value) {
  return value.get_string().value_unsafe();
}

/// What a RepodataHandler throws about the member that it was given; the batch adds where it is.
struct BadMember {
  ExitCode code = ExitCode::invalid_input;  ///< Or untrusted.
  std::string what;                         ///< "field 'size' is text, not a whole number"
  std::string hint;
};

/// Gets the parts of a repodata.json in the order of the document, from one thread at a time. Views
/// and elements live until the call returns.
class RepodataHandler {
 public:
  RepodataHandler() = default;
  virtual ~RepodataHandler() = default;
  RepodataHandler(const RepodataHandler&) = delete;
  RepodataHandler& operator=(const RepodataHandler&) = delete;

  virtual bool wants_raw_records() const = 0;  ///< Then `raw` is set. Always the same answer.
  virtual void top_level(std::string_view key, simdjson::dom::element value) = 0;
  /// record() will soon be called for this one.
  virtual void announce_record(std::string_view file_name) = 0;
  virtual void record(std::string_view file_name, simdjson::dom::element value,
                      std::string_view raw) = 0;
  /// A record of which a text has a NUL in it (J04).
  virtual void unreadable_record(std::string_view file_name) = 0;
  virtual void removed(simdjson::dom::element value) = 0;
  virtual void signature(std::string_view file_name, simdjson::dom::element value,
                         std::string_view raw) = 0;
  virtual void v3_record(std::string_view extension, std::string_view stem,
                         simdjson::dom::element value) = 0;
};

}  // namespace envlock
