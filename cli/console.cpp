#include "cli/console.hpp"

#include <algorithm>

#include "model/error.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::size_t flush_at_bytes = 64 * 1024;
constexpr std::size_t max_piece_bytes = 1024 * 1024;
/// Back to the first column and clear to the end of the line (ECMA-48 EL).
constexpr std::string_view clear_line = "\r\x1b[K";

/// Takes away what `set_status` drew: the cursor stands in its last line.
std::string clear_status(std::string_view status) {
  std::string clear(clear_line);
  for (const char c : status) {
    if (c == '\n') clear.append("\x1b[A").append(clear_line);  // one line up (ECMA-48 CUU)
  }
  return clear;
}

std::string_view colour_of(Tone tone) noexcept {
  switch (tone) {
    case Tone::plain:
      return {};
    case Tone::bold:
      return "\x1b[1m";
    case Tone::dim:
      return "\x1b[2m";
    case Tone::good:
      return "\x1b[32m";
    case Tone::warn:
      return "\x1b[33m";
    case Tone::bad:
      return "\x1b[31m";
  }
  return {};
}

}  // namespace

Console::Console(OutputSink& out, OutputSink& err, ConsoleSettings settings)
    : out_(out), err_(err), settings_(settings) {}

/// Redaction looks at the whole line first, because a URL may be spread over its pieces; where it
/// finds something the line loses its colours, which is the safe side.
std::string Console::render(const Line& line, bool colour) const {
  std::string plain;
  for (const auto& [tone, text] : line.pieces()) plain += text;
  const std::string redacted = redactor_.apply(plain);
  if (redacted != plain || !colour) return printable(redacted, max_piece_bytes) + '\n';
  std::string result;
  for (const auto& [tone, text] : line.pieces()) {
    const std::string_view start = colour_of(tone);
    result.append(start).append(printable(text, max_piece_bytes));
    if (!start.empty()) result += "\x1b[0m";
  }
  return result + '\n';
}

/// A text of several lines (lines to add to a file, a list of packages), those after the first
/// indented, so that outside text with a line break in it cannot look like a message of its own.
std::string Console::render_lines(Line first, std::string_view text, std::string_view indent,
                                  bool colour) const {
  const std::size_t end = text.find('\n');
  std::string bytes = render(first.add(text.substr(0, end)), colour);
  while (text.find('\n') != std::string_view::npos) {
    text.remove_prefix(text.find('\n') + 1);
    bytes += render(Line(indent).add(text.substr(0, text.find('\n'))), colour);
  }
  return bytes;
}

void Console::out(const Line& line) {
  const std::string text = render(line, settings_.colour_out);
  const std::lock_guard lock(mutex_);
  buffer_ += text;
  if (buffer_.size() >= flush_at_bytes) {
    out_.write(buffer_);
    buffer_.clear();
  }
}

void Console::out_document(std::string_view bytes) {
  std::string text = redactor_.apply(bytes);
  const std::lock_guard lock(mutex_);
  buffer_ += text;
}

void Console::flush() {
  const std::lock_guard lock(mutex_);
  const std::string bytes = std::exchange(buffer_, {});  // a failed write is not tried again
  if (!bytes.empty()) out_.write(bytes);
}

void Console::drop_output() {
  const std::lock_guard lock(mutex_);
  buffer_.clear();
}

void Console::note(std::string_view text, std::string_view hint) {
  if (!settings_.quiet) message("note", Tone::bold, text, hint);
}

void Console::warning(std::string_view text, std::string_view hint) {
  message("warning", Tone::warn, text, hint);
}

void Console::error(std::string_view text, std::string_view hint) {
  message("error", Tone::bad, text, hint);
}

void Console::detail(std::string_view text) {
  if (settings_.verbosity > 0) message("detail", Tone::dim, text, {});
}

void Console::err(const Line& line) { write_err(render(line, settings_.colour_err)); }

void Console::message(std::string_view kind, Tone tone, std::string_view text,
                      std::string_view hint) {
  Line line("envlock: ");
  line.add(kind, tone).add(": ");
  std::string bytes = render_lines(std::move(line), text, "  ", settings_.colour_err);
  if (!hint.empty()) {
    Line below("  ");
    below.add("hint", Tone::bold).add(": ");
    bytes += render_lines(std::move(below), hint, "    ", settings_.colour_err);
  }
  write_err(bytes);
}

void Console::set_status(std::string_view text) {
  if (!settings_.progress) return;
  const std::lock_guard lock(mutex_);
  std::string shown;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!shown.empty()) shown += '\n';
    shown +=
        printable(redactor_.apply(text.substr(0, end)), settings_.width - 4);  // "..." may follow
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (shown == status_) return;
  const std::string clear = clear_status(status_);
  status_ = std::move(shown);
  try {
    err_.write(clear + status_);
  } catch (const IoError&) {
    status_.clear();
  }
}

void Console::write_err(const std::string& bytes) {
  const std::lock_guard lock(mutex_);
  try {
    err_.write(status_.empty() ? bytes : clear_status(status_) + bytes + status_);
  } catch (const IoError&) {
    // Nobody is left to be told that nobody can be told.
  }
}

}  // namespace envlock
