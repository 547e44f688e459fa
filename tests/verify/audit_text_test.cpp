#include "verify/audit_text.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "model/error.hpp"
#include "verify/audit.hpp"
#include "verify/audit_arguments.hpp"
#include "verify/audit_host_files.hpp"
#include "verify/audit_jupyter.hpp"
#include "verify/audit_unit.hpp"

namespace envlock::test {
namespace {

using Words = std::vector<std::string>;
const std::string nothing;

/// "RULE@LINE" of each hit, in order.
std::string rules_of(const std::vector<AuditHit>& hits) {
  std::string out;
  for (const AuditHit& hit : hits) {
    out += (out.empty() ? "" : " ") + std::string(hit.rule) + "@" + std::to_string(hit.line);
  }
  return out;
}

std::string judged(const std::string& python, const JupyterSurroundings& around = {}) {
  return rules_of(audit_jupyter(read_jupyter_python(python), around));
}

std::string judged_command(const Words& words, bool has_password = false) {
  std::string out;
  for (const AuditHit& hit : audit_command(words, 0, has_password)) {
    out += (out.empty() ? "" : "; ") + std::string(hit.rule) + " " + hit.text;
  }
  return out;
}

}  // namespace

TEST_CASE("audit: rules have ids EL4xx, ascending, unique names, and say what to do", "[audit]") {
  std::set<std::string_view> names;
  std::string_view last = "EL400";
  for (const Rule& rule : audit_rules()) {
    INFO(rule.id);
    CHECK(rule.id > last);
    CHECK(rule.id.substr(0, 3) == "EL4");
    CHECK(names.insert(rule.name).second);
    CHECK(rule.help.back() == '.');
    CHECK_FALSE(rule.advice.empty());
    CHECK(find_rule(verify_rules(), rule.id) == nullptr);
    last = rule.id;
  }
}

TEST_CASE("audit: names of secrets are known by their last word", "[audit]") {
  for (const char* const name :
       {"password", "PASSWORD", "c.ServerApp.token", "hashed_password", "API_KEY", "apiKey",
        "AWS_SECRET_ACCESS_KEY", "db-passwd", "clientSecret", "cookie_secret", "--token"}) {
    CAPTURE(name);
    CHECK(is_secret_name(name));
  }
  for (const char* const name :
       {"token_file", "password_required", "key", "keyfile", "monkey", "tokenizer", "PWD",
        "secretary", "", "-", "primary_key", "host_key"}) {
    CAPTURE(name);
    CHECK_FALSE(is_secret_name(name));
  }
}

TEST_CASE("audit: a value that stands for a missing secret is none", "[audit]") {
  for (const char* const value : {"hunter2", "a", "sha1:x:y", "0"}) CHECK(is_secret_value(value));
  for (const char* const value : {"", "None", "null", "$TOKEN", "${TOKEN}", "<your token>",
                                  "%d/token", "/etc/token", "~/token", "A challenge password",
                                  "{{ token }}", "True", "***", "@TOKEN@", "os.environ['X']"}) {
    CAPTURE(value);
    CHECK_FALSE(is_secret_value(value));
  }
}

TEST_CASE("audit: a line is shown without the secrets in it", "[audit]") {
  CHECK(masked_line("c.ServerApp.token = 'abc def'") == "c.ServerApp.token = '***'");
  CHECK(masked_line("c.ServerApp.token = ''") == "c.ServerApp.token = ''");
  CHECK(masked_line("  password: hunter2  ") == "password: ***");
  CHECK(masked_line("{\"token\": \"a\\\"b\", \"x\": 1}") == "{\"token\": \"***\", \"x\": 1}");
  CHECK(masked_line("--token abc --port 1") == "--token *** --port 1");
  CHECK(masked_line("os.environ['API_TOKEN'] = 'abc'") == "os.environ['API_TOKEN'] = '***'");
  CHECK(masked_line("curl https://me:pw@host.example/x").find("pw") == std::string::npos);
  CHECK(masked_line("url = https://c.example/t/ab-123/main").find("ab-123") == std::string::npos);
  CHECK(masked_line("X = abc and abc", "abc") == "X = *** and ***");
  CHECK(masked_line(std::string(1000, 'x')).size() == 203);
  CHECK(masked_line("") == nothing);
}

TEST_CASE("audit: assignments are read as ini, shell, YAML and JSON write them", "[audit]") {
  const auto read = [](const char* line) {
    const auto found = parse_assignment(line);
    return found ? found->name + "|" + found->value : std::string("none");
  };
  CHECK(read("A=b") == "A|b");
  CHECK(read("  export A='b c'") == "A|b c");
  CHECK(read("a.b: \"c\"") == "a.b|c");
  CHECK(read("\"a\": \"b\",") == "a|b");
  CHECK(read("A=") == "A|");
  CHECK(read("# A=b") == "none");
  CHECK(read("if a == b") == "none");
  CHECK(read("a == b") == "none");
  CHECK(read("word") == "none");
  CHECK(read("") == "none");
}

TEST_CASE("audit: Jupyter's python files are read as text", "[audit]") {
  const auto settings = read_jupyter_python(
      "# c.ServerApp.ip = '*'\n"
      "c = get_config()  # noqa\n"
      "c.ServerApp.ip = '0.0.0.0'  # all\n"
      "  c.ServerApp.token=\"\"\n"
      "c.ServerApp.allow_root = True\n"
      "c.ServerApp.password = os.environ['X']\n"
      "c.ServerApp.ip == '*'\n"
      "c.ServerApp.port = 8888\n"
      "get_config().NotebookApp.ip = u'it\\'s'\n"
      "c.ServerApp.token = None\n");
  REQUIRE(settings.size() == 5);
  CHECK(settings[0].line == 3);
  CHECK(settings[0].trait == "ServerApp.ip");
  CHECK(settings[0].value == "0.0.0.0");
  CHECK(settings[1].line == 4);
  CHECK(settings[1].value == nothing);
  CHECK(settings[2].value == "True");
  CHECK_FALSE(settings[3].value);
  CHECK(settings[4].value == "it's");
}

TEST_CASE("audit: what stands in a long text of a python file is no setting", "[audit]") {
  CHECK(judged("\"\"\"\nc.ServerApp.ip = '*'\n\"\"\"\n") == nothing);
  CHECK(judged("x = '''a\nc.ServerApp.ip = '*'\n'''\nc.ServerApp.ip = '*'\n") == "EL411@4");
  CHECK(judged("x = \"it's\"  # '''\nc.ServerApp.ip = '*'\n") == "EL411@2");
  CHECK(judged("x = '\\''\nc.ServerApp.ip = '*'\n") == "EL411@2");
}

TEST_CASE("audit: each setting that opens a server is told, and its like that does not is not",
          "[audit]") {
  for (const char* const ip : {"'*'", "''", "'0.0.0.0'", "'::'", "\"*\""}) {
    CAPTURE(ip);
    CHECK(judged("c.ServerApp.ip = " + std::string(ip)) == "EL411@1");
    CHECK(judged("c.NotebookApp.ip = " + std::string(ip)) == "EL411@1");
    CHECK(judged("c.DockerSpawner.ip = " + std::string(ip)) == nothing);
  }
  CHECK(judged("c.ServerApp.ip = 'localhost'") == nothing);
  CHECK(judged("c.ServerApp.ip = '10.0.0.1'") == nothing);
  CHECK(judged("c.JupyterHub.bind_url = 'http://:8000'") == "EL411@1");
  CHECK(judged("c.JupyterHub.bind_url = 'http://*:8000/x'") == "EL411@1");
  CHECK(judged("c.JupyterHub.bind_url = 'http://127.0.0.1:8000'") == nothing);
  CHECK(judged("c.JupyterHub.bind_url = 'https://:443'\nc.JupyterHub.ssl_key = '/k'") == nothing);
  CHECK(judged("c.ServerApp.token = ''") == "EL412@1");
  CHECK(judged("c.IdentityProvider.token = ''") == "EL412@1");
  CHECK(judged("c.ServerApp.token = ''\nc.ServerApp.password = 'argon2:x'") == nothing);
  CHECK(judged("c.ServerApp.token = ''\nc.ServerApp.password = ''") == "EL412@1 EL413@2");
  CHECK(judged("c.ServerApp.token = ''\nc.ServerApp.password = f()") == nothing);
  CHECK(judged("c.ServerApp.token = ''", {.has_password = true}) == nothing);
  CHECK(judged("c.ServerApp.password = ''") == "EL413@1");
  CHECK(judged("c.ServerApp.password = 'sha1:abc:def'") == "EL415@1");
  CHECK(judged("c.ServerApp.password = 'sha512:abc:def'") == "EL415@1");
  CHECK(judged("c.ServerApp.password = 'argon2:$argon2id$v=19$m=10240:x:y'") == nothing);
  CHECK(judged("c.ServerApp.allow_root = True") == "EL416@1");
  CHECK(judged("c.ServerApp.allow_root = False") == nothing);
  CHECK(judged("c.ServerApp.allow_origin = '*'") == "EL418@1");
  CHECK(judged("c.ServerApp.allow_origin = 'https://a.example'") == nothing);
  CHECK(judged("c.ServerApp.disable_check_xsrf = True") == "EL418@1");
  CHECK(judged("c.JupyterHub.authenticator_class = 'dummy'") == "EL419@1");
  CHECK(judged("c.JupyterHub.authenticator_class = 'pam'") == nothing);
  CHECK(judged("c.ServerApp.ip = socket.gethostname()") == "EL421@1");
  CHECK(judged("c.ServerApp.token = 'x' + y") == "EL421@1");
  CHECK(judged("c.ServerApp.token = 'abc'") == nothing);
  CHECK(judged("c.ServerApp.token = 'abc'", {.read_by_others = true}) == "EL431@1");
  CHECK(judged("c.ServerApp.password = 'sha1:a:b'", {.read_by_others = true}) == "EL415@1 EL431@1");
}

TEST_CASE("audit: no hit shows a password, token or hash", "[audit]") {
  const auto settings = read_jupyter_python(
      "c.ServerApp.password = 'sha1:SECRET:SECRET'\nc.ServerApp.token = 'SECRET'\n"
      "c.ServerApp.token = 'SECRET' + x\n");
  for (const AuditHit& hit : audit_jupyter(settings, {.read_by_others = true})) {
    CAPTURE(hit.text);
    CHECK(hit.text.find("SECRET") == std::string::npos);
    CHECK(hit.message.find("SECRET") == std::string::npos);
    CHECK(hit.text.find("***") != std::string::npos);
  }
}

TEST_CASE("audit: Jupyter's JSON files are read with their lines, and malformed ones refused",
          "[audit]") {
  const auto settings = read_jupyter_json(
      "{\n \"ServerApp\": {\n  \"ip\": \"*\",\n  \"allow_root\": true,\n  \"port\": 1\n },\n"
      " \"IdentityProvider\": {\"token\": \"\"}\n}",
      "x.json");
  CHECK(rules_of(audit_jupyter(settings, {})) == "EL411@3 EL416@4 EL412@7");
  CHECK_THROWS_AS(read_jupyter_json("[]", "x.json"), InputError);
  CHECK_THROWS_AS(read_jupyter_json("{", "x.json"), InputError);
  std::string many = "{";
  for (int i = 0; i < 2000; ++i) many += "\"" + std::to_string(i) + "\": {\"ip\": \"*\"},";
  many.back() = '}';
  CHECK_THROWS_AS(read_jupyter_json(many, "x.json"), InputError);
}

TEST_CASE("audit: words are split as systemd and shells do it", "[audit]") {
  CHECK(split_words("a  'b c' \"d'e\" f\\ g ''") == Words{"a", "b c", "d'e", "f g", ""});
  CHECK(split_words("--ip='*'") == Words{"--ip=*"});
  CHECK(split_words("'open") == Words{"open"});
  CHECK(split_words("  ").empty());
  CHECK(without_shell({"/bin/bash", "-lc", "exec a 'b c'", "d"}) ==
        Words{"/bin/bash", "-lc", "exec", "a", "b c", "d"});
  CHECK(without_shell({"sh", "script.sh"}) == Words{"sh", "script.sh"});
  CHECK(without_shell({"sh", "-c"}) == Words{"sh", "-c"});
}

TEST_CASE("audit: a path is mentioned only as a whole", "[audit]") {
  CHECK(mentions("/opt/env/bin/x", "/opt/env"));
  CHECK(mentions(". /opt/env", "/opt/env"));
  CHECK(mentions("PATH=/usr/bin:/opt/env/bin", "/opt/env"));
  CHECK(mentions("-/opt/env/bin/x", "/opt/env"));
  CHECK_FALSE(mentions("/opt/env2/bin/x", "/opt/env"));
  CHECK_FALSE(mentions("/mnt/opt/env/bin/x", "/opt/env"));
  CHECK_FALSE(mentions("", "/opt/env"));
}

TEST_CASE("audit: commands are judged by their arguments", "[audit]") {
  CHECK(judged_command({"/e/bin/jupyter-lab", "--ip", "0.0.0.0"}) == "EL411 --ip 0.0.0.0");
  CHECK(judged_command({"/e/bin/jupyter-lab", "--ip=*"}) == "EL411 --ip=*");
  CHECK(judged_command({"/e/bin/jupyter-lab", "--ip='*'"}) == "EL411 --ip='*'");
  CHECK(judged_command({"/e/bin/python", "-m", "jupyterlab", "--ServerApp.ip=0.0.0.0"}) ==
        "EL411 --ServerApp.ip=0.0.0.0");
  CHECK(judged_command({"/e/bin/python", "/e/bin/jupyter-notebook", "--NotebookApp.token="}) ==
        "EL412 --NotebookApp.token=");
  CHECK(judged_command({"sh", "-c", ". /e/bin/activate && jupyter lab --ServerApp.token=''"}) ==
        "EL412 --ServerApp.token=");
  CHECK(judged_command({"/e/bin/jupyter-lab", "--ServerApp.token="}, true) == nothing);
  CHECK(judged_command({"/e/bin/jupyter-lab", "--allow-root", "--no-browser"}) ==
        "EL416 --allow-root");
  CHECK(judged_command({"/e/bin/jupyter-lab", "--ServerApp.token=abc"}) ==
        "EL414 --ServerApp.token=***");
  CHECK(judged_command({"/e/bin/jupyter-lab", "--ServerApp.password=sha1:a:b"}) ==
        "EL415 --ServerApp.password=***; EL414 --ServerApp.password=***");
  CHECK(judged_command({"/e/bin/mlflow", "--db-password", "hunter2", "x"}) ==
        "EL414 --db-password ***");
  CHECK(judged_command({"/e/bin/prog", "--url=https://me:hunter2@h.example/"}).find("hunter2") ==
        std::string::npos);
  CHECK(judged_command({"/e/bin/prog", "--url=https://me:hunter2@h.example/"}).find("EL414") == 0);
  CHECK(judged_command({"/e/bin/prog", "--token-file=/run/x", "--password", "--ip=0.0.0.0"}) ==
        nothing);
  CHECK(judged_command({"/e/bin/jupyter-lab", "--ip=127.0.0.1", "--port=1"}) == nothing);
  CHECK(judged_command({}) == nothing);
  CHECK(jupyter_config_files({"jupyterhub", "-f", "/a.py", "--config=/b.py"}) ==
        Words{"/b.py", "/a.py"});
}

TEST_CASE("audit: unit files are read as systemd reads them", "[audit]") {
  const auto unit = read_unit(
      "# ExecStart=/no\n[Unit]\nDescription=x\n[Service]\nExecStart=/e/bin/a \\\n  # in between\n"
      "  --b \\\n  --c\n; no\nEnvironment=\"A=b c\" D=e\nbroken line\nUser=me\n",
      "x.service");
  REQUIRE(unit.size() == 4);
  CHECK(unit[1].section == "Service");
  CHECK(unit[1].key == "ExecStart");
  CHECK(unit[1].line == 5);
  CHECK(split_words(unit[1].value) == Words{"/e/bin/a", "--b", "--c"});
  const auto variables = variables_of(unit);
  REQUIRE(variables.size() == 2);
  CHECK(variables[0].value == "b c");
  CHECK(variables[1].name == "D");
}

TEST_CASE("audit: an empty assignment of a drop-in takes back what a unit starts", "[audit]") {
  const auto base = read_unit("[Service]\nExecStart=/e/bin/jupyter-lab --ip=*\n", "x.service");
  const auto reset = read_unit("[Service]\nExecStart=\nExecStart=/e/bin/jupyter-lab\n", "d.conf");
  CHECK(audit_unit(effective_unit({base}), false).size() == 1);
  CHECK(audit_unit(effective_unit({base, reset}), false).empty());
  CHECK(unit_uses(effective_unit({base}), "/e"));
  CHECK_FALSE(unit_uses(effective_unit({base}), "/e/bin/jup"));
  CHECK(unit_uses(read_unit("[Service]\nExecStart=jupyter\nEnvironment=PATH=/e/bin:/bin\n", "x"),
                  "/e"));
}

TEST_CASE("audit: users are those who may log in", "[audit]") {
  const auto users = users_of(
      "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/usr/sbin:/usr/sbin/nologin\n"
      "nobody:x:65534:65534::/nonexistent:/x\nme:x:1000:1000:Me,,,:/home/me:/bin/bash\n"
      "bad:x:1x:1::/home/bad:/x\nshort:x:1001\nrel:x:1002:1::home:/x\n");
  REQUIRE(users.size() == 2);
  CHECK(users[0].home == "/root");
  CHECK(users[1].name == "me");
  CHECK(users[1].uid == 1000);
}

}  // namespace envlock::test
