#include "solver/repodata_stream.hpp"

#include <algorithm>
#include <cstring>

namespace envlock {
namespace {

constexpr std::size_t batch_bytes = std::size_t{32} << 10U;
constexpr std::size_t slice_bytes = std::size_t{256} << 10U;
// A record of 10,000 dependencies (J08) of a hundred bytes each is a quarter of this.
constexpr std::size_t max_member_bytes = std::size_t{4} << 20U;
constexpr std::size_t max_keys = 10'000;

}  // namespace

RepodataStream::RepodataStream(RepodataHandler& handler, std::string source_name,
                               std::uint64_t max_bytes)
    : faults_(std::move(source_name)),
      one_by_one_(handler.wants_raw_records()),
      max_bytes_(max_bytes),
      delivery_(handler, faults_) {}

void RepodataStream::feed(std::span<const std::byte> json) {
  try {
    while (!json.empty()) {
      const std::span<const std::byte> slice = json.first(std::min(json.size(), slice_bytes));
      json = json.subspan(slice.size());
      take(slice);
      run(false);
    }
  } catch (...) {
    delivery_.settle();  // what it throws stands before this in the document
    throw;
  }
}

void RepodataStream::take(std::span<const std::byte> slice) {
  fed_ += slice.size();
  if (fed_ > max_bytes_)
    throw TrustError("'" + faults_.source_name() + "': larger than " + std::to_string(max_bytes_) +
                         " bytes when decompressed",
                     "do not trust this channel: no real repodata is that large");
  // Moving the rest to the front is for when the buffer would have to grow otherwise.
  if (used_ + slice.size() > buffer_.size()) {
    const std::size_t done = needed_from();
    if (done < used_) std::memmove(buffer_.data(), buffer_.data() + done, used_ - done);
    used_ -= done;
    base_ += done;
    at_ -= std::min(at_, done);
    separator_ -= std::min(separator_, done);
    scanner_.shift(done);
    const std::size_t wanted = used_ + slice.size();
    if (wanted > buffer_.size()) buffer_.resize(std::max(wanted, 2 * buffer_.size()));
  }
  std::memcpy(buffer_.data() + used_, slice.data(), slice.size());
  used_ += slice.size();
}

void RepodataStream::finish() {
  try {
    run(true);
    if (expect_ != Expect::end && (expect_ != Expect::document || fed_ != base_ + at_))
      malformed(used_, "the document ends early");
  } catch (...) {
    delivery_.settle();
    throw;
  }
  delivery_.settle();
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
  while (at < used_ && is_json_space(buffer_[at])) ++at;
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
    throw InputError("'" + faults_.source_name() + "' is HTML, not JSON",
                     "check the channel's URL: a login page or a notice answers there");
  if (rest.starts_with(byte_order_mark)) malformed(at_, "it begins with a byte order mark");
  if (rest.front() != '{') malformed(at_, "expected '{'");
  enter(RepodataSection::top, '{', {}, at_);
  return true;
}

void RepodataStream::enter(RepodataSection section, char open, std::string name,
                           std::size_t open_at) {
  levels_.push_back({section, open, std::move(name), {}, true});
  separator_ = open_at;
  at_ = open_at + 1;
  if (section == RepodataSection::top || section == RepodataSection::v3) {
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
    throw TrustError("'" + faults_.source_name() + "': megabytes of white space at byte " +
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
  const std::size_t key_end = skip_json_string(buffer_.data(), key_at, used_);
  if (key_end - key_at > (std::size_t{64} << 10U))
    throw TrustError("'" + faults_.source_name() + "': a key of more than 64 KiB");
  std::size_t value_at = key_end;
  if (key_end == used_ || !skip_white_space(value_at)) return wait_for_member();
  if (buffer_[value_at] != ':') malformed(value_at, "expected ':' behind a key");
  if (!skip_white_space(++value_at)) return wait_for_member();
  const char open = buffer_[value_at];

  Level& level = levels_.back();
  std::string key = decode_key(key_at, key_end);
  if (level.keys.size() == max_keys)
    throw TrustError("'" + faults_.source_name() + "': more than 10000 keys at the top");
  if (!level.keys.insert(key).second)
    malformed(key_at, "the key '" + key + "' occurs twice");  // J02

  RepodataSection section = RepodataSection::top;  // the value is small and parsed as a whole
  if (level.section == RepodataSection::v3) {
    if (open == '{') section = RepodataSection::v3_bucket;
  } else if (key == "packages" || key == "packages.conda") {
    if (open == '{') section = RepodataSection::packages;
  } else if (key == "signatures") {
    if (open == '{') section = RepodataSection::signatures;
  } else if (key == "v3") {
    if (open == '{') section = RepodataSection::v3;
  } else if (key == "removed") {
    if (open == '[') section = RepodataSection::removed;
  } else if (key != "info" && (open == '{' || open == '[')) {
    section = RepodataSection::ignored;  // of any size, and still checked to be JSON
  }
  if (section != RepodataSection::top) {
    enter(section, open, std::move(key), value_at);
  } else {
    expect_ = Expect::value;
    start_scan();
  }
  return true;
}

void RepodataStream::start_scan() {
  scanner_.start(separator_ + 1, max_repodata_depth - static_cast<std::uint32_t>(levels_.size()));
}

MemberScanner::Stop RepodataStream::scan(std::size_t least, bool last) {
  const MemberScanner::Stop stop =
      scanner_.scan(buffer_.data(), used_, separator_ + 1 + least, last);
  if (stop == MemberScanner::Stop::too_deep)
    throw TrustError("'" + faults_.source_name() + "': nested deeper than " +
                     std::to_string(max_repodata_depth) + " levels at byte " +
                     std::to_string(base_ + scanner_.stop_at()));
  const std::size_t end =
      stop == MemberScanner::Stop::none ? scanner_.scanned_to() : scanner_.stop_at();
  if (end > separator_ && end - separator_ > max_member_bytes + least)
    throw TrustError("'" + faults_.source_name() + "': more than " +
                     std::to_string(max_member_bytes) + " bytes in one record or value, at byte " +
                     std::to_string(base_ + separator_ + 1));
  return stop;
}

bool RepodataStream::step_batch(bool last) {
  Level& level = levels_.back();
  const bool one_by_one =
      expect_ == Expect::value || (one_by_one_ && (level.section == RepodataSection::packages ||
                                                   level.section == RepodataSection::signatures));
  const MemberScanner::Stop stop = scan(one_by_one ? 0 : batch_bytes, last);
  if (stop == MemberScanner::Stop::none) return false;
  const std::size_t end = scanner_.stop_at();
  const bool closes = stop == MemberScanner::Stop::close;
  if (closes && buffer_[end] != closing_bracket(level.open))
    malformed(end, "the wrong kind of bracket closes");
  cut_batch(end, closes);
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

/// The members between `separator_` and `end`.
void RepodataStream::cut_batch(std::size_t end, bool closes) {
  const Level& level = levels_.back();
  std::unique_ptr<RepodataBatch> batch = delivery_.take_spare();
  batch->parse({.section = level.section,
                .open = level.open,
                .name = level.name,
                .at = base_ + separator_,
                .is_whole = level.empty_so_far && closes,
                .may_escape = scanner_.saw_backslash(),
                .may_have_minus = scanner_.saw_minus()},
               {buffer_.data() + separator_ + 1, end - separator_ - 1}, faults_);
  delivery_.push(std::move(batch));
}

std::string RepodataStream::decode_key(std::size_t from, std::size_t to) {
  const std::string quoted(buffer_.data() + from, to - from);
  simdjson::dom::parser parser;
  std::string_view key;
  if (parser.parse(quoted).get_string().get(key) != simdjson::SUCCESS)
    malformed(from, "a key is not a JSON string");
  if (key.find('\0') != std::string_view::npos) malformed(from, "a key has a NUL in it");  // J04
  return std::string(key);
}

void RepodataStream::malformed(std::size_t at, const std::string& what) const {
  faults_.malformed(base_ + at, what);
}

}  // namespace envlock
