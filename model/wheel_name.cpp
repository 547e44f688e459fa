#include "model/wheel_name.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "model/entry_point.hpp"
#include "model/text.hpp"
#include "model/version.hpp"

namespace envlock {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end != std::string_view::npos) text.remove_prefix(end + 1);
  }
  return parts;
}

bool is_part(std::string_view part) {
  return !part.empty() && std::ranges::all_of(part, [](char c) {
    return is_letter(c) || is_digit(c) ||
           std::string_view("_.+!").find(c) != std::string_view::npos;
  });
}

/// A whole number that is all of the text.
std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Cut off the front of a text: the one of `words` that it begins with.
std::string_view take_word(std::string_view& text, std::span<const std::string_view> words) {
  for (const std::string_view word : words) {
    if (!text.starts_with(word)) continue;
    text.remove_prefix(word.size());
    return word;
  }
  return {};
}

std::string_view take_digits(std::string_view& text) {
  const auto end =
      static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
  const std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  return digits;
}

std::string without_leading_zeros(std::string_view digits) {
  const std::size_t first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? "0" : std::string(digits.substr(first));
}

void skip_separator(std::string_view& text) {
  if (!text.empty() && std::string_view("-_.").find(text.front()) != std::string_view::npos)
    text.remove_prefix(1);
}

/// "1.2" of "1.2.0": what stands behind the last number that is not 0 says nothing.
std::string release_of(std::string_view& text) {
  std::vector<std::string> numbers;
  for (;;) {
    numbers.push_back(without_leading_zeros(take_digits(text)));
    if (text.size() < 2 || text[0] != '.' || !is_digit(text[1])) break;
    text.remove_prefix(1);
  }
  while (numbers.size() > 1 && numbers.back() == "0") numbers.pop_back();
  std::string out;
  for (const std::string& one : numbers) out += (out.empty() ? "" : ".") + one;
  return out;
}

/// One of the parts behind a release: its words, and what it is called in the canonical form.
struct Suffix {
  std::string_view canonical;
  std::span<const std::string_view> words;
};

void take_suffix(std::string_view& text, std::string& out, const Suffix& suffix) {
  std::string_view rest = text;
  skip_separator(rest);
  if (take_word(rest, suffix.words).empty()) return;
  if (!rest.empty() && is_letter(rest.front())) return;  // of another word: "_cu121"
  std::string_view behind = rest;
  skip_separator(behind);
  if (!behind.empty() && is_digit(behind.front())) rest = behind;
  out.append(suffix.canonical).append(without_leading_zeros(take_digits(rest)));
  text = rest;
}

/// "2.17" of the old names of manylinux tags.
std::string_view glibc_of_old_tag(std::string_view tag) {
  struct Old {
    std::string_view tag, glibc;
  };
  // PEP 513, 571 and 599.
  static constexpr std::array<Old, 3> old{
      {{"manylinux1", "2.5"}, {"manylinux2010", "2.12"}, {"manylinux2014", "2.17"}}};
  const auto found = std::ranges::find(old, tag, &Old::tag);
  return found == old.end() ? std::string_view() : found->glibc;
}

bool is_at_least(const std::string& have, const std::string& need) {
  if (have.empty()) return true;
  return !(Version::parse(have) < Version::parse(need));
}

/// What the machine is called in tags.
std::string_view machine_of(const Platform& platform) {
  struct Machine {
    std::string_view subdir, tag;
  };
  static constexpr std::array<Machine, 13> machines{{{"linux-64", "x86_64"},
                                                     {"linux-32", "i686"},
                                                     {"linux-aarch64", "aarch64"},
                                                     {"linux-armv6l", "armv6l"},
                                                     {"linux-armv7l", "armv7l"},
                                                     {"linux-ppc64le", "ppc64le"},
                                                     {"linux-riscv64", "riscv64"},
                                                     {"linux-s390x", "s390x"},
                                                     {"osx-64", "x86_64"},
                                                     {"osx-arm64", "arm64"},
                                                     {"win-64", "win_amd64"},
                                                     {"win-32", "win32"},
                                                     {"win-arm64", "win_arm64"}}};
  const auto found = std::ranges::find(machines, platform.subdir(), &Machine::subdir);
  return found == machines.end() ? std::string_view() : found->tag;
}

