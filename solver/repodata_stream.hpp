#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.hpp"
#include "solver/repodata_scanner.hpp"

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

/// What a RepodataHandler throws about the member that it was given; the stream adds where it is.
struct BadMember {
  ExitCode code = ExitCode::invalid_input;  ///< Or untrusted.
  std::string what;                         ///< "field 'size' is text, not a whole number"
  std::string hint;
};

/// Gets the parts of a repodata.json in the order of the document. Views and elements live until
/// the call returns.
class RepodataHandler {
 public:
  RepodataHandler() = default;
  virtual ~RepodataHandler() = default;
  RepodataHandler(const RepodataHandler&) = delete;
  RepodataHandler& operator=(const RepodataHandler&) = delete;

  virtual bool wants_raw_records() const = 0;  ///< Then `raw` is set.
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

/// Reads a repodata.json of any size through a small window (design section 7): the members of the
/// large maps are parsed some 32 KiB at a time. Strict: every byte of the document goes through
/// simdjson's DOM parser, and depth (64), NUL in strings, negative zero and
/// duplicate keys of the top level are checked here.
class RepodataStream {
 public:
  RepodataStream(RepodataHandler& handler, std::string source_name, std::uint64_t max_bytes);

  /// @throws InputError (3) for what is not JSON or what the handler refuses, TrustError (6) for
  /// limits
  void feed(std::span<const std::byte> json);
  /// No more bytes follow. @throws as feed, and InputError where the document ends early
  void finish();

 private:
  enum class Section { top, packages, removed, signatures, v3, v3_bucket, ignored };
  enum class Expect {
    document,         // nothing but white space so far
    member_or_close,  // behind an opening bracket
    member,           // behind a comma
    value,            // `separator_` stands before a member that is being scanned to its end
    comma_or_close,   // behind a member
    batch,            // `separator_` stands before members that are cut in batches
    end               // behind the document
  };
  struct Level {
    Section section;
    char open;
    std::string name;            // its key
    std::set<std::string> keys;  // only of levels that are not cut in batches
    bool empty_so_far = true;
  };

  void run(bool last);
  bool step(bool last);  // false: more bytes are needed
  bool step_document(bool last);
  bool step_member();
  bool wait_for_member() const;  // false, or throws
  bool step_batch(bool last);
  void enter(Section section, char open, std::string name, std::size_t open_at);
  void leave();
  void start_scan();
  MemberScanner::Stop scan(std::size_t least, bool last);
  bool skip_white_space(std::size_t& at) const noexcept;  // false: no byte is left
  void parse_batch(std::size_t end, bool closes);
  void hand_over(std::string_view key, simdjson::dom::element value, std::size_t end);
  void check_minus(std::size_t end) const;
  std::string_view raw_value(std::size_t end) const;
  std::string decode_key(std::size_t from, std::size_t to);
  /// Offset in the buffer of the comma behind the member that follows the separator at `before`;
  /// `end` where it is the batch's last.
  std::size_t next_separator(std::size_t before, std::size_t end) const;
  simdjson::simdjson_result<simdjson::dom::element> parse(std::size_t from, std::size_t end);
  [[noreturn]] void malformed(std::size_t at, const std::string& what) const;
  [[noreturn]] void malformed_batch(std::size_t end, simdjson::error_code code);
  [[noreturn]] void refuse(std::size_t at, const BadMember& why, const std::string& member) const;
  [[nodiscard]] std::size_t needed_from() const noexcept;

  RepodataHandler& handler_;
  std::string source_name_;
  std::uint64_t max_bytes_;
  std::uint64_t fed_ = 0;
  std::uint64_t base_ = 0;  // offset in the document of the buffer's first byte
  std::vector<char> buffer_;
  std::size_t used_ = 0;
  std::size_t at_ = 0;
  std::size_t separator_ = 0;
  Expect expect_ = Expect::document;
  std::vector<Level> levels_;
  MemberScanner scanner_;
  simdjson::dom::parser parser_;
};

}  // namespace envlock
