// `envlock fetch` from a web server that we did not write: TLS, ranges and basic authentication.

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "model/digest.hpp"
#include "tests/e2e/workspace.hpp"
#include "tests/support/local_server.hpp"

namespace envlock::test {

using Catch::Contains;
namespace fs = std::filesystem;

namespace {

bool has_program(const std::string& path) { return ::access(path.c_str(), X_OK) == 0; }

constexpr const char* nginx_program = "/usr/sbin/nginx";

/// nginx over TLS on a free port of loopback, serving `root` to the user "me" with the password
/// "s3cret-of-nginx", with a certificate made on the spot.
class Nginx {
 public:
  /// @param more  directives of the server
  explicit Nginx(const TempDir& dir, std::string more = {})
      : dir_(dir.path() / "nginx"), more_(std::move(more)) {
    // Its workers run as another user where it is started by root.
    fs::create_directories(dir_ / "www");
    fs::permissions(dir.path(), fs::perms::others_exec | fs::perms::group_exec,
                    fs::perm_options::add);
    const TestCertificate certificate = TestCertificate::make();
    write("cert.pem", certificate.certificate_pem);
    write("key.pem", certificate.key_pem);
    const Outcome hashed =
        run_program("/usr/bin/openssl", {"passwd", "-apr1", "s3cret-of-nginx"}, {.cwd = dir_});
    write("users", "me:" + hashed.out);
    // A port that was free a moment ago; another process may be quicker, so a few are tried.
    for (unsigned attempt = 0; attempt < 20 && !process_; ++attempt) start();
    if (!process_) throw std::runtime_error("nginx does not start");
  }
  ~Nginx() {
    process_->signal(SIGTERM);
    static_cast<void>(process_->wait());
  }
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;

  [[nodiscard]] fs::path root() const { return dir_ / "www"; }
  [[nodiscard]] std::string url() const { return "https://localhost:" + std::to_string(port_); }
  [[nodiscard]] std::string certificate() const { return (dir_ / "cert.pem").string(); }
  /// The requests so far: "METHOD PATH STATUS RANGE" a line.
  [[nodiscard]] std::string log() const { return read_file(dir_ / "access.log"); }

 private:
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(dir_ / name) << text;
  }

