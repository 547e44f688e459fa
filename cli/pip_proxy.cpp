#include "cli/pip_proxy.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "model/error.hpp"
#include "model/pep440.hpp"
#include "model/pip_line.hpp"
#include "model/text.hpp"
#include "model/wheel_name.hpp"
#include "verify/report/markup.hpp"

namespace envlock {
namespace {

std::string random_token() {
  std::array<std::uint8_t, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw IoError("the system has no random bytes");
  return Md5(bytes).hex();
}

/// Where the metadata of a file is; nothing where that is too long for a URL.
std::optional<Url> metadata_url(const IndexFile& file) {
  return Url::parse(file.url.to_string() + ".metadata");
}

}  // namespace

PipProxy::PipProxy(IndexClient& client, std::filesystem::path folder)
    : client_(client),
      folder_(std::move(folder)),
      token_(random_token()),
      server_([this](const std::string& path) { return answer(path); }) {}

void PipProxy::show(PipView view) {
  const std::lock_guard lock(mutex_);
  view_ = std::move(view);
  pages_.clear();
  remarks_.clear();
  failure_ = nullptr;
}

std::string PipProxy::root() const {
  return "http://127.0.0.1:" + std::to_string(server_.port()) + '/' + token_ + '/';
}

std::string PipProxy::index_url() const { return root() + "simple/"; }

std::string PipProxy::add_wheel(const Url& url, const std::optional<Sha256>& sha256) {
  const std::lock_guard lock(mutex_);
  IndexFile file(url);
  file.name = percent_decode(url.path().substr(url.path().rfind('/') + 1)).value_or("");
  file.sha256 = sha256;
  wheels_.push_back({std::move(file), {}, {}, false});
  files_.emplace_back(url.is_file() ? url.local_path() : std::string());
  return root() + "file/" + std::to_string(wheels_.size() - 1) + '/' +
         percent_encode_segment(wheels_.back().file.name);
}

PipProxy::Wheel PipProxy::resolve(const std::string& url) {
  const std::string start = root() + "file/";
  const std::lock_guard lock(mutex_);
  std::size_t index = 0;
  if (!url.starts_with(start) ||
      std::from_chars(url.data() + start.size(), url.data() + url.size(), index).ec !=
          std::errc() ||
      index >= wheels_.size())
    throw TrustError("pip reports a package from '" + redact_urls(url) +
                         "', which is no place that envlock showed to it",
                     "packages come from the indexes of envlock.yml alone");
  // An index that tells no digest: the file itself does.
  if (!wheels_[index].file.sha256) download(index);
  return wheels_[index];
}

std::optional<std::string> PipProxy::version_of(const std::string& project,
                                                const std::vector<Sha256>& digests) const {
  const std::lock_guard lock(mutex_);
  const auto page = pages_.find(project);
  if (page == pages_.end()) return std::nullopt;
  for (const std::size_t index : page->second) {
    const IndexFile& file = wheels_[index].file;
    const auto name = parse_wheel_name(file.name);
    if (name && file.sha256 && std::ranges::count(digests, *file.sha256) != 0) return name->version;
  }
  return std::nullopt;
}

std::exception_ptr PipProxy::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

std::vector<std::string> PipProxy::projects() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [project, remark] : remarks_) names.push_back(project);
  return names;
}

std::string PipProxy::remark(const std::string& project, bool with_tags) const {
  const std::lock_guard lock(mutex_);
  const auto found = remarks_.find(project);
  if (found == remarks_.end()) return {};
  std::string text = reason(project, found->second, with_tags);
  if (const std::size_t unusable = found->second.unusable; unusable > 0)
    text += (text.empty() ? "" : "; ") + counted(unusable, "file") + " of the index '" +
            found->second.index + "' for '" + project +
            "' cannot be used: an unreadable digest or name, or a URL with a query, a login, or "
            "no https";
  return text;
}

