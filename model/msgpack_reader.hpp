#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace envlock {

/// Reads MessagePack (its specification, 2013) value by value: the caller asks for the next one and
/// knows what it expects. Nothing is allocated by a size that the bytes claim: texts are views, and
/// a list or map cannot claim more items than bytes are left. Extension types are refused.
class MsgpackReader {
 public:
  enum class Kind : std::uint8_t { nil, boolean, whole, negative, real, text, binary, list, map };

  struct Value {
    Kind kind = Kind::nil;
    bool truth = false;        ///< Of a boolean.
    std::uint64_t number = 0;  ///< Of a whole number; of a negative one its two's complement.
    double real = 0;
    std::string_view bytes = {};  ///< Of text (any bytes) and binary; lives as long as the input.
    std::uint32_t count = 0;      ///< Items of a list, pairs of a map: they are the next values.
  };

  /// @param name  redacted, for messages
  MsgpackReader(std::span<const std::byte> bytes, std::string name);

  /// @throws InputError where the bytes end, or are no value
  Value next();
  /// The next value, which must be text, a map, ... @param what  for messages: "the key of 'info'"
  std::string_view text(std::string_view what);
  std::uint32_t map(std::string_view what);
  std::uint32_t list(std::string_view what);
  /// Passes over the next value. @throws also TrustError where it is too deep
  void skip();
  [[nodiscard]] bool at_end() const noexcept { return at_ == bytes_.size(); }
  /// @throws InputError saying the document, the byte and `what`
  [[noreturn]] void fail(const std::string& what) const;

 private:
  std::uint64_t big_endian(std::size_t size);
  std::string_view take(std::uint64_t size);
  Value container(Kind kind, std::uint64_t count) const;

  std::string_view bytes_;
  std::string name_;
  std::size_t at_ = 0;
};

/// More levels than this are refused, as in JSON (J01).
inline constexpr unsigned max_msgpack_depth = 64;

}  // namespace envlock
