#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace envlock {

/// Writes JSON as it is told to, with two-space indent and one key or item a line (so that a diff
/// shows one change as one hunk), or compact on one line. UTF-8 is kept; control characters, DEL,
/// U+2028/9 and bidi controls are escaped; invalid UTF-8 becomes U+FFFD. Empty containers are `[]`
/// and `{}`. Misuse (a value where a key must be) is an InternalError.
class JsonWriter {
 public:
  enum class Style { pretty, compact };
  explicit JsonWriter(Style style = Style::pretty) : style_(style) {}
  JsonWriter& begin_object() { return begin(true, false); }
  /// An object that stands on one line with all that is in it, for long lists of small things.
  JsonWriter& begin_line_object() { return begin(true, true); }
  JsonWriter& end_object() { return end(true); }
  JsonWriter& begin_array() { return begin(false, false); }
  JsonWriter& end_array() { return end(false); }
  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(std::int64_t number);
  JsonWriter& value(std::uint64_t number);
  JsonWriter& value(int number) { return value(static_cast<std::int64_t>(number)); }
  JsonWriter& value(bool truth);
  JsonWriter& value(unsigned number) { return value(static_cast<std::uint64_t>(number)); }
  JsonWriter& null();
  /// `key(name).value(v)`.
  template <class T>
  JsonWriter& member(std::string_view name, const T& v) {
    key(name);
    return value(v);
  }
  /// The finished document with a trailing newline; everything must be closed.
  [[nodiscard]] std::string take();
  [[nodiscard]] std::size_t size_bytes() const noexcept { return out_.size(); }

 private:
  JsonWriter& begin(bool is_object, bool is_line);
  JsonWriter& end(bool is_object);
  void before_value();
  void newline();
  [[nodiscard]] bool is_compact() const noexcept;
  Style style_;
  std::string out_;
  struct Level {
    bool is_object = false;
    bool has_items = false;
    bool is_line = false;  ///< Here, or further out.
  };
  std::vector<Level> levels_;
  bool after_key_ = false;
};

/// Appends `text` to `out` as a JSON string with its quotes, escaped as described above.
void append_json_string(std::string& out, std::string_view text);

}  // namespace envlock