  void start() {
    {
      const LocalServer free([](const LocalServer::Request&) { return LocalServer::Answer(); });
      const std::string text = free.url();
      port_ = static_cast<unsigned>(std::stoul(text.substr(text.rfind(':') + 1)));
    }
    const std::string d = dir_.string();
    std::string conf = "daemon off;\npid " + d + "/pid;\nerror_log " + d +
                       "/error.log;\nworker_processes 1;\nevents {}\nhttp {\n";
    for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
      conf += std::string(kind) + "_temp_path " + d + "/" + kind + ";\n";
    conf += "log_format short '$request_method $uri $status $http_range';\naccess_log " + d +
            "/access.log short;\nserver {\nlisten 127.0.0.1:" + std::to_string(port_) +
            " ssl http2;\nssl_certificate " + d + "/cert.pem;\nssl_certificate_key " + d +
            "/key.pem;\nroot " + d + "/www;\nauth_basic channel;\nauth_basic_user_file " + d +
            "/users;\n" + more_ + "}\n}\n";
    write("nginx.conf", conf);
    fs::permissions(dir_ / "users", fs::perms::others_read, fs::perm_options::add);
    process_ = std::make_unique<Process>(
        nginx_program, std::vector<std::string>{"-c", d + "/nginx.conf", "-e", d + "/error.log"},
        RunOptions{.cwd = dir_});
    // The pid file appears once it listens.
    for (int i = 0; i < 200; ++i) {
      std::error_code ignored;
      if (fs::file_size(dir_ / "pid", ignored) > 0 && !ignored) return;
      if (fs::exists(dir_ / "error.log") &&
          read_file(dir_ / "error.log").find("emerg") != std::string::npos)
        break;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    process_->signal(SIGTERM);
    static_cast<void>(process_->wait());
    process_.reset();
  }

  fs::path dir_;
  std::string more_;
  unsigned port_ = 0;
  std::unique_ptr<Process> process_;
};

/// A channel with one package of `bytes`.
void publish(const fs::path& root, const std::string& bytes) {
  RepodataBuilder linux("linux-64");
  linux.add(PackageBuilder("big")
                .size(bytes.size())
                .set("sha256", sha256_of(bytes).hex())
                .without("md5"));
  linux.write(root, true);
  RepodataBuilder("noarch").write(root);
  std::ofstream(root / "linux-64/big-1.0-0.conda") << bytes;
}

std::string megabytes(std::size_t count) {
  std::string text(count << 20U, '\0');
  unsigned state = 7;
  for (char& c : text) {
    state = state * 1'103'515'245U + 12'345U;
    c = static_cast<char>(state >> 16U);
  }
  return text;
}

}  // namespace

TEST_CASE("nginx: a private channel over TLS is locked and fetched with basic authentication") {
  if (!has_program(nginx_program)) {
    WARN("SKIPPED: nginx is not installed");
    return;
  }
  const Workspace work;
  const Nginx nginx(work.dir());
  const std::string bytes = megabytes(3);
  publish(nginx.root(), bytes);
  work.write("environment.yml",
             "channels: [private]\nplatforms: [linux-64]\ndependencies: [big]\n");
  work.write("envlock.yml",
             "channels:\n  private:\n    url: " + nginx.url() +
                 "\n    credentials: {as: basic, username: me, env: CHANNEL_PASSWORD}\n");
  const auto run = [&](const std::vector<std::string>& args, const std::string& password,
                       bool trusted = true) {
    std::map<std::string, std::string> env{{"CHANNEL_PASSWORD", password}};
    if (trusted) env["SSL_CERT_FILE"] = nginx.certificate();
    return run_envlock(args, work.options(env));
  };

  const Outcome untrusted = run({"solve"}, "s3cret-of-nginx", false);
  CHECK(untrusted.exit == 6);
  CHECK_THAT(untrusted.err, Contains("SSL_CERT_FILE"));
  const Outcome wrong = run({"solve"}, "guesswork");
  CHECK(wrong.exit == 6);
  CHECK_THAT(wrong.err, Contains("401") && !Contains("guesswork"));

  const Outcome solved = run({"solve"}, "s3cret-of-nginx");
  INFO(solved.err);
  REQUIRE(solved.exit == 0);
  const Outcome fetched = run({"fetch"}, "s3cret-of-nginx");
  INFO(fetched.err);
  CHECK(fetched.exit == 0);
  CHECK_THAT(fetched.out, Contains("Fetched and verified 1 package"));
  CHECK_THAT(work.lock() + fetched.out + fetched.err + solved.err, !Contains("s3cret-of-nginx"));
}

TEST_CASE("nginx: a download that was interrupted goes on where it was") {
  if (!has_program(nginx_program)) {
    WARN("SKIPPED: nginx is not installed");
    return;
  }
  const Workspace work;
  const Nginx nginx(work.dir(), "limit_rate_after 2m;\nlimit_rate 200k;\n");
  publish(nginx.root(), megabytes(3));
  work.write("environment.yml",
             "channels: [private]\nplatforms: [linux-64]\ndependencies: [big]\n");
  work.write("envlock.yml",
             "channels:\n  private:\n    url: " + nginx.url() +
                 "\n    credentials: {as: basic, username: me, env: CHANNEL_PASSWORD}\n");
  const std::map<std::string, std::string> env{{"CHANNEL_PASSWORD", "s3cret-of-nginx"},
                                               {"SSL_CERT_FILE", nginx.certificate()}};
  REQUIRE(run_envlock({"solve"}, work.options(env)).exit == 0);
  Process first(envlock_program(), {"fetch"}, work.options(env));
  std::this_thread::sleep_for(std::chrono::seconds(2));
  const int how = GENERATE(SIGKILL, SIGINT);
  first.signal(how);
  CHECK(first.wait().exit != 0);
  const Outcome second = run_envlock({"fetch"}, work.options(env));
  INFO(second.err);
  CHECK(second.exit == 0);
  CHECK_THAT(nginx.log(), Contains("GET /linux-64/big-1.0-0.conda 206 bytes="));
}

TEST_CASE("fetch: --offline makes no socket call at all") {
  if (!has_program("/usr/bin/strace")) {
    WARN("SKIPPED: strace is not installed");
    return;
  }
  const Workspace work;
  publish(work.channel(), "0123456789");
  work.write("environment.yml",
             "channels: [../channel]\nplatforms: [linux-64]\n"
             "dependencies: [big]\n");
  work.solve({"--offline"});
  const Outcome traced = run_program(
      "/usr/bin/strace",
      {"-f", "-qq", "-e", "trace=%network", "-o", "calls", envlock_program(), "fetch", "--offline"},
      work.options());
  if (traced.exit != 0 && traced.err.find("ptrace") != std::string::npos) {
    WARN("SKIPPED: processes cannot be traced here");
    return;
  }
  INFO(traced.err);
  CHECK(traced.exit == 0);
  CHECK_THAT(work.read("calls"), !Contains("socket") && !Contains("connect"));
}

}  // namespace envlock::test
