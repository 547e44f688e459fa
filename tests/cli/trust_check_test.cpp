// envlock trust check over files signed here.
#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

#include "tests/cli/run_in_process.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/trust_files.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
using nlohmann::json;

const TestKey root_key(1);
const TestKey new_root_key(2);
const TestKey manager(3);
const TestKey packager(4);

json zlib_record() {
  return {{"name", "zlib"},       {"version", "1.3"},  {"build", "h0_0"},
          {"subdir", "linux-64"}, {"license", "Zlib"}, {"sha256", std::string(64, 'a')}};
}

/// A root, the next one, a key manager and a repodata, all good from 2026-01-01 to 2027-01-01.
struct Channel {
  TempDir dir;
  std::string root =
      write("1.root.json",
            envelope(root_body(1, delegation({root_key}), delegation({manager})), {root_key}));
  std::string next =
      write("2.root.json", envelope(root_body(2, delegation({new_root_key}), delegation({manager})),
                                    {root_key, new_root_key}));
  std::string key_mgr =
      write("key_mgr.json", envelope(key_mgr_body(2, delegation({packager})), {manager}));
  std::string repodata = write("linux-64/repodata.json", signed_repodata());

  std::string write(const std::string& name, const json& document) const {
    return dir.write(name, document.dump(2)).string();
  }

  static json signed_repodata() {
    json signature;
    signature[packager.hex()] = packager.raw(signed_bytes(zlib_record()));
    return {{"info", {{"subdir", "linux-64"}}},
            {"packages", json::object()},
            {"packages.conda", {{"zlib-1.3-h0_0.conda", zlib_record()}}},
            {"signatures", {{"zlib-1.3-h0_0.conda", signature}}}};
  }
};

InProcess check(std::vector<std::string> args, const char* now = "2026-06-01T00:00:00Z") {
  args.insert(args.begin(), {"trust", "check"});
  args.insert(args.end(), {"--now", now});
  return run_cli(args);
}

/// The verdicts of a run with `--json`, as "accepted" or the reason of the refusal.
std::vector<std::string> verdicts(std::vector<std::string> args,
                                  const char* now = "2026-06-01T00:00:00Z") {
  args.push_back("--json");
  const InProcess run = check(std::move(args), now);
  INFO(run.out << run.err);
  const json document = json::parse(run.out);
  std::vector<std::string> out;
  for (const json& verdict : document.at("result").at("verdicts")) {
    const bool accepted = verdict.at("verdict") == "accepted";
    out.push_back(accepted ? "accepted" : verdict.at("reason").get<std::string>());
  }
  const bool all = std::all_of(out.begin(), out.end(), [](auto& s) { return s == "accepted"; });
  CHECK(run.exit == (all ? 0 : 6));
  CHECK(document.at("exit_code") == run.exit);
  CHECK(document.at("ok") == all);
  return out;
}

}  // namespace

TEST_CASE("trust check: good roots, key manager and records are accepted, one line each") {
  const Channel at;
  const InProcess run = check(
      {"--root", at.root, "--next", at.next, "--key-mgr", at.key_mgr, "--repodata", at.repodata});
  CHECK(run.exit == 0);
  CHECK(run.out == "accepted  " + at.root +
                       ": version 1, signed by a quorum of its own keys\n"
                       "accepted  " +
                       at.next + ": version 2, signed by the keys of " + at.root +
                       " and by its own\n"
                       "accepted  " +
                       at.key_mgr + ": version 2, signed by the keys of " + at.next +
                       "\n"
                       "accepted  " +
                       at.repodata + ": zlib-1.3-h0_0.conda: 1 of 1 needed signature is good\n");
}