std::string PipProxy::reason(const std::string& project, const Remark& remark, bool with_tags) {
  const std::string at = "the index '" + remark.index + "'";
  if (remark.is_unknown) return at + " has no project '" + project + "'";
  if (remark.denied > 0)
    return remark.denied_by + " denies " + counted(remark.denied, "wheel") + " of '" + project +
           "'" + (remark.wheels == 0 ? ", and no other fits" : "");
  if (remark.too_new > 0)
    return "exclude_newer leaves out " + counted(remark.too_new, "wheel") + " of '" + project +
           "'" + (remark.wheels == 0 ? ", which is all" : "");
  if (remark.untimed > 0)
    return at + " does not say when the wheels of '" + project +
           "' came, so exclude_newer leaves them out (policy: {keep_records_without_timestamp: "
           "true} in envlock.yml keeps them)";
  if (remark.wheels == 0 && remark.archives > 0)
    return at + " has source archives of '" + project +
           "' only, whose code would run when they are built: envlock locks wheels";
  if (!with_tags || remark.tags.empty()) return {};
  constexpr std::size_t most_tags = 12;
  std::string tags;
  std::size_t shown = 0;
  for (const std::string& tag : remark.tags) {
    if (++shown <= most_tags) tags += (tags.empty() ? "" : ", ") + tag;
  }
  if (shown > most_tags) tags += " and " + std::to_string(shown - most_tags) + " more";
  return at + " has wheels of '" + project + "' " + remark.latest + " for: " + tags;
}

LoopbackAnswer PipProxy::answer(const std::string& path) {
  const std::lock_guard lock(mutex_);
  try {
    const std::string start = '/' + token_ + '/';
    std::string_view rest = path;
    if (!rest.starts_with(start)) return {.status = 404};
    rest.remove_prefix(start.size());
    if (rest.starts_with("simple/") && rest.ends_with('/') && rest.size() > 8) {
      rest = rest.substr(7, rest.size() - 8);
      if (rest.find('/') != std::string_view::npos) return {.status = 404};
      return project_page(project_key(percent_decode(rest).value_or("")));
    }
    if (rest.starts_with("file/")) return wheel_file(rest.substr(5));
    return {.status = 404};
  } catch (...) {
    if (!failure_) failure_ = std::current_exception();
    return {.status = 500};
  }
}

void PipProxy::note_tags(const WheelName& wheel, Remark& remark) {
  const auto version = PypiVersion::parse(wheel.version);
  if (!version) return;
  const auto latest = PypiVersion::parse(remark.latest);
  if (latest && *version < *latest) return;
  if (!latest || *latest < *version) {
    remark.latest = wheel.version;
    remark.tags.clear();
  }
  remark.tags.insert(wheel.pythons.front() + '-' + wheel.platforms.front());
}

