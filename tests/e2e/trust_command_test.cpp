// envlock trust init, show and update on a signed channel.
#include <catch2/catch.hpp>
#include <mutex>

#include "model/digest.hpp"
#include "tests/e2e/signed_channel.hpp"
#include "tests/support/local_server.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
using nlohmann::json;

const std::string first_root = "1.root.json";

/// A signed channel that publishes its first root, too.
struct Published {
  Published() : channel(work) {
    channel.write(first_root,
                  envelope(root_of(1, channel.root_key, channel.key_mgr_key), {channel.root_key}));
  }
  [[nodiscard]] Outcome trust(std::vector<std::string> args) const {
    args.insert(args.begin(), "trust");
    args.insert(args.end(), {"--now", SignedChannel::now});
    return work.run(args);
  }
  [[nodiscard]] std::string digest() const {
    return sha256_of(read_file(channel.file(first_root))).hex();
  }
  void rotate() const {
    channel.write("2.root.json", envelope(root_of(2, channel.next_root_key, channel.key_mgr_key),
                                          {channel.root_key, channel.next_root_key}));
  }
  /// envlock.yml with these lines for the channel.
  void project(const std::string& lines) const {
    work.write("envlock.yml", "channels:\n  acme:\n" + lines);
  }
  Workspace work;
  SignedChannel channel;
};

/// Serves a channel's folder below /acme, but for one path, which gets an answer of its own.
class Served {
 public:
  explicit Served(const Published& published)
      : published_(published),
        server_([this](const LocalServer::Request& request) { return serve(request); }) {}
  [[nodiscard]] std::string url() const { return server_.url("/acme"); }
  [[nodiscard]] const LocalServer& server() const noexcept { return server_; }
  /// From the next request on.
  void answer(const std::string& name, LocalServer::Answer answer) {
    const std::lock_guard lock(mutex_);
    name_ = "/acme/" + name;
    answer_ = std::move(answer);
  }

 private:
  LocalServer::Answer serve(const LocalServer::Request& request) {
    const std::lock_guard lock(mutex_);
    if (request.path == name_) return answer_;
    const auto file = published_.channel.file(
        std::filesystem::path(request.path).relative_path().lexically_relative("acme").string());
    if (!std::filesystem::is_regular_file(file)) return {.status = 404};
    return file_answer(request, read_file(file));
  }
  const Published& published_;
  std::mutex mutex_;
  std::string name_;
  LocalServer::Answer answer_;
  LocalServer server_;
};

}  // namespace

TEST_CASE("trust init: the digest is shown first, and with it the root is kept", "[e2e]") {
  const Published published;
  published.project("    url: ../acme\n");
  const Outcome shown = published.trust({"init", "acme"});
  INFO(shown.err);
  REQUIRE(shown.exit == 0);
  CHECK_THAT(shown.out,
             Contains("sha256 " + published.digest()) &&
                 Contains(published.channel.root_key.hex()) && Contains("Nothing was written") &&
                 Contains("envlock trust init acme --root-sha256 " + published.digest()));
  CHECK_FALSE(published.work.exists("trust"));

  const Outcome wrong = published.trust({"init", "acme", "--root-sha256", std::string(64, '0')});
  CHECK(wrong.exit == 6);
  CHECK_FALSE(published.work.exists("trust"));

  const std::string lines =
      "    signatures: require\n    root: trust/acme.root.json\n"
      "    root_sha256: " +
      published.digest() + "\n";
  const Outcome kept = published.trust({"init", "--root-sha256", published.digest()});
  INFO(kept.err);
  REQUIRE(kept.exit == 0);
  CHECK_THAT(kept.out, Contains(lines));
  CHECK(published.work.read("trust/acme.root.json") ==
        read_file(published.channel.file(first_root)));
  // The lines are those that solve needs.
  published.project("    url: ../acme\n" + lines);
  CHECK(published.channel.solve().exit == 0);
  CHECK(published.trust({"init", "acme", "--root-sha256", published.digest()}).exit == 0);
}

TEST_CASE("trust init: another file of the root's name is never overwritten", "[e2e]") {
  const Published published;
  published.project("    url: ../acme\n");
  std::filesystem::create_directory(published.work.project() / "trust");
  published.work.write("trust/acme.root.json", "mine");
  const Outcome outcome = published.trust({"init", "acme", "--root-sha256", published.digest()});
  CHECK(outcome.exit == 7);
  CHECK_THAT(outcome.err, Contains("'trust/acme.root.json' is there already"));
  CHECK(published.work.read("trust/acme.root.json") == "mine");
}

