#include "model/pip_line.hpp"

#include <algorithm>
#include <array>

#include "model/error.hpp"
#include "model/text.hpp"
#include "model/wheel_name.hpp"

namespace envlock {
namespace {

constexpr std::size_t most_lines = 10'000;
constexpr std::size_t most_bytes = 32'768;  // a line with the hashes of many wheels

std::string quoted(std::string_view text) {
  return '\'' + printable(redact_urls(text), 100) + '\'';
}

bool is_space(char c) { return c == ' ' || c == '\t'; }

std::string_view after_space(std::string_view text) {
  const std::size_t space = text.find_first_of(" \t");
  return space == std::string_view::npos ? std::string_view() : trim(text.substr(space));
}

std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find_first_of(" \t"));
}

struct Refusal {
  std::string_view option, reason, hint;
};
constexpr std::string_view by_envlock = "envlock decides that";
constexpr std::array<Refusal, 8> refused_options{{
    {"--find-links",
     "folders and pages of links are no index, and would be asked for every package",
     "name a wheel itself: './wheels/NAME-VERSION-py3-none-any.whl' or 'NAME @ URL#sha256=HEX'"},
    {"-f", "folders and pages of links are no index, and would be asked for every package",
     "name a wheel itself: './wheels/NAME-VERSION-py3-none-any.whl' or 'NAME @ URL#sha256=HEX'"},
    {"--no-binary",
     "envlock locks wheels only: a source archive runs its own code when it is built",
     "build the wheel once and name it by its path or URL"},
    {"--trusted-host", "certificates are always checked",
     "'policy: {plain_http: [ORIGIN]}' in envlock.yml allows plain http to a host of your own"},
    {"--no-index", "what it leaves are links, which envlock does not follow",
     "name each wheel by its path or URL"},
    {"--global-option", "it is for building, and envlock locks wheels only", ""},
    {"--config-settings", "it is for building, and envlock locks wheels only", ""},
    {"--use-feature", by_envlock, "leave it out"},
}};

/// "--option VALUE", "--option=VALUE", "-o VALUE", "-oVALUE".
std::optional<std::string_view> value_of(std::string_view text, std::string_view letter,
                                         std::string_view word) {
  for (const std::string_view name : {word, letter}) {
    if (name.empty() || !text.starts_with(name)) continue;
    std::string_view rest = text.substr(name.size());
    if (name == letter && text.starts_with("--")) continue;
    if (rest.empty() || is_space(rest.front()) || rest.front() == '=') {
      if (!rest.empty()) rest.remove_prefix(1);
      return trim(rest);
    }
    if (name == letter) return trim(rest);
  }
  return std::nullopt;
}

void require_value(std::string_view text, std::string_view value, std::string_view what) {
  if (value.empty() || value.find_first_of("\r\n") != std::string_view::npos)
    throw InputError(quoted(text) + ": " + std::string(what) + " is missing");
}

/// Without quotation marks around it, as pip's shell-like reading has it.
std::string unquoted(std::string_view value) {
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
      value.back() == value.front())
    value = value.substr(1, value.size() - 2);
  return std::string(value);
}

bool is_vcs(std::string_view text) {
  constexpr std::array<std::string_view, 4> kinds{"git+", "hg+", "svn+", "bzr+"};
  return std::ranges::any_of(kinds, [&](std::string_view kind) {
    const std::size_t at = text.find(kind);
    return at != std::string_view::npos &&
           (at == 0 || is_space(text[at - 1]) || text[at - 1] == '@');
  });
}

[[noreturn]] void refuse_vcs(std::string_view text) {
  throw InputError(
      quoted(text) +
          ": a source repository cannot be locked by a digest, and building it runs its code",
      "build the wheel once and name it: 'NAME @ https://.../NAME-VERSION-py3-none-any.whl"
      "#sha256=HEX', or './wheels/NAME-VERSION-py3-none-any.whl'");
}