LoopbackAnswer PipProxy::project_page(const std::string& project) {
  if (project.empty() || view_.provided.contains(project)) return {.status = 404};
  auto known = pages_.find(project);
  if (known == pages_.end()) {
    if (const std::string fault = view_.policy.owned(project); !fault.empty())
      throw TrustError(
          "the 'pip:' list leads to '" + project + "' of an index, but " + fault + " (envlock.yml)",
          "ask conda for it below 'dependencies:', or say in envlock.yml which index "
          "has it: pypi: {indexes: {NAME: {url: URL, packages: [" +
              project + "]}}}");
    const PypiIndex& index = view_.rules.index_of(project);
    const std::string key = index.url.to_string() + ' ' + project;
    auto page = seen_.find(key);
    if (page == seen_.end()) {
      if (view_.offline)
        throw NetworkError(
            "the index '" + index.name + "' cannot be asked for '" + project + "' offline",
            "run without --offline");
      page = seen_.emplace(key, client_.project(index.url, project)).first;
    }
    Remark& remark = remarks_[project];
    remark.index = index.name;
    remark.is_unknown = !page->second;
    known = pages_.emplace(project, std::vector<std::size_t>()).first;
    const auto& files = page->second ? page->second->files : std::vector<IndexFile>();
    remark.unusable = page->second ? page->second->unusable : 0;
    for (const IndexFile& file : files) {
      const auto wheel = parse_wheel_name(file.name);
      if (!wheel) {
        ++remark.archives;
        continue;
      }
      if (project_key(wheel->name) != project) continue;
      if (view_.cutoff && !file.uploaded && !view_.keep_untimed) {
        ++remark.untimed;
        continue;
      }
      if (view_.cutoff && file.uploaded && *file.uploaded > *view_.cutoff) {
        ++remark.too_new;
        continue;
      }
      if (std::string by = view_.policy.denied(project, wheel->version); !by.empty()) {
        ++remark.denied;
        remark.denied_by = std::move(by);
        continue;
      }
      ++remark.wheels;
      note_tags(*wheel, remark);
      known->second.push_back(wheels_.size());
      wheels_.push_back({file, index.name, index.url, !file.sha256.has_value()});
      files_.emplace_back();
    }
    if (!page->second) pages_.erase(known), known = pages_.end();
  }
  if (known == pages_.end()) return {.status = 404};
  std::string html = "<!DOCTYPE html><html><body>\n";
  for (const std::size_t index : known->second) {
    const IndexFile& file = wheels_[index].file;
    html += "<a href=\"/" + token_ + "/file/" + std::to_string(index) + '/' +
            percent_encode_segment(file.name);
    if (file.sha256) html += "#sha256=" + file.sha256->hex();
    html += '"';
    if (!file.requires_python.empty())
      html += " data-requires-python=\"" + xml_text(file.requires_python) + '"';
    if (file.is_yanked) html += " data-yanked=\"" + xml_text(printable(file.yanked_why, 300)) + '"';
    if (file.has_metadata && metadata_url(file)) {
      const std::string value =
          file.metadata_sha256 ? "sha256=" + file.metadata_sha256->hex() : "true";
      html += " data-dist-info-metadata=\"" + value + "\" data-core-metadata=\"" + value + '"';
    }
    html += '>' + xml_text(file.name) + "</a>\n";
  }
  return {.body = html + "</body></html>\n"};
}

LoopbackAnswer PipProxy::wheel_file(std::string_view rest) {
  std::size_t index = 0;
  const auto end = std::from_chars(rest.data(), rest.data() + rest.size(), index);
  if (end.ec != std::errc() || index >= wheels_.size()) return {.status = 404};
  const Wheel& wheel = wheels_[index];
  if (rest.ends_with(".metadata")) {
    const std::optional<Url> url =
        wheel.file.has_metadata ? metadata_url(wheel.file) : std::optional<Url>();
    if (!url) return {.status = 404};
    auto text = client_.text(*url, wheel.file.metadata_sha256, wheel.index_url);
    // pip asks for what the page promised, and does not go on without it.
    if (!text)
      throw NetworkError("'" + url->to_string() + "' is not there, although the index '" +
                             wheel.index + "' says so",
                         "tell who runs the index");
    return {.content_type = "application/octet-stream", .body = std::move(*text)};
  }
  if (files_[index].empty()) download(index);
  return {.content_type = "application/octet-stream", .file = files_[index]};
}

void PipProxy::download(std::size_t index) {
  IndexFile& file = wheels_[index].file;
  if (view_.offline) throw NetworkError("'" + file.url.to_string() + "' cannot be fetched offline");
  // Each run of pip asks anew, for each platform and each attempt.
  const std::string key =
      file.url.to_string() + ' ' + (file.sha256 ? file.sha256->hex() : std::string());
  auto known = fetched_.find(key);
  if (known == fetched_.end()) {
    const std::filesystem::path path = folder_ / (std::to_string(fetched_.size()) + ".whl");
    const IndexDownload done =
        client_.download(file.url, path, file.sha256, wheels_[index].index_url);
    known = fetched_.emplace(key, std::pair(path, done)).first;
  }
  const auto& [path, done] = known->second;
  file.sha256 = done.sha256;
  file.size = done.size_bytes;
  files_[index] = path;
}

}  // namespace envlock
