#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/digest.hpp"
#include "tests/e2e/packing.hpp"
#include "tests/support/wheel_builder.hpp"

namespace envlock::test {

using Ordered = nlohmann::ordered_json;

/// Of the python of LockedWheels.
inline const std::string site = "lib/python3.11/site-packages";

inline WheelBuilder hello(const std::string& version = "1.0") {
  return WheelBuilder("hello", version)
      .file("hello.py", "def main():\n    print('hello " + version + "')\n")
      .data("scripts", "hello-script", "#!python\nimport hello\nhello.main()\n", 0755)
      .data("data", "share/hello/text", "text\n")
      .command("hello = hello:main");
}

/// What a lock says of a wheel.
inline Ordered entry_of(const std::string& bytes, const std::string& name,
                        const std::string& version, const std::string& url) {
  return {{"name", name},         {"version", version},
          {"url", url},           {"sha256", sha256_of(bytes).hex()},
          {"size", bytes.size()}, {"requested", true}};
}
inline Ordered entry(const WheelBuilder& wheel, const std::string& name, const std::string& version,
                     const std::string& url) {
  return entry_of(wheel.build(), name, version, url);
}

/// Puts a pypi list into envlock.lock.
inline void put_pypi(const Workspace& work, const std::vector<Ordered>& packages) {
  Ordered lock = Ordered::parse(work.lock());
  lock["platforms"]["linux-64"]["pypi"] = packages;
  work.write("envlock.lock", lock.dump(2) + "\n");
}

/// A lock of a python that is none, of the small packages of Packing and of the wheel `hello`,
/// which lies beside it.
class LockedWheels {
 public:
  LockedWheels() {
    packing_.channel().add_conda(
        ArchiveBuilder("python", "3.11.2").file("bin/python3.11", "#!/bin/sh\nexit 1\n", 0755));
    packing_.ask("app, python");
    put(hello(), "1.0");
  }
  void put(const WheelBuilder& wheel, const std::string& version) const {
    put_bytes(wheel.build(), wheel.file_name(), version);
  }
  /// As the only wheel, by the name `hello`.
  void put_bytes(const std::string& bytes, const std::string& file,
                 const std::string& version = "1.0") const {
    packing_->write("wheels/" + file, bytes);
    put_pypi(*packing_, {entry_of(bytes, "hello", version, "./wheels/" + file)});
  }
  void install() const {
    const Outcome outcome = packing_->run({"install", "--prefix", "env"});
    INFO(outcome.err);
    REQUIRE(outcome.exit == 0);
  }
  [[nodiscard]] const Workspace* operator->() const { return &*packing_; }
  [[nodiscard]] const Workspace& operator*() const { return *packing_; }
  [[nodiscard]] const Packing& packing() const { return packing_; }
  [[nodiscard]] Packing& packing() { return packing_; }
  [[nodiscard]] std::filesystem::path env() const { return packing_->project() / "env"; }

 private:
  Packing packing_;
};

}  // namespace envlock::test
