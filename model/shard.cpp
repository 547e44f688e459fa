#include "model/shard.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <unordered_set>
#include <utility>

#include "model/error.hpp"
#include "model/match_spec.hpp"
#include "model/msgpack_reader.hpp"
#include "model/text.hpp"

namespace envlock {

namespace {

using Kind = MsgpackReader::Kind;
using Value = MsgpackReader::Value;

constexpr std::string_view hex_digits = "0123456789abcdef";

template <class Number>
void append_number(std::string& json, Number number) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  json.append(text.data(), end);
}

class ShardReader {
 public:
  ShardReader(std::span<const std::byte> msgpack, std::string_view name,
              const std::string& document)
      : reader_(msgpack, document), name_(name), document_(document) {}

  Shard read() {
    std::set<std::string_view> keys;
    for (std::uint32_t left = reader_.map("the document"); left > 0; --left) {
      const std::string_view key = reader_.text("a key");
      if (!keys.insert(key).second) reader_.fail("the key '" + printable(key, 100) + "' twice");
      if (key == "packages")
        records(shard_.packages);
      else if (key == "packages.conda")
        records(shard_.packages_conda);
      else if (key == "removed")
        removed();
      else if (key == "v3")
        buckets();
      else
        reader_.skip();
    }
    if (!reader_.at_end()) reader_.fail("bytes follow behind its end");
    for (const std::string_view dependency : dependencies_)
      if (std::string needed = needed_name(dependency); !needed.empty())
        shard_.needed.push_back(std::move(needed));
    std::sort(shard_.needed.begin(), shard_.needed.end());
    shard_.needed.erase(std::unique(shard_.needed.begin(), shard_.needed.end()),
                        shard_.needed.end());
    return std::move(shard_);
  }

 private:
  void records(std::string& json) {
    for (std::uint32_t left = reader_.map("a part of it"); left > 0; --left) {
      if (!json.empty()) json += ',';
      append_json_text(json, reader_.text("a file name"));
      json += ':';
      record(json);
    }
  }

  void record(std::string& json) {
    json += '{';
    for (std::uint32_t count = reader_.map("a record"), left = count; left > 0; --left) {
      if (left != count) json += ',';
      const std::string_view key = reader_.text("a key of a record");
      append_json_text(json, key);
      json += ':';
      const Value value = reader_.next();
      if (key == "name" && value.kind == Kind::text) require_name(value.bytes);
      if (key == "depends" && value.kind == Kind::list)
        dependencies(json, value.count);
      else if (value.kind == Kind::binary)
        digest(json, key, value.bytes);
      else
        append(json, value, 3);
    }
    json += '}';
  }

  /// One that smuggles records of another name in would go unnoticed where that name's own shard
  /// is proved to be the same as ever.
  void require_name(std::string_view found) const {
    if (to_lower(found) == name_) return;
    throw TrustError("'" + document_ + "', the shard of '" + std::string(name_) +
                         "', has a record of '" + printable(found, 100) + "'",
                     "do not trust this channel; tell its owner");
  }

  void dependencies(std::string& json, std::uint32_t count) {
    json += '[';
    for (std::uint32_t i = 0; i < count; ++i) {
      if (i != 0) json += ',';
      const Value value = reader_.next();
      if (value.kind == Kind::text) dependencies_.insert(value.bytes);
      append(json, value, 4);
    }
    json += ']';
  }

  /// Those of packages are bytes in a shard and hex in JSON.
  void digest(std::string& json, std::string_view key, std::string_view bytes) const {
    if (key != "sha256" && key != "md5" && key != "legacy_bz2_md5")
      reader_.fail("the field '" + printable(key, 100) + "' is binary");
    json += '"';
    for (const char c : bytes) {
      const auto byte = static_cast<unsigned char>(c);
      json += hex_digits[byte >> 4U];
      json += hex_digits[byte & 0xfU];
    }
    json += '"';
  }

