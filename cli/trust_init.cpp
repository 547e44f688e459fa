#include "cli/trust_init.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "cli/json_output.hpp"
#include "cli/repodata_session.hpp"
#include "cli/trust_channels.hpp"
#include "fetch/atomic_file.hpp"
#include "model/shell_word.hpp"

namespace envlock {

namespace fs = std::filesystem;

namespace {

/// The channel that is meant, and envlock.yml's entry for it where there is one.
struct Wanted {
  std::string name;
  Url url;
  Url trust_url;
  const Project::ChannelRule* rule = nullptr;
};

bool is_bare_name(const std::string& text) {
  return text.find('/') == std::string::npos && text != "." && text != "..";
}

std::string asked_text(const ParsedArgs& args, const std::optional<ProjectFile>& project) {
  const std::vector<std::string> names = channel_arguments(args);
  if (names.size() > 1) throw UsageError("'trust init' takes one channel at a time");
  if (!names.empty()) return names.front();
  if (project && project->project.channels.size() == 1)
    return project->project.channels.front().name;
  throw UsageError("'trust init' needs a channel",
                   "give its name in envlock.yml, its URL or its path");
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._-+").find(c) != std::string_view::npos;
}

/// A name for a file, for YAML and for a shell, from that of a channel, which may have slashes, or,
/// where it is the last part of a URL, anything.
std::string plain_name(std::string name) {
  std::ranges::replace_if(
      name, [](char c) { return !is_plain(c); }, '-');
  if (name.empty() || name.front() == '.' || name.front() == '-') name.insert(0, "channel");
  return name;
}

Wanted find_channel(const std::string& text, const std::optional<ProjectFile>& project) {
  const ChannelNames names = channel_names(project, fs::current_path());
  // No bare name is looked up on a public server: a slip of the pen would tell it.
  if (is_bare_name(text) && !names.named.contains(text)) refuse_unlisted(project, text);
  const std::vector<Channel> parsed = parse_channel(text, names);
  if (parsed.size() != 1)
    throw UsageError("'" + text + "' stands for several channels", "name one of them by its URL");
  const Channel& channel = parsed.front();
  Wanted wanted{channel.name, channel.url, channel.url};
  if (project) {
    for (const Project::ChannelRule& rule : project->project.channels) {
      const bool same_url = names.named.at(rule.name) == channel.url;
      if (rule.name == channel.name && !same_url)
        throw UsageError("envlock.yml has a channel '" + rule.name + "' with another URL",
                         "list '" + channel.url.to_string() +
                             "' there under a name of its own, and give that name");
      if (!same_url || (wanted.rule != nullptr && rule.name != text)) continue;
      wanted.rule = &rule;
    }
  }
  if (wanted.rule != nullptr) {
    wanted.name = wanted.rule->name;
    wanted.trust_url = wanted.rule->trust.trust_url.value_or(channel.url);
  } else {
    wanted.name = plain_name(wanted.name);
  }
  return wanted;
}

Url trust_url_of(const std::string& text) {
  const std::optional<Url> url = Url::parse(text);
  if (!url || url->has_credentials())
    throw UsageError("'--trust-url' takes a URL without a login",
                     "write for example https://repo.example.org/trust, or file:///path");
  return *url;
}

std::string fetch_root(const Wanted& wanted, const std::optional<ProjectFile>& project,
                       Context& context) {
  if (context.settings.offline && !wanted.trust_url.is_file())
    throw NetworkError("offline, and the root of channel '" + wanted.name + "' lies at '" +
                           wanted.trust_url.to_string() + "'",
                       "run without --offline");
  RepodataSession session(context, true, network_rules(project));
  std::optional<std::string> text =
      fetch_trust_file(wanted.trust_url, "1.root.json",
                       {session.http(), &session.credentials(), false, {}, context.stop});
  if (!text)
    throw NetworkError("channel '" + wanted.name + "': there is no '" +
                           wanted.trust_url.join("1.root.json").to_string() + "'",
                       "give the place of its roots with --trust-url URL; a channel without roots "
                       "does not sign its records");
  return std::move(*text);
}

TrustMetadata parse_first_root(const std::string& text, const Wanted& wanted) {
  TrustMetadata root =
      parse_trust_metadata(text, TrustRole::root, wanted.trust_url.join("1.root.json").to_string());
  if (root.version != 1)
    throw TrustError(root.file + ": expected version 1 of the root, found " +
                     std::to_string(root.version.value_or(0)));
  require_self_signed(root);
  return root;
}

/// Relative to envlock.yml.
std::string root_path(const std::string& name) {
  return "trust/" + plain_name(name) + ".root.json";
}

/// @return false where the file was there already with these bytes
bool keep_root(const fs::path& file, const std::string& shown, const std::string& text) {
  std::error_code error;
  if (fs::symlink_status(file, error).type() != fs::file_type::not_found) {
    if (read_file(file, max_trust_metadata_bytes) == text) return false;
    throw IoError("'" + shown + "' is there already, with other bytes",
                  "find out which root it is ('sha256sum " + shown +
                      "'), and move it away if this one is to replace it");
  }
  fs::create_directories(file.parent_path(), error);
  if (error) throw IoError("cannot make '" + file.parent_path().string() + "'", error.value());
  write_file(file, text, 0644);
  return true;
}

/// What envlock.yml needs, as it has to stand there.
std::vector<std::string> project_lines(const Wanted& wanted, const Sha256& sha256) {
  std::vector<std::string> lines;
  if (wanted.rule == nullptr)
    lines = {"channels:", "  " + wanted.name + ":", "    url: " + wanted.url.to_string()};
  lines.push_back("    signatures: require");
  lines.push_back("    root: " + root_path(wanted.name));
  lines.push_back("    root_sha256: " + sha256.hex());
  if (wanted.trust_url != wanted.url)
    lines.push_back("    trust_url: " + wanted.trust_url.to_string());
  return lines;
}

void write_rule(JsonWriter& json, std::string_view key, const KeyRule& rule) {
  json.key(key).begin_object().member("threshold", rule.threshold);
  json.key("keys").begin_array();
  for (const auto& [hex, ed25519] : rule.keys) json.value(hex);
  json.end_array().end_object();
}

void print_rule(Console& console, const std::string& what, const KeyRule& rule) {
  console.out("  " + what + ": " + std::to_string(rule.threshold) + " of " +
              std::to_string(rule.keys.size()));
  for (const auto& [hex, ed25519] : rule.keys) console.out(Line("    ").add(hex, Tone::dim));
}

/// What happened with the root.
struct Kept {
  bool compared = false;  ///< A digest was given, and is the root's.
  bool written = false;
};

void write_json(JsonWriter& json, const Wanted& wanted, const TrustMetadata& root,
                const Sha256& sha256, const Kept& kept, Instant now) {
  json.member("channel", wanted.name).member("url", root.file).member("sha256", sha256.hex());
  json.member("version", root.version.value_or(0));
  json.member("expiration", root.expiration.to_string());
  json.member("expired", root.expiration <= now);
  write_rule(json, "root_keys", root.rule("root"));
  write_rule(json, "key_mgr_keys", root.rule("key_mgr"));
  json.member("written", kept.written).key("file");
  if (kept.compared) {
    json.value(root_path(wanted.name));
  } else {
    json.null();
  }
  json.key("project_lines").begin_array();
  if (kept.compared) {
    for (const std::string& line : project_lines(wanted, sha256)) json.value(line);
  }
  json.end_array();
}

void print(Console& console, const Wanted& wanted, const TrustMetadata& root, const Sha256& sha256,
           Instant now) {
  console.out(Line().add(wanted.name, Tone::bold).add(": " + root.file));
  console.out(Line("  sha256 ").add(sha256.hex(), Tone::bold));
  console.out("  version 1, " + expiry_text(root.expiration, now));
  print_rule(console, "keys of the next root", root.rule("root"));
  print_rule(console, "keys of the key manager", root.rule("key_mgr"));
}

/// The command that was typed, with the digest.
std::string repeated_command(const ParsedArgs& args, const std::string& asked, const Sha256& sha256,
                             const Settings& settings) {
  std::string command =
      "envlock trust init " + shell_word(asked) + " --root-sha256 " + sha256.hex();
  if (args.has("trust-url")) command += " --trust-url " + shell_word(args.value("trust-url"));
  if (settings.project) command += " --project " + shell_word(*settings.project);
  return command;
}

}  // namespace

OptionGroup trust_init_options() {
  return {.title = "Options of init",
          .options = {{.name = "root-sha256",
                       .value = "HEX",
                       .help = "keep the root, which must have this sha256",
                       .more = "Take it from the channel's publisher by another way than the "
                               "channel."},
                      {.name = "trust-url",
                       .value = "URL",
                       .help = "where the channel's roots lie",
                       .fallback = "the channel's trust_url in envlock.yml, else its URL"}}};
}

ExitCode trust_init(const ParsedArgs& args, Context& context) {
  std::optional<Sha256> expected;
  if (args.has("root-sha256")) {
    expected = Sha256::parse(args.value("root-sha256"));
    if (!expected) throw UsageError("'--root-sha256' takes the 64 hex digits of a sha256");
  }
  const std::optional<ProjectFile> project = trust_project(context);
  const std::string asked = asked_text(args, project);
  Wanted wanted = find_channel(asked, project);
  if (args.has("trust-url")) wanted.trust_url = trust_url_of(args.value("trust-url"));
  const std::string text = fetch_root(wanted, project, context);
  const TrustMetadata root = parse_first_root(text, wanted);
  const Sha256 sha256 = sha256_of(text);
  if (expected && sha256 != *expected)
    throw TrustError(
        root.file + " has the sha256 " + sha256.hex() + ", expected " + expected->hex(),
        "do not use it; ask the channel's publisher which of the two is theirs");
  Kept kept{.compared = expected.has_value()};
  const fs::path dir = project ? project->dir : fs::current_path();
  if (kept.compared)
    kept.written = keep_root(dir / root_path(wanted.name), root_path(wanted.name), text);
  const Instant now = context.clock.now();
  if (context.settings.json)
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      write_json(json, wanted, root, sha256, kept, now);
    });
  Console& console = context.console;
  print(console, wanted, root, sha256, now);
  if (!kept.compared) {
    console.out(
        "Nothing was written: that the channel serves this root does not make it the right "
        "one.");
    console.out("Compare the sha256 with what its publisher says by another way, then:");
    console.out("  " + repeated_command(args, asked, sha256, context.settings));
    return ExitCode::ok;
  }
  console.out((kept.written ? "Wrote " : "Already there: ") + root_path(wanted.name) +
              (wanted.rule == nullptr
                   ? ". Add to envlock.yml:"
                   : ". Channel '" + wanted.name + "' of envlock.yml needs these lines:"));
  for (const std::string& line : project_lines(wanted, sha256)) console.out(line);
  return ExitCode::ok;
}

}  // namespace envlock
