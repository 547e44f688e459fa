// What envlock.yml's policy means for packages of PyPI: the same to each command that judges a
// lock.

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/e2e/pip_work.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
using Ordered = nlohmann::ordered_json;
using Texts = std::vector<std::string>;

/// A lock with a wheel of PyPI's and one whose place is `url`.
class Locked {
 public:
  explicit Locked(const std::string& url = "https://files.pythonhosted.org/packages/") {
    work_.environment({"python"});
    work_.solve();
    const auto wheel = [&](const std::string& name, const std::string& version) {
      return Ordered{{"name", name},
                     {"version", version},
                     {"url", url + name + '-' + version + "-py3-none-any.whl"},
                     {"sha256", std::string(64, 'a')},
                     {"size", 100}};
    };
    Ordered lock = Ordered::parse(work_.lock());
    lock["platforms"]["linux-64"]["pypi"] = {wheel("acme-tool", "1.0"), wheel("my-lib", "1.5")};
    work_.write("envlock.lock", lock.dump(2) + "\n");
  }
  [[nodiscard]] std::string refused(const std::string& project) const {
    work_.write("envlock.yml", project);
    for (const Texts& args : {Texts{"fetch"}, Texts{"install", "--prefix", "env"},
                              Texts{"pack", "-o", "env.tar.zst"}}) {
      const Outcome outcome = work_.run(args);
      INFO(args.front() << ": " << outcome.err);
      CHECK(outcome.exit == 6);
      CHECK_FALSE(work_.exists("env"));
      const std::string err = one_line(outcome.err);
      if (args.front() == "fetch") said_ = err;
      CHECK(err == said_);
    }
    return said_;
  }
  /// The findings and notes of `solve --check`.
  [[nodiscard]] Json checked(const std::string& project) const {
    work_.write("envlock.yml", project);
    return work_.json({"solve", "--check"})["result"];
  }
  [[nodiscard]] const Workspace* operator->() const { return &work_; }
  static std::string one_line(std::string text) {
    std::ranges::replace(text, '\n', ' ');
    return text;
  }

 private:
  Workspace work_;
  mutable std::string said_;
};

