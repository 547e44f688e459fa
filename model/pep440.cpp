#include "model/pep440.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::size_t most_digits = 18;  // fits into 64 bits
constexpr std::size_t most_bytes = 256;
constexpr std::size_t most_clauses = 200;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); }
bool is_separator(char c) { return c == '.' || c == '-' || c == '_'; }

/// Reads a version from the left; what does not fit stays.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return text_.empty(); }
  bool take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  std::optional<std::uint64_t> number() {
    std::size_t length = 0;
    while (length < text_.size() && is_digit(text_[length])) ++length;
    if (length == 0 || length > most_digits) return std::nullopt;
    std::uint64_t value = 0;
    std::from_chars(text_.data(), text_.data() + length, value);
    text_.remove_prefix(length);
    return value;
  }
  [[nodiscard]] bool number_follows() const { return !text_.empty() && is_digit(text_.front()); }
  [[nodiscard]] bool number_follows_dot() const {
    return text_.size() > 1 && text_[0] == '.' && is_digit(text_[1]);
  }
  /// "[-_.]?WORD[-_.]?N?" -> N, or 0. Nothing is taken where no word fits.
  template <std::size_t N>
  std::optional<std::pair<std::size_t, std::uint64_t>> labelled(
      const std::array<std::string_view, N>& words) {
    std::string_view rest = text_;
    if (!rest.empty() && is_separator(rest.front())) rest.remove_prefix(1);
    for (std::size_t i = 0; i < N; ++i) {
      if (!rest.starts_with(words[i])) continue;
      rest.remove_prefix(words[i].size());
      text_ = rest;
      if (!rest.empty() && is_separator(rest.front()) && rest.size() > 1 && is_digit(rest[1]))
        text_.remove_prefix(1);
      if (!number_follows()) return std::pair(i, std::uint64_t{0});
      const auto value = number();
      if (!value) return std::nullopt;
      return std::pair(i, *value);
    }
    return std::nullopt;
  }
  /// "-N": a post release without its word.
  std::optional<std::uint64_t> bare_post() {
    if (text_.size() < 2 || text_[0] != '-' || !is_digit(text_[1])) return std::nullopt;
    text_.remove_prefix(1);
    return number();
  }
  std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
};

constexpr std::array<std::string_view, 8> pre_words{"alpha", "beta", "preview", "pre",
                                                    "rc",    "a",    "b",       "c"};
constexpr std::string_view pre_kinds = "abcccabc";
constexpr std::array<std::string_view, 3> post_words{"post", "rev", "r"};
constexpr std::array<std::string_view, 1> dev_words{"dev"};

std::strong_ordering compare_release(const std::vector<std::uint64_t>& a,
                                     const std::vector<std::uint64_t>& b) {
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const std::uint64_t left = i < a.size() ? a[i] : 0;
    const std::uint64_t right = i < b.size() ? b[i] : 0;
    if (left != right) return left <=> right;
  }
  return std::strong_ordering::equal;
}

bool is_number(std::string_view text) { return std::ranges::all_of(text, is_digit); }

std::strong_ordering compare_segment(const std::string& a, const std::string& b) {
  const bool left = is_number(a);
  const bool right = is_number(b);
  if (left != right) return left ? std::strong_ordering::greater : std::strong_ordering::less;
  if (left && a.size() != b.size()) return a.size() <=> b.size();  // without leading zeros
  return a <=> b;
}

std::strong_ordering compare_local(const std::vector<std::string>& a,
                                   const std::vector<std::string>& b) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (const auto order = compare_segment(a[i], b[i]); order != 0) return order;
  }
  return a.size() <=> b.size();
}

}  // namespace

std::optional<PypiVersion> PypiVersion::parse(std::string_view text) {
  if (text.size() > most_bytes) return std::nullopt;
  const std::string lower = to_lower(trim(text));
  Scanner in(lower);
  PypiVersion version;
  in.take('v');
  auto first = in.number();
  if (!first) return std::nullopt;
  if (in.take('!')) {
    version.epoch_ = *first;
    first = in.number();
    if (!first) return std::nullopt;
  }
  version.release_.push_back(*first);
  while (in.number_follows_dot()) {
    in.take('.');
    const auto next = in.number();
    if (!next) return std::nullopt;
    version.release_.push_back(*next);
  }
  if (const auto pre = in.labelled(pre_words)) version.pre_ = {pre_kinds[pre->first], pre->second};
  if (const auto bare = in.bare_post()) {
    version.post_ = bare;
  } else if (const auto post = in.labelled(post_words)) {
    version.post_ = post->second;
  }
  if (const auto dev = in.labelled(dev_words)) version.dev_ = dev->second;
  if (in.take('+')) {
    std::string segment;
    const auto finish = [&] {
      if (segment.empty()) return false;
      if (is_number(segment))
        segment.erase(0, std::min(segment.find_first_not_of('0'), segment.size() - 1));
      version.local_.push_back(std::move(segment));
      segment.clear();
      return true;
    };
    for (const char c : in.rest()) {
      if (is_alnum(c)) {
        segment += c;
      } else if (!is_separator(c) || !finish()) {
        return std::nullopt;
      }
    }
    if (!finish()) return std::nullopt;
    return version;
  }
  if (!in.at_end()) return std::nullopt;
  return version;
}

