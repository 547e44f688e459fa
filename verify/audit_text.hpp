#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the parsers of the audit share: lines, settings, secrets.

namespace envlock {

struct TextLine {
  std::size_t number = 0;  ///< From 1.
  std::string_view text;   ///< Without line end.
};
/// Lives as long as `text`.
std::vector<TextLine> lines_of(std::string_view text);

/// Something that a rule has to say about a line of a file or a word of a command.
struct AuditHit {
  std::string_view rule;
  std::size_t line = 0;  ///< 0: no line of a file.
  std::string text;      ///< What stands there; secrets are "***".
  std::string kind;      ///< Tells hits of one rule in one file apart, and stays the same.
  std::string message;
  std::string expected;  ///< What would be fine; may be empty.
};

/// True for names whose last word is password, token, secret and the like: "ServerApp.token",
/// "AWS_SECRET_ACCESS_KEY", "hashedPassword"; not for "token_file" or "password_required".
bool is_secret_name(std::string_view name);

/// True for what can be a secret: not empty, no white space, no variable, path, template or word
/// that stands for a missing one.
bool is_secret_value(std::string_view value);

/// True where the text has a URL with credentials, or a token of a known form.
bool has_credentials(std::string_view text);

/// `NAME = VALUE`, `NAME: VALUE`, `"NAME": "VALUE",`, `export NAME=VALUE`.
struct Assignment {
  std::string name;
  std::string value;  ///< Without quotes.
};
/// The assignment that a line is; nothing for comments and all else.
std::optional<Assignment> parse_assignment(std::string_view line);

/// The line as a report may show it: what follows a secret's name, credentials in URLs and known
/// forms of tokens are "***"; trimmed and cut at 200 bytes.
std::string masked_line(std::string_view line);
/// The same, where moreover `secret` is known to be one.
std::string masked_line(std::string_view line, const std::string& secret);

}  // namespace envlock
