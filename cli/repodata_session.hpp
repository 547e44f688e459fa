#pragma once

#include "cli/channel_set.hpp"
#include "cli/command.hpp"
#include "cli/progress_display.hpp"
#include "fetch/cache.hpp"
#include "fetch/http.hpp"

namespace envlock {

/// The cache and the network as the command's settings want them. Opening it makes the cache
/// folder; sockets come with need.
class RepodataSession {
 public:
  /// @param revalidate  ask the servers even where the cached repodata is still fresh
  RepodataSession(Context& context, bool revalidate);
  [[nodiscard]] RepodataAccess access();

 private:
  Context& context_;
  Cache cache_;
  HttpClient http_;
  RepodataSettings settings_;
  ProgressDisplay progress_;
};

/// What the questions of `solve` and `search` depend on beside the command line.
AskSurroundings surroundings(Context& context);

}  // namespace envlock