TEST_CASE("trust init: a path without envlock.yml gives a whole entry of channels", "[e2e]") {
  const Published published;
  const Json document =
      published.work.json({"trust", "init", "../acme", "--root-sha256", published.digest()});
  CHECK(document["result"]["written"] == true);
  CHECK(document["result"]["sha256"] == published.digest());
  CHECK(document["result"]["root_keys"]["keys"] == Json::array({published.channel.root_key.hex()}));
  std::string text;
  for (const Json& line : document["result"]["project_lines"])
    text += line.get<std::string>() + "\n";
  published.work.write("envlock.yml", text);
  const Outcome outcome = published.trust({"update"});
  INFO(text << outcome.err);
  CHECK(outcome.exit == 0);
}

TEST_CASE("trust init: what is no self-signed first root is refused", "[e2e]") {
  const Published published;
  published.project("    url: ../acme\n");
  const TestKey root = published.channel.root_key;
  const TestKey stranger(66);
  const json first = root_of(1, root, published.channel.key_mgr_key);
  for (const json& document :
       {envelope(first, {stranger}),
        envelope(root_of(2, root, published.channel.key_mgr_key), {root}),
        envelope(key_mgr_body(1, delegation({root})), {root}), json::object()}) {
    published.channel.write(first_root, document);
    CHECK(published.trust({"init", "acme", "--root-sha256", published.digest()}).exit == 6);
  }
  CHECK_FALSE(published.work.exists("trust"));
  std::filesystem::remove(published.channel.file(first_root));
  const Outcome none = published.trust({"init", "acme"});
  CHECK(none.exit == 5);
  CHECK_THAT(none.err, Contains("there is no '") && Contains("--trust-url"));
}

