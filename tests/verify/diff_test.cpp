// What two documents differ in, why, and what of it needs eyes.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>

#include "tests/verify/diff_fixture.hpp"
#include "verify/diff/dependency_view.hpp"
#include "verify/diff/known_names.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
using Catch::Matchers::VectorContains;

/// Both inputs and what was found; changes point into the inputs.
struct Compared {
  DiffInput before, after;
  DiffResult result;
  [[nodiscard]] const Change& of(std::string_view rule, std::string_view name = {}) const {
    for (const Change& change : result.changes) {
      const Rule* const known = find_rule(diff_rules(), change.finding.rule);
      if (known->name == rule && (name.empty() || change.name == name)) return change;
    }
    throw InternalError("no change '" + std::string(rule) + "' of '" + std::string(name) + "'");
  }
  [[nodiscard]] std::vector<std::string> rules() const {
    std::vector<std::string> names;
    for (const Change& change : result.changes)
      names.emplace_back(find_rule(diff_rules(), change.finding.rule)->name);
    std::ranges::sort(names);
    return names;
  }
};

Compared compared(DiffInput before, DiffInput after, const DiffSettings& settings = {}) {
  Compared both{std::move(before), std::move(after), {}};
  both.result = compare(both.before, both.after, settings);
  return both;
}

