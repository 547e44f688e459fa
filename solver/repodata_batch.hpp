#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "solver/repodata_handler.hpp"

namespace envlock {

/// Containers may be nested this deep in a repodata.json (J01).
inline constexpr std::uint32_t max_repodata_depth = 64;

/// Which container of a repodata.json a member stands in.
enum class RepodataSection { top, packages, removed, signatures, v3, v3_bucket, ignored };

/// Where a document's fault is told to be, in the words of every message about it.
class RepodataFaults {
 public:
  explicit RepodataFaults(std::string source_name) : source_name_(std::move(source_name)) {}
  [[nodiscard]] const std::string& source_name() const noexcept { return source_name_; }
  /// @param at  offset in the document  @throws InputError (3)
  [[noreturn]] void malformed(std::uint64_t at, const std::string& what) const;
  /// @param member  its key; may be empty  @throws TrustError (6) or InputError (3), by `why`
  [[noreturn]] void refuse(std::uint64_t at, const BadMember& why, const std::string& member) const;

 private:
  std::string source_name_;
};

/// Some neighbouring members of one container of a repodata.json, cut out of the document: parsed
/// in one thread, handed over in another. Every byte goes through simdjson's DOM parser; NUL in
/// texts and negative zero are looked for here. Made to be used again, with its memory.
class RepodataBatch {
 public:
  /// What whoever cut it out knows of it.
  struct Origin {
    RepodataSection section = RepodataSection::top;
    char open = '{';              ///< The container's bracket.
    std::string name;             ///< The container's key.
    std::uint64_t at = 0;         ///< Offset in the document of the bracket or comma before it.
    bool is_whole = false;        ///< Its container holds nothing else, so that it may be empty.
    bool may_escape = false;      ///< There may be a backslash in it.
    bool may_have_minus = false;  ///< There may be a minus outside texts.
  };

  RepodataBatch() = default;
  RepodataBatch(const RepodataBatch&) = delete;  // what was parsed points into the parser
  RepodataBatch& operator=(const RepodataBatch&) = delete;

  /// @param members  what stands between the brackets or commas around it
  /// @throws InputError (3) for what is not JSON
  void parse(Origin origin, std::string_view members, const RepodataFaults& faults);
  /// Gives the parsed members to `handler`. @throws InputError (3) or TrustError (6) for what it
  /// refuses
  void hand_over(RepodataHandler& handler, const RepodataFaults& faults) const;

 private:
  simdjson::simdjson_result<simdjson::dom::element> parse_text(std::size_t from, std::size_t end);
  [[noreturn]] void find_fault(simdjson::error_code code, const RepodataFaults& faults);
  [[nodiscard]] bool has_negative_zero() const noexcept;
  void give_all(RepodataHandler& handler, std::string_view& key, std::size_t& index) const;
  void give(RepodataHandler& handler, std::string_view key, simdjson::dom::element value) const;
  [[nodiscard]] std::string_view raw_value() const noexcept;
  /// Offset in `text_` of the comma behind the member that follows the separator at `before`; that
  /// of the last bracket where it is the last.
  [[nodiscard]] std::size_t next_separator(std::size_t before) const noexcept;

  Origin origin_;
  std::vector<char> text_;  ///< With brackets around it, and the parser's padding behind.
  std::size_t end_ = 0;     ///< Where the last bracket is.
  simdjson::dom::parser parser_;
  simdjson::dom::element parsed_;
};

}  // namespace envlock
