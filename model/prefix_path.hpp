#pragma once

#include <string>
#include <string_view>

namespace envlock {

/// For commands that look at an environment where it lies, or use it there.
/// @throws UsageError (2) for a control character or ':', which separates the parts of PATH
void require_nameable_prefix(std::string_view prefix);

/// The one rule for where an environment is made, by `install`, `unpack`, `relocate` and for
/// `pack --dest-prefix`: the path is put into the packages' texts as it is, and many of them are
/// programs. A quote or a backslash ends or changes Python's strings (its own `sysconfig` has such
/// ones, by which pip stops, too), and so do bytes that are no UTF-8. Blanks, '$', '#' and every
/// letter are fine: shebangs and activation quote them.
/// @throws UsageError (2) as above; Error (8) for a quote, a backslash, or other bytes than UTF-8
void require_usable_prefix(std::string_view prefix);

}  // namespace envlock
