#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace envlock {

/// Overwrites what the compiler must not leave out.
void wipe(std::span<char> bytes) noexcept;
/// The text with all of its capacity; empty afterwards.
void wipe(std::string& text) noexcept;

/// A password, token or key (trust rules: one type for all of them). It moves but is never copied,
/// has no operator<< and no conversion to text, stays out of the swap where the system allows it,
/// and is overwritten when it goes.
class Secret {
 public:
  Secret() noexcept = default;
  /// Takes the characters over and wipes `text`.
  static Secret take(std::string& text);
  static Secret take(std::string&& text) { return take(text); }
  Secret(Secret&&) noexcept = default;
  Secret& operator=(Secret&&) noexcept = default;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() = default;

  [[nodiscard]] bool empty() const noexcept { return !bytes_ || bytes_->text.empty(); }
  /// For the one call that sends or registers it. Whoever copies it wipes the copy.
  [[nodiscard]] std::string_view reveal() const noexcept {
    return bytes_ ? std::string_view(bytes_->text) : std::string_view();
  }
  /// The same with a NUL behind it.
  [[nodiscard]] const char* c_str() const noexcept { return bytes_ ? bytes_->text.c_str() : ""; }

 private:
  /// On the heap, so that moving a Secret leaves no characters in a short string's own buffer.
  struct Bytes {
    explicit Bytes(std::string_view from);
    ~Bytes();
    Bytes(const Bytes&) = delete;
    Bytes& operator=(const Bytes&) = delete;
    std::string text;
  };
  std::unique_ptr<Bytes> bytes_;
};

}  // namespace envlock
