#include "cli/json_output.hpp"

#include "cli/explanation.hpp"

namespace envlock {
namespace {

constexpr int schema_version = 1;

}  // namespace

std::string json_result(std::string_view command, ExitCode code,
                        const std::function<void(JsonWriter&)>& write_result) {
  JsonWriter json;
  json.begin_object();
  json.member("schema", schema_version);
  json.member("command", command);
  json.member("ok", code == ExitCode::ok || code == ExitCode::findings);
  json.member("exit_code", static_cast<int>(code));
  json.key("result").begin_object();
  write_result(json);
  json.end_object().end_object();
  return json.take();
}

ExitCode print_json_result(Console& console, std::string_view command, ExitCode code,
                           const std::function<void(JsonWriter&)>& write_result) {
  console.out_document(json_result(command, code, write_result));
  return code;
}

ExitCode print_json_result(Context& context, ExitCode code,
                           const std::function<void(JsonWriter&)>& write_result) {
  return print_json_result(context.console, context.command, code, write_result);
}

std::string json_error(std::string_view command, const Error& error, ExitCode code) {
  JsonWriter json;
  json.begin_object();
  json.member("schema", schema_version);
  json.member("command", command);
  json.member("ok", false);
  json.member("exit_code", static_cast<int>(code));
  json.key("error").begin_object();
  json.member("kind", kind_of(error.exit_code()));
  json.member("message", std::string_view(error.what()));
  json.member("hint", error.hint());
  json.key("details").begin_object();
  for (const auto& [key, value] : error.details()) json.member(key, value);
  if (const auto* unsolvable = dynamic_cast<const UnsolvableError*>(&error)) {
    write_explanation(json, *unsolvable);
  }
  json.end_object().end_object().end_object();
  return json.take();
}

void print_json_error(Console& console, std::string_view command, const Error& error,
                      ExitCode code) {
  console.out_document(json_error(command, error, code));
}

}  // namespace envlock
