#include "pack/runtime/output.hpp"

#include <algorithm>
#include <cstdio>

#include "model/text.hpp"

namespace envlock::runtime {
namespace {

JsonWriter begin_document(std::string_view command, bool ok, ExitCode code) {
  JsonWriter json;
  json.begin_object().member("schema", 1).member("command", command).member("ok", ok);
  json.member("exit_code", static_cast<int>(code));
  return json;
}

void print(JsonWriter& json) { std::fputs(json.end_object().end_object().take().c_str(), stdout); }

}  // namespace

void say(const std::string& line) { std::puts(printable(line).c_str()); }

void note(const std::string& line) {
  std::fprintf(stderr, "envlock-env: note: %s\n", printable(line).c_str());
}

void say_json(std::string_view command, ExitCode code,
              const std::function<void(JsonWriter&)>& write_result) {
  JsonWriter json =
      begin_document(command, code == ExitCode::ok || code == ExitCode::findings, code);
  json.key("result").begin_object();
  write_result(json);
  print(json);
}

int fail(const Error& error, std::string_view command, bool json) {
  // Lines of their own stay lines.
  std::string_view text = error.what();
  std::string shown;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    shown += (shown.empty() ? "" : "\n") + printable(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  std::fprintf(stderr, "envlock-env: error: %s\n", shown.c_str());
  if (!error.hint().empty()) std::fprintf(stderr, "  hint: %s\n", printable(error.hint()).c_str());
  if (json) {
    JsonWriter document = begin_document(command, false, error.exit_code());
    document.key("error").begin_object().member("kind", kind_of(error.exit_code()));
    document.member("message", std::string_view(error.what())).member("hint", error.hint());
    document.key("details").begin_object();
    for (const auto& [key, value] : error.details()) document.member(key, value);
    document.end_object();
    print(document);
    std::fflush(stdout);
  }
  return static_cast<int>(error.exit_code());
}

}  // namespace envlock::runtime
