#include "tests/fetch/fetching.hpp"

#include <bzlib.h>
#include <zstd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace envlock::test {

namespace {

constexpr std::string_view first_line = "TEXT INDEX\n";
constexpr std::string_view last_line = "\nEND";

class TextSink : public RepodataSink {
 public:
  explicit TextSink(TextIndexer& indexer) : indexer_(indexer), text_(first_line) {}
  void feed(std::span<const std::byte> json) override {
    text_.append(reinterpret_cast<const char*>(json.data()), json.size());
  }
  void settle() override {}
  std::vector<std::byte> finish() override {
    text_.append(last_line);
    ++indexer_.finished;
    const auto bytes = std::as_bytes(std::span(text_));
    return {bytes.begin(), bytes.end()};
  }

 private:
  TextIndexer& indexer_;
  std::string text_;
};

}  // namespace

std::unique_ptr<RepodataSink> TextIndexer::start(const SubdirRequest& /*request*/,
                                                 const std::string& /*source_name*/) {
  ++started;
  return std::make_unique<TextSink>(*this);
}

bool TextIndexer::opens(const SubdirRequest& /*request*/, std::shared_ptr<const MappedFile> index,
                        bool sealed) {
  if (!sealed) ++checked;
  const std::string_view text(reinterpret_cast<const char*>(index->bytes().data()),
                              index->bytes().size());
  return text.starts_with(first_line) && text.ends_with(last_line);
}

std::vector<std::string> TextIndexer::depends_of(const SubdirRequest& /*request*/,
                                                 const std::shared_ptr<const MappedFile>& index,
                                                 const std::string& name) {
  std::string text(reinterpret_cast<const char*>(index->bytes().data()), index->bytes().size());
  text = text.substr(first_line.size(), text.size() - first_line.size() - last_line.size());
  std::vector<std::string> depends;
  const auto json = nlohmann::json::parse(text);
  for (const char* key : {"packages", "packages.conda"})
    for (const auto& [fn, record] : json.at(key).items())
      if (record.at("name") == name)
        for (const auto& text_of : record.at("depends")) depends.push_back(text_of);
  return depends;
}

void TextIndexer::require_shards_base(const SubdirRequest& request, const Url& base) {
  if (base.origin() != request.channel.origin()) throw TrustError("shards on another host");
}

Fetching::Fetching() {
  using std::chrono::milliseconds;
  using std::chrono::system_clock;
  // An hour from now: whatever a test writes has an age that can be proved.
  settings.now.ms = std::chrono::duration_cast<milliseconds>(
                        system_clock::now().time_since_epoch() + std::chrono::hours(1))
                        .count();
  settings.retry.first_delay = milliseconds(1);
  settings.threads = 4;
  http.user_agent = "envlock/test";
}

std::vector<SubdirAnswer> Fetching::fetch(const std::string& channel,
                                          const std::vector<std::string>& subdirs) {
  const Cache cache(dir / "cache");
  HttpClient client(http);
  std::vector<SubdirRequest> wanted;
  for (const std::string& subdir : subdirs)
    wanted.push_back({Url::parse(channel).value(), "chan", subdir});
  return RepodataFetcher(settings, cache, client, indexer).fetch(wanted, stop.get_token());
}

std::vector<SubdirAnswer> Fetching::fetch_names(const std::string& channel,
                                                const WantedNames& names,
                                                const std::vector<std::string>& subdirs) {
  const Cache cache(dir / "cache");
  HttpClient client(http);
  std::vector<SubdirRequest> wanted;
  for (const std::string& subdir : subdirs) {
    wanted.push_back({Url::parse(channel).value(), "chan", subdir});
    wanted.back().may_be_sharded = true;
  }
  return RepodataFetcher(settings, cache, client, indexer).fetch(wanted, stop.get_token(), &names);
}

std::vector<std::string> Fetching::cached_files() const {
  std::vector<std::string> names;
  const auto folder = dir / "cache/repodata";
  if (!std::filesystem::exists(folder)) return names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::filesystem::path Fetching::index_file() const {
  std::vector<std::string> names = cached_files();
  std::erase_if(names, [](const std::string& name) { return !name.ends_with(".index"); });
  REQUIRE(names.size() == 1);
  return dir / ("cache/repodata/" + names.front());
}

std::string json_of(const SubdirAnswer& answer) {
  REQUIRE(answer.index);
  std::string text(reinterpret_cast<const char*>(answer.index->bytes().data()),
                   answer.index->bytes().size());
  REQUIRE(text.size() >= first_line.size() + last_line.size());
  return text.substr(first_line.size(), text.size() - first_line.size() - last_line.size());
}

std::string failure_of(Fetching& fetching, const std::string& channel,
                       const std::vector<std::string>& subdirs) {
  try {
    static_cast<void>(fetching.fetch(channel, subdirs));
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.exit_code())) + ": " + error.what() + " | " +
           error.hint();
  }
  FAIL("the fetch succeeded");
  return {};
}

LocalServer::Answer status(int code) {
  LocalServer::Answer answer;
  answer.status = code;
  return answer;
}

LocalServer::Handler always(LocalServer::Answer answer) {
  return [answer = std::move(answer)](const LocalServer::Request&) { return answer; };
}

LocalServer::Handler at_first(int times, LocalServer::Answer first, LocalServer::Handler handler) {
  return [times, first = std::move(first), handler = std::move(handler),
          count = 0](const LocalServer::Request& request) mutable {
    return count++ < times ? first : handler(request);
  };
}

std::string bz2_compressed(std::string_view text) {
  std::string out(text.size() + text.size() / 100 + 600, '\0');
  auto size = static_cast<unsigned>(out.size());
  std::string in(text);
  REQUIRE(BZ2_bzBuffToBuffCompress(out.data(), &size, in.data(), static_cast<unsigned>(in.size()),
                                   9, 0, 0) == BZ_OK);
  out.resize(size);
  return out;
}

std::string zstd_frame(std::string_view text, bool checksum) {
  const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(),
                                                                        ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, checksum ? 1 : 0);
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size =
      ZSTD_compress2(context.get(), out.data(), out.size(), text.data(), text.size());
  // No macro of Catch: servers call this on their own thread.
  if (ZSTD_isError(size) != 0) throw std::runtime_error("zstd cannot compress");
  out.resize(size);
  return out;
}

}  // namespace envlock::test
