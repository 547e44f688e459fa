#include "model/json_writer.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "model/error.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

void append_u_escape(std::string& out, std::uint32_t code) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += digits[(code >> shift) & 0xFU];
}

/// ASCII that stands for itself inside a JSON string.
constexpr bool is_plain(unsigned char c) noexcept {
  return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

void append_ascii(std::string& out, unsigned char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\b':
      out += "\\b";
      break;
    case '\f':
      out += "\\f";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      append_u_escape(out, c);
  }
}

template <class Integer>
void append_integer(std::string& out, Integer number) {
  std::array<char, 24> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  out.append(buffer.data(), end);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t done = 0;
  while (done < text.size()) {
    std::size_t plain = done;
    while (plain < text.size() && is_plain(static_cast<unsigned char>(text[plain]))) ++plain;
    out.append(text, done, plain - done);
    done = plain;
    if (done == text.size()) break;
    const auto c = static_cast<unsigned char>(text[done]);
    if (c < 0x80) {
      append_ascii(out, c);
      ++done;
      continue;
    }
    const std::size_t start = done;
    const char32_t code_point = next_code_point(text, done);
    if (code_point == no_code_point) {
      out += replacement;
    } else if (is_unsafe(code_point)) {  // all of them below U+10000
      append_u_escape(out, code_point);
    } else {
      out.append(text, start, done - start);
    }
  }
  out += '"';
}

bool JsonWriter::is_compact() const noexcept {
  return style_ == Style::compact || (!levels_.empty() && levels_.back().is_line);
}

void JsonWriter::newline() {
  out_ += '\n';
  out_.append(2 * levels_.size(), ' ');
}

void JsonWriter::before_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (levels_.empty()) {
    if (!out_.empty()) throw InternalError("JsonWriter: a second document");
    return;
  }
  Level& level = levels_.back();
  if (level.is_object) throw InternalError("JsonWriter: a value where a key must be");
  if (level.has_items) out_ += ',';
  level.has_items = true;
  if (!is_compact()) newline();
}

JsonWriter& JsonWriter::begin(bool is_object, bool is_line) {
  before_value();
  out_ += is_object ? '{' : '[';
  is_line = is_line || (!levels_.empty() && levels_.back().is_line);
  levels_.push_back({is_object, false, is_line});
  return *this;
}

JsonWriter& JsonWriter::end(bool is_object) {
  if (levels_.empty() || levels_.back().is_object != is_object || after_key_) {
    throw InternalError("JsonWriter: an end without its begin");
  }
  const bool breaks = levels_.back().has_items && !is_compact();
  levels_.pop_back();
  if (breaks) newline();
  out_ += is_object ? '}' : ']';
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  if (levels_.empty() || !levels_.back().is_object || after_key_) {
    throw InternalError("JsonWriter: a key where none can be");
  }
  if (levels_.back().has_items) out_ += ',';
  levels_.back().has_items = true;
  if (!is_compact()) newline();
  append_json_string(out_, name);
  out_ += is_compact() ? ":" : ": ";
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  before_value();
  append_json_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::value(std::int64_t number) {
  before_value();
  append_integer(out_, number);
  return *this;
}

JsonWriter& JsonWriter::value(std::uint64_t number) {
  before_value();
  append_integer(out_, number);
  return *this;
}

JsonWriter& JsonWriter::value(bool truth) {
  before_value();
  out_ += truth ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::null() {
  before_value();
  out_ += "null";
  return *this;
}

std::string JsonWriter::take() {
  if (!levels_.empty() || out_.empty())
    throw InternalError("JsonWriter: the document is not whole");
  out_ += '\n';
  return std::exchange(out_, {});
}

}  // namespace envlock
