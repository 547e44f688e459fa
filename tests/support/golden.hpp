#pragma once

#include <string>

namespace envlock::test {

/// The stored text tests/golden/NAME, which `actual` ought to equal:
///   CHECK(text == test::golden("cli/help.txt", text));
/// With ENVLOCK_ACCEPT=1 in the environment `actual` becomes the stored text; the change is then
/// reviewed like code. A name without a stored text gives one that no output equals.
std::string golden(const std::string& name, const std::string& actual);

}  // namespace envlock::test