std::string PypiVersion::to_string() const {
  std::string text;
  if (epoch_ != 0) text += std::to_string(epoch_) + '!';
  for (std::size_t i = 0; i < release_.size(); ++i)
    text += (i == 0 ? "" : ".") + std::to_string(release_[i]);
  if (pre_) {
    text += pre_->kind == 'c' ? "rc" : std::string(1, pre_->kind);
    text += std::to_string(pre_->number);
  }
  if (post_) text += ".post" + std::to_string(*post_);
  if (dev_) text += ".dev" + std::to_string(*dev_);
  for (std::size_t i = 0; i < local_.size(); ++i) text += (i == 0 ? '+' : '.') + local_[i];
  return text;
}

std::strong_ordering operator<=>(const PypiVersion& a, const PypiVersion& b) {
  if (a.epoch_ != b.epoch_) return a.epoch_ <=> b.epoch_;
  if (const auto order = compare_release(a.release_, b.release_); order != 0) return order;
  // 1.0.dev1 < 1.0a1 < 1.0 < 1.0.post1
  const auto rank = [](const PypiVersion& v) {
    if (v.pre_) return 1;
    return !v.post_ && v.dev_ ? 0 : 2;
  };
  if (rank(a) != rank(b)) return rank(a) <=> rank(b);
  if (a.pre_ != b.pre_) return *a.pre_ <=> *b.pre_;
  if (a.post_ != b.post_) return a.post_ <=> b.post_;  // none is less
  if (a.dev_ != b.dev_) {
    if (!a.dev_ || !b.dev_)  // none is more
      return a.dev_ ? std::strong_ordering::less : std::strong_ordering::greater;
    return *a.dev_ <=> *b.dev_;
  }
  return compare_local(a.local_, b.local_);
}

std::optional<PypiSpecifier> PypiSpecifier::parse(std::string_view text) {
  constexpr std::array<std::string_view, 8> ops{"===", "~=", "==", "!=", "<=", ">=", "<", ">"};
  text = trim(text);
  PypiSpecifier clause;
  for (const std::string_view op : ops) {
    if (!text.starts_with(op)) continue;
    clause.op_ = op;
    text = trim(text.substr(op.size()));
    break;
  }
  if (clause.op_.empty() || text.empty() || text.size() > most_bytes) return std::nullopt;
  clause.text_ = text;
  if (clause.op_ == "===") {
    if (text.find_first_of(" \t,;()") != std::string_view::npos) return std::nullopt;
    return clause;
  }
  if ((clause.op_ == "==" || clause.op_ == "!=") && text.ends_with(".*")) {
    clause.is_prefix_ = true;
    text.remove_suffix(2);
  }
  clause.version_ = PypiVersion::parse(text);
  if (!clause.version_) return std::nullopt;
  if (clause.is_prefix_ && (clause.version_->dev_ || !clause.version_->local_.empty()))
    return std::nullopt;
  const bool takes_local = clause.op_ == "==" || clause.op_ == "!=";
  if (!takes_local && !clause.version_->local_.empty()) return std::nullopt;
  if (clause.op_ == "~=" && clause.version_->release_.size() < 2) return std::nullopt;
  return clause;
}

bool PypiSpecifier::accepts(std::string_view version) const {
  if (op_ == "===") return to_lower(trim(version)) == to_lower(text_);
  const auto found = PypiVersion::parse(version);
  if (!found) return false;
  PypiVersion candidate = *found;
  const PypiVersion& wanted = *version_;
  const auto has_prefix = [&](std::size_t length) {
    if (candidate.epoch_ != wanted.epoch_) return false;
    for (std::size_t i = 0; i < length; ++i) {
      if ((i < candidate.release_.size() ? candidate.release_[i] : 0) != wanted.release_[i])
        return false;
    }
    return true;
  };
  if (op_ == "==" || op_ == "!=") {
    bool equal = false;
    if (is_prefix_) {
      equal = has_prefix(wanted.release_.size()) &&
              (!wanted.pre_ || candidate.pre_ == wanted.pre_) &&
              (!wanted.post_ || candidate.post_ == wanted.post_);
    } else {
      if (wanted.local_.empty()) candidate.local_.clear();
      equal = candidate == wanted;
    }
    return equal == (op_ == "==");
  }
  const bool has_local = !candidate.local_.empty();
  candidate.local_.clear();
  if (op_ == ">=") return candidate >= wanted;
  if (op_ == "<=") return candidate <= wanted;
  if (op_ == "~=") return candidate >= wanted && has_prefix(wanted.release_.size() - 1);
  const bool same_release = candidate.epoch_ == wanted.epoch_ &&
                            compare_release(candidate.release_, wanted.release_) == 0;
  if (op_ == "<") {
    if (candidate >= wanted) return false;
    return !(same_release && candidate.is_prerelease() && !wanted.is_prerelease());
  }
  if (candidate <= wanted) return false;
  if (same_release && candidate.post_ && !wanted.post_) return false;
  return !(same_release && has_local);
}

std::optional<std::vector<PypiSpecifier>> parse_pypi_specifiers(std::string_view text) {
  std::vector<PypiSpecifier> clauses;
  text = trim(text);
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const auto clause = PypiSpecifier::parse(text.substr(0, comma));
    if (!clause || clauses.size() == most_clauses) return std::nullopt;
    clauses.push_back(*clause);
    // A comma at the end is what the specification's examples have, too.
    text = comma == std::string_view::npos ? std::string_view() : trim(text.substr(comma + 1));
  }
  return clauses;
}

}  // namespace envlock
