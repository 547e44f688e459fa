#include "cli/cache_command.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

#include "cli/byte_size.hpp"
#include "cli/cache_clean_options.hpp"
#include "cli/json_output.hpp"
#include "fetch/cache_clean.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::array<std::string_view, 3> actions = {"info", "verify", "clean"};
constexpr std::array kinds = {CacheKind::package,  CacheKind::attestation, CacheKind::partial,
                              CacheKind::repodata, CacheKind::index,       CacheKind::shard,
                              CacheKind::other};
constexpr std::size_t kind_width = std::string_view("attestations").size() + 2;

/// What another process may be at work on is told by the system's clock, whatever `--now` says.
Instant system_now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

std::uint64_t bytes_of(const std::vector<CacheItem>& items) {
  std::uint64_t bytes = 0;
  for (const CacheItem& item : items) bytes += item.bytes;
  return bytes;
}

void write_items(JsonWriter& json, std::string_view key, const std::vector<CacheItem>& items) {
  json.key(key).begin_array();
  for (const CacheItem& item : items) {
    json.begin_object().member("file", item.path()).member("kind", to_string(item.kind));
    json.member("bytes", item.bytes).end_object();
  }
  json.end_array();
}

ExitCode info(const Cache& cache, const std::vector<CacheItem>& items, Context& context) {
  struct Sum {
    std::uint64_t items = 0;
    std::uint64_t bytes = 0;
  };
  std::map<CacheKind, Sum> sums;
  for (const CacheItem& item : items) {
    ++sums[item.kind].items;
    sums[item.kind].bytes += item.bytes;
  }
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      json.member("path", cache.dir().string()).member("bytes", bytes_of(items));
      json.key("kinds").begin_object();
      for (const CacheKind kind : kinds) {
        json.key(to_string(kind)).begin_object().member("items", sums[kind].items);
        json.member("bytes", sums[kind].bytes).end_object();
      }
      json.end_object();
    });
  }
  context.console.out(cache.dir().string());
  for (const CacheKind kind : kinds) {
    const std::string name(to_string(kind));
    const std::string number = std::to_string(sums[kind].items);
    context.console.out("  " + name + std::string(kind_width - name.size(), ' ') +
                        std::string(number.size() < 7 ? 7 - number.size() : 0, ' ') + number +
                        "  " + human_bytes(sums[kind].bytes));
  }
  context.console.out("  in all " + human_bytes(bytes_of(items)));
  return ExitCode::ok;
}

std::vector<CacheItem> leftovers_of(const std::vector<CacheItem>& items) {
  std::vector<CacheItem> leftovers;
  for (const CacheItem& item : items) {
    if (item.is_leftover) leftovers.push_back(item);
  }
  return leftovers;
}

ExitCode verify(const Cache& cache, const std::vector<CacheItem>& items, Context& context) {
  const CacheVerdict verdict = verify_cache(cache, items, context.settings.threads, context.stop);
  const Cleaned leftovers = remove_from_cache(cache, leftovers_of(items), context.stop);
  const ExitCode code = verdict.bad.empty() ? ExitCode::ok : ExitCode::findings;
  if (context.settings.json) {
    return print_json_result(context, code, [&](JsonWriter& json) {
      json.member("path", cache.dir().string()).member("packages", verdict.packages);
      json.member("bytes_hashed", verdict.bytes_hashed);
      json.key("bad").begin_array();
      for (const BadPackage& bad : verdict.bad) {
        json.begin_object().member("file", bad.item.path()).member("why", bad.why);
        json.member("bytes", bad.item.bytes).end_object();
      }
      json.end_array();
      write_items(json, "leftovers", leftovers.removed);
    });
  }
  for (const BadPackage& bad : verdict.bad) {
    context.console.out(Line().add("removed ", Tone::bold).add(bad.item.path() + ": " + bad.why));
  }
  if (!leftovers.removed.empty()) {
    context.console.out("removed " + counted(leftovers.removed.size(), "leftover") +
                        " of runs that were ended (" + human_bytes(bytes_of(leftovers.removed)) +
                        ")");
  }
  context.console.out(
      counted(verdict.packages, "package") + " hashed (" + human_bytes(verdict.bytes_hashed) +
      "), " + (verdict.bad.empty() ? "all right" : std::to_string(verdict.bad.size()) + " bad"));
  return code;
}

