#include "solver/repodata_batch.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "solver/repodata_scanner.hpp"

namespace envlock {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::size_t least_capacity = std::size_t{64} << 10U;

std::size_t skip_white_space(const std::vector<char>& text, std::size_t at,
                             std::size_t end) noexcept {
  while (at < end && is_json_space(text[at])) ++at;
  return at;
}

/// Only an escape can bring a NUL into a text (J04).
bool is_bad_text(std::string_view text) { return text.find('\0') != std::string_view::npos; }
bool has_bad_text(element value) {
  if (value.type() == element_type::STRING) return is_bad_text(text_of(value));
  if (value.type() == element_type::ARRAY) {
    for (const element item : array_of(value)) {
      if (has_bad_text(item)) return true;
    }
  } else if (value.type() == element_type::OBJECT) {
    for (const auto member : object_of(value)) {
      if (is_bad_text(member.key) || has_bad_text(member.value)) return true;
    }
  }
  return false;
}
[[noreturn]] void refuse_text() {
  throw BadMember{ExitCode::invalid_input, "a text has a NUL in it", {}};
}

bool is_empty(element container) {
  return container.type() == element_type::ARRAY ? array_of(container).size() == 0
                                                 : object_of(container).size() == 0;
}

}  // namespace

void RepodataFaults::malformed(std::uint64_t at, const std::string& what) const {
  throw InputError(
      "'" + source_name_ + "' is not valid JSON at byte " + std::to_string(at) + ": " + what,
      "fetch it again; if that gives the same, tell the channel's owner");
}

void RepodataFaults::refuse(std::uint64_t at, const BadMember& why,
                            const std::string& member) const {
  const std::string message = "'" + source_name_ +
                              "': " + (member.empty() ? std::string() : "'" + member + "': ") +
                              why.what + " (at byte " + std::to_string(at) + ")";
  if (why.code == ExitCode::untrusted) throw TrustError(message, why.hint);
  throw InputError(message, why.hint);
}

void RepodataBatch::parse(Origin origin, std::string_view members, const RepodataFaults& faults) {
  origin_ = std::move(origin);
  end_ = members.size() + 1;
  const std::size_t wanted = end_ + 1 + simdjson::SIMDJSON_PADDING;
  if (text_.size() < wanted) text_.resize(wanted);
  text_[0] = origin_.open;
  if (!members.empty()) std::memcpy(text_.data() + 1, members.data(), members.size());
  text_[end_] = closing_bracket(origin_.open);
  if (const auto error = parse_text(0, end_ + 1).get(parsed_)) find_fault(error, faults);
  if (origin_.may_have_minus && has_negative_zero())
    faults.refuse(origin_.at + 1, {ExitCode::invalid_input, "a number is written '-0'", {}}, {});
  // An empty batch is what a comma too many leaves.
  if (!origin_.is_whole && is_empty(parsed_))
    faults.malformed(origin_.at + end_, "a comma too many");
}

simdjson::simdjson_result<element> RepodataBatch::parse_text(std::size_t from, std::size_t end) {
  const std::size_t size = end - from;
  if (size > parser_.capacity()) {
    std::size_t capacity = least_capacity;
    while (capacity < size) capacity *= 2;
    if (const auto error = parser_.allocate(capacity)) return error;
  }
  return parser_.parse(text_.data() + from, size, false);
}

/// Finds the member that is to blame: parses them one by one.
void RepodataBatch::find_fault(simdjson::error_code code, const RepodataFaults& faults) {
  std::size_t at = 0;
  while (at < end_) {
    const std::size_t next = next_separator(at);
    const char before = std::exchange(text_[at], origin_.open);
    const char after = std::exchange(text_[next], closing_bracket(origin_.open));
    const simdjson::error_code error = parse_text(at, next + 1).error();
    text_[at] = before;
    text_[next] = after;
    if (error != simdjson::SUCCESS) {
      code = error;
      break;
    }
    at = next;
  }
  const std::size_t from = skip_white_space(text_, at < end_ ? at + 1 : 1, end_);
  std::string member;
  if (from < end_ && text_[from] == '"') {
    const std::size_t size = skip_json_string(text_.data(), from, end_) - from;
    member = " in " + std::string(text_.data() + from, std::min<std::size_t>(size, 256));
  }
  faults.malformed(origin_.at + from, std::string(simdjson::error_message(code)) + member);
}

