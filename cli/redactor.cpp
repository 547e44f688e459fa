#include "cli/redactor.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>

#include "model/redact_tokens.hpp"
#include "model/secret_length.hpp"
#include "model/url.hpp"

namespace envlock {
namespace {

constexpr std::string_view mask = "***";
// What is sent can be masked.
static_assert(Redactor::min_bytes == least_secret_bytes);
/// Of a secret that a message cut: fewer tell nothing, and occur by chance.
constexpr std::size_t least_cut = 6;

// Each form is made in a buffer that never grows, so that no copies are left behind.

Secret percent_encoded(std::string_view secret) {
  std::string text;
  text.reserve(3 * secret.size());
  for (const char c : secret) text += percent_encode_segment({&c, 1});
  return Secret::take(text);
}

Secret json_escaped(std::string_view secret) {
  std::string text;
  text.reserve(2 * secret.size());
  for (const char c : secret) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return Secret::take(text);
}

/// RFC 4648 without padding.
Secret base64(std::string_view secret, std::string_view last_two) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const auto digit = [&](unsigned value) {
    return value < digits.size() ? digits[value] : last_two[value - digits.size()];
  };
  std::string text;
  text.reserve(secret.size() * 4 / 3 + 4);
  unsigned bits = 0;
  unsigned held = 0;
  for (const char c : secret) {
    bits = (bits << 8U | static_cast<unsigned char>(c)) & 0xFFFFU;
    for (held += 8; held >= 6; held -= 6) text += digit(bits >> (held - 6) & 63U);
  }
  if (held > 0) text += digit(bits << (6 - held) & 63U);
  return Secret::take(text);
}

/// Replaces each `form`, and each beginning of it before "...", as `printable` cuts texts.
void replace_all(std::string& text, std::string_view form) {
  const std::string_view start = form.substr(0, least_cut);
  for (std::size_t at = text.find(start); at != std::string::npos; at = text.find(start, at)) {
    const std::string_view rest = std::string_view(text).substr(at);
    const auto differ = std::mismatch(rest.begin(), rest.end(), form.begin(), form.end()).first;
    const auto same = static_cast<std::size_t>(differ - rest.begin());
    const bool is_cut = form.size() > least_cut && rest.substr(same).starts_with("...");
    if (same == form.size() || is_cut)
      text.replace(at, same, mask);
    else
      ++at;
  }
}

}  // namespace

void Redactor::hide(std::string_view secret) {
  if (secret.size() < min_bytes) return;
  const std::lock_guard lock(mutex_);
  if (std::ranges::any_of(forms_, [&](const Secret& form) { return form.reveal() == secret; }))
    return;
  std::array<Secret, 5> forms = {Secret::take(std::string(secret)), percent_encoded(secret),
                                 json_escaped(secret), base64(secret, "+/"), base64(secret, "-_")};
  for (Secret& form : forms) {
    if (form.reveal().size() >= min_bytes) forms_.push_back(std::move(form));
  }
  std::ranges::sort(forms_, [](const Secret& a, const Secret& b) {
    return a.reveal().size() != b.reveal().size() ? a.reveal().size() > b.reveal().size()
                                                  : a.reveal() < b.reveal();
  });
  forms_.erase(
      std::unique(forms_.begin(), forms_.end(),
                  [](const Secret& a, const Secret& b) { return a.reveal() == b.reveal(); }),
      forms_.end());
}

std::string Redactor::apply(std::string_view text) const {
  std::string redacted(text);
  {
    const std::lock_guard lock(mutex_);
    for (const Secret& form : forms_) replace_all(redacted, form.reveal());
  }
  return redact_tokens(redact_urls(redacted));
}

void protect_process_memory() noexcept {
  const rlimit none{0, 0};
  static_cast<void>(::setrlimit(RLIMIT_CORE, &none));
  static_cast<void>(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}

}  // namespace envlock