Sha256 read_hash(std::string_view text, std::string_view line) {
  const auto sha256 = Sha256::parse(to_lower(text));
  if (!sha256)
    throw InputError(quoted(line) + ": " + quoted(text) + " is no sha256, 64 hex digits");
  return *sha256;
}

/// "URL#sha256=HEX" -> the URL, with the digest in `out`.
Url take_url(std::string_view text, std::string_view line, PipLine& out) {
  if (text.find("${") != std::string_view::npos)
    throw InputError(quoted(line) + ": variables of the environment are not put into URLs",
                     "a lock must mean the same for everybody: write the URL itself; credentials "
                     "are named in envlock.yml (docs/pip.md)");
  const std::size_t hash = text.find('#');
  if (hash != std::string_view::npos) {
    std::string_view fragment = text.substr(hash + 1);
    while (!fragment.empty()) {
      const std::size_t end = fragment.find('&');
      const std::string_view part = fragment.substr(0, end);
      fragment = end == std::string_view::npos ? std::string_view() : fragment.substr(end + 1);
      if (part.starts_with("sha256=")) {
        out.hashes.push_back(read_hash(part.substr(7), line));
      } else if (!part.starts_with("egg=") && !part.empty()) {
        throw InputError(quoted(line) + ": " + quoted(part) + " behind '#' says nothing to envlock",
                         "write '#sha256=HEX' there");
      }
    }
    text = text.substr(0, hash);
  }
  const auto url = Url::parse(text);
  if (!url || url->is_file())
    throw InputError(
        quoted(line) + ": " + quoted(text) + " is no http or https URL",
        "a wheel on disk is named by its path from here: ./wheels/NAME-VERSION-...whl");
  if (url->has_credentials() || holds_credentials(text))
    throw InputError(quoted(line) + ": the URL has a user name, password or token",
                     "write it without: this text is stored in the lock (docs/pip.md)");
  return *url;
}

std::string_view last_segment(std::string_view path) {
  return path.substr(path.find_last_of('/') + 1);
}

WheelName require_wheel(std::string_view encoded, std::string_view line) {
  const std::string name = percent_decode(encoded).value_or(std::string(encoded));
  if (const auto wheel = parse_wheel_name(name)) return *wheel;
  if (name.ends_with(".whl"))
    throw InputError(quoted(line) + ": " + quoted(name) + " is no name of a wheel",
                     "it has five parts: NAME-VERSION-PYTHON-ABI-PLATFORM.whl");
  throw InputError(
      quoted(line) +
          ": envlock locks wheels only; a source archive runs its own code when it is built",
      "build the wheel once and name that");
}

/// "--hash=sha256:HEX --hash sha256:HEX" behind a requirement.
void take_hashes(std::string_view rest, std::string_view line, PipLine& out) {
  while (!rest.empty()) {
    std::string_view word = first_word(rest);
    rest = after_space(rest);
    if (word == "--hash") {
      word = first_word(rest);
      rest = after_space(rest);
    } else if (word.starts_with("--hash=")) {
      word.remove_prefix(7);
    } else {
      throw InputError(quoted(line) + ": " + quoted(word) + " is no option of a requirement",
                       "'--hash=sha256:HEX' is the only one that envlock knows");
    }
    if (!word.starts_with("sha256:"))
      throw InputError(quoted(line) + ": " + quoted(word) + " is no digest that envlock takes",
                       "pip's '--hash=sha256:HEX' is");
    out.hashes.push_back(read_hash(word.substr(7), line));
  }
}

