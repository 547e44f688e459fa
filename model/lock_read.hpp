#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model/lockfile.hpp"
#include "model/strict_json.hpp"

// What the files that read a lock share.

namespace envlock {

/// More than any real lock has; what is compared with each other must not grow without bound.
constexpr std::size_t max_lock_channels = 1000;
constexpr std::size_t max_lock_platforms = 100;

/// What to do about a lock that cannot be right any more.
std::string make_anew_hint(std::string_view file);

/// `key` as a platform. @throws InputError about `node`
Platform read_platform(std::string_view key, const JsonNode& node);

/// A list of {name, version, build}; names unique, with two underscores, versions valid.
std::vector<VirtualPackage> read_virtual_packages(const JsonNode& node);

/// The texts of a member that may be absent.
std::string text_or_empty(const JsonObject& object, std::string_view key);
std::vector<std::string> texts_or_empty(const JsonObject& object, std::string_view key);
bool flag(const JsonObject& object, std::string_view key);

LockInputs read_lock_inputs(const JsonNode& node);

}  // namespace envlock
