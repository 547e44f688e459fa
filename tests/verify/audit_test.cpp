#include "verify/audit.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "model/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

namespace fs = std::filesystem;

/// A host of its own with a prefix, both in a folder that others may enter.
struct Host {
  Host() {
    fs::permissions(dir.path(), fs::perms(0755));
    request.root = (dir / "host").string();
    request.proc = (dir / "proc").string();
    request.prefix = (dir / "opt/env").string();
    file("etc/passwd", "root:x:0:0::/root:/bin/sh\nme:x:1000:1000::/home/me:/bin/sh\n");
    fs::create_directories(dir / "host/home/me");
    fs::create_directories(dir / "host/root");
    fs::create_directories(dir / "proc");
    in_prefix("lib/python3.11/site-packages/numpy/__init__.py", "");
    in_prefix("lib/python3.11/site-packages/six.py", "");
    in_prefix("bin/jupyter-lab", "#!/bin/sh\n");
  }
  /// @return the path of the host
  std::string file(const std::string& path, const std::string& text, unsigned mode = 0644) const {
    return put("host/" + path, text, mode);
  }
  std::string in_prefix(const std::string& path, const std::string& text,
                        unsigned mode = 0644) const {
    return put("opt/env/" + path, text, mode);
  }
  void process(int number, const std::vector<std::string>& words,
               const std::string& exe = "") const {
    std::string text;
    for (const std::string& word : words) text += word + '\0';
    const std::string folder = "proc/" + std::to_string(number);
    put(folder + "/cmdline", text, 0444);
    if (!exe.empty()) fs::create_symlink(exe, dir / (folder + "/exe"));
  }
  [[nodiscard]] AuditResult result() const { return audit_host(request); }
  /// "RULE PATH: FOUND" of each finding, in order.
  [[nodiscard]] std::vector<std::string> told() const {
    std::vector<std::string> out;
    for (const Finding& finding : result().findings) {
      out.push_back(finding.rule + " " + finding.path + ": " + finding.found);
    }
    return out;
  }
  [[nodiscard]] std::string prefix() const { return request.prefix; }

  TempDir dir;
  AuditRequest request;

 private:
  std::string put(const std::string& path, const std::string& text, unsigned mode) const {
    const fs::path written = dir.write(path, text);
    fs::permissions(written, fs::perms(mode));
    // The folders above belong to whoever runs the test, whatever the umask.
    for (fs::path folder = written.parent_path(); folder != dir.path();
         folder = folder.parent_path()) {
      fs::permissions(folder, fs::perms(0755));
    }
    return written.string();
  }
};

using Lines = std::vector<std::string>;
const Lines silence;

}  // namespace

TEST_CASE("audit: a plain host and a fresh environment are silent", "[audit]") {
  Host host;
  host.request.environment = {
      {"HOME", "/home/me"}, {"PATH", "/usr/bin"}, {"PYTHONPATH", ""}, {"PYTHONNOUSERSITE", "1"}};
  host.file("etc/environment", "PATH=\"/usr/local/bin:/usr/bin\"\n");
  host.file("etc/profile", "if [ -n \"$PYTHONPATH\" ]; then echo PYTHONPATH=x; fi\n");
  host.file("home/me/.bashrc", "# export PYTHONPATH=/x\nexport EDITOR=vi\nunset PYTHONHOME\n");
  host.file("home/me/.jupyter/jupyter_server_config.py", "# c.ServerApp.ip = '*'\n");
  host.file("usr/lib/systemd/system/ssh.service", "[Service]\nExecStart=/usr/sbin/sshd -D\n");
  fs::create_symlink("/dev/null", host.dir / "host/usr/lib/systemd/system/masked.service");
  host.in_prefix("etc/ssl/openssl.cnf", "challengePassword = A challenge password\n");
  host.in_prefix("etc/security/access.conf", "#+:@nis_group foo:ALL\n# https://example.org/a:b\n");
  host.in_prefix("etc/conda/activate.d/x.sh", "export TOKEN=${TOKEN-}\n");
  host.in_prefix("conda-meta/history", "==> 2026-01-01 00:00:00 <==\n# cmd: envlock install\n");
  host.process(1, {"/sbin/init"});
  host.process(2, {"/usr/bin/python3", "server", "--token=abc", "--ip=0.0.0.0"});
  host.process(3, {});
  CHECK(host.told() == silence);
  CHECK(host.result().not_proved.empty());
}

