#include "model/msgpack_reader.hpp"

#include <bit>
#include <utility>

#include "model/error.hpp"

namespace envlock {

namespace {

using Kind = MsgpackReader::Kind;

}  // namespace

MsgpackReader::MsgpackReader(std::span<const std::byte> bytes, std::string name)
    : bytes_(reinterpret_cast<const char*>(bytes.data()), bytes.size()),  // NOLINT: bytes
      name_(std::move(name)) {}

void MsgpackReader::fail(const std::string& what) const {
  throw InputError("'" + name_ + "' is malformed at byte " + std::to_string(at_) + ": " + what,
                   "tell the channel's owner; nothing of it was used");
}

std::string_view MsgpackReader::take(std::uint64_t size) {
  if (size > bytes_.size() - at_)
    fail("it ends within a value of " + std::to_string(size) + " bytes");
  const std::string_view taken = bytes_.substr(at_, static_cast<std::size_t>(size));
  at_ += taken.size();
  return taken;
}

std::uint64_t MsgpackReader::big_endian(std::size_t size) {
  std::uint64_t number = 0;
  for (const char c : take(size)) number = number << 8U | static_cast<unsigned char>(c);
  return number;
}

MsgpackReader::Value MsgpackReader::container(Kind kind, std::uint64_t count) const {
  // Each item takes a byte at least.
  const std::uint64_t least = kind == Kind::map ? 2 * count : count;
  if (least > bytes_.size() - at_)
    fail("it ends before the " + std::to_string(count) + " items that it claims");
  return {.kind = kind, .count = static_cast<std::uint32_t>(count)};
}

MsgpackReader::Value MsgpackReader::next() {
  const auto number = [](std::uint64_t value) {
    return Value{.kind = Kind::whole, .number = value};
  };
  const auto integer = [&](std::size_t size) {
    // The sign of `size` bytes, spread over all of them.
    const unsigned unused = 64 - 8 * static_cast<unsigned>(size);
    const auto value = static_cast<std::int64_t>(big_endian(size) << unused) >> unused;
    return Value{.kind = value < 0 ? Kind::negative : Kind::whole,
                 .number = static_cast<std::uint64_t>(value)};
  };
  const auto real = [](double value) { return Value{.kind = Kind::real, .real = value}; };
  const auto text = [&](std::uint64_t size) {
    return Value{.kind = Kind::text, .bytes = take(size)};
  };
  const auto binary = [&](std::uint64_t size) {
    return Value{.kind = Kind::binary, .bytes = take(size)};
  };
  const auto tag = static_cast<unsigned>(big_endian(1));
  if (tag < 0x80) return number(tag);
  if (tag < 0x90) return container(Kind::map, tag & 0xfU);
  if (tag < 0xa0) return container(Kind::list, tag & 0xfU);
  if (tag < 0xc0) return text(tag & 0x1fU);
  if (tag >= 0xe0)
    return {.kind = Kind::negative,
            .number = static_cast<std::uint64_t>(static_cast<std::int64_t>(tag) - 0x100)};
  switch (tag) {
    case 0xc0:
      return {};
    case 0xc2:
    case 0xc3:
      return {.kind = Kind::boolean, .truth = tag == 0xc3};
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return binary(big_endian(std::size_t{1} << (tag - 0xc4U)));
    case 0xca:
      return real(static_cast<double>(
          std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(sizeof(float))))));
    case 0xcb:
      return real(std::bit_cast<double>(big_endian(sizeof(double))));
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
      return number(big_endian(std::size_t{1} << (tag - 0xccU)));
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
      return integer(std::size_t{1} << (tag - 0xd0U));
    case 0xd9:
    case 0xda:
    case 0xdb:
      return text(big_endian(std::size_t{1} << (tag - 0xd9U)));
    case 0xdc:
    case 0xdd:
      return container(Kind::list, big_endian(std::size_t{2} << (tag - 0xdcU)));
    case 0xde:
    case 0xdf:
      return container(Kind::map, big_endian(std::size_t{2} << (tag - 0xdeU)));
    default:
      fail("a value of an unknown or extension type");
  }
}

std::string_view MsgpackReader::text(std::string_view what) {
  const Value value = next();
  if (value.kind != Kind::text) fail(std::string(what) + " is not text");
  return value.bytes;
}

std::uint32_t MsgpackReader::map(std::string_view what) {
  const Value value = next();
  if (value.kind != Kind::map) fail(std::string(what) + " is not a map");
  return value.count;
}

std::uint32_t MsgpackReader::list(std::string_view what) {
  const Value value = next();
  if (value.kind != Kind::list) fail(std::string(what) + " is not a list");
  return value.count;
}

void MsgpackReader::skip() {
  // What is still to come on each level: no recursion that the input could drive.
  std::uint64_t left[max_msgpack_depth + 1] = {1};
  unsigned depth = 0;
  for (;;) {
    while (left[depth] == 0) {
      if (depth == 0) return;
      --depth;
    }
    --left[depth];
    const Value value = next();
    if (value.kind != Kind::list && value.kind != Kind::map) continue;
    if (depth == max_msgpack_depth)
      throw TrustError("'" + name_ + "' has more than " + std::to_string(max_msgpack_depth) +
                           " levels, at byte " + std::to_string(at_),
                       "do not trust this channel: no real one is that deep");
    left[++depth] = value.kind == Kind::map ? std::uint64_t{2} * value.count : value.count;
  }
}

}  // namespace envlock
