#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/digest.hpp"
#include "model/environment.hpp"
#include "model/requirement.hpp"
#include "model/url.hpp"

namespace envlock {

/// One line of a `pip:` list or of a requirements file, as pip reads it, as far as envlock locks
/// it. docs/pip.md lists what is refused, and why.
struct PipLine {
  enum class Kind : std::uint8_t {
    requirement,   ///< "flask[async] >=3", "name @ URL", a wheel's URL
    constraint,    ///< "constraint: flask<4": a line of a constraints file
    requirements,  ///< "-r FILE"
    constraints,   ///< "-c FILE"
    project,       ///< "-e .", "./tool[extra]": a folder
    wheel,         ///< "./wheels/tool-1.0-py3-none-any.whl"
    index,         ///< "--index-url URL", "--extra-index-url URL"
    pre,           ///< "--pre"
    nothing        ///< What envlock does anyway: "--only-binary :all:"
  };
  Kind kind = Kind::requirement;
  Requirement requirement;          ///< Of requirement, constraint, and the name of a wheel.
  std::vector<Sha256> hashes;       ///< "--hash=sha256:HEX" and "#sha256=HEX": one of them it is.
  std::optional<Url> url;           ///< Of "name @ URL", without fragment; of an index.
  std::string path;                 ///< Of files and folders, as written.
  std::vector<std::string> extras;  ///< Of a project.
  bool is_editable = false;
  bool is_extra_index = false;
};

/// What stands before a line of a constraints file in the text that a lock has for it.
inline constexpr std::string_view constraint_mark = "constraint: ";

/// @throws InputError saying what is refused and why, without a place
PipLine parse_pip_line(std::string_view text);

/// The lines of a requirements file: comments and empty lines gone, lines that end in a backslash
/// joined with the next.
/// @param path  names the file in places and messages
/// @throws InputError where it is no UTF-8 text, or has too many lines
std::vector<RequestedSpec> split_requirements(std::string_view text, const std::string& path);

}  // namespace envlock
