#include "solver/repodata_stream.hpp"

#include <algorithm>
#include <cstring>

namespace envlock {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::size_t batch_bytes = std::size_t{32} << 10U;
constexpr std::size_t slice_bytes = std::size_t{256} << 10U;
// A record of 10,000 dependencies (J08) of a hundred bytes each is a quarter of this.
constexpr std::size_t max_member_bytes = std::size_t{4} << 20U;
constexpr std::size_t max_keys = 10'000;
constexpr std::uint32_t max_depth = 64;  // J01

constexpr bool is_white(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
constexpr char closing(char open) noexcept { return open == '{' ? '}' : ']'; }

/// The offset behind the closing quote of the string that begins at `at`; `size` where it does not
/// end.
std::size_t skip_string(const char* text, std::size_t at, std::size_t size) noexcept {
  for (++at; at < size && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at < size ? at + 1 : size;
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

/// J03: as a whole number -0 is 0 to every parser, and to none is it what was meant.
bool has_negative_zero(std::string_view json) noexcept {
  for (std::size_t at = 0; at < json.size(); ++at) {
    if (json[at] == '"') {
      at = skip_string(json.data(), at, json.size()) - 1;
    } else if (json[at] == '-' && at + 1 < json.size() && json[at + 1] == '0') {
      const char next = at + 2 < json.size() ? json[at + 2] : ' ';
      if (next != '.' && next != 'e' && next != 'E') return true;
    }
  }
  return false;
}

}  // namespace

RepodataStream::RepodataStream(RepodataHandler& handler, std::string source_name,
                               std::uint64_t max_bytes)
    : handler_(handler), source_name_(std::move(source_name)), max_bytes_(max_bytes) {}

void RepodataStream::feed(std::span<const std::byte> json) {
  while (!json.empty()) {
    const std::span<const std::byte> slice = json.first(std::min(json.size(), slice_bytes));
    json = json.subspan(slice.size());
    fed_ += slice.size();
    if (fed_ > max_bytes_)
      throw TrustError("'" + source_name_ + "': larger than " + std::to_string(max_bytes_) +
                           " bytes when decompressed",
                       "do not trust this channel: no real repodata is that large");
    // Moving the rest to the front is for when the buffer would have to grow otherwise.
    if (used_ + slice.size() + simdjson::SIMDJSON_PADDING > buffer_.size()) {
      const std::size_t done = needed_from();
      if (done < used_) std::memmove(buffer_.data(), buffer_.data() + done, used_ - done);
      used_ -= done;
      base_ += done;
      at_ -= std::min(at_, done);
      separator_ -= std::min(separator_, done);
      scanner_.shift(done);
      const std::size_t wanted = used_ + slice.size() + simdjson::SIMDJSON_PADDING;
      if (wanted > buffer_.size()) buffer_.resize(std::max(wanted, 2 * buffer_.size()));
    }
    std::memcpy(buffer_.data() + used_, slice.data(), slice.size());
    used_ += slice.size();
    run(false);
  }
}

void RepodataStream::finish() {
  run(true);
  if (expect_ == Expect::end || (expect_ == Expect::document && fed_ == base_ + at_)) return;
  malformed(used_, "the document ends early");
}

std::size_t RepodataStream::needed_from() const noexcept {
  switch (expect_) {
    case Expect::member_or_close:
    case Expect::member:
    case Expect::value:
    case Expect::batch:
      return separator_;
    default:
      return at_;
  }
}

void RepodataStream::run(bool last) {
  while (step(last)) {
  }
}

bool RepodataStream::skip_white_space(std::size_t& at) const noexcept {
  while (at < used_ && is_white(buffer_[at])) ++at;
  return at < used_;
}

bool RepodataStream::step(bool last) {
  switch (expect_) {
    case Expect::document:
      return step_document(last);
    case Expect::member_or_close:
    case Expect::member:
      return step_member();
    case Expect::value:
    case Expect::batch:
      return step_batch(last);
    case Expect::comma_or_close:
      if (!skip_white_space(at_)) return false;
      if (buffer_[at_] == ',') {
        separator_ = at_++;
        expect_ = Expect::member;
      } else if (buffer_[at_] == '}') {
        leave();
      } else {
        malformed(at_, "a comma or '}' is missing");
      }
      return true;
    case Expect::end:
      if (skip_white_space(at_))
        malformed(at_, "there is something behind the end of the document");
      return false;
  }
  return false;
}

bool RepodataStream::step_document(bool last) {
  if (!skip_white_space(at_)) return false;
  const std::string_view rest(buffer_.data() + at_, used_ - at_);
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (rest.size() < byte_order_mark.size() && !last && byte_order_mark.starts_with(rest))
    return false;
  if (rest.front() == '<')
    throw InputError("'" + source_name_ + "' is HTML, not JSON",
                     "check the channel's URL: a login page or a notice answers there");
  if (rest.starts_with(byte_order_mark)) malformed(at_, "it begins with a byte order mark");
  if (rest.front() != '{') malformed(at_, "expected '{'");
  enter(Section::top, '{', {}, at_);
  return true;
}

void RepodataStream::enter(Section section, char open, std::string name, std::size_t open_at) {
  levels_.push_back({section, open, std::move(name), {}, true});
  separator_ = open_at;
  at_ = open_at + 1;
  if (section == Section::top || section == Section::v3) {
    expect_ = Expect::member_or_close;
  } else {
    expect_ = Expect::batch;
    start_scan();
  }
}

/// `at_` is the bracket that closes the innermost level.
void RepodataStream::leave() {
  levels_.pop_back();
  ++at_;
  expect_ = levels_.empty() ? Expect::end : Expect::comma_or_close;
}

/// The buffer keeps all from the separator on, and it is looked at again when more has come: not
/// without end.
bool RepodataStream::wait_for_member() const {
  if (used_ - separator_ > max_member_bytes)
    throw TrustError("'" + source_name_ + "': megabytes of white space at byte " +
                     std::to_string(base_ + separator_));
  return false;
}

/// Reads a key of the top level (or of `v3`) and looks at how its value begins.
bool RepodataStream::step_member() {
  if (!skip_white_space(at_)) return wait_for_member();
  if (buffer_[at_] == '}' && expect_ == Expect::member_or_close) {
    leave();
    return true;
  }
  if (buffer_[at_] != '"') malformed(at_, "expected a key in quotes");
  const std::size_t key_at = at_;
  const std::size_t key_end = skip_string(buffer_.data(), key_at, used_);
  if (key_end - key_at > (std::size_t{64} << 10U))
    throw TrustError("'" + source_name_ + "': a key of more than 64 KiB");
  std::size_t value_at = key_end;
  if (key_end == used_ || !skip_white_space(value_at)) return wait_for_member();
  if (buffer_[value_at] != ':') malformed(value_at, "expected ':' behind a key");
  if (!skip_white_space(++value_at)) return wait_for_member();
  const char open = buffer_[value_at];

  Level& level = levels_.back();
  std::string key = decode_key(key_at, key_end);
  if (level.keys.size() == max_keys)
    throw TrustError("'" + source_name_ + "': more than 10000 keys at the top");
  if (!level.keys.insert(key).second)
    malformed(key_at, "the key '" + key + "' occurs twice");  // J02

  Section section = Section::top;  // the value is small and parsed as a whole
  if (level.section == Section::v3) {
    if (open == '{') section = Section::v3_bucket;
  } else if (key == "packages" || key == "packages.conda") {
    if (open == '{') section = Section::packages;
  } else if (key == "signatures") {
    if (open == '{') section = Section::signatures;
  } else if (key == "v3") {
    if (open == '{') section = Section::v3;
  } else if (key == "removed") {
    if (open == '[') section = Section::removed;
  } else if (key != "info" && (open == '{' || open == '[')) {
    section = Section::ignored;  // of any size, and still checked to be JSON
  }
  if (section != Section::top) {
    enter(section, open, std::move(key), value_at);
  } else {
    expect_ = Expect::value;
    start_scan();
  }
  return true;
}

void RepodataStream::start_scan() {
  scanner_.start(separator_ + 1, max_depth - static_cast<std::uint32_t>(levels_.size()));
}

MemberScanner::Stop RepodataStream::scan(std::size_t least, bool last) {
  const MemberScanner::Stop stop =
      scanner_.scan(buffer_.data(), used_, separator_ + 1 + least, last);
  if (stop == MemberScanner::Stop::too_deep)
    throw TrustError("'" + source_name_ + "': nested deeper than " + std::to_string(max_depth) +
                     " levels at byte " + std::to_string(base_ + scanner_.stop_at()));
  const std::size_t end =
      stop == MemberScanner::Stop::none ? scanner_.scanned_to() : scanner_.stop_at();
  if (end > separator_ && end - separator_ > max_member_bytes + least)
    throw TrustError("'" + source_name_ + "': more than " + std::to_string(max_member_bytes) +
                     " bytes in one record or value, at byte " +
                     std::to_string(base_ + separator_ + 1));
  return stop;
}

bool RepodataStream::step_batch(bool last) {
  Level& level = levels_.back();
  const bool one_by_one =
      expect_ == Expect::value ||
      ((level.section == Section::packages || level.section == Section::signatures) &&
       handler_.wants_raw_records());
  const MemberScanner::Stop stop = scan(one_by_one ? 0 : batch_bytes, last);
  if (stop == MemberScanner::Stop::none) return false;
  const std::size_t end = scanner_.stop_at();
  const bool closes = stop == MemberScanner::Stop::close;
  if (closes && buffer_[end] != closing(level.open))
    malformed(end, "the wrong kind of bracket closes");
  parse_batch(end, closes);
  level.empty_so_far = false;
  if (expect_ == Expect::value) {
    at_ = end;
    expect_ = Expect::comma_or_close;
  } else if (closes) {
    at_ = end;
    leave();
  } else {
    separator_ = end;
    start_scan();
  }
  return true;
}

simdjson::simdjson_result<element> RepodataStream::parse(std::size_t from, std::size_t end) {
  const std::size_t size = end - from;
  if (size > parser_.capacity()) {
    std::size_t capacity = 2 * batch_bytes;
    while (capacity < size) capacity *= 2;
    if (const auto error = parser_.allocate(capacity)) return error;
  }
  return parser_.parse(buffer_.data() + from, size, false);
}

/// Parses the members between `separator_` and `end` as a container of their own, in place.
void RepodataStream::parse_batch(std::size_t end, bool closes) {
  const Level& level = levels_.back();
  const char end_byte = buffer_[end];
  buffer_[separator_] = level.open;
  buffer_[end] = closing(level.open);
  element batch;
  const simdjson::error_code error = parse(separator_, end + 1).get(batch);
  buffer_[end] = end_byte;
  if (error != simdjson::SUCCESS) malformed_batch(end, error);

  std::size_t index = 0;
  std::string_view key;
  try {
    check_minus(end);
    if (level.open == '{') {
      if (level.section == Section::packages) {
        for (const auto member : object_of(batch)) handler_.announce_record(member.key);
      }
      for (const auto member : object_of(batch)) {
        key = member.key;
        hand_over(key, member.value, end);
        ++index;
      }
    } else {
      for (const element item : array_of(batch)) {
        if (scanner_.saw_backslash() && has_bad_text(item)) refuse_text();
        if (level.section == Section::removed) handler_.removed(item);
        ++index;
      }
    }
  } catch (const BadMember& bad) {
    std::size_t at = separator_;
    for (; index > 0; --index) at = next_separator(at, end);
    refuse(at + 1, bad, std::string(key));
  }
  // An empty batch is what a comma too many leaves.
  if (index == 0 && !(level.empty_so_far && closes)) malformed(end, "a comma too many");
}

void RepodataStream::hand_over(std::string_view key, element value, std::size_t end) {
  const Section section = levels_.back().section;
  if (scanner_.saw_backslash() && (is_bad_text(key) || has_bad_text(value))) {
    if (section != Section::packages) refuse_text();
    return handler_.unreadable_record(key);
  }
  switch (section) {
    case Section::packages:
      handler_.record(key, value,
                      handler_.wants_raw_records() ? raw_value(end) : std::string_view());
      break;
    case Section::signatures:
      handler_.signature(key, value,
                         handler_.wants_raw_records() ? raw_value(end) : std::string_view());
      break;
    case Section::v3_bucket:
      handler_.v3_record(levels_.back().name, key, value);
      break;
    case Section::v3:
      throw BadMember{{}, "is not an object", {}};
    case Section::top:
      handler_.top_level(key, value);
      break;
    case Section::removed:
    case Section::ignored:
      break;
  }
}

void RepodataStream::check_minus(std::size_t end) const {
  if (scanner_.saw_minus() &&
      has_negative_zero({buffer_.data() + separator_ + 1, end - separator_ - 1}))
    throw BadMember{ExitCode::invalid_input, "a number is written '-0'", {}};
}

/// The value of the only member between `separator_` and `end`.
std::string_view RepodataStream::raw_value(std::size_t end) const {
  std::size_t at = separator_ + 1;
  skip_white_space(at);
  at = skip_string(buffer_.data(), at, end);
  skip_white_space(at);
  skip_white_space(++at);
  while (is_white(buffer_[end - 1])) --end;
  return {buffer_.data() + at, end - at};
}

std::string RepodataStream::decode_key(std::size_t from, std::size_t to) {
  const std::string quoted(buffer_.data() + from, to - from);
  simdjson::dom::parser parser;
  std::string_view key;
  if (parser.parse(quoted).get_string().get(key) != simdjson::SUCCESS)
    malformed(from, "a key is not a JSON string");
  if (is_bad_text(key)) malformed(from, "a key has a NUL in it");
  return std::string(key);
}

std::size_t RepodataStream::next_separator(std::size_t before, std::size_t end) const {
  MemberScanner scanner;
  scanner.start(before + 1, max_depth);
  const bool found = scanner.scan(buffer_.data(), end, 0, true) == MemberScanner::Stop::comma;
  return found ? scanner.stop_at() : end;
}

void RepodataStream::malformed_batch(std::size_t end, simdjson::error_code code) {
  // Find the member that is to blame: parse them one by one.
  const char open = levels_.back().open;
  std::size_t at = separator_;
  while (at < end) {
    const std::size_t next = next_separator(at, end);
    const char before = buffer_[at];
    const char after = buffer_[next];
    buffer_[at] = open;
    buffer_[next] = closing(open);
    const simdjson::error_code error = parse(at, next + 1).error();
    buffer_[at] = before;
    buffer_[next] = after;
    if (error != simdjson::SUCCESS) {
      code = error;
      break;
    }
    at = next;
  }
  std::size_t from = at < end ? at + 1 : separator_ + 1;
  skip_white_space(from);
  std::string member;
  if (from < end && buffer_[from] == '"') {
    const std::size_t size = skip_string(buffer_.data(), from, end) - from;
    member = " in " + std::string(buffer_.data() + from, std::min<std::size_t>(size, 256));
  }
  malformed(from, std::string(simdjson::error_message(code)) + member);
}

void RepodataStream::malformed(std::size_t at, const std::string& what) const {
  throw InputError("'" + source_name_ + "' is not valid JSON at byte " +
                       std::to_string(base_ + at) + ": " + what,
                   "fetch it again; if that gives the same, tell the channel's owner");
}

void RepodataStream::refuse(std::size_t at, const BadMember& why, const std::string& member) const {
  const std::string message = "'" + source_name_ +
                              "': " + (member.empty() ? std::string() : "'" + member + "': ") +
                              why.what + " (at byte " + std::to_string(base_ + at) + ")";
  if (why.code == ExitCode::untrusted) throw TrustError(message, why.hint);
  throw InputError(message, why.hint);
}

}  // namespace envlock
