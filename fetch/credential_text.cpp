#include "fetch/credential_text.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "model/secret_length.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_secret_bytes = 8192;
constexpr std::size_t max_username_bytes = 1024;
constexpr std::size_t max_blocks = 1000;

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
bool is_visible_ascii(char c) noexcept { return c > 0x20 && c < 0x7F; }
bool is_path_char(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~").find(c) != std::string_view::npos;
}

/// The first line of `text`, taken off it with its line end.
std::string_view take_line(std::string_view& text) noexcept {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

Secret secret_of(std::string_view text) { return Secret::take(std::string(text)); }

class BlockReader {
 public:
  explicit BlockReader(const std::string& what) : what_(what) {}

  std::vector<CredentialBlock> read(std::string_view text) {
    while (!text.empty()) {
      const std::string_view line = take_line(text);
      ++line_;
      if (line.empty())
        finish();
      else
        read_line(line);
    }
    finish();
    return std::move(blocks_);
  }

 private:
  [[noreturn]] void fail(const std::string& message, const std::string& hint = {}) const {
    throw InputError(SourcePlace{what_, line_, 0}, message,
                     hint.empty()
                         ? "each block has url=URL or channel=NAME, then as=token, basic "
                           "or bearer, username=NAME where it is basic, and password=SECRET"
                         : hint);
  }

  void read_line(std::string_view line) {
    const std::size_t equals = line.find('=');
    if (std::ranges::any_of(line, is_control))
      fail("a line with a control character", "end lines with a line feed alone (no CR)");
    if (equals == std::string_view::npos) fail("expected KEY=VALUE");
    const std::string_view key = line.substr(0, equals);
    const std::string_view value = line.substr(equals + 1);
    if (value.empty()) fail("a value is empty");
    if (start_ == 0) start_ = line_;
    if (std::ranges::count(seen_, key) != 0) fail("a key stands twice in one block");
    if (key == "url") {
      block_.url = Url::parse(value);
      if (!block_.url || block_.url->is_file() || block_.url->has_credentials())
        fail("'url' takes an http or https URL without credentials");
    } else if (key == "channel") {
      block_.channel = value;
    } else if (key == "as") {
      block_.form = parse_credential_form(value);
      if (!block_.form) fail("'as' takes token, basic or bearer");
    } else if (key == "username") {
      block_.found.username = value;
    } else if (key == "password") {
      block_.found.secret = secret_of(value);
    } else {
      fail("a key that envlock does not know");  // which may be half of a secret
    }
    seen_.emplace_back(key);
  }

  void finish() {
    if (start_ == 0) return;
    const std::size_t read = std::exchange(line_, start_);  // what follows is about the block
    if (block_.url.has_value() != block_.channel.empty())
      fail("a block needs either 'url' or 'channel'");
    if (block_.found.secret.empty()) fail("a block without 'password'");
    if (!block_.found.username.empty() && !block_.form) block_.form = CredentialRule::Form::basic;
    if (blocks_.size() == max_blocks) fail("more than 1000 blocks");
    blocks_.push_back(std::move(block_));
    block_ = {};
    seen_.clear();
    start_ = 0;
    line_ = read;
  }

  const std::string& what_;
  std::vector<CredentialBlock> blocks_;
  CredentialBlock block_;
  std::vector<std::string> seen_;  ///< Keys of the block.
  std::size_t line_ = 0;
  std::size_t start_ = 0;  ///< The block's first line; 0 where none has begun.
};

std::string host_and_port(const Url& url) {
  return url.port() ? url.host() + ':' + std::to_string(*url.port()) : url.host();
}

/// The words of a netrc file, with the lines on which they stand.
class NetrcWords {
 public:
  explicit NetrcWords(std::string_view text) : text_(text) {}

  /// Empty at the end. A quoted word may hold white space, and '\' stands before '"' and '\'.
  /// @param comments  a '#' begins one; a password may begin with it too
  std::string next(bool comments) {
    for (;;) {
      while (!text_.empty() && std::string_view(" \t\r\n").find(text_.front()) != std::string::npos)
        skip(1);
      if (!comments || !text_.starts_with('#')) break;
      skip(std::min(text_.find('\n'), text_.size()));
    }
    std::string word;
    if (!text_.starts_with('"')) {
      const std::size_t end = std::min(text_.find_first_of(" \t\r\n"), text_.size());
      word = text_.substr(0, end);
      skip(end);
      return word;
    }
    skip(1);
    word.reserve(text_.size());  // no copies left behind by growing
    while (!text_.empty() && text_.front() != '"' && text_.front() != '\n') {
      if (text_.front() == '\\' && text_.size() > 1) skip(1);
      word += text_.front();
      skip(1);
    }
    closed_ = text_.starts_with('"');
    if (closed_) skip(1);
    return word;
  }
  [[nodiscard]] std::size_t line() const noexcept { return line_; }
  [[nodiscard]] bool closed() const noexcept { return closed_; }

 private:
  void skip(std::size_t count) {
    line_ += static_cast<std::size_t>(std::ranges::count(text_.substr(0, count), '\n'));
    text_.remove_prefix(count);
  }
  std::string_view text_;
  std::size_t line_ = 1;
  bool closed_ = true;
};

}  // namespace