  void removed() {
    for (std::uint32_t left = reader_.list("'removed'"); left > 0; --left) {
      if (!shard_.removed.empty()) shard_.removed += ',';
      append_json_text(shard_.removed, reader_.text("an entry of 'removed'"));
    }
  }

  void buckets() {
    std::set<std::string_view> names;
    in_v3_ = true;
    for (std::uint32_t left = reader_.map("'v3'"); left > 0; --left) {
      const std::string_view name = reader_.text("a key of 'v3'");
      if (!names.insert(name).second) reader_.fail("a key of 'v3' occurs twice");
      if (!is_utf8(name)) reader_.fail("a key of 'v3' is not UTF-8");
      std::string& json = shard_.v3[std::string(name)];
      for (std::uint32_t inner = reader_.map("a part of 'v3'"); inner > 0; --inner) {
        if (!json.empty()) json += ',';
        append_json_text(json, reader_.text("a name in 'v3'"));
        json += ':';
        const Value value = reader_.next();
        append(json, value, 3);
      }
    }
    in_v3_ = false;
  }

  void append(std::string& json, const Value& value, unsigned depth) {
    switch (value.kind) {
      case Kind::nil:
        json += "null";
        return;
      case Kind::boolean:
        json += value.truth ? "true" : "false";
        return;
      case Kind::whole:
        return append_number(json, value.number);
      case Kind::negative:
        return append_number(json, static_cast<std::int64_t>(value.number));
      case Kind::real:
        return append_real(json, value.real);
      case Kind::text:
        return append_json_text(json, value.bytes);
      case Kind::binary:
        // v3's records are counted and never used; JSON has no bytes.
        if (!in_v3_) reader_.fail("bytes where a record has none");
        return append_json_text(json, "");
      case Kind::list:
      case Kind::map:
        break;
    }
    if (depth >= max_msgpack_depth)
      throw TrustError(
          "'" + document_ + "' has more than " + std::to_string(max_msgpack_depth) + " levels",
          "do not trust this channel: no real one is that deep");
    const bool is_map = value.kind == Kind::map;
    json += is_map ? '{' : '[';
    for (std::uint32_t i = 0; i < value.count; ++i) {
      if (i != 0) json += ',';
      if (is_map) {
        append_json_text(json, reader_.text("a key"));
        json += ':';
      }
      append(json, reader_.next(), depth + 1);
    }
    json += is_map ? '}' : ']';
  }

  void append_real(std::string& json, double number) const {
    if (!std::isfinite(number)) reader_.fail("a number that is none");
    const std::size_t start = json.size();
    append_number(json, number);
    // What is no whole number in the shard must not become one.
    if (json.find_first_of(".e", start) == std::string::npos) json += ".0";
  }

  MsgpackReader reader_;
  std::string_view name_;
  const std::string& document_;
  Shard shard_;
  bool in_v3_ = false;
  std::unordered_set<std::string_view>
      dependencies_;  ///< Each once: they repeat from record to record.
};

}  // namespace

std::size_t Shard::size_bytes() const noexcept {
  std::size_t size = packages.size() + packages_conda.size() + removed.size();
  for (const auto& [bucket, json] : v3) size += bucket.size() + json.size();
  return size;
}

Shard read_shard(std::span<const std::byte> msgpack, std::string_view name,
                 const std::string& document) {
  return ShardReader(msgpack, name, document).read();
}

std::string needed_name(std::string_view dependency) {
  try {
    const MatchSpec spec = MatchSpec::parse(dependency);
    if (!spec.has_exact_name() || spec.name().starts_with("__")) return {};
    return spec.name();
  } catch (const InputError&) {
    return {};  // its records are no candidates
  }
}

void append_json_text(std::string& json, std::string_view text) {
  json += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (byte < 0x20) {
      json += "\\u00";
      json += hex_digits[byte >> 4U];
      json += hex_digits[byte & 0xfU];
    } else {
      json += c;
    }
  }
  json += '"';
}

}  // namespace envlock