/// J03: as a whole number -0 is 0 to every parser, and to none is it what was meant.
bool RepodataBatch::has_negative_zero() const noexcept {
  for (std::size_t at = 1; at < end_; ++at) {
    if (text_[at] == '"') {
      at = skip_json_string(text_.data(), at, end_) - 1;
    } else if (text_[at] == '-' && text_[at + 1] == '0') {
      const char next = at + 2 < end_ ? text_[at + 2] : ' ';
      if (next != '.' && next != 'e' && next != 'E') return true;
    }
  }
  return false;
}

void RepodataBatch::hand_over(RepodataHandler& handler, const RepodataFaults& faults) const {
  std::string_view key;
  std::size_t index = 0;
  try {
    give_all(handler, key, index);
  } catch (const BadMember& bad) {
    std::size_t at = 0;
    for (; index > 0; --index) at = next_separator(at);
    faults.refuse(origin_.at + at + 1, bad, std::string(key));
  }
}

/// @param key, index  of the member that is being given: for whoever tells of its fault
void RepodataBatch::give_all(RepodataHandler& handler, std::string_view& key,
                             std::size_t& index) const {
  if (origin_.open == '[') {
    for (const element item : array_of(parsed_)) {
      if (origin_.may_escape && has_bad_text(item)) refuse_text();
      if (origin_.section == RepodataSection::removed) handler.removed(item);
      ++index;
    }
    return;
  }
  if (origin_.section == RepodataSection::packages) {
    for (const auto member : object_of(parsed_)) handler.announce_record(member.key);
  }
  for (const auto member : object_of(parsed_)) {
    key = member.key;
    give(handler, key, member.value);
    ++index;
  }
}

void RepodataBatch::give(RepodataHandler& handler, std::string_view key, element value) const {
  if (origin_.may_escape && (is_bad_text(key) || has_bad_text(value))) {
    if (origin_.section != RepodataSection::packages) refuse_text();
    return handler.unreadable_record(key);
  }
  const auto raw = [&] { return handler.wants_raw_records() ? raw_value() : std::string_view(); };
  switch (origin_.section) {
    case RepodataSection::packages:
      handler.record(key, value, raw());
      break;
    case RepodataSection::signatures:
      handler.signature(key, value, raw());
      break;
    case RepodataSection::v3_bucket:
      handler.v3_record(origin_.name, key, value);
      break;
    case RepodataSection::v3:
      throw BadMember{{}, "is not an object", {}};
    case RepodataSection::top:
      handler.top_level(key, value);
      break;
    case RepodataSection::removed:
    case RepodataSection::ignored:
      break;
  }
}

/// The value of the only member.
std::string_view RepodataBatch::raw_value() const noexcept {
  std::size_t at = skip_white_space(text_, 1, end_);
  at = skip_json_string(text_.data(), at, end_);
  at = skip_white_space(text_, at, end_);
  at = skip_white_space(text_, at + 1, end_);
  std::size_t end = end_;
  while (is_json_space(text_[end - 1])) --end;
  return {text_.data() + at, end - at};
}

std::size_t RepodataBatch::next_separator(std::size_t before) const noexcept {
  MemberScanner scanner;
  scanner.start(before + 1, max_repodata_depth);
  const bool found = scanner.scan(text_.data(), end_, 0, true) == MemberScanner::Stop::comma;
  return found ? scanner.stop_at() : end_;
}

}  // namespace envlock
