#pragma once

#include <string>

#include "model/lockfile.hpp"
#include "model/platform.hpp"

namespace envlock {

/// One platform of a lock as an explicit list (CEP 23): a URL and the SHA-256 of each package, a
/// package after those that it needs. conda and micromamba install it without solving.
std::string explicit_list(const Lockfile& lock, const Platform& platform);

/// One platform of a lock as an environment.yml (CEP 24) that pins each package by version and
/// build. A package of PyPI that is not from PyPI itself is pinned by its URL and SHA-256, or its
/// path.
std::string pinned_environment(const Lockfile& lock, const Platform& platform);

/// The packages of PyPI of one platform as a requirements file with digests, for `pip install
/// --no-deps --require-hashes`: what comes from PyPI itself by name and version, what comes from
/// elsewhere by its URL.
std::string requirements_list(const Lockfile& lock, const Platform& platform);

}  // namespace envlock
