#include "cli/clock.hpp"

#include <chrono>
#include <optional>

#include "model/error.hpp"

namespace envlock {

Clock::Clock(const ParsedArgs& args, const EnvironmentLookup& environment) {
  const auto read = [&](std::string_view name, const std::string& text) {
    const std::optional<Instant> instant = parse_instant(text);
    if (!instant) {
      throw UsageError("'" + std::string(name) + "' is no time: '" + text + "'",
                       "write '2026-01-31T12:00:00Z', '2026-01-31' or seconds since 1970");
    }
    source_ = name;
    now_ = *instant;
  };
  const std::optional<std::string> epoch = environment("SOURCE_DATE_EPOCH");
  if (args.has("now")) {
    read("--now", args.value("now"));
  } else if (epoch && !epoch->empty()) {
    read("SOURCE_DATE_EPOCH", *epoch);
  } else {
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    now_.ms = std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
    source_ = "the system's clock";
    is_given_ = false;
  }
}

std::string Clock::to_string() const {
  return now_.to_string() + " (" + std::string(source_) + ')';
}

}  // namespace envlock
