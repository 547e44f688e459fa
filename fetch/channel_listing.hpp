#pragma once

#include <map>
#include <string>
#include <string_view>

#include "model/package_record.hpp"

namespace envlock {

/// The repodata.json of one subdir of a channel folder that envlock writes (CF 2.1, CF 2.2): file
/// name -> record. Of a record only what such a file holds.
using ChannelListing = std::map<std::string, PackageRecord>;

/// Keys sorted, the same bytes for the same records; `channel_url` and `url` have no place in it.
std::string write_channel_listing(const ChannelListing& listing, const std::string& subdir);

/// Reads what write_channel_listing wrote. Strict: what it does not know it could not keep.
/// @param file  only names the file in messages
/// @throws InputError for anything else
ChannelListing read_channel_listing(std::string_view json, const std::string& file);

/// True for a package's file name that is safe below a folder: no separators, no control
/// characters, no leading dot, ends in .conda or .tar.bz2.
bool is_plain_package_name(std::string_view file_name) noexcept;

}  // namespace envlock
