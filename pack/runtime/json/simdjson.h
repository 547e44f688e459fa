#pragma once

// The part of simdjson's DOM interface that model/strict_json uses, over nlohmann-json: Debian has
// simdjson as a shared library only, and the program that travels in a pack must be static. Slower,
// as strict: RFC 8259, UTF-8 checked, nothing after the end, integers beyond 64 bits refused.
// Duplicate keys are kept, for strict_json to refuse.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace simdjson {

enum error_code { SUCCESS = 0, MEMALLOC, TAPE_ERROR, INCORRECT_TYPE, NO_SUCH_FIELD };

inline const char* error_message(error_code code) noexcept {
  return code == SUCCESS ? "no error" : "the document is broken, too deep or has a too large number";
}

template <class T>
class simdjson_result {
 public:
  simdjson_result(error_code code, T value) : code_(code), value_(std::move(value)) {}
  error_code get(T& value) const {
    if (code_ == SUCCESS) value = value_;
    return code_;
  }
  template <class U>
  error_code get(U& value) const {
    return code_ == SUCCESS ? value_.get(value) : code_;
  }

 private:
  error_code code_;
  T value_;
};

namespace dom {

enum class element_type { ARRAY, OBJECT, INT64, UINT64, DOUBLE, STRING, BOOL, NULL_VALUE };

/// A parsed value with all below it.
struct node {
  element_type type = element_type::NULL_VALUE;
  std::string text;  ///< Of strings; of floating-point numbers as they were spelt.
  std::uint64_t number = 0;  ///< Of integers, in two's complement; of truths 0 or 1.
  std::vector<node> items;
  std::vector<std::string> keys;  ///< Of objects, one for each item.
};

class array;
class object;

class element {
 public:
  element() = default;
  explicit element(const node* at) noexcept : at_(at) {}
  [[nodiscard]] element_type type() const noexcept { return at_->type; }
  [[nodiscard]] bool is_string() const noexcept { return type() == element_type::STRING; }
  [[nodiscard]] bool is_null() const noexcept { return type() == element_type::NULL_VALUE; }
  error_code get(std::string_view& out) const noexcept {
    if (!is_string()) return INCORRECT_TYPE;
    out = at_->text;
    return SUCCESS;
  }
  error_code get(std::uint64_t& out) const noexcept {
    const bool fits = type() == element_type::UINT64 ||
                      (type() == element_type::INT64 && at_->number >> 63U == 0);
    if (!fits) return INCORRECT_TYPE;
    out = at_->number;
    return SUCCESS;
  }
  error_code get(std::int64_t& out) const noexcept {
    const bool fits = type() == element_type::INT64 ||
                      (type() == element_type::UINT64 && at_->number >> 63U == 0);
    if (!fits) return INCORRECT_TYPE;
    out = static_cast<std::int64_t>(at_->number);
    return SUCCESS;
  }
  error_code get(bool& out) const noexcept {
    if (type() != element_type::BOOL) return INCORRECT_TYPE;
    out = at_->number != 0;
    return SUCCESS;
  }
  error_code get(array& out) const noexcept;
  error_code get(object& out) const noexcept;
  [[nodiscard]] const node* at() const noexcept { return at_; }

 private:
  const node* at_ = nullptr;
};

class array {
 public:
  class iterator {
   public:
    explicit iterator(const node* at) noexcept : at_(at) {}
    element operator*() const noexcept { return element(at_); }
    iterator& operator++() noexcept {
      ++at_;
      return *this;
    }
    bool operator!=(const iterator& other) const noexcept { return at_ != other.at_; }

   private:
    const node* at_;
  };
  array() = default;
  explicit array(const node* at) noexcept : at_(at) {}
  [[nodiscard]] iterator begin() const noexcept { return iterator(at_->items.data()); }
  [[nodiscard]] iterator end() const noexcept {
    return iterator(at_->items.data() + at_->items.size());
  }
  [[nodiscard]] std::size_t size() const noexcept { return at_->items.size(); }

 private:
  const node* at_ = nullptr;
};

struct key_value_pair {
  std::string_view key;
  element value;
};

class object {
 public:
  class iterator {
   public:
    iterator(const node* at, std::size_t index) noexcept : at_(at), index_(index) {}
    key_value_pair operator*() const noexcept {
      return {at_->keys[index_], element(&at_->items[index_])};
    }
    iterator& operator++() noexcept {
      ++index_;
      return *this;
    }
    bool operator!=(const iterator& other) const noexcept { return index_ != other.index_; }