TEST_CASE("trust init: over http, and no server is asked for a name that is not listed", "[e2e]") {
  const Published published;
  Served served(published);
  const Outcome shown = published.trust({"init", served.url()});
  INFO(shown.err);
  REQUIRE(shown.exit == 0);
  CHECK_THAT(shown.out, Contains("sha256 " + published.digest()));
  CHECK(served.server().paths() == std::vector<std::string>{"/acme/1.root.json"});
  served.answer(first_root, {.status = 500});
  CHECK(published.trust({"init", served.url()}).exit == 5);
  served.answer(first_root, {.status = 200, .body = std::string(512'001, ' ')});
  CHECK(published.trust({"init", served.url()}).exit == 6);
  served.answer(first_root, {.status = 404});
  CHECK(published.trust({"init", served.url()}).exit == 5);
  CHECK(published.trust({"init", served.url(), "--offline"}).exit == 5);

  published.project("    url: " + served.url() + "\n");
  const Outcome slip = published.trust({"init", "acne"});
  CHECK(slip.exit == 2);
  CHECK_THAT(slip.err, Contains("did you mean 'acme'?"));
}

TEST_CASE("trust init: roots may lie elsewhere than the channel", "[e2e]") {
  const Published published;
  const std::filesystem::path elsewhere = published.work.dir() / "signing";
  std::filesystem::create_directory(elsewhere);
  std::filesystem::rename(published.channel.file(first_root), elsewhere / first_root);
  published.project("    url: ../acme\n");
  const std::string url = "file://" + elsewhere.string();
  const Outcome outcome = published.trust({"init", "acme", "--trust-url", url});
  INFO(outcome.err);
  CHECK(outcome.exit == 0);
  CHECK_THAT(outcome.out, Contains(" --trust-url " + url));
  CHECK(published.trust({"init", "acme", "--trust-url", "https://u:p@h/"}).exit == 2);
}

TEST_CASE("trust init: the command to repeat and the entry hold with an odd path", "[e2e]") {
  const Published published;
  const std::filesystem::path odd = published.work.dir() / "it's: a #b";
  std::filesystem::rename(published.work.dir() / "acme", odd);
  const Outcome shown = published.trust({"init", "../it's: a #b"});
  INFO(shown.err);
  REQUIRE(shown.exit == 0);
  CHECK_THAT(shown.out, Contains(R"(envlock trust init '../it'\''s: a #b' --root-sha256 )"));
  const std::string digest = sha256_of(read_file(odd / first_root)).hex();
  const Json document =
      published.work.json({"trust", "init", "../it's: a #b", "--root-sha256", digest});
  std::string text;
  for (const Json& line : document["result"]["project_lines"])
    text += line.get<std::string>() + "\n";
  INFO(text);
  published.work.write("envlock.yml", text);
  CHECK(published.trust({"update"}).exit == 0);
}

TEST_CASE("trust update: the newest root and key manager are taken, and told", "[e2e]") {
  const Published published;
  published.channel.demand();
  const Outcome first = published.trust({"update"});
  INFO(first.err);
  REQUIRE(first.exit == 0);
  CHECK_THAT(first.out, Contains("acme: root 1, expires") && Contains("key manager 1"));
  published.rotate();
  const Outcome second = published.trust({"update", "acme"});
  REQUIRE(second.exit == 0);
  CHECK_THAT(second.out, Contains("acme: root 1 -> 2"));
  const Json document = published.work.json(
      {"trust", "update", "--now", SignedChannel::now})["result"]["channels"][0];
  CHECK(document["old_root_version"] == 2);
  CHECK(document["root"]["version"] == 2);
  CHECK(document["key_mgr"]["version"] == 1);
  // Both were made to hold in 2026.
  CHECK(published.work.run({"trust", "update", "--now", "2030-01-01"}).exit == 6);
  CHECK(published.trust({"update", "other"}).exit == 2);
}

TEST_CASE("trust update: over http a 404 alone ends the chain of roots", "[e2e]") {
  const Published published;
  Served served(published);
  published.project("    url: " + served.url() +
                    "\n    signatures: require\n    root: root.json\n");
  const Outcome first = published.trust({"update"});
  INFO(first.err);
  REQUIRE(first.exit == 0);
  CHECK(served.server().paths() ==
        std::vector<std::string>{"/acme/2.root.json", "/acme/key_mgr.json"});
  served.answer("2.root.json", {.status = 500});
  CHECK(published.trust({"update"}).exit == 5);
  served.answer("2.root.json", {.status = 200, .body = std::string(512'001, ' ')});
  CHECK(published.trust({"update"}).exit == 6);
  served.answer("2.root.json", {.status = 200, .body = "{}"});
  CHECK(published.trust({"update"}).exit == 6);
  served.answer("key_mgr.json", {.status = 500});
  published.rotate();
  CHECK(published.trust({"update"}).exit == 5);
  served.server().forget_requests();
  // What was proved before the failure stays.
  const Outcome shown = published.trust({"show"});
  CHECK_THAT(shown.out, Contains("root 2, expires"));
  CHECK(published.trust({"update", "--offline"}).exit == 0);
  CHECK(served.server().paths().empty());
}

TEST_CASE("trust show: rule, root, keys and expiry, before and after the channel was asked",
          "[e2e]") {
  const Published published;
  published.channel.demand();
  const Outcome before = published.trust({"show"});
  INFO(before.err);
  REQUIRE(before.exit == 0);
  CHECK_THAT(before.out, Contains("acme: signatures: require") &&
                             Contains("pinned: root.json, version 1") &&
                             Contains(sha256_of(published.work.read("root.json")).hex()) &&
                             Contains("root_sha256 is not set") && Contains("nothing was seen"));
  published.rotate();
  REQUIRE(published.trust({"update"}).exit == 0);
  const Outcome after = published.trust({"show", "acme"});
  CHECK_THAT(after.out, Contains("root 2, expires") && Contains("key manager 1, expires") &&
                            Contains(published.channel.next_root_key.hex()) &&
                            Contains(published.channel.package_key.hex()));
  const Outcome later = published.work.run({"trust", "show", "--now", "2030-01-01"});
  CHECK(later.exit == 0);
  CHECK_THAT(later.out, Contains("root 2, EXPIRED 2027"));
  const Json channel =
      published.work.json({"trust", "show", "--now", "2030-01-01"})["result"]["channels"][0];
  CHECK(channel["name"] == "acme");
  CHECK(channel["signatures"] == "require");
  CHECK(channel["pinned_root"]["version"] == 1);
  CHECK(channel["root"]["version"] == 2);
  CHECK(channel["root"]["expired"] == true);
  CHECK(channel["key_mgr"]["pkg_mgr_keys"]["threshold"] == 1);
}

TEST_CASE("trust show: a key manager that the newest root no longer names does not hold", "[e2e]") {
  const Published published;
  published.channel.demand();
  REQUIRE(published.trust({"update"}).exit == 0);
  published.channel.write("2.root.json", envelope(root_of(2, published.channel.root_key,
                                                          published.channel.next_key_mgr_key),
                                                  {published.channel.root_key}));
  CHECK(published.trust({"update"}).exit == 6);
  const Outcome shown = published.trust({"show"});
  CHECK(shown.exit == 0);
  CHECK_THAT(shown.out, Contains("does not hold"));
}

TEST_CASE("trust: without a channel that demands signatures the lines to add are told", "[e2e]") {
  const Published published;
  for (const char* action : {"show", "update"}) {
    std::filesystem::remove(published.work.project() / "envlock.yml");
    const Outcome none = published.trust({action});
    CHECK(none.exit == 0);
    CHECK_THAT(none.err, Contains("no channel of envlock.yml demands signatures") &&
                             Contains("signatures: require"));
    published.project("    url: ../acme\n");
    CHECK(published.trust({action}).exit == 0);
    const Outcome named = published.trust({action, "acme"});
    CHECK(named.exit == 2);
    CHECK_THAT(named.err, Contains("envlock trust init acme"));
  }
  CHECK(published.trust({"init"}).exit == 0);
  CHECK(published.trust({"show", "--root-sha256", std::string(64, '0')}).exit == 2);
  CHECK(published.trust({"check", "acme"}).exit == 2);
}

}  // namespace envlock::test
