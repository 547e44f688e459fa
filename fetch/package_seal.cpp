#include "fetch/package_seal.hpp"

#include <algorithm>

#include "fetch/atomic_file.hpp"
#include "model/error.hpp"
#include "model/text.hpp"

namespace envlock {

namespace {

constexpr std::string_view first_line = "envlock package seal 1\nfile ";
constexpr std::string_view boot_key = "\nboot ";
constexpr std::string_view durable = "any";

}  // namespace

std::string PackageSeal::to_string() const {
  std::string text(first_line);
  text += file.to_string();
  text += boot_key;
  text += boot.empty() ? durable : std::string_view(boot);
  return text + '\n';
}

std::optional<PackageSeal> PackageSeal::parse(std::string_view text) {
  const std::string_view whole = text;
  if (text.size() > max_package_seal_bytes || !text.starts_with(first_line)) return std::nullopt;
  text.remove_prefix(first_line.size());
  const std::size_t end = text.find(boot_key);
  if (end == std::string_view::npos || !text.ends_with('\n')) return std::nullopt;
  const auto file = FileSeal::parse(text.substr(0, end));
  if (!file) return std::nullopt;
  text.remove_prefix(end + boot_key.size());
  text.remove_suffix(1);
  PackageSeal seal{.file = *file, .boot = {}};
  if (text != durable) {
    if (!is_boot_id(text)) return std::nullopt;
    seal.boot = text;
  }
  // Numbers in another form show as a difference to what would have been written.
  if (seal.to_string() != whole) return std::nullopt;
  return seal;
}

bool PackageSeal::holds(const FileSeal& now, std::string_view this_boot) const noexcept {
  return file == now && (boot.empty() || boot == this_boot);
}

bool is_boot_id(std::string_view text) noexcept {
  constexpr std::size_t uuid_length = 36;  // random(4): a UUID
  return text.size() == uuid_length && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-';
         });
}

std::string this_boot_id() {
  constexpr std::size_t more_than_enough = 256;
  try {
    const std::string text = read_file("/proc/sys/kernel/random/boot_id", more_than_enough);
    const std::string_view id = trim(text);
    return is_boot_id(id) ? std::string(id) : std::string();
  } catch (const Error&) {
    return {};  // a /proc that is hidden, as in some sandboxes
  }
}

}  // namespace envlock