TEST_CASE("audit: user sites are told by what they do to the environment (EL401-EL403)",
          "[audit]") {
  const Host host;
  const std::string site = "home/me/.local/lib/python3.11/site-packages/";
  SECTION("modules that shadow") {
    host.file(site + "numpy/__init__.py", "");
    host.file(site + "six.py", "");
    host.file(site + "own.py", "");
    host.file(site + "numpy-2.0.dist-info/METADATA", "");
    CHECK(host.told() == Lines{"EL401 /home/me/.local/lib/python3.11/site-packages: numpy, six"});
  }
  SECTION("code at every start") {
    host.file(site + "x.pth", "import x\n");
    host.file(site + "usercustomize.py", "");
    const Lines told = host.told();
    REQUIRE(told.size() == 3);
    CHECK(told[0] ==
          "EL402 /home/me/.local/lib/python3.11/site-packages/usercustomize.py: usercustomize.py");
    CHECK(told[1] == "EL402 /home/me/.local/lib/python3.11/site-packages/x.pth: x.pth");
  }
  SECTION("modules of its own") {
    for (const char* const name : {"a", "b", "c", "d", "e", "f", "g"}) {
      host.file(site + name + ".py", "");
    }
    CHECK(host.told() == Lines{std::string("EL403 /home/me/.local/lib/python3.11/site-packages: ") +
                               "a, b, c, d, e and 2 more"});
    CHECK(host.result().findings[0].severity == Severity::note);
  }
  SECTION("another python's are nobody's business") {
    host.file("home/me/.local/lib/python3.12/site-packages/numpy/__init__.py", "");
    CHECK(host.told() == silence);
  }
}

TEST_CASE("audit: variables that put something before the environment are told with their line",
          "[audit]") {
  Host host;
  SECTION("of the caller") {
    host.request.environment = {{"PYTHONPATH", "/x"},
                                {"PYTHONHOME", "/usr"},
                                {"PYTHONSTARTUP", "/s.py"},
                                {"LD_PRELOAD", "/l.so"}};
    CHECK(host.told() == Lines{"EL405 : PYTHONHOME=/usr", "EL404 : PYTHONPATH=/x",
                               "EL406 : PYTHONSTARTUP=/s.py", "EL407 : LD_PRELOAD=/l.so"});
  }
  SECTION("of the host") {
    host.file("etc/environment", "A=b\nPYTHONPATH=\"/opt/lib\"\n");
    host.file("etc/profile.d/x.sh", "\nexport LD_LIBRARY_PATH=/cuda:$LD_LIBRARY_PATH\n");
    host.file("etc/profile.d/x.csh", "setenv PYTHONHOME /usr\n");
    host.file("etc/profile.d/README", "export PYTHONPATH=/x\n");
    host.file("home/me/.bashrc", "if true; then export PYTHONSTARTUP=~/s.py; fi\n");
    host.file("home/me/.config/environment.d/p.conf", "PYTHONPATH=/y\n");
    host.file("home/me/.config/fish/config.fish", "set -gx PYTHONPATH /z\n");
    CHECK(host.told() ==
          Lines{"EL405 /etc/profile.d/x.csh: line 1: setenv PYTHONHOME /usr",
                "EL404 /etc/environment: line 2: PYTHONPATH=\"/opt/lib\"",
                "EL407 /etc/profile.d/x.sh: line 2: export LD_LIBRARY_PATH=/cuda:$LD_LIBRARY_PATH",
                "EL406 /home/me/.bashrc: line 1: if true; then export PYTHONSTARTUP=~/s.py; fi",
                "EL404 /home/me/.config/environment.d/p.conf: line 1: PYTHONPATH=/y",
                "EL404 /home/me/.config/fish/config.fish: line 1: set -gx PYTHONPATH /z"});
  }
}

