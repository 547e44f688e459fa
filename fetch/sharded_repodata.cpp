#include "fetch/sharded_repodata.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "fetch/atomic_file.hpp"
#include "fetch/cache_lock.hpp"
#include "fetch/partial_document.hpp"
#include "fetch/shard_cover.hpp"
#include "fetch/shard_table_indexer.hpp"
#include "fetch/shard_walk.hpp"
#include "fetch/subdir_fetch.hpp"
#include "model/parallel.hpp"

namespace envlock {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t max_index_bytes = std::uint64_t{256} << 20U;  // decompressed
/// Above, a whole file is less to move and to read.
constexpr std::size_t max_matching = 1000;
constexpr std::size_t max_cover_bytes = std::size_t{64} << 20U;
constexpr std::string_view judged_as_shards = "shards";

/// The subdirs of one run that have shards, and what the cache has made of them before.
class ShardedFetch {
 public:
  ShardedFetch(RepodataContext& context, const std::vector<SubdirRequest>& wanted,
               const WantedNames& names)
      : context_(context), wanted_(wanted), names_(names), answers_(wanted.size()) {}

  std::vector<SubdirAnswer> run(const std::stop_token& stop) {
    find_tables(stop);
    fetch_whole(rest(), stop, Patience::retries);
    fetch_whole_of_failed(stop);
    if (sharded_.empty()) return std::move(answers_);
    if (!choose_names()) {
      read_whole_instead(stop);
      return std::move(answers_);
    }
    try {
      answer_from_shards(stop);
    } catch (const MissingShard& missing) {
      // A new index may name shards that this server does not have yet, an old one such as are
      // gone. The whole file says the same.
      read_whole_instead(stop);
      tell_whole(places_.front(), missing.what());
    } catch (const NetworkError& failure) {
      // Shards often lie on a host of their own.
      if (!can_read_whole(stop)) throw;
      if (!context_.settings.offline) tell_whole(places_.front(), failure.what());
    }
    return std::move(answers_);
  }

 private:
  /// Which subdirs have shards; where to find them.
  void find_tables(const std::stop_token& stop) {
    std::vector<SubdirRequest> asked;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      if (!wanted_[i].may_be_sharded || wanted_[i].channel.is_file() ||
          !wanted_[i].judged_by.empty())
        continue;
      SubdirRequest request = wanted_[i];
      request.judged_by = judged_as_shards;
      request.mirrors.clear();
      asked.push_back(std::move(request));
      places.push_back(i);
    }
    if (asked.empty()) return;
    ShardTableIndexer indexer;
    RepodataContext context{context_.settings, context_.cache,       context_.http,     indexer,
                            context_.progress, context_.credentials, shard_index_files, true};
    context.settings.max_json_bytes = std::min(context.settings.max_json_bytes, max_index_bytes);
    std::vector<SubdirAnswer> tables;
    try {
      tables = fetch_subdirs(context, asked, stop);
    } catch (const NetworkError&) {
      if (!context_.settings.offline) throw;
      return;  // the whole files may be in the cache
    }
    for (std::size_t k = 0; k < tables.size(); ++k) {
      if (!tables[k].failure.empty())
        failed_.emplace_back(places[k], std::move(tables[k].failure));
      else if (tables[k].origin != SubdirAnswer::Origin::absent)
        add_table(places[k], std::move(tables[k]), stop);
    }
  }

  void add_table(std::size_t place, SubdirAnswer answer, const std::stop_token& stop) {
    const SubdirRequest& request = wanted_[place];
    answer.shards = ShardTable::open(answer.index->bytes(), answer.index, false);
    if (!answer.shards) throw InternalError("a table of shards does not open");
    const Url home = request.channel.join(request.subdir);
    const std::string written(answer.shards->shards_base_url());
    const auto base = written.empty() ? std::optional(home) : home.resolve(written);
    if (!base)
      throw InputError("'" + answer.source + "': 'shards_base_url' is '" + written +
                       "', which is no URL");
    if (!context_.settings.offline) {
      context_.indexer.require_shards_base(request, *base);
      context_.http.require_allowed_scheme(*base);
    }
    ShardedSubdir subdir{&request, answer.shards, answer.source, *base, nullptr};
    // Another host gets none, whatever the credentials are for.
    if (context_.credentials != nullptr && !context_.settings.offline &&
        base->origin() == home.origin())
      subdir.credential = context_.credentials->credential_for(*base, stop);
    sharded_.push_back(std::move(subdir));
    places_.push_back(place);
    answers_[place] = std::move(answer);
  }

