// Packs of real packages: what comes out of them runs, also on a machine that has nothing.

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "model/digest.hpp"
#include "tests/e2e/packing.hpp"
#include "tests/support/runnable_channel.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

/// A workspace with a lock of the runnable channel.
class Runnable {
 public:
  explicit Runnable(const fs::path& channel) {
    work_.write("environment.yml",
                "channels: [" + channel.string() +
                    "]\nplatforms: [linux-64]\ndependencies: [python, numpy, sqlite, greeter, "
                    "relocated, activation-probe, pip]\n");
    work_.solve({"--virtual-package", "__glibc=2.36"});
  }
  [[nodiscard]] const Workspace* operator->() const { return &work_; }
  void pack(const std::string& file, std::vector<std::string> options = {}) const {
    options.insert(options.begin(), {"pack", "-o", file});
    const Outcome outcome = work_.run(options);
    INFO(outcome.err);
    REQUIRE(outcome.exit == 0);
  }

 private:
  Workspace work_;
};

const std::string imports =
    "import numpy, ssl, sqlite3, sys; print(sys.prefix, numpy.arange(4).sum())";

/// Programs and scripts run by their path, without activation.
void require_runs(const fs::path& prefix) {
  INFO(prefix);
  const auto run = [&](const std::string& name, const std::vector<std::string>& args) {
    const Outcome outcome = run_program((prefix / "bin" / name).string(), args, {.cwd = "/"});
    INFO(name << ": " << outcome.err);
    CHECK(outcome.exit == 0);
    return outcome.out;
  };
  CHECK(run("python", {"-c", imports}) == prefix.string() + " 6\n");
  CHECK(run("greet", {}) == "Hello, world\n");
  CHECK_THAT(run("pip", {"--version"}), Contains(prefix.string() + "/lib/python3.11/"));
  CHECK_THAT(run("sqlite3", {":memory:", "select 6 * 7"}), Contains("42"));
  CHECK_THAT(run("relocated", {}), Contains(prefix.string()));
  CHECK(run("relocated-script", {}) == "1 True\n");
  CHECK(shell("/", "set -eu; . \"$1/bin/activate\"; python -c 'import sys; print(sys.prefix)'",
              {prefix.string()})
            .out == prefix.string() + "\n");
}

/// As its own program judges it; what python compiles when it runs is no finding.
void require_verified(const fs::path& prefix) {
  const Outcome outcome = shell("/", "exec \"$1/bin/envlock-env\" verify", {prefix.string()});
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit == 0);
}

/// A root folder with busybox and the C library's files, nothing else.
void make_bare_root(const fs::path& root) {
  const Outcome outcome = shell("/", R"(set -e
    mkdir -p "$1/bin" "$1/home" "$1/media" "$1/proc" "$1/dev"
    busybox=$(command -v busybox)
    cp "$busybox" "$1/bin/busybox"
    for name in sh tail head mkdir chmod rm mv ls cat; do ln -s busybox "$1/bin/$name"; done
    for library in $(ldd "$busybox" | grep -o '/[^ ]*'); do
      mkdir -p "$1${library%/*}"
      cp "$library" "$1$library"
    done
    libc=$(ldd /bin/sh | grep -o '/[^ ]*/libc\.so\.6')
    mkdir -p "$1/lib64" "$1${libc%/*}"
    cp /lib64/ld-linux-x86-64.so.2 "$1/lib64/"
    for name in libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libutil.so.1 \
                libresolv.so.2; do
      [ ! -e "${libc%/*}/$name" ] || cp "${libc%/*}/$name" "$1${libc%/*}/"
    done)",
                                {root.string()});
  INFO(outcome.err);
  REQUIRE(outcome.exit == 0);
}

}  // namespace