Compared compared(const DiffLock& before, const DiffLock& after,
                  const DiffSettings& settings = {}) {
  return compared(before.input(), after.input(), settings);
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("diff: a lock with itself is nothing") {
  DiffLock lock({"a"});
  lock.add("a", "1.0", "0", {"b"});
  lock.add("b");
  CHECK(compared(lock, lock).result.changes.empty());
}

TEST_CASE("diff: each kind of change has a rule of its own") {
  DiffLock before;
  DiffLock after;
  SECTION("added and removed") {
    before.add("gone");
    after.add("fresh");
    CHECK(compared(before, after).rules() == Names{"added-package", "removed-package"});
  }
  SECTION("versions are conda's: 1.10 is newer than 1.9, and 1! newer than all") {
    before.add("a", "1.9");
    after.add("a", "1.10");
    before.add("b", "2024.1");
    after.add("b", "1!1.0");
    before.add("c", "2.0");
    after.add("c", "2.0rc1");
    CHECK(compared(before, after).rules() ==
          Names{"downgraded-package", "upgraded-package", "upgraded-package"});
  }
  SECTION("another build") {
    before.add("a", "1.0", "py311_0");
    after.add("a", "1.0", "py312_0");
    CHECK(compared(before, after).rules() == Names{"other-build"});
  }
  SECTION("the same file with other bytes is an error, whatever else it says") {
    before.add("a");
    after.add("a").sha256 = sha256_of("replaced");
    const Compared both = compared(before, after);
    CHECK(both.rules() == Names{"other-bytes"});
    CHECK(both.of("other-bytes").finding.severity == Severity::error);
    CHECK_THAT(both.of("other-bytes").finding.found, Contains(sha256_of("replaced").hex()));
  }
  SECTION("the same bytes with other metadata are a hotfix, and no alarm") {
    before.add("a", "1.0", "0", {"b >=1"});
    after.add("a", "1.0", "0", {"b >=1,<2"});
    const Compared both = compared(before, after);
    CHECK(both.rules() == Names{"metadata-hotfix"});
    CHECK(both.of("metadata-hotfix").finding.severity == Severity::note);
    CHECK_THAT(both.of("metadata-hotfix").finding.message, Contains("depends"));
  }
  SECTION("another kind of archive has other bytes, and says so") {
    before.add("a").fn = "a-1.0-0.tar.bz2";
    after.add("a").sha256 = sha256_of("conda");
    CHECK(compared(before, after).rules() == Names{"other-archive"});
  }
  SECTION("another channel, also with equal bytes") {
    before.add("a");
    PackageRecord& moved = after.add("a");
    moved.channel_url = "https://other.example/forge";
    CHECK(compared(before, after).rules() == Names{"channel-switch", "first-from-channel"});
  }
  SECTION("another folder of the same channel") {
    before.add("a");
    after.add("a").subdir = "noarch";
    CHECK(compared(before, after).rules() == Names{"channel-switch"});
  }
  SECTION("from conda to PyPI and back") {
    before.add("a");
    before.add("keep");
    after.add("keep");
    LockedPypi wheel;
    wheel.name = "a";
    wheel.version = "1.0";
    wheel.url = "https://files.example/a-1.0-py3-none-any.whl";
    after.lock().platforms.begin()->second.pypi.push_back(wheel);
    CHECK_THAT(compared(before, after).rules(), VectorContains(std::string("manager-switch")));
    CHECK_THAT(compared(after, before).rules(), VectorContains(std::string("manager-switch")));
  }
}

TEST_CASE("diff: the other way round, added is removed and newer is older") {
  DiffLock before;
  DiffLock after;
  before.add("a", "1.0");
  after.add("a", "2.0");
  after.add("b");
  CHECK(compared(after, before).rules() == Names{"downgraded-package", "removed-package"});
}

TEST_CASE("diff: platforms and environments that one side lacks are told once, not by package") {
  DiffLock before;
  DiffLock after;
  before.add("a");
  after.add("a");
  for (const char* const name : {"a", "b", "c"}) after.add(name, "1.0", "0", {}, "osx-64");
  const Compared both = compared(before, after);
  CHECK(both.rules() == Names{"platform-added"});
  CHECK_THAT(both.of("platform-added").finding.message,
             Contains("osx-64") && Contains("3 packages"));
}

TEST_CASE("diff: a moved package names the user's own line and the constraint that moved it") {
  DiffLock before({"app>=1", "tool"});
  before.add("app", "1.0", "0", {"lib >=1,<2"});
  before.add("lib", "1.5");
  before.add("tool");
  DiffLock after({"app>=2", "tool"});
  after.add("app", "2.0", "0", {"lib >=2", "extra"});
  after.add("lib", "2.1", "0", {"deep"});
  after.add("extra");
  after.add("deep");
  after.add("tool");
  const Compared both = compared(before, after);
  CHECK(both.of("upgraded-package", "lib").why ==
        Names{"comes by environment.yml: 'app>=2' -> lib",
              "app 2.0 needs 'lib >=2', which 1.5 0 is not"});
  CHECK(both.of("added-package", "deep").why.back() == "lib 2.1 needs 'deep'");
  for (const char* const name : {"lib", "extra", "deep", "app"}) {
    for (const Change& change : both.result.changes) {
      if (change.name == name) CHECK(change.cause == "you changed 'app>=1' to 'app>=2'");
    }
  }
  REQUIRE(both.result.causes.size() == 1);
  CHECK(both.result.causes.front().packages == 4);
}

TEST_CASE("diff: what was pushed by a package that moved by itself names that package") {
  DiffLock before({"a", "b"});
  before.add("a", "1.0", "0", {"lib"});
  before.add("b", "1.0", "py1_0", {"lib 1.*"});
  before.add("lib", "1.0");
  DiffLock after({"a", "b"});
  after.add("a", "2.0", "0", {"lib >=2"});
  after.add("b", "1.0", "py2_0", {"lib 2.*"});
  after.add("lib", "2.0");
  const Compared both = compared(before, after);
  CHECK(both.of("upgraded-package", "a").cause == "other releases");
  CHECK_THAT(both.of("other-build", "b").why.back(), Contains("needed 'lib 1.*'"));
  CHECK(both.of("other-build", "b").cause == "'a' moved");
}

TEST_CASE("diff: a request that is gone explains what only it needed") {
  DiffLock before({"a", "b"});
  before.add("a", "1.0", "0", {"lib"});
  before.add("b");
  before.add("lib");
  DiffLock after({"b"});
  after.add("b");
  const Compared both = compared(before, after);
  CHECK(both.of("removed-package", "lib").cause == "you no longer ask for 'a'");
  CHECK_THAT(both.of("removed-package", "lib").why.back(),
             Contains("a 1.0, which needed it, is gone"));
}

TEST_CASE("diff: packages that need each other in a ring are explained, too") {
  DiffLock before({"a"});
  before.add("a", "1.0", "0", {"b"});
  before.add("b", "1.0", "0", {"a"});
  DiffLock after({"a"});
  after.add("a", "2.0", "0", {"b >=2"});
  after.add("b", "2.0", "0", {"a >=2"});
  CHECK(compared(before, after).result.changes.size() == 2);
}

TEST_CASE("diff: python_abi moves with python, and a ring with what it stands on") {
  DiffLock before({"numpy >=1", "python >=3.11"});
  DiffLock after({"numpy >=2", "python >=3.12"});
  before.add("numpy", "1.0", "py311", {"python_abi 3.11.*"});
  after.add("numpy", "2.0", "py312", {"python_abi 3.12.*", "libcblas >=3.9"});
  before.add("python", "3.11.1").constrains = {"python_abi 3.11.*"};
  after.add("python", "3.12.1").constrains = {"python_abi 3.12.*"};
  before.add("python_abi", "3.11");
  after.add("python_abi", "3.12");
  for (const auto& [lock, build] : {std::pair(&before, "1"), std::pair(&after, "2")}) {
    const std::string number(build);
    PackageRecord& libblas = lock->add("libblas", "3.9", number);
    libblas.depends = {"libopenblas 0." + number};
    libblas.constrains = {"libcblas 3.9 " + number, "liblapack 3.9 " + number};
    lock->add("libcblas", "3.9", number, {"libblas 3.9 " + number});
    lock->add("liblapack", "3.9", number, {"libblas 3.9 " + number});
    lock->add("libopenblas", "0." + number);
  }
  const Compared both = compared(before, after);
  CHECK(both.of("upgraded-package", "python_abi").cause ==
        "you changed 'python >=3.11' to 'python >=3.12'");
  for (const char* const name : {"libblas", "libcblas", "liblapack"})
    CHECK(both.of("other-build", name).cause == "'libopenblas' moved");
}

TEST_CASE("diff: a long chain of pushes is followed once, not once for each of its packages") {
  constexpr int count = 20'000;
  const auto name = [](int i) { return "p" + std::to_string(100'000 + i); };
  DiffLock before({name(0) + ">=1"});
  DiffLock after({name(0) + ">=2"});
  for (int i = 0; i < count; ++i) {
    before.add(name(i), "1.0", "0", {name(i + 1) + " >=1"});
    after.add(name(i), "2.0", "0", {name(i + 1) + " >=2"});
  }
  const auto start = std::chrono::steady_clock::now();
  const Compared both = compared(before, after);
  // Following it anew for each package took minutes, this takes less than a second.
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
  const Change& last = both.of("upgraded-package", name(count - 1));
  CHECK(last.cause == "you changed 'p100000>=1' to 'p100000>=2'");
  CHECK_THAT(last.why.front(), Contains("-> (19988 more) -> ") && Contains(name(count - 1)));
  CHECK(both.result.causes.size() == 1);
}

TEST_CASE("diff: a text that many packages repeat is shortened") {
  const std::string version(60'000, '1');
  DiffLock before({"big"});
  DiffLock after({"big"});
  before.add("big");
  Names depends;
  for (int i = 0; i < 200; ++i) depends.push_back("p" + std::to_string(i));
  for (const std::string& name : depends) after.add(name);
  after.add("big", version, "0", depends);
  CHECK(compared(before, after).of("added-package", "p7").why.back().size() < 1000);
}

TEST_CASE("diff: the question's own changes stand for themselves") {
  DiffLock before({"a>=1"});
  DiffLock after({"a>=2"});
  after.lock().inputs.denied = {"evil"};
  after.lock().variables["LD_PRELOAD"] = "/tmp/x.so";
  const Compared both = compared(before, after);
  CHECK(both.rules() == Names{"question-changed", "rules-changed", "variables-changed"});
  CHECK(both.of("question-changed").finding.message == "environment.yml: specs: a>=1 became a>=2");
}

TEST_CASE("diff: requests read as people write them, in the order of their text") {
  DiffLock before({"zlib[version='<1']", "numpy[version='<2']"});
  DiffLock after({"zlib[version='<2']", "numpy[version='>=2']", "a"});
  for (DiffLock* const lock : {&before, &after}) {
    lock->add("numpy");
    lock->add("zlib");
    lock->add("a");
  }
  const Compared both = compared(before, after);
  std::vector<std::string> messages;
  for (const Change& change : both.result.changes) messages.push_back(change.finding.message);
  CHECK(messages == std::vector<std::string>{"environment.yml: specs: added a",
                                             "environment.yml: specs: numpy <2 became numpy >=2",
                                             "environment.yml: specs: zlib <1 became zlib <2"});
}

TEST_CASE("diff: a later cutoff asks for newer packages; one that comes or goes is a rule") {
  const auto rule_of = [](const char* was, const char* is) {
    DiffLock before;
    DiffLock after;
    before.add("a");
    after.add("a");
    const Instant now = parse_instant("2026-06-15T00:00:00Z").value();
    if (*was != '\0') before.lock().inputs.exclude_newer = parse_exclude_newer(was, now);
    if (*is != '\0') after.lock().inputs.exclude_newer = parse_exclude_newer(is, now);
    const Compared both = compared(before, after);
    REQUIRE(both.result.changes.size() == 1);
    return both.result.changes.front().finding.rule;
  };
  CHECK(rule_of("2026-01-01", "2026-02-01") == "EL120");
  CHECK(rule_of("2026-01-01", "") == "EL121");
  CHECK(rule_of("7d", "1d") == "EL121");
}

TEST_CASE(
    "diff: what an imported lock was asked for is not known, and a lock that forgets it is told") {
  DiffLock solved({"app>=1"});
  DiffLock imported;
  for (DiffLock* const lock : {&solved, &imported}) lock->add("app");
  solved.lock().inputs.denied = {"evil"};
  solved.lock().platforms.begin()->second.virtual_packages = {{"__glibc", "2.28", "0"}};
  imported.lock().origin = "adopted";
  imported.lock().inputs.files.clear();
  CHECK(compared(imported, solved).rules().empty());
  const Compared both = compared(solved, imported);
  CHECK(both.rules() == Names{"rules-changed"});
  CHECK(both.of("rules-changed").name == "origin");
  REQUIRE(both.result.notes.size() == 1);
  CHECK_THAT(both.result.notes.front(), Contains("imported") && Contains("not known"));
  SECTION("a package that moves was not asked for otherwise") {
    DiffLock next({"app>=2"});
    next.add("app", "2.0");
    CHECK(compared(imported, next).of("upgraded-package").cause == "other releases");
  }
  SECTION("what activation sets is a fact") {
    solved.lock().variables["LD_PRELOAD"] = "/tmp/x.so";
    CHECK(compared(imported, solved).rules() == Names{"variables-changed"});
  }
}

TEST_CASE("diff: signs that a change needs eyes") {
  DiffLock before;
  DiffLock after;
  before.add("base");
  after.add("base");
  DiffSettings settings;
  settings.now = parse_instant("2026-06-15T00:00:00Z").value();
  settings.young_ms = std::int64_t{7} * 24 * 3600 * 1000;
  SECTION("young, by the server's clock before the builder's") {
    PackageRecord& young = after.add("young");
    young.timestamp_ms = parse_instant("2020-01-01T00:00:00Z")->ms;
    young.indexed_timestamp_ms = parse_instant("2026-06-14T00:00:00Z")->ms;
    after.add("old").timestamp_ms = parse_instant("2026-06-01T00:00:00Z")->ms;
    const Compared both = compared(before, after, settings);
    CHECK(both.of("young-package").name == "young");
    CHECK(both.of("young-package").finding.message == "young is 24 hours old");
    CHECK(std::ranges::count(both.rules(), "young-package") == 1);
    settings.young_ms = 0;
    CHECK(std::ranges::count(compared(before, after, settings).rules(), "young-package") == 0);
  }
  SECTION("from the future") {
    after.add("odd").timestamp_ms = parse_instant("2027-01-01T00:00:00Z")->ms;
    CHECK_THAT(compared(before, after, settings).of("young-package").finding.message,
               Contains("in the future"));
  }
  SECTION("a name like a known one's, but not the known one itself") {
    after.add("reqeusts");
    after.add("numpy");
    const Compared both = compared(before, after, settings);
    CHECK(both.of("name-like-another").name == "reqeusts");
    CHECK(std::ranges::count(both.rules(), "name-like-another") == 1);
  }
  SECTION("a licence that became another, or is not told") {
    before.add("a");
    after.add("a", "2.0").license = "Proprietary";
    after.add("b").license = "";
    const Compared both = compared(before, after, settings);
    CHECK(both.of("licence-changed", "a").finding.found == "Proprietary");
    CHECK_THAT(both.of("licence-changed", "b").finding.message, Contains("no licence"));
  }
  SECTION("a signature that is gone, or is another's") {
    before.add("a");
    before.add("b");
    for (LockedPackage& package : before.lock().platforms.begin()->second.packages)
      package.signed_by = {"key-1"};
    after.add("a", "2.0");
    after.add("b", "2.0");
    after.lock().platforms.begin()->second.packages.back().signed_by = {"key-2"};
    const Compared both = compared(before, after, settings);
    CHECK(both.of("signature-lost").name == "a");
    CHECK(both.of("other-signer").name == "b");
  }
  SECTION("another Python, BLAS, and CUDA, and more glibc") {
    before.add("python", "3.11.4");
    after.add("python", "3.12.0");
    before.add("libblas", "3.9.0", "31_openblas");
    after.add("libblas", "3.9.0", "31_mkl");
    before.add("x", "1.0", "0", {"__glibc >=2.17"});
    after.add("x", "1.1", "0", {"__glibc >=2.28"});
    after.add("cuda-version", "12.4");
    const Compared both = compared(before, after, settings);
    CHECK(both.of("python-changed").finding.message == "Python 3.11 became 3.12");
    CHECK(both.of("flavour-changed").finding.found == "mkl");
    CHECK_THAT(both.of("glibc-raised").finding.message, Contains("2.17") && Contains("2.28"));
    CHECK_THAT(both.of("cuda-changed").finding.message, Contains("12.4"));
  }
  SECTION("a host of envlock.yml that lacks what is needed now") {
    HostDescription host;
    host.platform = Platform::parse("linux-64").value();
    host.glibc = NumberVersion::parse("2.17");
    settings.hosts.emplace("cluster", host);
    before.add("x", "1.0", "0", {"__glibc >=2.17"});
    after.add("x", "1.1", "0", {"__glibc >=2.28"});
    CHECK_THAT(compared(before, after, settings).of("host-unfit").finding.message,
               Contains("cluster") && Contains("2.28"));
    // What did not fit before is no news.
    CHECK(std::ranges::count(compared(after, after, settings).rules(), "host-unfit") == 0);
  }
}

TEST_CASE("diff: no newer version hides that it comes from another channel") {
  for (const auto& [version, build] : std::vector<std::pair<std::string, std::string>>{
           {"99.0", "0"}, {"0.1", "0"}, {"1.0", "other"}}) {
    DiffLock before;
    before.add("numpy");
    before.add("tool").channel_url = "https://conda.example/acme";
    DiffLock after;
    after.add("numpy", version, build).channel_url = "https://conda.example/acme";
    after.add("tool").channel_url = "https://conda.example/acme";
    const Compared both = compared(before, after);
    CHECK(both.of("channel-switch").name == "numpy");
    CHECK(both.of("channel-switch").finding.severity == Severity::warning);
    CHECK(both.of("channel-switch").finding.found == "https://conda.example/acme");
  }
}

TEST_CASE("diff: of a new platform what needs eyes is told package by package") {
  DiffLock before;
  before.add("a");
  DiffLock after;
  after.add("a");
  after.add("a", "1.0", "0", {}, "osx-64");
  after.add("reqeusts", "1.0", "0", {}, "osx-64").channel_url = "https://conda.example/acme";
  const Compared both = compared(before, after);
  CHECK(both.rules() == Names{"first-from-channel", "name-like-another", "platform-added"});
}

TEST_CASE("diff: what is accepted of a new channel is its packages, not their number") {
  DiffLock before;
  before.add("a");
  const auto evidence = [&](const std::string& other) {
    DiffLock after;
    after.add("a");
    for (const std::string& name : {std::string("aaa"), other})
      after.add(name).channel_url = "https://conda.example/acme";
    return compared(before, after).of("first-from-channel").finding.sha256;
  };
  CHECK(evidence("bbb") == evidence("bbb"));
  CHECK(evidence("bbb") != evidence("ccc"));
}

TEST_CASE(
    "diff: code that runs by itself is told where it is new, and unknown where it is unread") {
  DiffLock before;
  DiffLock after;
  before.add("a", "1.0");
  after.add("a", "2.0");
  after.add("b");
  after.add("c");
  const Sha256 one = sha256_of("1");
  const Sha256 two = sha256_of("2");
  DiffSettings settings;
  settings.scripts = [&](const PackageRecord& record) -> std::optional<PackageScripts> {
    if (record.name == "a" && record.version == "1.0")
      return PackageScripts{.link_scripts = {{"bin/.a-post-link.sh", one}},
                            .activation = {{"etc/conda/activate.d/a.sh", one}},
                            .startup = {}};
    if (record.name == "a")
      return PackageScripts{.link_scripts = {{"bin/.a-post-link.sh", two}},
                            .activation = {{"etc/conda/activate.d/a.sh", one}},
                            .startup = {{"lib/python3.11/site-packages/a.pth", one}}};
    if (record.name == "b") return PackageScripts{};
    return std::nullopt;
  };
  const Compared both = compared(before, after, settings);
  CHECK(both.of("link-script").finding.message == "a changed bin/.a-post-link.sh");
  CHECK_THAT(both.of("startup-file").finding.message, Contains("a brings") && Contains("a.pth"));
  CHECK(std::ranges::count(both.rules(), "activation-script") == 0);
  CHECK_THAT(both.of("scripts-unknown").finding.message, Contains("of 1 changed package"));
}

TEST_CASE("diff: a lock against a prefix is drift, on the prefix's platform alone") {
  DiffLock lock({"a"});
  lock.add("a");
  lock.add("b");
  lock.add("only-mac", "1.0", "0", {}, "osx-64");
  std::vector<PrefixRecord> records(2);
  records[0].record = lock.lock().platforms.begin()->second.packages.front().record;
  records[1].record = records[0].record;
  records[1].record.name = "extra";
  const Compared both =
      compared(lock.input(), diff_input_of_prefix(records, Platform::parse("linux-64").value()));
  CHECK(both.result.drift);
  CHECK(both.rules() == Names{"added-package", "removed-package"});
  CHECK(both.of("added-package").finding.message == "extra is in the prefix, and not locked");
  CHECK(both.of("removed-package").finding.message == "b is locked, and not in the prefix");
}

TEST_CASE("diff: a download that grows much is told, with what makes it grow") {
  DiffLock before;
  DiffLock after;
  before.add("base").size = 50U << 20U;
  before.add("same").size = 10U << 20U;
  after.add("base", "2.0").size = 55U << 20U;
  after.add("same").size = 10U << 20U;
  after.add("toolkit").size = 20U << 20U;
  const Compared both = compared(before, after);
  const Change& grown = both.of("size-grown");
  CHECK(grown.finding.severity == Severity::note);
  CHECK(grown.finding.message == "the download grows by 25.0 MiB");
  CHECK(grown.finding.expected == "60.0 MiB");
  CHECK(grown.finding.found == "85.0 MiB");
  CHECK(grown.why == Names{"toolkit brings 20.0 MiB", "base brings 5.0 MiB"});
  CHECK(std::ranges::count(compared(after, before).rules(), "size-grown") == 0);
  SECTION("not where a size is untold") {
    after.add("untold").size.reset();
    CHECK(std::ranges::count(compared(before, after).rules(), "size-grown") == 0);
  }
  SECTION("not where it is a small part") {
    before.add("large").size = 1U << 30U;
    after.add("large").size = 1U << 30U;
    CHECK(std::ranges::count(compared(before, after).rules(), "size-grown") == 0);
  }
}

TEST_CASE("diff: a list without hashes is compared by name, version and build, and says so") {
  DiffLock lock;
  lock.add("a");
  lock.add("b", "2.0");
  const std::string list =
      "# platform: linux-64\n@EXPLICIT\nhttps://conda.example/forge/linux-64/a-1.0-0.conda\n"
      "https://conda.example/forge/linux-64/b-1.0-0.conda\n";
  const Compared both =
      compared(diff_input_of(read_explicit_list(list, "list.txt"), {}), lock.input());
  CHECK(both.rules() == Names{"upgraded-package"});
  REQUIRE(both.result.notes.size() == 1);
  CHECK_THAT(both.result.notes.front(), Contains("no sha256"));
}

TEST_CASE("diff: ids are the same in every run, and differ between platforms") {
  DiffLock before;
  DiffLock after;
  for (const char* const subdir : {"linux-64", "osx-64"}) {
    before.add("a", "1.0", "0", {}, subdir);
    after.add("a", "2.0", "0", {}, subdir);
  }
  const Compared both = compared(before, after);
  REQUIRE(both.result.changes.size() == 2);
  CHECK(both.result.changes[0].finding.id != both.result.changes[1].finding.id);
  CHECK(both.result.changes[0].finding.id == compared(before, after).result.changes[0].finding.id);
}

TEST_CASE("diff: the name in a dependency, however it is written") {
  for (const auto& [spec, name] : std::vector<std::pair<std::string, std::string>>{
           {"numpy", "numpy"},
           {"numpy >=1,<2", "numpy"},
           {"NumPy>=1", "numpy"},
           {"conda-forge::numpy 1.*", "numpy"},
           {"conda-forge/linux-64::numpy[build=\"a::b\"]", "numpy"},
           {"  spaced  1", "spaced"},
           {"", ""}})
    CHECK(dependency_name(spec) == name);
}

TEST_CASE("diff: names that are nearly known ones") {
  CHECK(known_name_like("nunpy") == "numpy");
  CHECK(known_name_like("numpyy") == "numpy");
  CHECK(known_name_like("nmupy") == "numpy");
  CHECK(known_name_like("scikit_lear") == "scikit-learn");
  for (const char* const fine : {"numpy", "scikit_learn", "typing_extensions", "attrs", "dill",
                                 "numpy-base", "zlib", "libzlib", "cpython"})
    CHECK_FALSE(known_name_like(fine));
}

}  // namespace envlock::test