TEST_CASE("audit: Jupyter's configuration is read in all its folders", "[audit]") {
  Host host;
  host.file("etc/jupyter/jupyter_server_config.py", "c.ServerApp.ip = '*'\n");
  host.file("usr/local/etc/jupyter/jupyter_notebook_config.json",
            "{\"NotebookApp\": {\"allow_root\": true}}\n");
  host.file("home/me/.jupyter/jupyter_lab_config.py", "\nc.LabApp.token = ''\n");
  host.file("etc/jupyter/jupyter_server_config.d/a.json", "{\"ServerApp\": {\"ip\": \"\"}}\n");
  host.file("srv/jupyterhub/jupyterhub_config.py", "c.JupyterHub.authenticator_class = 'dummy'\n");
  host.in_prefix("etc/jupyter/jupyter_config.py", "c.ServerApp.allow_origin = '*'\n");
  host.file("conf/jupyter_server_config.py", "c.ServerApp.ip = f()\n");
  host.file("path/jupyter_server_config.py", "c.ServerApp.disable_check_xsrf = True\n");
  host.request.environment = {{"JUPYTER_CONFIG_DIR", "/conf"}, {"JUPYTER_CONFIG_PATH", ":/path"}};
  CHECK(host.told() ==
        Lines{"EL411 /etc/jupyter/jupyter_server_config.d/a.json: line 1: \"ServerApp.ip\": \"\"",
              "EL411 /etc/jupyter/jupyter_server_config.py: line 1: c.ServerApp.ip = '*'",
              "EL412 /home/me/.jupyter/jupyter_lab_config.py: line 2: c.LabApp.token = ''",
              std::string("EL419 /srv/jupyterhub/jupyterhub_config.py: line 1: ") +
                  "c.JupyterHub.authenticator_class = 'dummy'",
              "EL418 /path/jupyter_server_config.py: line 1: c.ServerApp.disable_check_xsrf = True",
              std::string("EL416 /usr/local/etc/jupyter/jupyter_notebook_config.json: line 1: ") +
                  "\"NotebookApp.allow_root\": true",
              "EL418 etc/jupyter/jupyter_config.py: line 1: c.ServerApp.allow_origin = '*'",
              "EL421 /conf/jupyter_server_config.py: line 1: c.ServerApp.ip = f()"});
  fs::remove(host.dir / "opt/env/bin/jupyter-lab");
  CHECK(host.told() == silence);  // there is no Jupyter that would read them
}

TEST_CASE("audit: a password further down Jupyter's search order counts", "[audit]") {
  const Host host;
  host.file("home/me/.jupyter/jupyter_server_config.py", "c.ServerApp.token = ''\n");
  CHECK(host.told().size() == 1);
  SECTION("in the same folder") {
    host.file("home/me/.jupyter/jupyter_server_config.json",
              "{\"IdentityProvider\": {\"hashed_password\": \"argon2:x\"}}", 0600);
    CHECK(host.told() == silence);
  }
  SECTION("of the system") {
    host.file("etc/jupyter/jupyter_server_config.py", "c.ServerApp.password = 'argon2:x'\n", 0600);
    CHECK(host.told() == silence);
  }
  SECTION("but not of another user") {
    host.file("root/.jupyter/jupyter_server_config.py", "c.ServerApp.password = 'argon2:x'\n",
              0600);
    CHECK(host.told().size() == 1);
  }
}

TEST_CASE("audit: private keys of servers are told where others can read them (EL417)", "[audit]") {
  const Host host;
  host.file("etc/jupyter/jupyter_server_config.py",
            "c.ServerApp.keyfile = '/etc/ssl/private/my.key'\n");
  host.file("etc/ssl/private/my.key", "k", 0640);
  CHECK(host.told() == silence);
  fs::permissions(host.dir / "host/etc/ssl/private/my.key", fs::perms(0644));
  CHECK(host.told() == Lines{"EL417 /etc/ssl/private/my.key: mode 0644"});
  fs::permissions(host.dir / "host/etc/ssl/private", fs::perms(0710));
  CHECK(host.told() == silence);
  host.in_prefix("etc/tls.pem", "x\n-----BEGIN RSA PRIVATE KEY-----\n");
  CHECK(host.told() == Lines{"EL417 etc/tls.pem: line 2: a private key"});
}

