#include "cli/pack_report.hpp"

#include <filesystem>
#include <string_view>

#include "cli/byte_size.hpp"
#include "cli/json_output.hpp"
#include "model/shell_word.hpp"
#include "model/spoken_digest.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

std::string name_of_file(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

/// Unpacking, on the other machine.
std::string unpack_line(const PackReport& report) {
  const std::string name = shell_word(name_of_file(report.output.path));
  const std::string key = report.is_signed ? " --key KEY.pub" : "";
  if (!report.dest_prefix.empty()) {
    const std::string place = shell_word(report.dest_prefix);
    if (report.output.is_folder()) return "there: put it at " + place;
    if (report.output.kind == PackOutput::Kind::self_extracting)
      return "there: sh ./" + name + key + ' ' + place;
    return "there: mkdir -p " + place + " && tar -xf " + name + " -C " + place;
  }
  if (report.output.kind == PackOutput::Kind::self_extracting)
    return "there: sh ./" + name + key + " DIR";
  if (report.output.is_folder()) {
    return report.has_program ? "there, wherever it lies: bin/envlock-env unpack" + key
                              : "it needs its place: pack a file, and use 'envlock unpack' there";
  }
  const std::string by_envlock = "envlock unpack " + name + " --prefix DIR" + key;
  if (!report.has_program) return "there: " + by_envlock;
  return "there: mkdir DIR && tar -xf " + name + " -C DIR && DIR/bin/envlock-env unpack" + key +
         "; or " + by_envlock;
}

void write_json(JsonWriter& json, const PackReport& report) {
  const PackedArchive& archive = report.archive;
  json.member("file", report.output.path).member("platform", report.platform.subdir());
  json.member("packages", static_cast<std::uint64_t>(report.packages));
  json.member("files", static_cast<std::uint64_t>(archive.files));
  json.member("excluded", static_cast<std::uint64_t>(report.excluded));
  json.member("manifest_sha256", archive.manifest_sha256.hex());
  json.member("spoken_digest", spoken_digest(archive.manifest_sha256));
  if (!report.accepted.empty()) {
    json.key("accepted").begin_array();
    for (const AcceptedItem& item : report.accepted) {
      json.begin_object().member("path", item.path).member("finding", item.finding);
      json.member("reason", item.reason).member("sha256", item.sha256.hex()).end_object();
    }
    json.end_array();
  }
  if (report.output.is_folder()) return;
  json.member("size", archive.bytes).member("sha256", archive.sha256.hex());
  json.member("sha256_file", report.sha256_file);
  if (!report.signature_file.empty()) json.member("signature_file", report.signature_file);
}

}  // namespace

std::vector<std::string> next_steps(const PackReport& report) {
  if (report.output.kind == PackOutput::Kind::stream) return {};
  std::string carry = "carry " + report.output.path;
  if (report.output.is_file()) {
    carry += report.signature_file.empty()
                 ? " and " + report.sha256_file
                 : ", " + report.sha256_file + " and " + report.signature_file;
  }
  std::vector<std::string> lines{carry + " to the machine that is to have it"};
  if (report.output.is_file()) {
    lines.push_back("there: sha256sum -c " + shell_word(name_of_file(report.sha256_file)));
    if (!report.signature_file.empty()) {
      lines.push_back("there: minisign -V -p KEY.pub -m " +
                      shell_word(name_of_file(report.output.path)));
    }
  }
  lines.push_back(unpack_line(report));
  if (report.output.kind == PackOutput::Kind::archive &&
      report.output.compression == PackCompression::zstd &&
      (report.has_program || !report.dest_prefix.empty()))
    lines.push_back(
        "tar needs the program zstd for that; where it is missing, pack a .sh or .tar.gz");
  return lines;
}

ExitCode report_pack(const PackReport& report, Context& context) {
  const PackedArchive& archive = report.archive;
  Console& console = context.console;
  for (const std::string& notice : archive.notices) console.note(notice);
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok,
                             [&](JsonWriter& json) { write_json(json, report); });
  }
  const bool is_stream = report.output.kind == PackOutput::Kind::stream;
  const auto say = [&](const std::string& line) {
    if (is_stream) return console.note(line);
    console.out(line);
  };
  std::string what = "Packed " + counted(report.packages, "package") + " for " +
                     report.platform.subdir() + " into " +
                     (is_stream ? "standard output" : report.output.path);
  if (!report.output.is_folder()) what += " (" + human_bytes(archive.bytes) + ")";
  what += ": " + counted(archive.files, "path");
  if (report.excluded > 0) what += ", " + std::to_string(report.excluded) + " left out by filters";
  say(what + ".");
  if (!report.accepted.empty()) {
    say(counted(report.accepted.size(), "accepted difference") +
        " from the packages, which the pack names (share/envlock/pack.json)");
  }
  if (!report.output.is_folder()) say("sha256 " + archive.sha256.hex());
  say("manifest " + spoken_digest(archive.manifest_sha256) +
      ": to be read over the telephone; who unpacks it sees the same");
  const std::vector<std::string> steps = next_steps(report);
  if (!steps.empty()) say("Next:");
  for (const std::string& step : steps) say("  " + step);
  return ExitCode::ok;
}

}  // namespace envlock
