#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Outside text made harmless for the formats of reports: no markup, link, mention, terminal
// sequence or label can be smuggled in (T15).

namespace envlock {

/// As code of Markdown, where it has no markup, links, mentions or HTML; empty text stays empty. A
/// backtick would end it: it is shown as an escape. Cut after 300 bytes.
std::string markdown_code(std::string_view text);

/// The same for a cell of a table, where GitHub takes the backslash before a bar away also in code.
std::string markdown_cell(std::string_view text);

/// Text of an XML 1.0 attribute or element.
std::string xml_text(std::string_view text);

/// Plain text of a SARIF message: brackets would start a link (SARIF 2.1.0, 3.11.6). Cut after
/// 1,000 bytes.
std::string sarif_text(std::string_view text);

/// A relative URI of a file, percent-encoded: reports go to places that do not know this machine's
/// folders, so of a path that leads elsewhere only the name stays.
/// @param fallback  for an empty path
std::string relative_uri(std::string_view file, std::string_view fallback);

/// A value of a GitHub workflow command: "::warning file=VALUE::MESSAGE".
std::string github_property(std::string_view text);
std::string github_message(std::string_view text);

}  // namespace envlock
