#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/digest.hpp"
#include "model/url.hpp"

namespace envlock {

// The contract of fetch/ for repodata; its owner writes the declarations out and may refine them:
//
// class Cache                        the private cache folder (design section 5): checks owner and
// modes of each component, makes
//                                    what is missing with 0700, names files by digest, writes
//                                    beside + fsync + rename, seals
// class HttpClient                   libcurl, loaded on first use; follows redirects under our
// rules; redacts; retries struct RepodataResult { Sha256 of the JSON or of the compressed bytes as
// the key; std::filesystem::path of index or stream }
//
// The solver turns JSON into an index and may not be called from here (rooms): the caller passes a
// sink
//   using JsonSink = std::function<void(std::span<const std::byte>)>;
// and gets the bytes of the JSON, decompressed as they arrive, with limits (J08, J09).

}  // namespace envlock
