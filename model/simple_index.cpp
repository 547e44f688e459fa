#include "model/simple_index.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "model/error.hpp"
#include "model/strict_json.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::size_t most_files = 100'000;

bool is_file_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name.front() != '.' &&
         std::ranges::all_of(name, [](char c) {
           return static_cast<unsigned char>(c) > ' ' && c != 0x7F && c != '/' && c != '\\' &&
                  c != '"' && c != '<' && c != '>' && c != '&' && c != '\'';
         });
}

/// "sha256=HEX&egg=tool" -> the digest, where there is one.
/// @return false where one is there that cannot be read, or two that differ
bool read_digest(std::string_view text, std::optional<Sha256>& sha256) {
  constexpr std::string_view mark = "sha256=";
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!to_lower(part.substr(0, mark.size())).starts_with(mark)) continue;
    const auto digest = Sha256::parse(to_lower(part.substr(mark.size())));
    if (!digest || (sha256 && sha256 != digest)) return false;
    sha256 = digest;
  }
  return true;
}

/// "URL#sha256=HEX" -> an absolute URL; nothing where it is none that envlock fetches, or its
/// digest cannot be read: as if there were none, it would protect nobody.
std::optional<Url> file_url(std::string_view text, const Url& page, std::optional<Sha256>& sha256) {
  if (const std::size_t hash = text.find('#'); hash != std::string_view::npos) {
    if (!read_digest(text.substr(hash + 1), sha256)) return std::nullopt;
    text = text.substr(0, hash);
  }
  auto url = page.resolve(text);
  if (!url || url->is_file() || url->has_credentials()) return std::nullopt;
  // As with redirects: what was found by https does not come by plain http.
  if (page.scheme() == "https" && url->scheme() != "https") return std::nullopt;
  return url;
}

void add(ProjectPage& out, std::optional<IndexFile> file, const std::string& where) {
  if (!file || !is_file_name(file->name)) {
    ++out.unusable;
    return;
  }
  if (out.files.size() == most_files)
    throw InputError(where + ": more than " + std::to_string(most_files) + " files");
  out.files.push_back(std::move(*file));
}

/// As hash programs write it, too: in either case. Nothing where it cannot be read.
std::optional<Sha256> read_hex(const JsonNode& value) {
  return Sha256::parse(to_lower(value.text()));
}

void read_metadata_flag(const JsonNode& value, IndexFile& file) {
  if (value.kind() == JsonNode::Kind::object) {
    file.has_metadata = true;
    value.for_each_member([&](std::string_view kind, const JsonNode& digest) {
      if (kind != "sha256") return;
      file.metadata_sha256 = read_hex(digest);
      // As if there were none, it would protect nobody: pip reads the wheel itself then.
      file.has_metadata = file.metadata_sha256.has_value();
    });
  } else if (value.kind() == JsonNode::Kind::scalar && !value.is_text()) {
    file.has_metadata = value.boolean();
  }
}

std::optional<IndexFile> read_file_entry(const JsonNode& node, const Url& page) {
  std::optional<Sha256> in_url;
  IndexFile file(page);
  bool is_usable = false;
  bool has_bad_digest = false;
  node.for_each_member([&](std::string_view key, const JsonNode& value) {
    if (value.kind() == JsonNode::Kind::null) return;
    if (key == "filename") {
      file.name = value.text();
    } else if (key == "url") {
      if (auto url = file_url(value.view(), page, in_url)) {
        file.url = std::move(*url);
        is_usable = true;
      }
    } else if (key == "hashes") {
      value.for_each_member([&](std::string_view kind, const JsonNode& digest) {
        if (kind != "sha256") return;
        file.sha256 = read_hex(digest);
        has_bad_digest = !file.sha256;
      });
    } else if (key == "size") {
      file.size = value.unsigned_integer();
    } else if (key == "upload-time") {
      file.uploaded = parse_instant(value.view());
    } else if (key == "requires-python") {
      file.requires_python = value.text();
    } else if (key == "yanked") {
      file.is_yanked = value.is_text() || value.boolean();
      if (value.is_text()) file.yanked_why = value.text();
    } else if (key == "core-metadata" || key == "dist-info-metadata" ||
               key == "data-dist-info-metadata") {
      read_metadata_flag(value, file);
    }
  });
  if (!is_usable || has_bad_digest) return std::nullopt;
  if (!file.sha256) file.sha256 = in_url;
  return file;
}

