#pragma once

#include <string>

#include "model/lockfile.hpp"

namespace envlock {

/// Whether a package of a `pip:` list lies beside the lock: a wheel or a project on disk.
bool is_on_disk(const LockedPypi& package);

/// Whether it is a file of PyPI itself, which name and version bring again.
bool is_of_pypi(const LockedPypi& package);

/// Where it comes from, for people: "PyPI", "local wheel", "local project", or the host of its URL.
std::string pypi_origin(const LockedPypi& package);
/// @param url  or the path of a project
std::string pypi_origin(const std::string& url);

/// A reference of a lock ("./my%20wheels/x.whl") as the path that pip and pixi read.
std::string reference_path(const std::string& reference);

}  // namespace envlock