   private:
    const node* at_;
    std::size_t index_;
  };
  object() = default;
  explicit object(const node* at) noexcept : at_(at) {}
  [[nodiscard]] iterator begin() const noexcept { return {at_, 0}; }
  [[nodiscard]] iterator end() const noexcept { return {at_, at_->items.size()}; }
  [[nodiscard]] std::size_t size() const noexcept { return at_->items.size(); }
  simdjson_result<element> operator[](std::string_view key) const noexcept {
    for (const auto [name, value] : *this) {
      if (name == key) return {SUCCESS, value};
    }
    return {NO_SUCH_FIELD, element()};
  }

 private:
  const node* at_ = nullptr;
};

inline error_code element::get(array& out) const noexcept {
  if (type() != element_type::ARRAY) return INCORRECT_TYPE;
  out = array(at_);
  return SUCCESS;
}

inline error_code element::get(object& out) const noexcept {
  if (type() != element_type::OBJECT) return INCORRECT_TYPE;
  out = object(at_);
  return SUCCESS;
}

/// Builds nodes from nlohmann's events.
class builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  builder(node& root, std::size_t max_depth) : root_(root), max_depth_(max_depth) {}
  bool null() override { return add(element_type::NULL_VALUE, 0); }
  bool boolean(bool truth) override { return add(element_type::BOOL, truth ? 1 : 0); }
  bool number_integer(std::int64_t number) override {
    return add(element_type::INT64, static_cast<std::uint64_t>(number));
  }
  bool number_unsigned(std::uint64_t number) override {
    return add(number >> 63U != 0 ? element_type::UINT64 : element_type::INT64, number);
  }
  bool number_float(double /*number*/, const std::string& spelt) override {
    // An integer that did not fit.
    if (spelt.find_first_of(".eE") == std::string::npos) return false;
    add(element_type::DOUBLE, 0);
    last_->text = spelt;
    return true;
  }
  bool string(std::string& text) override {
    add(element_type::STRING, 0);
    last_->text = std::move(text);
    return true;
  }
  bool binary(nlohmann::json::binary_t& /*bytes*/) override { return false; }
  bool start_object(std::size_t /*size*/) override { return open(element_type::OBJECT); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t /*size*/) override { return open(element_type::ARRAY); }
  bool end_array() override { return close(); }
  bool key(std::string& text) override {
    open_.back()->keys.push_back(std::move(text));
    return true;
  }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) override {
    return false;
  }

 private:
  bool add(element_type type, std::uint64_t number) {
    if (open_.empty()) {
      last_ = &root_;
    } else {
      last_ = &open_.back()->items.emplace_back();
    }
    last_->type = type;
    last_->number = number;
    return true;
  }
  bool open(element_type type) {
    if (open_.size() + 1 >= max_depth_) return false;
    add(type, 0);
    open_.push_back(last_);  // its siblings come only after its end: it stays where it is
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  node& root_;
  std::size_t max_depth_;
  node* last_ = nullptr;
  std::vector<node*> open_;
};

class parser {
 public:
  error_code allocate(std::size_t /*capacity*/, std::size_t max_depth) noexcept {
    max_depth_ = max_depth;
    return SUCCESS;
  }
  simdjson_result<element> parse(const char* text, std::size_t size, bool /*copy*/) {
    root_ = std::make_unique<node>();
    const std::string_view all(text, size);
    if (all.starts_with("\xEF\xBB\xBF")) return {TAPE_ERROR, element()};  // nlohmann skips it
    builder events(*root_, max_depth_);
    const bool parsed = nlohmann::json::sax_parse(all.begin(), all.end(), &events);
    return {parsed ? SUCCESS : TAPE_ERROR, element(root_.get())};
  }

 private:
  std::size_t max_depth_ = 64;
  std::unique_ptr<node> root_;
};

}  // namespace dom

/// Of scalars, as messages show them.
inline std::string minify(const dom::element& value) {
  switch (value.type()) {
    case dom::element_type::NULL_VALUE:
      return "null";
    case dom::element_type::BOOL:
      return value.at()->number != 0 ? "true" : "false";
    case dom::element_type::INT64:
      return std::to_string(static_cast<std::int64_t>(value.at()->number));
    case dom::element_type::UINT64:
      return std::to_string(value.at()->number);
    case dom::element_type::STRING:
      return nlohmann::json(value.at()->text).dump();
    case dom::element_type::DOUBLE:
      return value.at()->text;
    case dom::element_type::ARRAY:
    case dom::element_type::OBJECT:
      break;
  }
  return "...";
}

}  // namespace simdjson