ExitCode clean(const Cache& cache, const std::vector<CacheItem>& items, const ParsedArgs& args,
               Context& context) {
  const CleanPlan plan = read_clean_plan(args, context.clock.now());
  const bool dry_run = args.has("dry-run");
  const std::vector<CacheItem> chosen = choose_for_cleaning(items, plan);
  const Cleaned cleaned = dry_run ? Cleaned{.removed = chosen, .in_use = {}}
                                  : remove_from_cache(cache, chosen, context.stop);
  const std::uint64_t freed = bytes_of(cleaned.removed);
  const std::uint64_t kept = bytes_of(items) - freed;
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      json.member("path", cache.dir().string()).member("dry_run", dry_run);
      json.member("freed_bytes", freed).member("kept_bytes", kept);
      write_items(json, "removed", cleaned.removed);
      write_items(json, "in_use", cleaned.in_use);
    });
  }
  if (dry_run || context.settings.verbosity > 0) {
    for (const CacheItem& item : cleaned.removed) {
      context.console.out(item.path() + "  " + human_bytes(item.bytes));
    }
  }
  if (!cleaned.in_use.empty()) {
    context.console.note(counted(cleaned.in_use.size(), "file") +
                         " left, because another process writes to it");
  }
  context.console.out((dry_run ? "would free " : "freed ") + human_bytes(freed) + " (" +
                      counted(cleaned.removed.size(), "file") + "), " + human_bytes(kept) +
                      (dry_run ? " would stay" : " stay"));
  return ExitCode::ok;
}

ExitCode run_cache(const ParsedArgs& args, Context& context) {
  const std::string action = args.positional(0);
  if (std::find(actions.begin(), actions.end(), action) == actions.end()) {
    const auto nearest = nearest_word(action, actions);
    throw UsageError(
        "'envlock cache' has no action '" + action + "'",
        nearest ? "did you mean '" + *nearest + "'?" : "its actions are info, verify and clean");
  }
  if (action != "clean") refuse_clean_options(args, action);
  const Cache cache(resolve_cache_dir(context.settings, context.environment),
                    Cache::Missing::leave);
  const std::vector<CacheItem> items = list_cache(cache, system_now());
  if (action == "info") return info(cache, items, context);
  if (action == "verify") return verify(cache, items, context);
  return clean(cache, items, args, context);
}

}  // namespace

Command cache_command() {
  return {{.name = "cache",
           .summary = "Show, check or clean the cache",
           .description =
               "'info' says where the cache is and what it holds.\n\n"
               "'verify' hashes every package, whatever was remembered of it, removes those that "
               "are not what their names say, and ends with exit 1 where there was one. Leftovers "
               "of runs that were ended go too.\n\n"
               "'clean' removes what one of its options selects. What another process is writing "
               "stays. Everything in the cache can be had again; environments that are installed "
               "do not need it.",
           .positionals = {{.name = "ACTION", .help = "info, verify or clean", .required = true}},
           .groups = {clean_options()},
           .examples = {{"What the cache holds", "envlock cache info"},
                        {"Remove what was not used for a month",
                         "envlock cache clean --older-than 30d"},
                        {"Keep 10 GB at most, and what this lock names in any case",
                         "envlock cache clean --max-size 10G --keep-lock envlock.lock"}},
           .exits = {ExitCode::findings, ExitCode::invalid_input, ExitCode::untrusted}},
          run_cache};
}

}  // namespace envlock
