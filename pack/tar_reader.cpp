#include "pack/tar_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "pack/refusal.hpp"

namespace envlock {
namespace {

constexpr std::uint64_t max_long_name_bytes = 4096 + 1;            // A19; with its NUL
constexpr std::uint64_t max_pax_bytes = std::uint64_t{1} << 20U;   // A18
constexpr std::uint64_t max_file_bytes = std::uint64_t{1} << 50U;  // A17

bool is_extension(char type) noexcept {
  return type == 'x' || type == 'g' || type == 'L' || type == 'K';
}

bool all_zero(std::span<const std::byte> bytes) noexcept {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

/// The checksum does not count itself, so that it could be written in several ways.
bool has_plain_checksum(std::span<const std::byte, tar_block_bytes> block) noexcept {
  constexpr std::size_t at = 148, digits = 6;
  const auto field = block.subspan(at, digits + 2);
  return std::all_of(field.begin(), field.begin() + digits,
                     [](std::byte b) { return b >= std::byte{'0'} && b <= std::byte{'7'}; }) &&
         field[digits] == std::byte{0} && field[digits + 1] == std::byte{' '};
}

std::uint64_t padding_of(std::uint64_t size) noexcept {
  return (tar_block_bytes - size % tar_block_bytes) % tar_block_bytes;
}

/// Nothing where the type is one that packages have (A14).
std::optional<TarFault> type_fault(char type) {
  switch (type) {
    case '0':
    case '1':
    case '2':
    case '5':
      return std::nullopt;
    case 'S':
      return TarFault{"is a sparse file", "A17"};
    case '3':
    case '4':
      return TarFault{"is a device", "A14"};
    case '6':
      return TarFault{"is a FIFO", "A14"};
    default:
      return TarFault{
          "is of tar's type '" + std::string(1, type) + "', expected a file, a link or a folder",
          "A14"};
  }
}

}  // namespace

TarReader::TarReader(std::string package, std::uint64_t max_entries, TarVisitor& visitor, From from)
    : package_(std::move(package)), entries_left_(max_entries), visitor_(visitor), from_(from) {}

void TarReader::fail(const TarFault& fault) const {
  const std::string& member = pax_ && pax_->path ? *pax_->path
                              : long_name_       ? *long_name_
                                                 : header_.name;
  if (from_ == From::pack) refuse_pack(package_, member, fault.what);
  refuse(package_, member, fault.what, fault.rule);
}

void TarReader::feed(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    switch (state_) {
      case State::header:
      case State::one_zero_block:
        bytes = take_block(bytes);
        break;
      case State::extension:
      case State::data: {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
        const auto piece = bytes.first(count);
        if (state_ == State::data)
          visitor_.data(piece);
        else
          extension_.append(reinterpret_cast<const char*>(piece.data()), piece.size());
        bytes = bytes.subspan(count);
        left_ -= count;
        if (left_ == 0) end_data();
        break;
      }
      case State::padding: {
        const auto count =
            static_cast<std::size_t>(std::min<std::uint64_t>(padding_left_, bytes.size()));
        if (from_ == From::pack && !all_zero(bytes.first(count)))
          fail({"is followed by padding that is not zeros", "C09"});
        bytes = bytes.subspan(count);
        padding_left_ -= count;
        if (padding_left_ == 0) state_ = State::header;
        break;
      }
      case State::ended:
        // Some writers fill up to 10,240 bytes; other readers go on where more follows.
        if (!all_zero(bytes)) fail({"has bytes after the end of its tar", "C09"});
        return;
    }
  }
}

bool TarReader::is_between_members() const noexcept {
  return state_ == State::header && block_size_ == 0 && !pax_ && !long_name_ && !long_link_;
}

void TarReader::finish() const {
  if (state_ == State::ended) return;
  const std::string what = "is the last that came: the tar ends before its end mark";
  if (from_ == From::pack) refuse_pack(package_, header_.name, what);
  refuse(package_, header_.name, what, "C09");
}

std::span<const std::byte> TarReader::take_block(std::span<const std::byte> bytes) {
  if (block_size_ == 0 && bytes.size() >= tar_block_bytes) {
    block(bytes.first<tar_block_bytes>());
    return bytes.subspan(tar_block_bytes);
  }
  const std::size_t count = std::min(tar_block_bytes - block_size_, bytes.size());
  std::memcpy(block_.data() + block_size_, bytes.data(), count);
  block_size_ += count;
  if (block_size_ == tar_block_bytes) {
    block_size_ = 0;
    block(block_);
  }
  return bytes.subspan(count);
}

void TarReader::block(std::span<const std::byte, tar_block_bytes> bytes) {
  if (all_zero(bytes)) {
    if (pax_ || long_name_ || long_link_)
      fail({"is announced by a header that no member follows", "C09"});
    state_ = state_ == State::header ? State::one_zero_block : State::ended;
    return;
  }
  if (state_ == State::one_zero_block) fail({"a single block of zeros follows it", "C09"});
  if (entries_left_ == 0) fail({"is one member more than are allowed", "C01"});
  --entries_left_;
  if (const auto fault = read_tar_header(bytes, header_)) fail(*fault);
  if (from_ == From::pack && !has_plain_checksum(bytes))
    fail({"has a checksum in another form", "C09"});
  if (is_extension(header_.type))
    begin_extension();
  else
    begin_member();
}

void TarReader::begin_extension() {
  const bool is_pax = header_.type == 'x' || header_.type == 'g';
  const bool is_second = (header_.type == 'x' && pax_) || (header_.type == 'L' && long_name_) ||
                         (header_.type == 'K' && long_link_) ||
                         (header_.type == 'g' && (pax_ || long_name_ || long_link_));
  // Which of two would count differs from reader to reader.
  if (is_second) fail({"has two headers of one kind before it", is_pax ? "A18" : "A19"});
  if (header_.size_bytes > (is_pax ? max_pax_bytes : max_long_name_bytes))
    fail({is_pax ? "has a PAX header above 1 MiB" : "has a name above 4096 bytes",
          is_pax ? "A18" : "A19"});
  extension_.clear();
  left_ = header_.size_bytes;
  padding_left_ = padding_of(left_);
  state_ = State::extension;
  if (left_ == 0) end_data();
}

void TarReader::end_extension() {
  if (header_.type == 'x' || header_.type == 'g') {
    PaxRecords records;
    if (const auto fault = read_pax_records(extension_, records)) fail(*fault);
    if (header_.type == 'x')
      pax_ = std::move(records);
    else if (!records.empty())
      fail({"a global PAX header gives all members one name or size", "A18"});
    return;
  }
  // The text ends with NUL, which counts; some writers leave it out.
  if (extension_.ends_with('\0')) extension_.pop_back();
  if (extension_.empty() || extension_.find('\0') != std::string::npos)
    fail({"has an empty long name, or a NUL in it", "A20"});
  (header_.type == 'L' ? long_name_ : long_link_) = extension_;
}

void TarReader::begin_member() {
  TarMember member{header_.name, header_.link,       header_.type,
                   header_.mode, header_.size_bytes, header_.mtime_s};
  if (long_name_) member.path = *long_name_;
  if (long_link_) member.link = *long_link_;
  if (pax_) apply_pax(member);
  if (const auto fault = type_fault(member.type)) fail(*fault);
  if (member.type != '0' && member.size_bytes != 0)
    fail({"carries data, which only files do", "A10"});
  if (member.size_bytes > max_file_bytes)
    fail({"has " + std::to_string(member.size_bytes) + " bytes, which no package has", "A17"});
  pax_.reset();
  long_name_.reset();
  long_link_.reset();
  header_.name = member.path;  // messages about what follows name it
  left_ = member.size_bytes;
  padding_left_ = padding_of(left_);
  state_ = State::data;
  visitor_.member(std::move(member));
  if (left_ == 0) end_data();
}

void TarReader::apply_pax(TarMember& member) const {
  if ((pax_->path && long_name_) || (pax_->link && long_link_))
    fail({"has a long name in two dialects", "A18"});
  if (pax_->path) member.path = *pax_->path;
  if (pax_->link) member.link = *pax_->link;
  if (!pax_->size_bytes) return;
  // A header that could say the same and does not is there for another reader.
  if (*pax_->size_bytes <= max_octal_size && *pax_->size_bytes != header_.size_bytes)
    fail({"has another size in its PAX header", "A18"});
  member.size_bytes = *pax_->size_bytes;
}

void TarReader::end_data() {
  const bool was_member = state_ == State::data;
  state_ = padding_left_ == 0 ? State::header : State::padding;
  if (was_member)
    visitor_.member_end();
  else
    end_extension();
}

}  // namespace envlock
