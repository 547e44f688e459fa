#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "model/open_beneath.hpp"

namespace envlock {

/// A file of a prefix that is held whole: text, or why there is none.
struct SmallFile {
  std::optional<std::string> text;
  /// "it is not there" is empty; else why it cannot be read: a link, a FIFO, too large, ...
  std::string fault;
};

/// Reads a regular file beneath a folder; links are not followed, FIFOs and devices not waited for.
SmallFile read_small_file(int folder_fd, const std::string& path, std::size_t max_bytes,
                          BeneathMethod method = BeneathMethod::automatic);

/// The names in an open folder, in no order. @return false where it cannot be read; errno says why
bool list_folder(int folder_fd, std::vector<std::string>& names);

}  // namespace envlock