/// "MAJOR_MINOR_MACHINE", or what stands before it and a machine.
struct TagVersion {
  std::string version, machine;
};
std::optional<TagVersion> tag_version(std::string_view text) {
  const std::size_t first = text.find('_');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = text.find('_', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const std::string_view major = text.substr(0, first);
  const std::string_view minor = text.substr(first + 1, second - first - 1);
  if (!number(major) || !number(minor)) return std::nullopt;
  return TagVersion{std::string(major) + '.' + std::string(minor),
                    std::string(text.substr(second + 1))};
}

bool fits_linux(std::string_view tag, const WheelTarget& target, std::string_view machine) {
  if (tag == "linux_" + std::string(machine)) return true;
  constexpr std::string_view start = "manylinux_";
  if (tag.starts_with(start)) {
    const auto asked = tag_version(tag.substr(start.size()));
    return asked && asked->machine == machine && is_at_least(target.glibc, asked->version);
  }
  const std::size_t dash = tag.find('_');
  if (dash == std::string_view::npos || tag.substr(dash + 1) != machine) return false;
  const std::string_view glibc = glibc_of_old_tag(tag.substr(0, dash));
  return !glibc.empty() && is_at_least(target.glibc, std::string(glibc));
}

bool fits_macos(std::string_view tag, const WheelTarget& target, std::string_view machine) {
  constexpr std::string_view start = "macosx_";
  if (!tag.starts_with(start)) return false;
  const auto asked = tag_version(tag.substr(start.size()));
  if (!asked || !is_at_least(target.macos, asked->version)) return false;
  if (asked->machine == machine || asked->machine == "universal2") return true;
  static constexpr std::array<std::string_view, 4> with_intel{"intel", "fat64", "fat3",
                                                              "universal"};
  return machine == "x86_64" && std::ranges::find(with_intel, asked->machine) != with_intel.end();
}

bool fits_platform(std::string_view tag, const WheelTarget& target) {
  if (tag == "any") return true;
  const std::string_view machine = machine_of(target.platform);
  if (machine.empty()) return false;
  if (target.platform.os() == "linux") return fits_linux(tag, target, machine);
  if (target.platform.os() == "osx") return fits_macos(tag, target, machine);
  return tag == machine;
}

/// "312" of "cp312": the minor version behind the major one.
std::optional<unsigned> minor_of(std::string_view tag, std::string_view implementation,
                                 unsigned major) {
  const std::string start = std::string(implementation) + std::to_string(major);
  if (!tag.starts_with(start)) return std::nullopt;
  return number(tag.substr(start.size()));
}

bool fits_python(std::string_view python, std::string_view abi, const WheelTarget& target) {
  if (abi == "none") {
    if (python == "py" + std::to_string(target.python_major)) return true;
    if (const auto minor = minor_of(python, "py", target.python_major))
      return *minor <= target.python_minor;
  }
  const auto minor = minor_of(python, "cp", target.python_major);
  if (!minor || !target.is_cpython) return false;
  if (abi == "abi3")
    return !target.is_free_threaded && target.python_major == 3 && *minor >= 2 &&
           *minor <= target.python_minor;
  if (*minor != target.python_minor) return false;
  const std::string own = "cp" + std::to_string(target.python_major) + std::to_string(*minor) +
                          (target.is_free_threaded ? "t" : "");
  // Before 3.8 the name of the ABI had an "m".
  return abi == "none" || abi == own || (*minor < 8 && abi == own + 'm');
}

}  // namespace

std::optional<WheelName> parse_wheel_name(std::string_view file_name) {
  constexpr std::string_view extension = ".whl";
  if (!file_name.ends_with(extension)) return std::nullopt;
  file_name.remove_suffix(extension.size());
  std::vector<std::string> parts = split(file_name, '-');
  if (parts.size() < 5 || parts.size() > 6 || !std::ranges::all_of(parts, is_part))
    return std::nullopt;
  WheelName out;
  out.name = parts[0];
  out.version = parts[1];
  if (parts.size() == 6) out.build = parts[2];
  if (!out.build.empty() && !is_digit(out.build.front())) return std::nullopt;
  out.pythons = split(parts[parts.size() - 3], '.');
  out.abis = split(parts[parts.size() - 2], '.');
  out.platforms = split(parts[parts.size() - 1], '.');
  return out;
}

std::string project_key(std::string_view name) {
  std::string out;
  bool is_run = false;
  for (const char c : to_lower(name)) {
    const bool is_separator = c == '-' || c == '_' || c == '.';
    if (!is_separator) out += c;
    if (is_separator && !is_run) out += '-';
    is_run = is_separator;
  }
  return out;
}

