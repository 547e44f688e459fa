#include "cli/import_condarc.hpp"

#include <filesystem>

#include "cli/yaml_text.hpp"
#include "model/condarc.hpp"
#include "model/error.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

/// A channel on disk as a path, which envlock.yml takes as well as a URL.
std::string place_of(const Url& url) { return url.is_file() ? url.local_path() : url.to_string(); }

void write_channels(std::string& out, const Condarc& condarc) {
  out += "channels:\n";
  for (const Condarc::Channel& channel : condarc.channels) {
    out += "  " + yaml_scalar(channel.name) + ":\n";
    out += "    url: " + yaml_scalar(place_of(channel.url)) + '\n';
    if (!channel.mirrors.empty()) out += "    mirrors:\n";
    for (const std::string& mirror : channel.mirrors)
      out += "      - url: " + yaml_scalar(mirror) + '\n';
  }
}

std::string project_text(const Condarc& condarc, const std::string& file) {
  std::string out = "# Made by 'envlock import' from " + printable(file, 200) +
                    ". Only the channels below may be used, in this order.\n";
  for (const Condarc::Remark& remark : condarc.remarks)
    out += "# not carried over: " + remark.key + ": " + printable(remark.text) + '\n';
  write_channels(out, condarc);
  if (condarc.channel_priority)
    out += "channel_priority: " + std::string(to_string(*condarc.channel_priority)) + '\n';
  if (!condarc.exclude_newer.empty())
    out += "exclude_newer: " + yaml_scalar(condarc.exclude_newer) + '\n';
  if (!condarc.platforms.empty()) out += "platforms:\n";
  for (const Platform& platform : condarc.platforms)
    out += "  - " + yaml_scalar(platform.subdir()) + '\n';
  if (!condarc.denied.empty()) out += "policy:\n  denied:\n";
  for (const std::string& spec : condarc.denied)
    out += "    - spec: " + yaml_scalar(spec) + "\n      reason: disallowed_packages of .condarc\n";
  return out;
}

}  // namespace

Imported imported_condarc(std::string_view text, const std::string& file) {
  const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
  const Condarc condarc = read_condarc(text, file, folder.lexically_normal().string());
  Imported out;
  out.kind = "project";
  out.format = "a .condarc";
  // The name of a home folder is nobody's business.
  out.document = project_text(condarc, std::filesystem::path(file).filename().string());
  static_cast<void>(parse_project(out.document, "envlock.yml"));
  out.summary.push_back(counted(condarc.channels.size(), "channel") +
                        "; no other one may be used where this file counts");
  for (const Condarc::Remark& remark : condarc.remarks)
    out.notices.push_back("not carried over: '" + remark.key + "': " + remark.text);
  return out;
}

}  // namespace envlock