TEST_CASE("audit: units that start something of the environment are judged as they take effect",
          "[audit]") {
  const Host host;
  const std::string lab = host.prefix() + "/bin/jupyter-lab";
  SECTION("system units, by the first folder that has them") {
    host.file("usr/lib/systemd/system/lab.service",
              "[Service]\nExecStart=" + lab + " --ip=0.0.0.0\n");
    CHECK(host.told() == Lines{"EL411 /usr/lib/systemd/system/lab.service: line 2: --ip=0.0.0.0"});
    host.file("etc/systemd/system/lab.service", "[Service]\nExecStart=" + lab + "\n");
    CHECK(host.told() == silence);
  }
  SECTION("drop-ins, which add and take back") {
    host.file("usr/lib/systemd/system/lab.service", "[Service]\nExecStart=" + lab + " --ip=*\n");
    host.file("etc/systemd/system/lab.service.d/10-env.conf",
              "[Service]\nEnvironment=JUPYTER_TOKEN=abc123 PYTHONPATH=/x\n");
    CHECK(host.told() == Lines{"EL432 /etc/systemd/system/lab.service.d/10-env.conf: line 2: "
                               "Environment=JUPYTER_TOKEN=***",
                               "EL411 /usr/lib/systemd/system/lab.service: line 2: --ip=*",
                               "EL404 /etc/systemd/system/lab.service.d/10-env.conf: line 2: "
                               "Environment=PYTHONPATH=/x"});
    host.file("etc/systemd/system/lab.service.d/20-reset.conf",
              "[Service]\nExecStart=\nExecStart=" + lab + "\nEnvironment=\n");
    CHECK(host.told() == silence);
  }
  SECTION("user units, and activation in a shell") {
    host.file("home/me/.config/systemd/user/lab.service",
              "[Service]\nExecStart=/bin/sh -c '. " + host.prefix() +
                  "/bin/activate && jupyter lab --ServerApp.token=\"\"'\n");
    CHECK(host.told() ==
          Lines{"EL412 /home/me/.config/systemd/user/lab.service: line 2: --ServerApp.token="});
    host.file("home/me/.jupyter/jupyter_server_config.py", "c.ServerApp.password = 'argon2:x'\n",
              0600);
    CHECK(host.told() == silence);
  }
  SECTION("the configuration that a command names") {
    host.file("etc/systemd/system/hub.service",
              "[Service]\nExecStart=" + host.prefix() + "/bin/jupyterhub -f /data/hub.py\n");
    host.file("data/hub.py", "\n\nc.JupyterHub.bind_url = 'http://:8000'\n");
    CHECK(host.told() ==
          Lines{"EL411 /data/hub.py: line 3: c.JupyterHub.bind_url = 'http://:8000'"});
  }
  SECTION("units of other environments are nobody's business") {
    host.file("etc/systemd/system/other.service",
              "[Service]\nExecStart=" + host.prefix() + "2/bin/jupyter-lab --ip=*\n");
    CHECK(host.told() == silence);
  }
}

TEST_CASE("audit: running commands are judged, whatever their number", "[audit]") {
  const Host host;
  const std::string lab = host.prefix() + "/bin/jupyter-lab";
  host.process(
      77, {host.prefix() + "/bin/python3.11", lab, "--ip", "0.0.0.0", "--ServerApp.token=hunter2"});
  const AuditResult result = host.result();
  CHECK(host.told() == Lines{"EL411 bin/jupyter-lab: --ip 0.0.0.0",
                             "EL414 bin/jupyter-lab: --ServerApp.token=***"});
  CHECK(result.findings[0].message.find("(process 77)") != std::string::npos);
  SECTION("the id of a finding outlives a restart") {
    const std::string id = result.findings[0].id;
    fs::remove_all(host.dir / "proc/77");
    host.process(99, {host.prefix() + "/bin/python3.11", lab, "--ip", "0.0.0.0"});
    CHECK(host.result().findings.at(0).id == id);
  }
  SECTION("two of one kind are one finding") {
    host.process(78, {host.prefix() + "/bin/python3.11", lab, "--ip", "0.0.0.0"});
    CHECK(host.told().size() == 2);
  }
  SECTION("a name that hides is looked through") {
    fs::remove_all(host.dir / "proc/77");
    host.process(5, {"kworker", "-m", "notebook", "--ip=*"}, host.prefix() + "/bin/python3.11");
    CHECK(host.told() == Lines{"EL411 bin/python3.11: --ip=*"});
  }
}

TEST_CASE("audit: secrets in the prefix are told where others can read them (EL431)", "[audit]") {
  Host host;
  host.in_prefix("conda-meta/state", "{\"env_vars\": {\"A\": \"b\", \"API_TOKEN\": \"hunter2\"}}");
  host.in_prefix(".env", "A=b\nDB_PASSWORD=hunter2\nX_SECRET='hunter2'\n");
  host.in_prefix("etc/app/app.yaml", "db:\n  password: hunter2\n");
  host.in_prefix("etc/app/private.yaml", "password: hunter2\n", 0640);
  host.in_prefix("etc/conda/env_vars.d/x.json", "{\n\"A_KEY\": \"x\",\n\"MY_TOKEN\": \"hunter2\"}");
  host.in_prefix(".condarc", "channels:\n  - https://c.example/t/hunter2-x/main\n");
  const Lines told = host.told();
  CHECK(told == Lines{"EL431 .condarc: line 2: - https://c.example/t/***/main",
                      "EL431 .env: line 2: DB_PASSWORD=*** and 1 more",
                      "EL431 conda-meta/state: line 1: \"API_TOKEN\": \"***\"",
                      "EL431 etc/app/app.yaml: line 2: password: ***",
                      "EL431 etc/conda/env_vars.d/x.json: line 3: \"MY_TOKEN\": \"***\""});
  for (const Finding& finding : host.result().findings) {
    CHECK(finding.message.find("hunter2") == std::string::npos);
    CHECK_FALSE(finding.advice.empty());
  }
  SECTION("what a package brought is no secret") {
    host.request.is_packaged = [](std::string_view path) { return path == "etc/app/app.yaml"; };
    CHECK(host.told().size() == 4);
  }
  SECTION("nobody gets into a private prefix") {
    fs::permissions(host.dir / "opt/env", fs::perms(0700));
    CHECK(host.told() == silence);
  }
}

