#include "cli/cache_clean_options.hpp"

#include "cli/byte_size.hpp"
#include "cli/lock_input.hpp"
#include "model/error.hpp"

namespace envlock {
namespace {

/// The same forms as those of --exclude-newer.
Instant read_age(const std::string& text, Instant now) {
  // A bare number would be seconds, and nobody means those: '30' would empty the cache.
  const bool is_bare = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  try {
    if (is_bare) throw InputError("no unit");
    return parse_exclude_newer(text, now).cutoff;
  } catch (const InputError&) {
    throw UsageError("'--older-than' takes an age or a date, not '" + text + "'",
                     "for example '30d', '12h' or '2026-01-31'");
  }
}

std::uint64_t read_size(const std::string& text) {
  if (const auto size = parse_byte_size(text)) return *size;
  throw UsageError("'--max-size' takes a number of bytes, not '" + text + "'",
                   "for example '500M', '10G' or '8GiB'");
}

void keep(const Lockfile& lock, std::set<Sha256>& kept) {
  for (const auto& [platform, content] : lock.platforms) {
    for (const LockedPackage& package : content.packages) {
      if (package.record.sha256) kept.insert(*package.record.sha256);
    }
  }
}

}  // namespace

OptionGroup clean_options() {
  return {.title = "Options of clean",
          .options = {{.name = "older-than",
                       .value = "AGE",
                       .help = "what was not used for so long ('30d', '12h')",
                       .more = "The last use is noted to the day."},
                      {.name = "max-size",
                       .value = "SIZE",
                       .help = "the longest unused, until the rest has this size",
                       .more = "K, M, G and T are powers of 1000, KiB, MiB and so on of 1024."},
                      {.name = "keep-lock",
                       .value = "LOCK",
                       .help = "keep the packages of this lock; alone: remove all others",
                       .repeatable = true,
                       .kind = ValueKind::file},
                      {.name = "partials", .help = "unfinished downloads"},
                      {.name = "all", .help = "everything"},
                      {.name = "dry-run", .help = "only say what would go"}}};
}

CleanPlan read_clean_plan(const ParsedArgs& args, Instant now) {
  CleanPlan plan;
  plan.everything = args.has("all");
  plan.partials = args.has("partials");
  if (args.has("older-than")) plan.not_used_since = read_age(args.value("older-than"), now);
  if (args.has("max-size")) plan.max_bytes = read_size(args.value("max-size"));
  const bool selects = plan.everything || plan.partials || plan.not_used_since || plan.max_bytes;
  if (!selects && !args.has("keep-lock")) {
    throw UsageError("'envlock cache clean' must be told what may go",
                     "for example '--older-than 30d', '--max-size 10G' or '--all'; '--dry-run' "
                     "shows what it would be");
  }
  plan.only_kept = !selects;
  for (const std::string& lock : args.values("keep-lock")) keep(load_lock(lock), plan.keep);
  return plan;
}

void refuse_clean_options(const ParsedArgs& args, const std::string& action) {
  for (const Option& option : clean_options().options) {
    if (!args.has(option.name)) continue;
    throw UsageError("'--" + std::string(option.name) + "' goes with 'envlock cache clean', not '" +
                     action + "'");
  }
}

}  // namespace envlock
