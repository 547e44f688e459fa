#include "model/environment.hpp"

#include <algorithm>
#include <array>

#include "model/channel.hpp"
#include "model/project_paths.hpp"
#include "model/selector.hpp"
#include "model/selector_comments.hpp"
#include "model/text.hpp"
#include "model/url.hpp"
#include "model/yaml_reader.hpp"

namespace envlock {
namespace {

constexpr std::array<std::string_view, 6> known_keys = {"channels",  "dependencies", "name",
                                                        "platforms", "prefix",       "variables"};
/// Keys of conda-lock's that change nothing about the conda packages.
constexpr std::array<std::string_view, 3> ignored_keys = {"allow-pypi-requests", "category",
                                                          "pip-repositories"};
constexpr std::size_t max_channels = 256;
constexpr std::string_view credentials_hint =
    "write the URL without them: this text is stored in the lock, which others read; a channel's "
    "credential is named in envlock.yml (docs/credentials.md)";

bool is_identifier(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && is_letter(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

bool has_letter(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '*'; });
}

/// "sel(win)" -> "win".
std::optional<std::string_view> selector_key(std::string_view key) {
  if (!key.starts_with("sel(") || !key.ends_with(')')) return std::nullopt;
  return key.substr(4, key.size() - 5);
}

class EnvironmentParser {
 public:
  EnvironmentParser(std::string_view text, const std::string& path)
      : in_(path, "an environment file"), comments_(text, path), path_(path) {
    out_.files.push_back({path, {}, {}});
  }

  Environment parse(const YamlNode& root) {
    in_.require_root(root);
    for (const YamlEntry& entry : root.entries) read_key(entry);
    if (!seen_dependencies_) out_.notices.push_back(path_ + ": has no 'dependencies'");
    for (std::string& notice : comments_.notices()) out_.notices.push_back(std::move(notice));
    return std::move(out_);
  }

 private:
  void read_key(const YamlEntry& entry) {
    if (entry.key == "name") {
      read_name(entry.value);
    } else if (entry.key == "channels") {
      read_channels(entry.value);
    } else if (entry.key == "platforms") {
      read_platforms(entry.value);
    } else if (entry.key == "variables") {
      read_variables(entry.value);
    } else if (entry.key == "dependencies") {
      seen_dependencies_ = true;
      for (const YamlNode* item : in_.list(entry.value, "'dependencies'")) read_dependency(*item);
    } else if (entry.key == "prefix" || std::ranges::count(ignored_keys, entry.key) != 0) {
      out_.notices.push_back(in_.place(entry).to_string() + ": '" + entry.key + "' is ignored");
    } else {
      in_.refuse_key(entry, "an environment file", known_keys);
    }
  }

  void read_name(const YamlNode& node) {
    if (node.kind == YamlNode::Kind::null) return;
    out_.name = in_.text(node, "'name'");
    out_.name_place = in_.place(node);
    if (out_.name == "base" || out_.name == "root")
      throw InputError(in_.place(node), "an environment cannot be named '" + out_.name + "'",
                       "conda calls its own environment so: choose another name");
    if (out_.name.size() > 255 || out_.name.find_first_of("/ :#\\") != std::string::npos)
      throw InputError(in_.place(node), "'" + printable(out_.name, 60) + "' is not a usable name",
                       "a name has no '/', '\\', ':', '#' or space, and at most 255 characters");
  }

  void read_channels(const YamlNode& node) {
    for (const YamlNode* item : in_.list(node, "'channels'")) {
      const std::string text = in_.text(*item, "a channel");
      if (text == "nodefaults") continue;
      check_channel(text, in_.place(*item));
      if (std::ranges::find(out_.channels, text, &RequestedChannel::text) != out_.channels.end())
        continue;
      out_.channels.push_back({text, in_.place(*item)});
      if (out_.channels.size() > max_channels)
        throw InputError(in_.place(*item),
                         "more than " + std::to_string(max_channels) + " channels");
    }
  }

  /// The form alone: which URL a name means is not known here.
  static void check_channel(const std::string& text, const SourcePlace& place) {
    ChannelNames names;
    names.base_dir = form_base_dir;
    try {
      parse_channel(text, names);
    } catch (const InputError& error) {
      throw InputError(place, error.what(), error.hint());
    }
  }

  void read_platforms(const YamlNode& node) {
    out_.platforms_place = in_.place(node);
    for (const YamlNode* item : in_.list(node, "'platforms'")) {
      const std::string text = in_.text(*item, "a platform");
      const auto platform = Platform::parse(text);
      if (!platform || !is_known_subdir(text)) refuse_platform(text, in_.place(*item));
      out_.platforms.push_back(*platform);
    }
    std::ranges::sort(out_.platforms);
    out_.platforms.erase(std::unique(out_.platforms.begin(), out_.platforms.end()),
                         out_.platforms.end());
  }

  [[noreturn]] static void refuse_platform(const std::string& text, const SourcePlace& place) {
    if (text == "noarch")
      throw InputError(place, "'noarch' is not a platform",
                       "leave it out: packages for every platform are always considered");
    const auto near = nearest_word(text, known_subdirs());
    throw InputError(place, "'" + printable(text, 60) + "' is not a platform",
                     near && *near != "noarch" ? "did you mean '" + *near + "'?"
                                               : "known are " + join_words(known_subdirs()));
  }

