#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace envlock {

/// What pip said, by line, harmless for a terminal: each line that begins with "WARNING:" or
/// "ERROR:", at most 2,000 of them and each once, and the last 60 others, in pip's order. An extra
/// that a package does not have is never left out.
std::vector<std::string> pip_messages(std::string_view log);

/// Whether these are of a pip that worked and found nothing that the question allows. Else it was
/// not asked as it wants to be, or broke.
bool pip_found_nothing(const std::vector<std::string>& messages);

/// "WARNING: tool 1.0 does not provide the extra 'fast'"
bool tells_of_missing_extra(std::string_view line);

}  // namespace envlock
