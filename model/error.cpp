#include "model/error.hpp"

#include <system_error>

namespace envlock {

std::string_view kind_of(ExitCode code) noexcept {
  switch (code) {
    case ExitCode::ok:
      return "ok";
    case ExitCode::findings:
      return "findings";
    case ExitCode::usage:
      return "usage";
    case ExitCode::invalid_input:
      return "invalid-input";
    case ExitCode::unsolvable:
      return "unsolvable";
    case ExitCode::network:
      return "network";
    case ExitCode::untrusted:
      return "untrusted";
    case ExitCode::io:
      return "io";
    case ExitCode::unfit:
      return "unfit";
    case ExitCode::internal:
      return "internal";
    case ExitCode::interrupted:
      return "interrupted";
  }
  return "internal";
}

std::string SourcePlace::to_string() const {
  if (line == 0) return file;
  return file + ':' + std::to_string(line);
}

InputError::InputError(const SourcePlace& place, const std::string& message, std::string hint)
    : Error(ExitCode::invalid_input,
            place.file.empty() ? message : place.to_string() + ": " + message, std::move(hint)) {
  if (!place.file.empty()) add_detail("file", place.file);
  if (place.line != 0) add_detail("line", std::to_string(place.line));
  if (place.column != 0) add_detail("column", std::to_string(place.column));
}

IoError::IoError(const std::string& message, int error_number, std::string hint)
    : Error(ExitCode::io, message + ": " + std::generic_category().message(error_number),
            std::move(hint)) {}

}  // namespace envlock
