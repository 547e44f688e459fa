#include "model/strict_json.hpp"

#include <algorithm>

#include "model/json_position.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

using simdjson::dom::element_type;

constexpr std::size_t shown_bytes = 100;  ///< Of a text, in a message.

[[noreturn]] void refuse_document(std::string_view text, const std::string& file,
                                  const JsonLimits& limits, std::size_t first_line,
                                  simdjson::error_code code) {
  std::size_t offset = 0;
  std::string message;
  if (text.substr(0, 3) == "\xEF\xBB\xBF") {
    message = "found a byte order mark at the start of the file";
  } else if (!is_utf8(text)) {
    std::size_t end = 0;
    while (end < text.size()) {  // the first line that is not UTF-8
      const std::size_t start = end;
      end = std::min(text.find('\n', start), text.size() - 1) + 1;
      offset = start;
      if (!is_utf8(text.substr(start, end - start))) break;
    }
    message = "found bytes that are not UTF-8";
  } else {
    JsonFault fault = find_json_fault(text, limits.max_depth);
    offset = fault.offset;
    message = std::move(fault.message);
    if (message.empty()) message = simdjson::error_message(code);
  }
  throw InputError(SourcePlace{file, first_line - 1 + line_of_offset(text, offset), 0},
                   "not valid JSON: " + message);
}

}  // namespace

JsonDocument::JsonDocument(std::string_view text, std::string file, const JsonLimits& limits,
                           std::size_t first_line)
    : text_(text), file_(std::move(file)), limits_(limits), first_line_(first_line) {
  if (text.size() > limits.max_bytes) {
    throw InputError(SourcePlace{file_, 0, 0}, "expected at most " +
                                                   std::to_string(limits.max_bytes) +
                                                   " bytes, found " + std::to_string(text.size()));
  }
  if (parser_.allocate(std::max<std::size_t>(text.size(), 64), limits.max_depth + 1) !=
      simdjson::SUCCESS) {
    throw std::bad_alloc();
  }
  const auto code = parser_.parse(text.data(), text.size(), true).get(root_);
  if (code == simdjson::MEMALLOC) throw std::bad_alloc();
  if (code != simdjson::SUCCESS) refuse_document(text_, file_, limits_, first_line_, code);
}

JsonNode JsonDocument::root() const { return {*this, nullptr, root_}; }

void JsonNode::check_text(std::string_view text) const {
  if (text.size() > document_->limits().max_text_bytes) {
    fail("expected a text of at most " + std::to_string(document_->limits().max_text_bytes) +
         " bytes, found " + std::to_string(text.size()));
  }
  if (text.find('\0') != std::string_view::npos) fail("found a NUL character in a text");
}

JsonNode::Kind JsonNode::kind() const noexcept {
  switch (element_.type()) {
    case simdjson::dom::element_type::NULL_VALUE:
      return Kind::null;
    case simdjson::dom::element_type::ARRAY:
      return Kind::list;
    case simdjson::dom::element_type::OBJECT:
      return Kind::object;
    default:
      return Kind::scalar;
  }
}

std::string_view JsonNode::view() const {
  std::string_view text;
  if (element_.get(text) != simdjson::SUCCESS) fail_expected("a text");
  check_text(text);
  return text;
}

std::string JsonNode::non_empty_text() const {
  std::string out = text();
  if (out.empty()) fail_expected("a text that is not empty");
  return out;
}

std::string JsonNode::scalar_text() const {
  if (is_text()) return text();
  if (kind() != Kind::scalar && kind() != Kind::null) fail_expected("a text, number or truth");
  return simdjson::minify(element_);
}

std::uint64_t JsonNode::unsigned_integer() const {
  std::uint64_t number = 0;
  if (element_.get(number) != simdjson::SUCCESS) fail_expected("a whole number from 0");
  return number;
}

std::int64_t JsonNode::integer() const {
  std::int64_t number = 0;
  if (element_.get(number) != simdjson::SUCCESS) fail_expected("a whole number");
  return number;
}

bool JsonNode::boolean() const {
  bool truth = false;
  if (element_.get(truth) != simdjson::SUCCESS) fail_expected("true or false");
  return truth;
}

simdjson::dom::array JsonNode::items() const {
  simdjson::dom::array list;
  if (element_.get(list) != simdjson::SUCCESS) fail_expected("a list");
  return list;
}

simdjson::dom::object JsonNode::members() const {
  simdjson::dom::object object;
  if (element_.get(object) != simdjson::SUCCESS) fail_expected("an object");
  return object;
}

void JsonNode::refuse_duplicate_keys(simdjson::dom::object object) const {
  std::vector<std::string_view> keys;
  keys.reserve(object.size());
  for (const simdjson::dom::key_value_pair field : object) keys.push_back(field.key);
  if (!std::is_sorted(keys.begin(), keys.end())) std::sort(keys.begin(), keys.end());
  const auto twice = std::adjacent_find(keys.begin(), keys.end());
  if (twice != keys.end()) fail("the key '" + std::string(*twice) + "' is given twice");
}