PipLine parse_option(std::string_view text) {
  PipLine out;
  const auto set_path = [&](PipLine::Kind kind, std::string_view value) {
    require_value(text, value, "a path");
    out.kind = kind;
    out.path = unquoted(value);
    return out;
  };
  const std::string_view word = text.substr(0, text.find_first_of(" \t="));
  for (const Refusal& refusal : refused_options) {
    if (word == refusal.option)
      throw InputError(quoted(text) + ": " + std::string(refusal.reason),
                       std::string(refusal.hint));
  }
  if (const auto value = value_of(text, "-r", "--requirement"))
    return set_path(PipLine::Kind::requirements, *value);
  if (const auto value = value_of(text, "-c", "--constraint"))
    return set_path(PipLine::Kind::constraints, *value);
  if (const auto value = value_of(text, "-e", "--editable")) {
    require_value(text, *value, "a folder");
    if (is_vcs(*value)) refuse_vcs(text);
    PipLine project = parse_pip_line(unquoted(*value));
    if (project.kind != PipLine::Kind::project)
      throw InputError(quoted(text) + ": only a folder can be editable", "for example: -e ./tool");
    project.is_editable = true;
    return project;
  }
  if (const auto value = value_of(text, "-i", "--index-url")) {
    require_value(text, *value, "a URL");
    out.kind = PipLine::Kind::index;
    out.url = take_url(unquoted(*value), text, out);
    return out;
  }
  if (const auto value = value_of(text, "", "--extra-index-url")) {
    require_value(text, *value, "a URL");
    out.kind = PipLine::Kind::index;
    out.is_extra_index = true;
    out.url = take_url(unquoted(*value), text, out);
    return out;
  }
  if (text == "--pre") {
    out.kind = PipLine::Kind::pre;
    return out;
  }
  out.kind = PipLine::Kind::nothing;
  if (text == "--prefer-binary" || text == "--require-hashes") return out;
  if (value_of(text, "", "--only-binary")) return out;
  constexpr std::array<std::string_view, 8> known{
      "--requirement", "--constraint",  "--editable",       "--index-url",
      "--pre",         "--only-binary", "--require-hashes", "--extra-index-url"};
  const auto near = nearest_word(word, known);
  throw InputError(quoted(text) + ": " + quoted(word) + " is no option that envlock knows here",
                   near ? "did you mean '" + *near + "'?" : "leave it out");
}

bool is_path(std::string_view text) {
  if (text.starts_with('.') || text.starts_with('/') || text.starts_with('~') ||
      text.starts_with("file:"))
    return true;
  const std::string_view head = text.substr(0, text.find_first_of(" \t;@<>=!["));
  return head.find('/') != std::string_view::npos || head.find('\\') != std::string_view::npos ||
         head.ends_with(".whl") || head.ends_with(".tar.gz") || head.ends_with(".zip");
}

PipLine parse_path(std::string_view text) {
  PipLine out;
  if (text.starts_with('/') || text.starts_with('~') || text.starts_with("file:"))
    throw InputError(quoted(text) + ": a place on one machine means nothing on another",
                     "write the path from the environment file's folder: ./tool");
  if (text.find(';') != std::string_view::npos)
    throw InputError(quoted(text) + ": a marker behind a path is not understood",
                     "a comment does it for conda's platforms: - ./tool  # [linux]");
  std::string_view path = text;
  if (path.ends_with(']')) {
    const std::size_t open = path.find('[');
    if (open == std::string_view::npos) throw InputError(quoted(text) + ": a '[' is missing");
    out.extras = Requirement::parse("x" + std::string(path.substr(open))).extras;
    path = path.substr(0, open);
  }
  out.path = path;
  const std::string_view file = last_segment(path);
  if (file.ends_with(".whl")) {
    if (!out.extras.empty())
      throw InputError(quoted(text) + ": extras of a wheel on disk are not known before it is read",
                       "write what the extra needs as requirements of their own");
    out.kind = PipLine::Kind::wheel;
    const WheelName wheel = require_wheel(file, text);
    out.requirement.name = wheel.name;
    out.requirement.project = project_key(wheel.name);
    return out;
  }
  if (file.ends_with(".tar.gz") || file.ends_with(".zip")) (void)require_wheel(file, text);
  out.kind = PipLine::Kind::project;
  return out;
}

}  // namespace

