#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/redactor.hpp"
#include "cli/sink.hpp"

namespace envlock {

/// How a piece of a line looks where colour is on. The text must read the same without.
enum class Tone : std::uint8_t { plain, bold, dim, good, warn, bad };

/// One line of output in pieces, none of them escaped yet.
class Line {
 public:
  Line() = default;
  Line(std::string_view text) { add(text); }  // NOLINT(google-explicit-constructor)
  Line(const std::string& text)
      : Line(std::string_view(text)) {}                     // NOLINT(google-explicit-constructor)
  Line(const char* text) : Line(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)
  Line& add(std::string_view text, Tone tone = Tone::plain) {
    pieces_.emplace_back(tone, text);
    return *this;
  }
  [[nodiscard]] const std::vector<std::pair<Tone, std::string>>& pieces() const noexcept {
    return pieces_;
  }

 private:
  std::vector<std::pair<Tone, std::string>> pieces_;
};

/// What the console may do with its two streams.
struct ConsoleSettings {
  bool quiet = false;      ///< No notes.
  unsigned verbosity = 0;  ///< `detail` shows from 1.
  bool colour_out = false;
  bool colour_err = false;
  bool out_is_tty = false;
  bool progress = false;   ///< Standard error is a terminal that can redraw a line.
  std::size_t width = 80;  ///< Columns of the terminal.
};

/// The single way out of the program: results to standard output, everything else to standard
/// error. What passes is redacted (secrets that `hide` was told, and what looks like one), and
/// lines are made harmless for terminals. Thread-safe.
class Console {
 public:
  Console(OutputSink& out, OutputSink& err, ConsoleSettings settings);

  /// One line of the result. Buffered: `flush` at the end of the command.
  void out(const Line& line);
  /// A whole document as it is (JSON, an exported file), with its own line ends.
  void out_document(std::string_view bytes);
  /// @throws IoError (exit 7) where standard output takes no more
  void flush();
  /// Forgets what was not flushed yet: half a result helps nobody when an error follows.
  void drop_output();

  /// Before any other thread knows the console.
  void configure(const ConsoleSettings& settings) { settings_ = settings; }

  /// From now on this never shows, in whatever form: registered before the secret is used.
  void hide(std::string_view secret) { redactor_.hide(secret); }

  /// "envlock: note: ...": something the user should know; not with `--quiet`.
  void note(std::string_view text, std::string_view hint = {});
  /// "envlock: warning: ...": shown always.
  void warning(std::string_view text, std::string_view hint = {});
  /// "envlock: error: ...", then the hint on a line of its own.
  void error(std::string_view text, std::string_view hint = {});
  /// Only with `-v`.
  void detail(std::string_view text);
  /// A line on standard error as it is, for explanations below an error.
  void err(const Line& line);

  /// Text of one or a few lines that stands below everything else on standard error and is redrawn
  /// after each line; empty takes it away. Only for the progress display, which knows whether
  /// standard error is a terminal.
  void set_status(std::string_view text);

  [[nodiscard]] const ConsoleSettings& settings() const noexcept { return settings_; }

 private:
  void message(std::string_view kind, Tone tone, std::string_view text, std::string_view hint);
  void write_err(const std::string& bytes);
  [[nodiscard]] std::string render(const Line& line, bool colour) const;
  [[nodiscard]] std::string render_lines(Line first, std::string_view text, std::string_view indent,
                                         bool colour) const;

  OutputSink& out_;
  OutputSink& err_;
  ConsoleSettings settings_;
  Redactor redactor_;
  std::mutex mutex_;    ///< Over all below, and over the order of writes.
  std::string buffer_;  ///< Of standard output.
  std::string status_;
};

}  // namespace envlock