TEST_CASE("trust check: --json has file, package, verdict and reason of each") {
  const Channel at;
  const InProcess run = check({"--root", at.root, "--key-mgr", at.key_mgr, "--repodata",
                               at.repodata, "--package", "zlib-1.3-h0_0.conda", "--json"});
  const json result = json::parse(run.out).at("result");
  CHECK(result.at("now") == "2026-06-01T00:00:00Z");
  REQUIRE(result.at("verdicts").size() == 3);
  CHECK(result.at("verdicts").at(0).at("package").is_null());
  CHECK(result.at("verdicts").at(2) == json{{"file", at.repodata},
                                            {"package", "zlib-1.3-h0_0.conda"},
                                            {"verdict", "accepted"},
                                            {"reason", "1 of 1 needed signature is good"}});
}

TEST_CASE("trust check: expiry is judged at --now, for the last root and for key managers") {
  const Channel at;
  json old = root_body(1, delegation({root_key}), delegation({manager}));
  old["expiration"] = "2026-02-01T00:00:00Z";
  const std::string expired = at.write("old.root.json", envelope(old, {root_key}));
  CHECK(verdicts({"--root", expired, "--next", at.next}) ==
        std::vector<std::string>{"accepted", "accepted"});
  CHECK_THAT(verdicts({"--root", expired}).at(0), Contains("expired at 2026-02-01T00:00:00Z"));
  const auto late = verdicts({"--root", at.root, "--key-mgr", at.key_mgr}, "2027-01-01T00:00:00Z");
  CHECK_THAT(late.at(0), Contains("expired"));
  CHECK_THAT(late.at(1), Contains("expired"));
  CHECK_THAT(verdicts({"--root", at.root}, "2025-12-31T23:59:59Z").at(0),
             Contains("was signed at 2026-01-01T00:00:00Z, after 2025-12-31T23:59:59Z"));
}

TEST_CASE("trust check: a refused root does not stand for what comes after it") {
  const Channel at;
  const std::string forged =
      at.write("forged.root.json",
               envelope(root_body(2, delegation({packager}), delegation({packager})), {packager}));
  const std::string theirs =
      at.write("theirs.json", envelope(key_mgr_body(9, delegation({packager})), {packager}));
  const auto out =
      verdicts({"--root", at.root, "--next", forged, "--key-mgr", theirs, "--key-mgr", at.key_mgr});
  CHECK_THAT(out.at(1), Contains("0 of 1 needed signature is good by the keys of"));
  CHECK_THAT(out.at(2), Contains("0 of 1"));
  CHECK(out.at(3) == "accepted");  // version 9 was never seen: it was not signed
}

TEST_CASE("trust check: what is signed under a refused first root says so, and the exit is 6") {
  const Channel at;
  const std::string unsigned_root = at.write(
      "u.root.json", envelope(root_body(1, delegation({root_key}), delegation({manager})), {}));
  const InProcess run = check({"--root", unsigned_root, "--key-mgr", at.key_mgr});
  CHECK(run.exit == 6);
  CHECK_THAT(run.out, Contains("refused   " + unsigned_root + ": 0 of 1"));
  CHECK_THAT(run.out, Contains("u.root.json, which is refused itself"));
}

TEST_CASE("trust check: an older key manager than one before it is a rollback") {
  const Channel at;
  const std::string old =
      at.write("old.json", envelope(key_mgr_body(1, delegation({packager})), {manager}));
  const auto out = verdicts({"--root", at.root, "--key-mgr", at.key_mgr, "--key-mgr", old});
  CHECK(out.at(1) == "accepted");
  CHECK_THAT(out.at(2), Contains("rollback: version 1 is older than version 2"));
  CHECK(verdicts({"--root", at.root, "--key-mgr", old, "--key-mgr", at.key_mgr}).at(2) ==
        "accepted");
}