bool is_project_key(std::string_view key) {
  const auto is_end = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !key.empty() && is_end(key.front()) && is_end(key.back()) &&
         std::ranges::all_of(key, [&](char c) { return is_end(c) || c == '-'; });
}

std::string python_version_key(std::string_view version) {
  static constexpr std::array<std::string_view, 2> alpha{"alpha", "a"}, beta{"beta", "b"};
  static constexpr std::array<std::string_view, 4> candidate{"rc", "c", "preview", "pre"};
  static constexpr std::array<std::string_view, 3> post{"post", "rev", "r"};
  static constexpr std::array<std::string_view, 1> dev{"dev"};
  const std::string lower = to_lower(trim(version));
  std::string_view rest = lower;
  if (rest.starts_with('v')) rest.remove_prefix(1);
  std::string out;
  if (const std::size_t mark = rest.find('!'); mark != std::string_view::npos) {
    const std::string epoch = without_leading_zeros(rest.substr(0, mark));
    if (!number(epoch)) return lower;
    if (epoch != "0") out = epoch + '!';
    rest.remove_prefix(mark + 1);
  }
  if (rest.empty() || !is_digit(rest.front())) return lower;
  out += release_of(rest);
  take_suffix(rest, out, {"a", alpha});
  take_suffix(rest, out, {"b", beta});
  take_suffix(rest, out, {"rc", candidate});
  if (rest.size() > 1 && rest.front() == '-' && is_digit(rest[1])) {  // "1.0-1"
    rest.remove_prefix(1);
    out += ".post" + without_leading_zeros(take_digits(rest));
  }
  take_suffix(rest, out, {".post", post});
  take_suffix(rest, out, {".dev", dev});
  // A wheel's file name has '_' for the '+' of a local version in old ones.
  if (!rest.empty() && (rest.front() == '+' || rest.front() == '_')) {
    out += '+';
    for (const char c : rest.substr(1)) out += c == '-' || c == '_' ? '.' : c;
    rest = {};
  }
  return rest.empty() ? out : lower;
}

std::optional<WheelTarget> wheel_target(const Platform& platform, const LockPlatform& content) {
  WheelTarget target{.platform = platform, .glibc = {}, .macos = {}};
  bool has_python = false;
  for (const LockedPackage& package : content.packages) {
    const PackageRecord& record = package.record;
    if (record.name != "python" && record.name != "python_abi") continue;
    // Builds of CPython say "cpython" and its ABI, those of PyPy say "pypy".
    if (record.build.find("pypy") != std::string::npos ||
        record.build.find("graalpy") != std::string::npos)
      target.is_cpython = false;
    const auto python = python_major_minor(record.version);
    if (!python) continue;
    const std::size_t dot = python->find('.');
    const std::string digits = python->substr(0, dot) + python->substr(dot + 1) + 't';
    if (record.build.ends_with("cp" + digits)) target.is_free_threaded = true;
    if (record.name != "python") continue;
    has_python = true;
    target.python_major = number(std::string_view(*python).substr(0, dot)).value_or(0);
    target.python_minor = number(std::string_view(*python).substr(dot + 1)).value_or(0);
  }
  for (const VirtualPackage& package : content.virtual_packages) {
    if (package.name == "__glibc") target.glibc = package.version;
    if (package.name == "__osx") target.macos = package.version;
  }
  return has_python ? std::optional(std::move(target)) : std::nullopt;
}

bool fits(const WheelName& wheel, const WheelTarget& target) {
  const bool has_platform = std::ranges::any_of(
      wheel.platforms, [&](const std::string& tag) { return fits_platform(tag, target); });
  return has_platform && std::ranges::any_of(wheel.pythons, [&](const std::string& python) {
           return std::ranges::any_of(wheel.abis, [&](const std::string& abi) {
             return fits_python(python, abi, target);
           });
         });
}

std::string describe(const WheelTarget& target) {
  std::string text =
      "python " + std::to_string(target.python_major) + '.' + std::to_string(target.python_minor);
  if (target.is_free_threaded) text += 't';
  if (!target.is_cpython) text += " that is no CPython";
  text += " on " + target.platform.subdir();
  if (!target.glibc.empty()) text += " with glibc " + target.glibc;
  if (!target.macos.empty()) text += " with macOS " + target.macos;
  return text;
}

}  // namespace envlock