TEST_CASE("audit: hostile files are told, never waited for and never followed too far (EL440)",
          "[audit]") {
  const Host host;
  const std::string config = "home/me/.jupyter/jupyter_server_config.py";
  const std::string place = (host.dir / ("host/" + config)).string();
  fs::create_directories(host.dir / "host/home/me/.jupyter");
  SECTION("a FIFO") {
    REQUIRE(::mkfifo(place.c_str(), 0644) == 0);
    CHECK(host.told() == Lines{"EL440 /" + config + ": it is no regular file"});
  }
  SECTION("a device") {
    fs::create_symlink("/dev/zero", place);
    CHECK(host.told() == Lines{"EL440 /" + config + ": it is no regular file"});
  }
  SECTION("a huge file") {
    host.file(config, "");
    fs::resize_file(place, std::uintmax_t{1} << 40U);
    CHECK(host.told() == Lines{"EL440 /" + config + ": it is larger than 1048576 bytes"});
  }
  SECTION("binary") {
    host.file(config, std::string("c.ServerApp.ip = '*'\n\0", 22));
    CHECK(host.told() == Lines{"EL440 /" + config + ": it is no text"});
  }
  SECTION("links in a circle") {
    fs::create_symlink("jupyter_server_config.py", place);
    CHECK(host.told().size() == 1);
  }
  SECTION("a dangling link") {
    fs::create_symlink("nowhere", place);
    CHECK(host.told() == silence);
  }
  SECTION("a link to a file of one's own") {
    host.file("home/me/dotfiles/j.py", "c.ServerApp.ip = '*'\n");
    fs::create_symlink("../dotfiles/j.py", place);
    CHECK(host.told() == Lines{"EL411 /" + config + ": line 1: c.ServerApp.ip = '*'"});
  }
  SECTION("malformed JSON") {
    host.file("home/me/.jupyter/jupyter_config.json", "{\"token\": \"hunter2\",}");
    const Lines told = host.told();
    REQUIRE(told.size() == 1);
    CHECK(told[0].find("EL440") == 0);
    CHECK(told[0].find("hunter2") == std::string::npos);
  }
  SECTION("lines without end") {
    host.file(config, "c.ServerApp.ip = '*' #" + std::string(900'000, '\'') + "\n");
    CHECK(host.told().size() == 1);
    CHECK(host.told()[0].size() < 400);
  }
  SECTION("folders and FIFOs in the prefix") {
    fs::create_directories(host.dir / "opt/env/.env");
    fs::create_directories(host.dir / "opt/env/etc");
    REQUIRE(::mkfifo((host.dir / "opt/env/etc/a.conf").c_str(), 0644) == 0);
    fs::create_directory_symlink("/", host.dir / "opt/env/etc/root");
    CHECK(host.told() == silence);
  }
}

TEST_CASE("audit: what this user may not see is counted, not told", "[audit]") {
  if (::geteuid() == 0) {
    WARN("SKIPPED: root may read everything");
    return;
  }
  const Host host;
  host.file("home/me/.jupyter/jupyter_server_config.py", "c.ServerApp.ip = '*'\n");
  host.file("etc/jupyter/jupyter_server_config.py", "c.ServerApp.ip = '*'\n", 0);
  fs::permissions(host.dir / "host/home/me", fs::perms(0));
  const AuditResult result = host.result();
  CHECK(result.findings.empty());
  CHECK(result.not_proved.at("home folders of other users") == 1);
  CHECK(result.not_proved.at("files that this user may not read") == 1);
  fs::permissions(host.dir / "host/home/me", fs::perms(0755));
}

TEST_CASE("audit: the same host gives the same findings, and each id once", "[audit]") {
  const Host host;
  host.file("etc/jupyter/jupyter_server_config.py",
            "c.ServerApp.ip = '*'\nc.ServerApp.ip = '0.0.0.0'\n");
  const AuditResult one = host.result();
  const AuditResult two = host.result();
  REQUIRE(one.findings.size() == 2);
  CHECK(one.findings[0].id != one.findings[1].id);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(one.findings[i].id == two.findings[i].id);
    CHECK(one.findings[i].found == two.findings[i].found);
  }
}

}  // namespace envlock::test
