#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace envlock {

/// The records of one package name in one subdir, as the shard has them (CEP 16), in the form that
/// they have in a repodata.json: what stands between the brackets of its parts, without a comma in
/// front or behind. So there is one reader of records, whatever they came in.
struct Shard {
  std::string packages, packages_conda, removed;
  std::map<std::string, std::string> v3;  ///< By bucket ("conda", "tar.bz2").
  /// Names that the records depend on, in lower case, sorted, virtual packages aside.
  std::vector<std::string> needed;

  [[nodiscard]] std::size_t size_bytes() const noexcept;
};

/// @param msgpack   decompressed
/// @param name      what package the shard is listed for, in lower case
/// @param document  redacted URL, for messages
/// @throws InputError (3) where it is malformed, TrustError (6) where a record is of another
/// package, or levels are too many. What is wrong with the fields of a record, the reader of
/// repodata.json says.
Shard read_shard(std::span<const std::byte> msgpack, std::string_view name,
                 const std::string& document);

/// The name of the package that a dependency needs, in lower case; empty where it names none
/// exactly, cannot be read, or means a virtual package. It is the name that solving looks for.
std::string needed_name(std::string_view dependency);

/// `text` as JSON has it, quotes included.
void append_json_text(std::string& json, std::string_view text);

}  // namespace envlock