TEST_CASE("pack: real packages are the same bytes by one thread and by four") {
  const auto channel = runnable_channel();
  if (!channel) return;
  const Runnable work(*channel);
  work.pack("one.tar.zst", {"--threads", "1"});
  work.pack("four.tar.zst", {"--threads", "4"});
  CHECK(sha256_of(work->read("one.tar.zst")) == sha256_of(work->read("four.tar.zst")));
  // Stock tools extract every member, of many frames.
  if (!have("zstd")) return;
  fs::create_directory(work->project() / "by tar");
  const Outcome extracted =
      shell(work->project() / "by tar", "umask 022; tar --zstd -xf ../one.tar.zst");
  INFO(extracted.err);
  REQUIRE(extracted.exit == 0);
  const Outcome unpacked = shell(work->project(), "'by tar/bin/envlock-env' unpack");
  INFO(unpacked.err);
  CHECK(unpacked.exit == 0);
  require_runs(work->project() / "by tar");
  require_verified(work->project() / "by tar");
}

TEST_CASE("unpack: real programs run at odd paths, and after every move") {
  const auto channel = runnable_channel();
  if (!channel) return;
  const Runnable work(*channel);
  work.pack("e.tar.zst");
  const fs::path project = work->project();
  // 210 bytes in all: longer than the kernel reads of a "#!" line, shorter than placeholders.
  const std::size_t left = 210 - std::min<std::size_t>(project.string().size() + 1, 150);
  for (const std::string& name : {std::string("with space"), "deep/" + std::string(left - 5, 'p'),
                                  std::string("\xC3\xBCn\xC3\xAF/\xD0\xBA\xD0\xBE\xD0\xB4")}) {
    const Outcome unpacked = work->run({"unpack", "e.tar.zst", "-p", name});
    INFO(unpacked.err);
    REQUIRE(unpacked.exit == 0);
    require_runs(project / name);
  }
  require_verified(project / "with space");
  std::string from = "with space";
  for (const std::string to : {"one", "two words", "deep/three"}) {
    fs::rename(project / from, project / to);
    const Outcome moved =
        shell("/", "exec \"$1/bin/envlock-env\" relocate", {(project / to).string()});
    INFO(moved.err);
    REQUIRE(moved.exit == 0);
    require_runs(project / to);
    require_verified(project / to);
    from = to;
  }
}

TEST_CASE(
    "a self-extracting pack becomes an environment that runs, moves and verifies itself on a "
    "machine with busybox and a C library alone") {
  const auto channel = runnable_channel();
  if (!channel) return;
  for (const char* program : {"unshare", "busybox", "chroot"}) {
    if (!have(program)) return;
  }
  if (shell("/", "unshare -Urnm true").exit != 0) {
    WARN("SKIPPED: user namespaces are forbidden here");
    return;
  }
  const Runnable work(*channel);
  work.pack("e.sh");
  const fs::path root = work->project() / "root";
  make_bare_root(root);
  work->write("inside", R"(set -eu
    ! command -v python3 >/dev/null 2>&1
    ! command -v envlock >/dev/null 2>&1
    sh /media/e.sh "/home/a b"
    "/home/a b/bin/python" -c "$1"
    "/home/a b/bin/greet"
    "/home/a b/bin/envlock-env" verify >/home/said || { cat /home/said; exit 1; }
    mv "/home/a b" /home/moved
    /home/moved/bin/envlock-env relocate
    /home/moved/bin/python -c "$1"
    /home/moved/bin/greet
    /home/moved/bin/envlock-env verify >/home/said || { cat /home/said; exit 1; }
    ls -A /home
  )");
  // No network, and what brought the pack lets nothing run.
  const Outcome outcome = shell(work->project(), R"(exec unshare -Urnm sh -c '
      set -e
      mount -t tmpfs -o noexec,size=200m none root/media
      mount --rbind /proc root/proc
      cp e.sh root/media/
      touch root/dev/null
      mount --bind /dev/null root/dev/null
      chroot=$(command -v chroot)
      exec env -i PATH=/bin "$chroot" root /bin/sh -c "$1" sh "$2"' sh "$1" "$2")",
                                {work->read("inside"), imports});
  INFO(outcome.out << outcome.err);
  REQUIRE(outcome.exit == 0);
  CHECK_THAT(outcome.out, Contains("/home/a b 6\nHello, world\n") &&
                              Contains("/home/moved 6\nHello, world\n") &&
                              Contains("files made to run in '/home/moved'"));
  // No program or partial folder is left beside.
  CHECK(outcome.out.ends_with("\nmoved\nsaid\n"));
}

}  // namespace envlock::test