PipLine parse_pip_line(std::string_view text) {
  text = trim(text);
  if (text.size() > most_bytes)
    throw InputError("a requirement of more than " + std::to_string(most_bytes) + " bytes");
  if (text.empty()) throw InputError("an empty requirement");
  if (!is_utf8(text) || printable(text, most_bytes) != text)
    throw InputError(quoted(text) + ": control characters cannot stand in a requirement");
  if (text.starts_with(constraint_mark)) {
    PipLine out;
    out.kind = PipLine::Kind::constraint;
    text = trim(text.substr(constraint_mark.size()));
    if (const std::size_t options = text.find(" --"); options != std::string_view::npos) {
      take_hashes(trim(text.substr(options)), text, out);
      text = trim(text.substr(0, options));
    }
    out.requirement = Requirement::parse(text);
    if (!out.requirement.url.empty())
      throw InputError(quoted(text) + ": a URL is no constraint", "name it in the 'pip:' list");
    return out;
  }
  if (text.starts_with('-')) return parse_option(text);
  if (is_vcs(text)) refuse_vcs(text);
  PipLine out;
  const std::size_t options = text.find(" --");
  if (options != std::string_view::npos) {
    take_hashes(trim(text.substr(options)), text, out);
    text = trim(text.substr(0, options));
  }
  if (text.starts_with("http://") || text.starts_with("https://")) {
    std::string_view url = first_word(text);
    const std::string_view marker = after_space(text);
    out.url = take_url(url, text, out);
    out.requirement =
        Requirement::parse(require_wheel(last_segment(out.url->path()), text).name + " @ " +
                           std::string(url) + (marker.empty() ? "" : " ") + std::string(marker));
    return out;
  }
  if (is_path(text)) {
    PipLine local = parse_path(text);
    local.hashes = std::move(out.hashes);
    return local;
  }
  out.requirement = Requirement::parse(text);
  if (out.requirement.url.empty()) return out;
  out.url = take_url(out.requirement.url, text, out);
  const WheelName wheel = require_wheel(last_segment(out.url->path()), text);
  if (project_key(wheel.name) != out.requirement.project)
    throw InputError(quoted(text) + ": the wheel is one of " + quoted(wheel.name) + ", not of " +
                     quoted(out.requirement.name));
  return out;
}

std::vector<RequestedSpec> split_requirements(std::string_view text, const std::string& path) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (!is_utf8(text) || text.find('\0') != std::string_view::npos)
    throw InputError(SourcePlace{path, 0, 0}, "a requirements file is UTF-8 text, and this is not");
  std::vector<RequestedSpec> lines;
  std::string joined;
  std::size_t number = 0;
  std::size_t first = 0;
  const auto finish = [&] {
    if (const std::string_view line = trim(joined); !line.empty())
      lines.push_back({std::string(line), {path, first, 0}, std::nullopt});
    joined.clear();
    if (lines.size() > most_lines)
      throw InputError(SourcePlace{path, number, 0},
                       "more than " + std::to_string(most_lines) + " requirements");
  };
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (++number; joined.empty()) first = number;
    // A '#' begins a comment at the start of a line or behind white space; in a URL it does not.
    for (std::size_t at = line.find('#'); at != std::string_view::npos;
         at = line.find('#', at + 1)) {
      if (at != 0 && !is_space(line[at - 1])) continue;
      line = line.substr(0, at);
      break;
    }
    const bool goes_on = line.ends_with('\\');
    if (goes_on) line.remove_suffix(1);
    joined += line;
    if (joined.size() > most_bytes)
      throw InputError(SourcePlace{path, first, 0},
                       "a requirement of more than " + std::to_string(most_bytes) + " bytes");
    if (!goes_on) finish();
  }
  finish();
  return lines;
}

}  // namespace envlock
