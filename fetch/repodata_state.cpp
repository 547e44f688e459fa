#include "fetch/repodata_state.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "fetch/http_headers.hpp"
#include "fetch/package_seal.hpp"

namespace envlock {

namespace {

constexpr std::string_view first_line = "envlock repodata state 1\n";
constexpr std::size_t max_state_bytes = 64 * 1024;

/// Takes the line "KEY VALUE" from the front; nothing where another line stands there.
std::optional<std::string_view> take(std::string_view& text, std::string_view key) {
  if (!text.starts_with(key)) return std::nullopt;
  std::string_view rest = text.substr(key.size());
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos || !rest.starts_with(' ')) return std::nullopt;
  text = rest.substr(end + 1);
  return rest.substr(1, end - 1);
}

template <class Number>
std::optional<Number> number(std::optional<std::string_view> text) {
  Number value{};
  if (!text) return std::nullopt;
  const char* const end = text->data() + text->size();
  const auto [at, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc{} || at != end) return std::nullopt;
  return value;
}

}  // namespace

std::string RepodataState::to_string() const {
  std::string text(first_line);
  const auto line = [&text](std::string_view key, const std::string& value) {
    if (!value.empty()) text.append(key).append(" ").append(value).append("\n");
  };
  line("url", url);
  line("file", file);
  line("etag", etag);
  line("last-modified", last_modified);
  line("fetched-ms", std::to_string(fetched.ms));
  line("fresh-s", std::to_string(fresh_for.count()));
  if (zst_missing) line("zst-missing-ms", std::to_string(zst_missing->ms));
  line("served-sha256", served_sha256.hex());
  line("served-bytes", std::to_string(served_bytes));
  if (source) line("source", source->to_string());
  // Before the seal: a text that is cut between them must not make it hold for longer.
  line("index-boot", index_boot);
  if (index) line("index", index->to_string());
  return text;
}

std::optional<RepodataState> RepodataState::parse(std::string_view text) {
  if (text.size() > max_state_bytes || !text.starts_with(first_line)) return std::nullopt;
  const std::string_view whole = text;
  text.remove_prefix(first_line.size());
  RepodataState state;
  state.url = take(text, "url").value_or("");
  state.file = take(text, "file").value_or("");
  state.etag = take(text, "etag").value_or("");
  state.last_modified = take(text, "last-modified").value_or("");
  const auto fetched = number<std::int64_t>(take(text, "fetched-ms"));
  const auto fresh = number<std::uint32_t>(take(text, "fresh-s"));
  if (const auto ms = number<std::int64_t>(take(text, "zst-missing-ms")))
    state.zst_missing = Instant{*ms};
  const auto digest = Sha256::parse(take(text, "served-sha256").value_or(""));
  const auto bytes = number<std::uint64_t>(take(text, "served-bytes"));
  state.source = FileSeal::parse(take(text, "source").value_or(""));
  state.index_boot = take(text, "index-boot").value_or("");
  state.index = FileSeal::parse(take(text, "index").value_or(""));
  if (!fetched || !fresh || !digest || !bytes) return std::nullopt;
  state.fetched = Instant{*fetched};
  state.fresh_for = std::chrono::seconds(*fresh);
  state.served_sha256 = *digest;
  state.served_bytes = *bytes;

  // What goes back to a server as a header, or becomes part of a path, is checked by its own rules.
  const bool known_file = state.file.empty() || state.file == shard_index_file ||
                          std::find(std::begin(repodata_files), std::end(repodata_files),
                                    state.file) != std::end(repodata_files);
  if (!state.index_boot.empty() && !is_boot_id(state.index_boot)) return std::nullopt;
  if (!known_file || !is_header_text(state.etag) || !is_header_text(state.last_modified))
    return std::nullopt;
  // Unknown lines, another order, a second line of one kind, numbers in another form: all of it
  // shows as a difference to what would have been written.
  if (state.to_string() != whole) return std::nullopt;
  return state;
}

}  // namespace envlock
