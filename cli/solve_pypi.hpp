#pragma once

#include "cli/console.hpp"
#include "model/json_writer.hpp"
#include "model/lockfile.hpp"

namespace envlock {

/// What a solve did to a platform's packages of PyPI, for people; nothing where it has none.
/// @param before  of the lock before, or null
void print_pypi(Console& console, const LockPlatform* before, const LockPlatform& after);

/// `pypi`: `packages`, `added`, `removed` and `changed`, as a member of the open object; only where
/// there are or were any.
void write_pypi(JsonWriter& json, const LockPlatform* before, const LockPlatform& after);

}  // namespace envlock