TEST_CASE("trust check: malformed documents are refused with exit 6, not 3") {
  const Channel at;
  const std::string bad = at.dir.write("bad.json", "{\n  \"signed\": ]").string();
  CHECK_THAT(verdicts({"--root", bad, "--next", at.next, "--key-mgr", at.key_mgr}).at(0),
             Contains("line 2: not valid JSON"));
  CHECK_THAT(verdicts({"--root", at.root, "--next", bad}).at(1), Contains("not valid JSON"));
  CHECK_THAT(verdicts({"--root", at.root, "--key-mgr", at.root}).at(1),
             Contains("expected 'key_mgr', found 'root'"));
  CHECK_THAT(verdicts({"--root", at.root, "--key-mgr", at.key_mgr, "--repodata", bad}).at(2),
             Contains("malformed"));
  const std::string long_file = at.dir.write("long.json", std::string(600'000, ' ')).string();
  CHECK_THAT(verdicts({"--root", long_file}).at(0), Contains("51200"));
}

TEST_CASE("trust check: a record that was changed, swapped, or is not signed is refused") {
  const Channel at;
  const auto of = [&](const std::function<void(json&)>& change, const char* folder = "linux-64") {
    json repodata = Channel::signed_repodata();
    change(repodata);
    const std::string file = at.write(std::string(folder) + "/changed.json", repodata);
    return verdicts({"--root", at.root, "--key-mgr", at.key_mgr, "--repodata", file}).at(2);
  };
  const char* const name = "zlib-1.3-h0_0.conda";
  CHECK(of([](json&) {}) == "accepted");
  CHECK_THAT(of([&](json& r) { r["packages.conda"][name]["license"] = "GPL"; }),
             Contains("0 of 1 needed signature is good"));
  CHECK_THAT(of([&](json& r) { r["signatures"].erase(name); }), Contains("not signed"));
  CHECK_THAT(of([&](json& r) { r.erase("signatures"); }), Contains("not signed"));
  CHECK_THAT(of([&](json& r) { r["signatures"] = json::array(); }), Contains("expected an object"));
  CHECK_THAT(of([&](json& r) { r["packages.conda"] = json::object(); }), Contains("no record"));
  CHECK_THAT(of([](json&) {}, "noarch"), Contains("of the folder 'linux-64', not of 'noarch'"));
  CHECK_THAT(of([&](json& r) {
               for (const char* part : {"packages.conda", "signatures"}) {
                 r[part]["other-9.9-0.conda"] = r[part][name];
                 r[part].erase(name);
               }
             }),
             Contains("the signed record is of 'zlib-1.3-h0_0', not of this file"));
  // A .conda that is filed under `packages` is judged as filed (design 12, J13).
  CHECK(of([](json& r) { std::swap(r["packages"], r["packages.conda"]); }) == "accepted");
}

TEST_CASE("trust check: signatures without a record are counted in a note") {
  const Channel at;
  json repodata = Channel::signed_repodata();
  repodata["signatures"]["gone-1-0.conda"] = json::object();
  const std::string file = at.write("linux-64/more.json", repodata);
  const InProcess run = check({"--root", at.root, "--key-mgr", at.key_mgr, "--repodata", file});
  CHECK(run.exit == 0);
  CHECK_THAT(run.err, Contains("has 1 signature without a record"));
  CHECK_THAT(verdicts({"--root", at.root, "--key-mgr", at.key_mgr, "--repodata", file, "--package",
                       "gone-1-0.conda"})
                 .at(2),
             Contains("there is no such record"));
}

TEST_CASE("trust check: records need an accepted key manager") {
  const Channel at;
  CHECK_THAT(verdicts({"--root", at.root, "--repodata", at.repodata}).at(1),
             Contains("no accepted key manager"));
}

TEST_CASE("trust: a wrong command line is exit 2, a missing file exit 7") {
  const Channel at;
  CHECK(check({}).exit == 2);
  CHECK(check({"--root", at.root, "--package", "x.conda"}).exit == 2);
  CHECK(run_cli({"trust"}).exit == 2);
  const InProcess wrong = run_cli({"trust", "chekc", "--root", at.root});
  CHECK(wrong.exit == 2);
  CHECK_THAT(wrong.err, Contains("did you mean 'check'?"));
  CHECK(check({"--root", (at.dir.path() / "none.json").string()}).exit == 7);
}

}  // namespace envlock::test