bool has_rule(const Json& checked, const std::string& rule, const std::string& text) {
  return std::ranges::any_of(checked["findings"], [&](const Json& finding) {
    return finding["rule"] == rule &&
           finding["message"].get<std::string>().find(text) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("wheel policy: a denied project is refused by any spelling, and every command agrees") {
  const Locked locked;
  for (const std::string spec : {"my_lib", "My.Lib <2", "my_*", "pypi::my-lib =1.5"}) {
    CAPTURE(spec);
    const std::string project =
        "policy:\n  denied:\n    - {spec: \"" + spec + "\", reason: licence}\n";
    const std::string said = "'pypi:my-lib 1.5' is denied by envlock.yml:3: '" + spec + "'";
    CHECK_THAT(locked.refused(project), Contains(said));
    CHECK(has_rule(locked.checked(project), "denied", said));
  }
}

TEST_CASE("wheel policy: another version, and what is said of a channel's package, is allowed") {
  const Locked locked;
  for (const std::string spec : {"my_lib >=2", "channel::my-lib", "my-libs", "my"}) {
    CAPTURE(spec);
    const Json checked =
        locked.checked("policy:\n  denied:\n    - {spec: \"" + spec + "\", reason: licence}\n");
    CHECK_FALSE(has_rule(checked, "denied", ""));
  }
}

TEST_CASE("wheel policy: what an entry asks and no lock holds of wheels is said, not passed over") {
  const Locked locked;
  const std::string project =
      "policy:\n  denied:\n    - {spec: \"my-lib[license='GPL*']\", reason: licence}\n";
  const Json checked = locked.checked(project);
  CHECK_FALSE(has_rule(checked, "denied", ""));
  CHECK_THAT(checked["notes"].dump(), Contains("it was not judged of 'pypi:my-lib 1.5'"));
  const Outcome fetched = locked->run({"fetch", "--offline"});
  CHECK_THAT(Locked::one_line(fetched.err), Contains("it was not judged of 'pypi:my-lib 1.5'"));
}

TEST_CASE("wheel policy: a name that a channel owns is taken from no index but one of its own") {
  const Locked locked;
  const std::string channels =
      "channels:\n  channel: ../channel\n  acme: {url: ../acme, owns: [acme_*]}\n";
  const std::string said =
      "'pypi:acme-tool 1.0' is of PyPI's kind, but 'acme_*' belongs to the channel 'acme'";
  CHECK_THAT(locked.refused(channels), Contains(said) && !Contains("my-lib"));
  CHECK(has_rule(locked.checked(channels), "owned", said));
  const std::string index =
      "pypi: {indexes: {acme: {url: 'https://files.pythonhosted.org/acme', packages: [acme-*]}}}\n";
  std::string other = channels;
  other.replace(other.find("  acme:"), 7, "  mine:");
  CHECK_FALSE(has_rule(locked.checked(other + index), "owned", ""));
}

TEST_CASE("wheel policy: with a list of places a wheel comes from its index, else it is said") {
  const Locked elsewhere("https://evil.example/");
  const std::string channels = "channels: {channel: ../channel}\n";
  const std::string said =
      "'pypi:my-lib 1.5' comes from https://evil.example, and 'envlock.yml' has it from PyPI";
  CHECK_THAT(elsewhere.refused(channels), Contains(said));
  CHECK(has_rule(elsewhere.checked(channels), "index", said));
  // An index may name files anywhere: nothing in a lock shows whether it does.
  const Json checked =
      elsewhere.checked("pypi: {indexes: {mine: 'https://pypi.example/simple'}}\n");
  CHECK_FALSE(has_rule(checked, "index", ""));
  CHECK_THAT(checked["notes"].dump(),
             Contains("no lock shows whether the index 'mine' names the files of "
                      "https://evil.example (2 packages of PyPI)"));
  // Without a list there are no others.
  CHECK_FALSE(has_rule(elsewhere.checked("platforms: [linux-64]\n"), "index", ""));
  const Locked pypi;
  CHECK_FALSE(has_rule(pypi.checked(channels), "index", ""));
}

TEST_CASE("wheel policy: rules of channels alone are named where wheels are there") {
  const Locked locked;
  const Json checked = locked.checked("channels: {channel: {url: ../channel, minimum_age: 1d}}\n");
  CHECK_THAT(checked["notes"].dump(),
             Contains("'minimum_age' of channels do not bear on 2 packages of PyPI"));
}

TEST_CASE("wheel policy: pip is shown nothing that is denied or owned", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  env.index.add(wheel("my-tool", "1.0", {"helper"}))
      .add(wheel("helper", "1.0"))
      .add(wheel("helper", "2.0"));
  env.ask({"my-tool"});
  env.solve();
  REQUIRE(env.locked() == Texts{"helper 2.0", "my-tool 1.0"});
  const std::string denied = "policy:\n  denied:\n    - {spec: 'Helper >=2', reason: licence}\n";
  env.project_file(denied);
  CHECK(env.run({"solve", "--check"}).exit == 1);
  env.solve();
  CHECK(env.locked() == Texts{"helper 1.0", "my-tool 1.0"});
  CHECK(env.run({"solve", "--check"}).exit == 0);
  env.project_file("policy:\n  denied:\n    - {spec: helper, reason: licence}\n");
  CHECK_THAT(Locked::one_line(env.refused(4)),
             Contains("'helper' denies 2 wheels of 'helper', and no other fits"));
  // A line that names a wheel by its URL asks no index.
  env.ask({"helper @ " + env.index.file_url(wheel("helper", "2.0").file_name())});
  CHECK_THAT(Locked::one_line(env.refused(6)),
             Contains("'pypi:helper 2.0' is denied by envlock.yml"));
  env.ask({"my-tool"});
  env.work.write("envlock.yml",
                 "virtual_packages: {linux-64: [__glibc=2.36]}\nchannels:\n  acme: {url: '" +
                     channel->string() +
                     "', owns: [help*]}\npypi:\n  indexes:\n    mine: " + env.index.url() + "\n");
  CHECK_THAT(Locked::one_line(env.refused(6)),
             Contains("leads to 'helper' of an index, but 'help*' belongs to the channel 'acme'"));
}

}  // namespace envlock::test
