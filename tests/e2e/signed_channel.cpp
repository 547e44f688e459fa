#include "tests/e2e/signed_channel.hpp"

#include <fstream>

namespace envlock::test {

using nlohmann::json;

json root_of(unsigned version, const TestKey& root, const TestKey& key_mgr) {
  return root_body(version, delegation({root}), delegation({key_mgr}));
}

SignedChannel::SignedChannel(const Workspace& work) : work_(work) {
  std::filesystem::create_directories(work.dir() / "acme" / "noarch");
  work.write("root.json", envelope(root_of(1, root_key, key_mgr_key), {root_key}).dump(2));
  write("key_mgr.json", envelope(key_mgr_body(1, delegation({package_key})), {key_mgr_key}));
  publish(signed_repodata());
  work.write("environment.yml", "channels: [acme]\nplatforms: [linux-64]\ndependencies: [a]\n");
}

void SignedChannel::demand(const std::string& lines) const {
  work_.write("envlock.yml", "channels:\n  acme:\n    url: ../acme\n    root: root.json\n" + lines);
}

json SignedChannel::sign(const json& record, const TestKey& key) {
  return {{key.hex(), key.raw(signed_bytes(record))}};
}

json SignedChannel::signed_repodata(const TestKey& key) const {
  json repodata = {{"info", {{"subdir", "noarch"}}},
                   {"packages", json::object()},
                   {"packages.conda", json::object()},
                   {"signatures", json::object()}};
  for (const char* version : {"1.0", "2.0"}) {
    const PackageBuilder package = PackageBuilder("a").version(version).noarch("generic");
    const json record = json::parse(package.json("noarch").dump());
    repodata["packages.conda"][package.fn()] = record;
    repodata["signatures"][package.fn()] = sign(record, key);
  }
  return repodata;
}

std::filesystem::path SignedChannel::file(const std::string& name) const {
  return work_.dir() / "acme" / name;
}

void SignedChannel::write(const std::string& name, const json& document) const {
  std::ofstream(file(name)) << document.dump(2);
}

void SignedChannel::publish(const json& repodata) const { write("noarch/repodata.json", repodata); }

Outcome SignedChannel::solve(std::vector<std::string> more) const {
  std::vector<std::string> args = {"solve", "--now", now};
  args.insert(args.end(), more.begin(), more.end());
  return work_.run(args);
}

}  // namespace envlock::test