  void read_variables(const YamlNode& node) {
    for (const YamlEntry& entry : in_.mapping(node, "'variables'")) {
      const SourcePlace place = in_.place(entry);
      if (!is_identifier(entry.key))
        throw InputError(place, "'" + printable(entry.key, 60) + "' cannot name a variable",
                         "a name has letters, digits and '_', and starts with no digit");
      if (to_lower(entry.key) == "path")
        throw InputError(place, "'" + entry.key + "' cannot be set here",
                         "activation sets PATH itself");
      if (entry.value.kind != YamlNode::Kind::scalar)
        throw InputError(
            place,
            "the variable '" + entry.key + "': expected text, found " +
                std::string(describe(entry.value.kind)),
            entry.value.kind == YamlNode::Kind::null ? "write \"\" for an empty value" : "");
      check_credentials(entry.value.text, "the variable '" + entry.key + "'", place);
      out_.variables[entry.key] = entry.value.text;
      out_.variable_places[entry.key] = place;
    }
  }

  static void check_credentials(std::string_view text, const std::string& what,
                                const SourcePlace& place) {
    if (holds_credentials(text))
      throw InputError(place, what + " holds a URL with a user name, password or token",
                       std::string(credentials_hint));
  }

  void read_dependency(const YamlNode& item) {
    if (item.kind == YamlNode::Kind::mapping) {
      for (const YamlEntry& section : item.entries) read_section(section);
    } else {
      out_.files[0].specs.push_back(read_spec(item, "a dependency", comments_.of(item)));
    }
  }

  RequestedSpec read_spec(const YamlNode& node, const std::string& what,
                          std::optional<std::string> selector) const {
    const SourcePlace place = in_.place(node);
    const std::string text = in_.text(node, what);
    check_credentials(text, what, place);
    if (what != "a pip requirement" && !has_letter(text))
      throw InputError(place, "'" + printable(text, 60) + "' is not a package",
                       text.find_first_of("<>=!~") == 0
                           ? "YAML splits [a, b] at each comma: quote the whole, for example "
                             "[\"python >=3.12,<3.13\"]"
                           : "write the package's name before the version, for example "
                             "python=3.12");
    return {text, place, std::move(selector)};
  }

  void read_section(const YamlEntry& section) {
    if (section.key == "pip") {
      for (const YamlNode* item : in_.list(section.value, "'pip'"))
        out_.files[0].pip.push_back(read_spec(*item, "a pip requirement", comments_.of(*item)));
    } else if (const auto selector = selector_key(section.key)) {
      read_selected(section, *selector);
    } else {
      refuse_section(section);
    }
  }

  /// mamba's `- sel(win): pywin32`; a selector comment behind it narrows it further.
  void read_selected(const YamlEntry& section, std::string_view selector) {
    constexpr std::array<std::string_view, 4> allowed = {"linux", "osx", "unix", "win"};
    if (std::ranges::count(allowed, selector) == 0)
      throw InputError(in_.place(section), "'" + printable(section.key, 60) + "' is not a selector",
                       "mamba's form knows sel(linux), sel(osx), sel(unix) and sel(win), without "
                       "spaces");
    if (section.value.kind == YamlNode::Kind::null) return;
    std::string expression(selector);
    YamlNode key;
    key.line = section.line;
    key.column = section.column;
    if (const auto comment = comments_.of(key)) expression += " and (" + *comment + ')';
    out_.files[0].specs.push_back(read_spec(section.value, "a dependency", std::move(expression)));
  }

  [[noreturn]] void refuse_section(const YamlEntry& section) const {
    const std::string key = printable(section.key, 60);
    if (section.value.kind == YamlNode::Kind::scalar)
      throw InputError(
          in_.place(section),
          "'" + key + ": " + printable(section.value.text, 40) + "' is a mapping, not a dependency",
          "write - " + key + '=' + printable(section.value.text, 40));
    std::string hint = "only 'pip:' and 'sel(...):' are";
    if (section.value.kind == YamlNode::Kind::null) hint = "write - " + key + " without the ':'";
    constexpr std::array<std::string_view, 1> sections = {"pip"};
    if (nearest_word(section.key, sections)) hint = "did you mean 'pip'?";
    throw InputError(in_.place(section), "'" + key + "' is not a section of 'dependencies'", hint);
  }

  YamlReader in_;
  SelectorComments comments_;
  std::string path_;
  Environment out_;
  bool seen_dependencies_ = false;
};

std::vector<RequestedSpec> selected(const std::vector<Environment::File>& files,
                                    std::vector<RequestedSpec> Environment::File::*list,
                                    const Platform& platform) {
  std::vector<RequestedSpec> specs;
  for (const Environment::File& file : files) {
    for (const RequestedSpec& spec : file.*list) {
      if (!spec.selector || selector_holds(*spec.selector, platform)) specs.push_back(spec);
    }
  }
  return specs;
}

}  // namespace

std::vector<RequestedSpec> Environment::specs_for(const Platform& platform) const {
  return selected(files, &File::specs, platform);
}

std::vector<RequestedSpec> Environment::pip_for(const Platform& platform) const {
  return selected(files, &File::pip, platform);
}

Environment parse_environment(std::string_view yaml, const std::string& path) {
  const YamlNode root = parse_yaml(yaml, path);
  return EnvironmentParser(yaml, path).parse(root);
}

}  // namespace envlock