void require_sendable(const FoundSecret& found, CredentialRule::Form form,
                      const std::string& what) {
  const std::string_view secret = found.secret.reveal();
  const auto refuse = [&](const std::string& why) {
    throw TrustError("the secret of " + what + ' ' + why,
                     "look at what the source holds; envlock does not show it");
  };
  if (secret.empty()) refuse("is empty");
  if (secret.size() < least_secret_bytes)
    throw TrustError(
        "the secret of " + what + " has fewer than " + std::to_string(least_secret_bytes) +
            " bytes: it could not be told from a word, and so not kept out of messages",
        "have the server take a longer password or a token");
  if (secret.size() > max_secret_bytes) refuse("has more than 8192 bytes");
  if (std::ranges::any_of(secret, is_control)) refuse("has a line break or a control character");
  if (form == CredentialRule::Form::bearer && !std::ranges::all_of(secret, is_visible_ascii))
    refuse("has characters that a bearer token cannot have");
  if (form == CredentialRule::Form::token && !std::ranges::all_of(secret, is_path_char))
    refuse("has characters that a /t/TOKEN/ part of a URL cannot have");
  if (form != CredentialRule::Form::basic) return;
  const std::string& user = found.username;
  if (user.empty() || user.size() > max_username_bytes || std::ranges::any_of(user, is_control) ||
      user.find(':') != std::string::npos)
    throw TrustError("the user name of " + what + " is missing or cannot be sent",
                     "add username: NAME to the channel's credentials in envlock.yml");
}

std::vector<CredentialBlock> parse_credential_blocks(std::string_view text,
                                                     const std::string& what) {
  return BlockReader(what).read(text);
}

HelperAnswer parse_helper_answer(std::string_view text, const Url& asked, std::int64_t now_s,
                                 const std::string& what) {
  const std::string hint =
      "try it by hand: it reads protocol=, host= and path= lines and answers username= and "
      "password= (git-credential's form)";
  HelperAnswer answer;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty()) break;
    if (line.find('\0') != std::string_view::npos || line.find('\r') != std::string_view::npos)
      throw TrustError(what + " answered a line with a NUL or a carriage return", hint);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0)
      throw TrustError(what + " answered what is no KEY=VALUE line", hint);
    const std::string_view key = line.substr(0, equals);
    const std::string_view value = line.substr(equals + 1);
    if (key == "quit") {
      answer.quit = value == "1" || value == "true";
    } else if (key == "username") {
      answer.found.username = value;
    } else if (key == "password") {
      answer.found.secret = secret_of(value);
    } else if ((key == "protocol" && value != asked.scheme()) ||
               (key == "host" && to_lower(value) != host_and_port(asked))) {
      throw TrustError(what + " answered for another server than '" + asked.origin() + "'", hint);
    } else if (key == "password_expiry_utc") {
      std::int64_t expiry = 0;
      const auto [at, error] = std::from_chars(value.data(), value.data() + value.size(), expiry);
      if (error != std::errc() || at != value.data() + value.size())
        throw TrustError(what + " answered a 'password_expiry_utc' that is no number", hint);
      if (expiry <= now_s)
        throw TrustError(what + " answered a password that has expired",
                         "renew it there, then try again");
    }
  }
  return answer;
}

std::string helper_question(const Url& url) {
  const std::string_view path = url.path();
  std::string text = "protocol=" + url.scheme() + "\nhost=" + host_and_port(url) + '\n';
  if (path.size() > 1) text.append("path=").append(path.substr(1)).append("\n");
  return text;
}

std::optional<FoundSecret> parse_netrc(std::string_view text, std::string_view host,
                                       const std::string& what) {
  NetrcWords words(text);
  const auto fail = [&](const std::string& message, const std::string& hint) {
    throw InputError(SourcePlace{what, words.line(), 0}, message, hint);
  };
  const std::string form = "each entry is: machine HOST login NAME password SECRET";
  std::optional<FoundSecret> result;
  FoundSecret other;  // of a machine that is not asked for
  FoundSecret* entry = nullptr;
  if (text.find('\0') != std::string_view::npos) fail("a NUL character", form);
  for (std::string word = words.next(true); !word.empty(); word = words.next(true)) {
    if (word == "default")
      fail("'default' would send a password to any server", "name each machine");
    if (word == "macdef") fail("'macdef' is not supported", "take it out");
    const bool is_machine = word == "machine";
    if (!is_machine &&
        (entry == nullptr || (word != "login" && word != "password" && word != "account")))
      fail("expected machine, login, password or account", form);
    std::string value = words.next(false);
    if (value.empty() || !words.closed()) fail("'" + word + "' without a value", form);
    if (is_machine) {
      // The first entry of a machine counts, as with curl and ftp.
      entry = to_lower(value) == host && !result ? &result.emplace() : &other;
    } else if (word == "login") {
      entry->username = value;
    } else if (word == "password") {
      entry->secret = Secret::take(value);
    }
    wipe(value);
  }
  if (result && result->secret.empty()) return std::nullopt;
  return result;
}

}  // namespace envlock