std::vector<std::string> JsonNode::texts() const {
  std::vector<std::string> out;
  out.reserve(std::min(item_count(), document_->limits().max_items));
  for_each_item([&](const JsonNode& item) {
    if (out.size() == document_->limits().max_items) {
      fail("expected at most " + std::to_string(document_->limits().max_items) + " items");
    }
    out.push_back(item.text());
  });
  return out;
}

Sha256 JsonNode::sha256() const {
  const auto digest = Sha256::parse(view());
  if (!digest) fail_expected("64 lower-case hex digits");
  return *digest;
}

Md5 JsonNode::md5() const {
  const auto digest = Md5::parse(view());
  if (!digest) fail_expected("32 lower-case hex digits");
  return *digest;
}

std::string JsonNode::step_text() const {
  if (!is_item_) return std::string(key_);
  std::string_view name;
  simdjson::dom::object object;
  if (element_.get(object) == simdjson::SUCCESS) {
    for (const std::string_view key : {"name", "path", "_path"}) {
      if (object[key].get(name) == simdjson::SUCCESS && name.size() <= shown_bytes) {
        return "[" + std::string(name) + "]";
      }
    }
  }
  return "[" + std::to_string(index_) + "]";
}

std::string JsonNode::path() const {
  if (parent_ == nullptr) return "the document";
  if (parent_->parent_ == nullptr) return step_text();
  return parent_->path() + (is_item_ ? "" : ".") + step_text();
}

SourcePlace JsonNode::place() const {
  std::vector<JsonStep> steps;
  for (const JsonNode* node = this; node->parent_ != nullptr; node = node->parent_) {
    steps.push_back(node->is_item_ ? JsonStep{{}, node->index_} : JsonStep{node->key_});
  }
  std::reverse(steps.begin(), steps.end());
  const std::size_t offset = find_json_value(document_->text(), steps);
  return {document_->file(),
          document_->first_line() - 1 + line_of_offset(document_->text(), offset), 0};
}

std::string JsonNode::found() const {
  switch (element_.type()) {
    case element_type::ARRAY:
      return "a list";
    case element_type::OBJECT:
      return "an object";
    case element_type::STRING: {
      std::string_view text;
      if (element_.get(text) != simdjson::SUCCESS) return "a text";
      return text.size() > shown_bytes ? "'" + std::string(text.substr(0, shown_bytes)) + "...'"
                                       : "'" + std::string(text) + "'";
    }
    default:
      return simdjson::minify(element_);
  }
}

void JsonNode::fail_expected(std::string_view expected, std::string hint) const {
  fail("expected " + std::string(expected) + ", found " + found(), std::move(hint));
}

void JsonNode::fail(const std::string& message, std::string hint) const {
  std::string whole = (parent_ == nullptr ? "" : "'" + path() + "': ") + message;
  for (std::size_t at = 0; (at = whole.find('\0', at)) != std::string::npos; ++at) {
    whole.replace(at, 1, "\\0");  // what() ends at a NUL
  }
  throw InputError(place(), whole, std::move(hint));
}

JsonObject::JsonObject(const JsonNode& node, std::span<const std::string_view> known)
    : node_(node), known_(known) {
  if (known.size() > max_keys) throw InternalError("JsonObject: too many known keys");
  for (const simdjson::dom::key_value_pair field : node_.members()) {
    const std::size_t i = index_of(field.key);
    if (i == known_.size()) {
      JsonNode member(*node_.document_, &node_, field.value);
      member.key_ = field.key;
      const auto near = nearest_word(field.key, known_);
      member.fail("unknown key", near ? "did you mean '" + *near + "'?" : "");
    }
    if (present_.test(i)) node_.fail("the key '" + std::string(field.key) + "' is given twice");
    present_.set(i);
    values_[i] = field.value;
  }
  next_ = 0;
}

std::size_t JsonObject::index_of(std::string_view key) const noexcept {
  std::size_t i = next_;
  for (std::size_t tried = 0; tried < known_.size(); ++tried, ++i) {
    if (i == known_.size()) i = 0;
    if (known_[i] != key) continue;
    next_ = i + 1;
    return i;
  }
  return known_.size();
}

std::optional<JsonNode> JsonObject::find(std::string_view key) const {
  const std::size_t i = index_of(key);
  if (i == known_.size())
    throw InternalError("JsonObject: '" + std::string(key) + "' is not known");
  if (!present_.test(i)) return std::nullopt;
  JsonNode member(*node_.document_, &node_, values_[i]);
  member.key_ = known_[i];
  return member;
}

JsonNode JsonObject::at(std::string_view key) const {
  auto member = find(key);
  if (!member) node_.fail("'" + std::string(key) + "' is missing");
  return *member;
}

}  // namespace envlock
