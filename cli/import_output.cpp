#include "cli/import_output.hpp"

#include <algorithm>
#include <filesystem>

#include "cli/json_output.hpp"
#include "cli/output_file.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::size_t shown_paths = 20;

}  // namespace

std::string import_target(const ParsedArgs& args, std::string_view usual,
                          const std::string& source) {
  std::error_code ignored;
  std::string target = args.value("output");
  if (target.empty()) {
    target = usual;
    if (std::filesystem::exists(target, ignored))
      throw UsageError("'" + target + "' is there already",
                       "'-o " + target + "' writes over it, '-o' with another name beside it");
  }
  if (std::filesystem::equivalent(target, source, ignored))
    throw UsageError("'" + target + "' is what is to be imported", "choose another file for -o");
  return target;
}

ExitCode finish_import(const Imported& imported, const std::string& target, Context& context) {
  write_output_file(target, target, imported.document);
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      json.member("kind", imported.kind).member("format", imported.format);
      json.member("source", imported.source).member("output", target);
      const auto list = [&](std::string_view key, const std::vector<std::string>& texts) {
        json.key(key).begin_array();
        for (const std::string& text : texts) json.value(text);
        json.end_array();
      };
      list("summary", imported.summary);
      list("notices", imported.notices);
      list("unowned", imported.unowned);
      json.member("document", imported.document);
    });
  }
  for (const std::string& notice : imported.notices) context.console.note(notice);
  context.console.out(Line()
                          .add("Wrote " + target, Tone::bold)
                          .add(" from " + imported.format + " '" + imported.source + "'"));
  for (const std::string& line : imported.summary) context.console.out("  " + line);
  if (imported.unowned.empty()) return ExitCode::ok;
  context.console.out("  " + counted(imported.unowned.size(), "path") +
                      " of no package (not in the lock):");
  const bool all = context.console.settings().verbosity > 0;
  const std::size_t shown = all ? imported.unowned.size() : shown_paths;
  for (std::size_t i = 0; i < std::min(shown, imported.unowned.size()); ++i)
    context.console.out("    " + imported.unowned[i]);
  if (imported.unowned.size() > shown)
    context.console.out("    ... and " + std::to_string(imported.unowned.size() - shown) +
                        " more (-v shows all)");
  return ExitCode::ok;
}

}  // namespace envlock