  [[nodiscard]] std::vector<std::size_t> rest() const {
    std::vector<std::size_t> others;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      const bool failed = std::any_of(failed_.begin(), failed_.end(),
                                      [i](const auto& one) { return one.first == i; });
      if (!failed && std::find(places_.begin(), places_.end(), i) == places_.end())
        others.push_back(i);
    }
    return others;
  }

  enum class Patience { retries, one_try };

  /// @param patience  one try where this server was waited for already
  void fetch_whole(const std::vector<std::size_t>& places, const std::stop_token& stop,
                   Patience patience) {
    std::vector<SubdirRequest> requests;
    for (const std::size_t i : places) requests.push_back(wanted_[i]);
    RepodataContext context = context_;
    if (patience == Patience::one_try) context.settings.retry.tries = 1;
    std::vector<SubdirAnswer> answers = fetch_subdirs(context, requests, stop);
    for (std::size_t k = 0; k < places.size(); ++k) {
      answers_[places[k]] = std::move(answers[k]);
      if (answers_[places[k]].origin == SubdirAnswer::Origin::absent) continue;
      whole_.push_back({&wanted_[places[k]], answers_[places[k]].index});
      whole_digests_.push_back(sha256_of(wanted_[places[k]].channel.to_string() + '\n' +
                                         wanted_[places[k]].subdir + '\n' +
                                         answers_[places[k]].served_sha256.hex()));
    }
  }

  /// Those whose shard index could not be read: the whole file may be there all the same, or come
  /// from a mirror.
  void fetch_whole_of_failed(const std::stop_token& stop) {
    std::vector<std::size_t> places;
    for (const auto& [place, failure] : failed_) places.push_back(place);
    fetch_whole(places, stop, Patience::one_try);
    for (const auto& [place, failure] : failed_) {
      // Not the same as a subdir that is not there: that would change the solution silently.
      if (answers_[place].origin == SubdirAnswer::Origin::absent)
        throw NetworkError(failure + ", and no repodata.json is beside it", "try again later");
      tell_whole(place, failure);
    }
  }

  void read_whole_instead(const std::stop_token& stop, Patience patience = Patience::retries) {
    fetch_whole(places_, stop, patience);
    for (const std::size_t place : places_) {
      if (answers_[place].origin == SubdirAnswer::Origin::absent)
        throw NetworkError("'" + answers_[place].source + "' has shards, and no repodata.json",
                           "try again later, or tell the channel's owner");
    }
  }

  bool can_read_whole(const std::stop_token& stop) {
    try {
      read_whole_instead(stop, Patience::one_try);
      return true;
    } catch (const NetworkError&) {
      return false;  // what the shards lack is the better message
    }
  }

  void tell_whole(std::size_t place, const std::string& why) {
    answers_[place].notices.push_back(why + ": the whole repodata was read instead");
  }

  /// @return false where so many match that the whole is less
  bool choose_names() {
    roots_ = names_.names;
    if (!names_.matching) return true;
    for (const ShardedSubdir& subdir : sharded_) {
      for (std::size_t i = 0; i < subdir.table->size(); ++i) {
        std::string name(subdir.table->name_at(i));
        if (names_.matching(name)) roots_.insert(std::move(name));
      }
      if (roots_.size() > max_matching) return false;
    }
    return true;
  }

  /// What the names of its files in the cache begin with: they belong to these subdirs together,
  /// because a name found in one of them is wanted of all.
  [[nodiscard]] std::string stem(bool with_dependencies) const {
    std::string text = with_dependencies ? "walk" : "names";
    for (const ShardedSubdir& subdir : sharded_) text += '\n' + url_of(subdir);
    return sha256_of(text).hex().substr(0, 32) + ".v" +
           std::to_string(context_.indexer.format_version()) + ".shards";
  }

  static std::string url_of(const ShardedSubdir& subdir) {
    return subdir.request->channel.join(subdir.request->subdir).to_string();
  }

  void answer_from_shards(const std::stop_token& stop) {
    folder_ = context_.cache.folder("repodata");
    if (use_cover(true)) return;
    if (!names_.with_dependencies && use_cover(false)) return;
    stem_ = stem(names_.with_dependencies);
    const CacheLock lock(folder_ / (stem_ + ".lock"), context_.settings.lock_patience, stop);
    if (use_cover(names_.with_dependencies)) return;  // whoever held the lock made just this
    walk(stop);
  }

  /// Answers with the indexes of an earlier walk where they hold all that is wanted and are still
  /// what the channels have.
  bool use_cover(bool with_dependencies) {
    stem_ = stem(with_dependencies);
    std::optional<ShardCover> cover = load_cover();
    if (!cover || cover->subdirs.size() != sharded_.size()) return false;
    if (with_dependencies && cover->whole != whole_digests_) return false;
    if (!std::includes(cover->names.begin(), cover->names.end(), roots_.begin(), roots_.end())) {
      // Several environments take turns: what was asked for before stays, as long as it is cheap.
      if (with_dependencies && names_.with_dependencies && !context_.settings.offline &&
          is_current(*cover))
        kept_roots_ = cover->roots;
      return false;
    }
    if (!is_current(*cover)) return false;
    bool changed = false;
    std::vector<std::shared_ptr<const MappedFile>> indexes;
    for (std::size_t i = 0; i < sharded_.size(); ++i) {
      ShardCover::Subdir& known = cover->subdirs[i];
      std::shared_ptr<const MappedFile> index;
      try {
        index = MappedFile::open(index_file(i, known.content));
      } catch (const IoError&) {
        return false;
      }
      if (!index) return false;
      const bool sealed = index->seal() == known.index;
      if (!context_.indexer.opens(*sharded_[i].request, index, sealed)) return false;
      const Sha256& table = answers_[places_[i]].served_sha256;
      changed = changed || !sealed || known.table != table;
      known.index = index->seal();
      known.table = table;
      indexes.push_back(std::move(index));
    }
    if (changed) {
      try {
        save_cover(*cover);
      } catch (const IoError&) {
        // A cache on a full or read-only disk still serves what it has.
      }
    }
    for (std::size_t i = 0; i < sharded_.size(); ++i)
      finish_answer(i, std::move(indexes[i]), count_shards(i, cover->names));
    return true;
  }

  [[nodiscard]] bool is_current(const ShardCover& cover) const {
    for (std::size_t i = 0; i < sharded_.size(); ++i) {
      const ShardCover::Subdir& known = cover.subdirs[i];
      if (known.url != url_of(sharded_[i])) return false;
      if (known.table != answers_[places_[i]].served_sha256 &&
          known.content != shard_content(*sharded_[i].table, cover.names))
        return false;
    }
    return true;
  }

  [[nodiscard]] std::size_t count_shards(std::size_t i, const std::set<std::string>& names) const {
    std::size_t count = 0;
    for (const std::string& name : names) {
      const auto [first, last] = sharded_[i].table->find(name);
      count += last - first;
    }
    return count;
  }

  void walk(const std::stop_token& stop) {
    std::set<std::string> roots = roots_;
    roots.insert(kept_roots_.begin(), kept_roots_.end());
    ShardWalk walked = walk_shards(context_, sharded_, whole_, roots, names_.with_dependencies,
                                   wanted_.size(), stop);
    ShardCover cover;
    cover.whole = whole_digests_;
    cover.roots = std::move(roots);
    cover.names = std::move(walked.names);
    cover.subdirs.resize(sharded_.size());
    std::vector<std::shared_ptr<const MappedFile>> indexes(sharded_.size());
    parallel_for(sharded_.size(), context_.settings.threads, stop,
                 [&](std::size_t i) { indexes[i] = build_index(i, walked.shards[i], cover); });
    try {
      save_cover(cover);
    } catch (const IoError& error) {
      throw cache_error(error);
    }
    remove_others(cover);
    for (std::size_t i = 0; i < sharded_.size(); ++i) {
      finish_answer(i, std::move(indexes[i]), walked.shards[i].size());
      if (walked.downloaded != 0) answers_[places_[i]].origin = SubdirAnswer::Origin::downloaded;
    }
    if (walked.downloaded != 0) answers_[places_.front()].served_bytes += walked.downloaded_bytes;
  }

  std::shared_ptr<const MappedFile> build_index(std::size_t i,
                                                const std::map<std::size_t, Shard>& shards,
                                                ShardCover& cover) {
    const ShardedSubdir& subdir = sharded_[i];
    const auto sink = context_.indexer.start(*subdir.request, subdir.table_source);
    feed_partial_document(*sink, *subdir.table, shards);
    const std::vector<std::byte> bytes = sink->finish();
    ShardCover::Subdir& known = cover.subdirs[i];
    known.url = url_of(subdir);
    known.table = answers_[places_[i]].served_sha256;
    known.content = shard_content(*subdir.table, cover.names);
    try {
      const fs::path name = index_file(i, known.content);
      AtomicFile file(name);
      file.write(bytes);
      // Synced: after a power failure a seal must not vouch for bytes that never reached the disk.
      file.commit(AtomicFile::Durability::synced);
      auto mapped = MappedFile::open(name);
      if (!mapped) throw IoError("'" + name.string() + "' vanished from the cache");
      if (!context_.indexer.opens(*subdir.request, mapped, true))
        throw InternalError("the index just made of '" + subdir.table_source + "' does not open");
      known.index = mapped->seal();
      return mapped;
    } catch (const IoError& error) {
      throw cache_error(error);
    }
  }

  static IoError cache_error(const IoError& error) {
    return IoError(std::string("the cache: ") + error.what(),
                   "make room, or name another folder with --cache-dir");
  }

  void finish_answer(std::size_t i, std::shared_ptr<const MappedFile> index, std::size_t shards) {
    SubdirAnswer& answer = answers_[places_[i]];
    answer.index = std::move(index);
    answer.sealed = true;
    answer.shard_count = shards;
  }

  [[nodiscard]] fs::path index_file(std::size_t i, const Sha256& content) const {
    return folder_ /
           (stem_ + '.' + std::to_string(i) + '.' + content.hex().substr(0, 32) + ".index");
  }

  [[nodiscard]] std::optional<ShardCover> load_cover() const {
    const fs::path file = folder_ / (stem_ + ".state");
    std::error_code error;
    if (!fs::is_regular_file(file, error)) return std::nullopt;
    try {
      return ShardCover::parse(read_file(file, max_cover_bytes));
    } catch (const Error&) {
      return std::nullopt;  // removed meanwhile, damaged, too long: as if it were not there
    }
  }

  void save_cover(const ShardCover& cover) const {
    write_file(folder_ / (stem_ + ".state"), cover.to_string(), 0600,
               AtomicFile::Durability::relaxed);
  }

  /// The indexes that this walk's replace.
  void remove_others(const ShardCover& cover) const {
    std::set<fs::path> kept;
    for (std::size_t i = 0; i < cover.subdirs.size(); ++i)
      kept.insert(index_file(i, cover.subdirs[i].content));
    std::error_code error;
    for (fs::directory_iterator entry(folder_, error), end; !error && entry != end;
         entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      std::error_code ignored;  // somebody else may be removing the same
      if (name.starts_with(stem_ + '.') && name.ends_with(".index") &&
          !kept.contains(entry->path()))
        fs::remove(entry->path(), ignored);
    }
  }

  RepodataContext& context_;
  const std::vector<SubdirRequest>& wanted_;
  const WantedNames& names_;
  std::vector<SubdirAnswer> answers_;
  std::vector<ShardedSubdir> sharded_;
  std::vector<std::size_t> places_;                          ///< Of those, in `wanted_`.
  std::vector<std::pair<std::size_t, std::string>> failed_;  ///< Places, and why.
  std::vector<WholeSubdir> whole_;
  std::vector<Sha256> whole_digests_;
  std::set<std::string> roots_;
  std::set<std::string> kept_roots_;
  fs::path folder_;
  std::string stem_;
};

}  // namespace

std::vector<SubdirAnswer> fetch_sharded(RepodataContext& context,
                                        const std::vector<SubdirRequest>& wanted,
                                        const WantedNames& names, const std::stop_token& stop) {
  return ShardedFetch(context, wanted, names).run(stop);
}

}  // namespace envlock
