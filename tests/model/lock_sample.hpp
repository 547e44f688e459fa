#pragma once

#include <string>

#include "model/lockfile.hpp"

namespace envlock::test {

/// A package of the sample's channel, whose file it names; add what it needs.
LockedPackage locked_package(
    const std::string& name, const std::string& version, const std::string& build,
    const std::string& subdir = "linux-64",
    const std::string& channel_url = "https://conda.anaconda.org/conda-forge");

/// A small lock that is whole: numpy, python and tzdata on linux-64, from conda-forge.
Lockfile small_lock();

/// A lock with every optional key: two platforms, a local channel, `pip:` and all.
Lockfile full_lock();

/// Where the locks above lie.
inline const std::string lock_dir = "/home/me/project";

/// What read_lockfile says to `text`; "" where it accepts it.
std::string lock_refusal(const std::string& text);

/// `text` with its only `from` replaced. Fails the test where `from` is not there exactly once.
std::string replaced(std::string text, const std::string& from, const std::string& to);

}  // namespace envlock::test