/// "a &gt; b" -> "a > b"; what is no entity stays as it is.
std::string unescape(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, char>, 6> names{
      {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"#x27", '\''}}};
  constexpr std::size_t longest = 9;  // "&", a name or number, and ";"
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t length =
        text[at] == '&' ? text.substr(at, longest).find(';') : std::string_view::npos;
    if (length == std::string_view::npos) {
      out += text[at];
      continue;
    }
    const std::size_t end = at + length;
    const std::string_view name = text.substr(at + 1, end - at - 1);
    const auto known = std::ranges::find(names, name, &std::pair<std::string_view, char>::first);
    unsigned code = 0;
    if (known != names.end()) {
      out += known->second;
    } else if (name.starts_with('#') &&
               std::from_chars(name.data() + 1, name.data() + name.size(), code).ec ==
                   std::errc() &&
               code >= 32 && code < 127) {
      out += static_cast<char>(code);
    } else {
      out += text[at];
      continue;
    }
    at = end;
  }
  return out;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

/// The attributes of the tag that begins at `at`; moves behind it.
std::map<std::string, std::string> read_attributes(std::string_view html, std::size_t& at) {
  std::map<std::string, std::string> attributes;
  const auto skip = [&] {
    while (at < html.size() && is_space(html[at])) ++at;
  };
  while (true) {
    skip();
    if (at >= html.size() || html[at] == '>') break;
    const std::size_t start = at;
    while (at < html.size() && !is_space(html[at]) && html[at] != '=' && html[at] != '>') ++at;
    if (at == start) {
      ++at;  // a stray '='
      continue;
    }
    const std::string name = to_lower(html.substr(start, at - start));
    std::string_view value;
    skip();
    if (at < html.size() && html[at] == '=') {
      ++at;
      skip();
      if (at < html.size() && (html[at] == '"' || html[at] == '\'')) {
        const std::size_t end = html.find(html[at], at + 1);
        value = html.substr(at + 1, end == std::string_view::npos ? end : end - at - 1);
        at = end == std::string_view::npos ? html.size() : end + 1;
      } else {
        const std::size_t from = at;
        while (at < html.size() && !is_space(html[at]) && html[at] != '>') ++at;
        value = html.substr(from, at - from);
      }
    }
    attributes.emplace(name, unescape(value));
  }
  return attributes;
}

std::optional<IndexFile> file_of(const std::map<std::string, std::string>& attributes,
                                 const Url& page) {
  const auto href = attributes.find("href");
  if (href == attributes.end() || href->second.empty()) return std::nullopt;
  std::optional<Sha256> sha256;
  auto url = file_url(href->second, page, sha256);
  if (!url) return std::nullopt;
  const std::string& path = url->path();
  IndexFile file(*url);
  file.name = percent_decode(path.substr(path.rfind('/') + 1)).value_or("");
  file.sha256 = sha256;
  for (const auto& [key, value] : attributes) {
    if (key == "data-requires-python") {
      file.requires_python = value;
    } else if (key == "data-yanked") {
      file.is_yanked = true;
      file.yanked_why = value;
    } else if (key == "data-core-metadata" || key == "data-dist-info-metadata") {
      file.has_metadata = value != "false";
      if (!read_digest(value, file.metadata_sha256)) return std::nullopt;
    }
  }
  return file;
}

}  // namespace

ProjectPage read_index_json(std::string_view json, const Url& page, const std::string& where) {
  const JsonDocument document(json, where);
  ProjectPage out;
  bool has_files = false;
  const JsonNode root = document.root();
  root.for_each_member([&](std::string_view key, const JsonNode& value) {
    if (key == "meta") {
      value.for_each_member([&](std::string_view what, const JsonNode& version) {
        if (what == "api-version" && !version.view().starts_with("1."))
          version.fail_expected("\"1.N\", the form of indexes that envlock knows");
      });
    } else if (key == "files") {
      has_files = true;
      value.for_each_item(
          [&](const JsonNode& item) { add(out, read_file_entry(item, page), where); });
    }
  });
  if (!has_files) root.fail("there is no list 'files'");
  return out;
}

ProjectPage read_index_html(std::string_view html, const Url& page, const std::string& where) {
  if (!is_utf8(html)) throw InputError(where + ": the page is no UTF-8 text");
  ProjectPage out;
  for (std::size_t at = html.find('<'); at != std::string_view::npos; at = html.find('<', at)) {
    if (html.substr(at).starts_with("<!--")) {
      at = html.find("-->", at);
      if (at == std::string_view::npos) break;
      continue;
    }
    ++at;
    if (html.size() - at < 2 || (html[at] != 'a' && html[at] != 'A') || !is_space(html[at + 1]))
      continue;
    ++at;
    add(out, file_of(read_attributes(html, at), page), where);
  }
  return out;
}

}  // namespace envlock
