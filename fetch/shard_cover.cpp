#include "fetch/shard_cover.hpp"

namespace envlock {

namespace {

constexpr std::string_view first_line = "envlock shard cover 1\n";

/// Takes the line "KEY VALUE" from the front; nothing where another line stands there.
std::optional<std::string_view> take(std::string_view& text, std::string_view key) {
  if (!text.starts_with(key)) return std::nullopt;
  std::string_view rest = text.substr(key.size());
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos || !rest.starts_with(' ')) return std::nullopt;
  text = rest.substr(end + 1);
  return rest.substr(1, end - 1);
}

}  // namespace

std::string ShardCover::to_string() const {
  std::string text(first_line);
  const auto line = [&text](std::string_view key, std::string_view value) {
    text.append(key).append(" ").append(value).append("\n");
  };
  for (const Subdir& subdir : subdirs) {
    line("url", subdir.url);
    line("table", subdir.table.hex());
    line("content", subdir.content.hex());
    line("index", subdir.index.to_string());
  }
  for (const Sha256& digest : whole) line("whole", digest.hex());
  for (const std::string& name : roots) line("root", name);
  for (const std::string& name : names) line("name", name);
  line("sha256", sha256_of(text).hex());
  return text;
}

std::optional<ShardCover> ShardCover::parse(std::string_view text) {
  if (!text.starts_with(first_line)) return std::nullopt;
  const std::string_view written = text;
  text.remove_prefix(first_line.size());
  ShardCover cover;
  while (const auto url = take(text, "url")) {
    const auto table = Sha256::parse(take(text, "table").value_or(""));
    const auto content = Sha256::parse(take(text, "content").value_or(""));
    const auto index = FileSeal::parse(take(text, "index").value_or(""));
    if (!table || !content || !index) return std::nullopt;
    cover.subdirs.push_back({std::string(*url), *table, *content, *index});
  }
  while (const auto whole = take(text, "whole")) {
    const auto digest = Sha256::parse(*whole);
    if (!digest) return std::nullopt;
    cover.whole.push_back(*digest);
  }
  while (const auto root = take(text, "root")) cover.roots.insert(std::string(*root));
  while (const auto name = take(text, "name"))
    cover.names.insert(cover.names.end(), std::string(*name));
  // The digest, the order and that nothing follows: all of it shows as a difference.
  if (cover.to_string() != written) return std::nullopt;
  return cover;
}

Sha256 shard_content(const ShardTable& table, const std::set<std::string>& names) {
  Sha256Hasher hasher;
  hasher.update(table.base_url());
  hasher.update("\n");
  for (const std::string& name : names) {
    hasher.update(name);
    hasher.update("\n");
    const auto [first, last] = table.find(name);
    for (std::size_t i = first; i < last; ++i)
      hasher.update(std::as_bytes(std::span(table.shard_at(i).bytes())));
    hasher.update("\n");
  }
  return hasher.finish();
}

}  // namespace envlock
