#include "model/activation.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "model/entry_point.hpp"
#include "model/error.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

namespace fs = std::filesystem;

using Command = std::vector<std::string>;

/// The shells that must be able to read bin/activate, as commands that take a script.
const std::vector<Command>& posix_shells() {
  static const std::vector<Command> shells{
      {"dash"}, {"bash"}, {"bash", "--posix"}, {"ksh"}, {"mksh"}, {"busybox", "sh"}, {"zsh", "-f"}};
  return shells;
}

bool is_installed(const std::string& program) {
  for (const char* const folder : {"/bin/", "/usr/bin/", "/usr/local/bin/"}) {
    if (fs::exists(folder + program)) return true;
  }
  WARN("SKIPPED: " + program + " is not installed");
  return false;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

/// An environment with both scripts, relocated as text, and folders for scripts of packages.
struct Prefix {
  explicit Prefix(const fs::path& folder, const ActivationFacts& facts = {})
      : path(folder.string()) {
    fs::create_directories(folder / "bin");
    fs::create_directories(folder / "conda-meta");
    write("bin/activate", replaced(activation_script(Shell::posix, facts),
                                   std::string(generated_placeholder), path));
    write("bin/activate.fish", activation_script(Shell::fish, facts));
  }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((fs::path(path) / name).parent_path());
    std::ofstream(fs::path(path) / name) << text;
  }
  std::string path;
};

Outcome run(const Command& shell, const TempDir& dir, const std::string& script,
            const std::map<std::string, std::string>& env = {}) {
  Command args(shell.begin() + 1, shell.end());
  args.push_back(dir.write("script", script).string());
  RunOptions options{dir.path()};
  options.env = env;
  return run_program(shell.front(), args, options);
}

/// Runs `script` in every shell that is here; each prints the same.
void in_posix_shells(const TempDir& dir, const std::string& script, const std::string& out,
                     const std::map<std::string, std::string>& env = {}) {
  for (const Command& shell : posix_shells()) {
    if (!is_installed(shell.front())) continue;
    const Outcome outcome = run(shell, dir, script, env);
    CAPTURE(shell, script, outcome.err);
    CHECK(outcome.out == out);
    CHECK(outcome.exit == 0);
    CHECK(outcome.err.empty());
  }
}

void in_fish(const TempDir& dir, const std::string& script, const std::string& out,
             const std::map<std::string, std::string>& env = {}) {
  if (!is_installed("fish")) return;
  const Outcome outcome = run({"fish", "--no-config"}, dir, script, env);
  CAPTURE(script, outcome.err);
  CHECK(outcome.out == out);
  CHECK(outcome.exit == 0);
  CHECK(outcome.err.empty());
}

const std::string show =
    "printf '%s|%s|%s|%s|%s\\n' \"${PATH%%:*}\" \"${CONDA_PREFIX-none}\" "
    "\"${CONDA_DEFAULT_ENV-none}\" \"${CONDA_SHLVL-none}\" \"${PYTHONNOUSERSITE-none}\"\n";

const std::string fish_show =
    "echo \"$PATH[1]|$CONDA_PREFIX|$CONDA_DEFAULT_ENV|$CONDA_SHLVL|$PYTHONNOUSERSITE\"";

/// What both print where the prefix is active and nothing else.
std::string active(const Prefix& prefix) {
  const std::string& p = prefix.path;
  return p + "/bin|" + p + "|" + p + "|1|1\n";
}

/// Writes into `file` what programs see of the environment, names that shells themselves set aside.
std::string save_env(const std::string& file) {
  return "env | grep -v -e '^_' -e '^A__z=' -e '^SHLVL=' -e '^PWD=' -e '^OLDPWD=' | sort >" + file +
         "\n";
}

}  // namespace

TEST_CASE("activation sets PATH and conda's variables under set -eu in every shell (pack 59)",
          "[activation]") {
  const TempDir dir;
  const Prefix prefix(dir / "env");
  const std::string& p = prefix.path;
  in_posix_shells(dir, "set -eu\nunset PS1 || :\n. env/bin/activate\n" + show, active(prefix));
  in_posix_shells(dir, "set -eu\ncd /\n. '" + p + "/bin/activate'\n" + show, active(prefix));
  in_fish(dir, "source env/bin/activate.fish; " + fish_show, active(prefix));
}

TEST_CASE("activation works where the prefix has characters that mean something to shells",
          "[activation]") {
  const TempDir dir;
  for (const char* const name :
       {"a b",  "it's",  "a\"b",  "$HOME",  "$(touch ran)", "`touch ran`", "a*b",      "[x]",
        "a\\b", "\\",    "~",     "#x",     "a;touch ran",  "-n",          "\xC3\xA9", "tab\tx",
        "!x",   "{a,b}", " lead", "trail ", "''",           "$'x'",        "%s"}) {
    const Prefix prefix(dir / name);
    prefix.write("etc/conda/activate.d/a.sh", "SCRIPT=seen\n");
    prefix.write("etc/conda/activate.d/a.fish", "set -g SCRIPT seen\n");
    CAPTURE(name);
    in_posix_shells(dir,
                    "set -eu\nbefore=$PATH\n. \"$FILE\"\n" + show +
                        "printf '%s\\n' \"$SCRIPT\"\nenvlock_deactivate\n"
                        "[ \"$PATH\" = \"$before\" ]\n",
                    active(prefix) + "seen\n", {{"FILE", prefix.path + "/bin/activate"}});
    in_fish(dir,
            "set before \"$PATH\"; source $FILE; " + fish_show +
                "; echo $SCRIPT; "
                "envlock_deactivate; test \"$PATH\" = \"$before\"",
            active(prefix) + "seen\n", {{"FILE", prefix.path + "/bin/activate.fish"}});
  }
  REQUIRE_FALSE(fs::exists(dir / "ran"));
}

TEST_CASE("deactivation leaves the environment as it was, in every shell (pack 60)",
          "[activation]") {
  const TempDir dir;
  ActivationFacts facts;
  facts.variables = {{"ADDED", "x"}, {"CHANGED", "new"}, {"GONE", std::string(unset_marker)}};
  const Prefix prefix(dir / "env", facts);
  const std::map<std::string, std::string> env{
      {"CHANGED", "old value"}, {"GONE", "it's \"here\""}, {"PYTHONNOUSERSITE", "7"}};
  const std::string values =
      "printf '%s|%s|%s\\n' \"${ADDED-none}\" \"${CHANGED-none}\" \"${GONE-none}\"\n";
  in_posix_shells(dir,
                  "set -eu\n" + save_env("before") + ". env/bin/activate\n" + values +
                      "envlock_deactivate\n" + values + save_env("after") +
                      "cmp before after\n"
                      "set | grep -i -e __envlock -e envlock_deactivate || echo nothing is left\n",
                  "x|new|none\nnone|old value|it's \"here\"\nnothing is left\n", env);
  in_fish(
      dir,
      save_env("before") +
          "source env/bin/activate.fish; "
          "echo \"$ADDED|$CHANGED|\"(set -q GONE; or echo none); envlock_deactivate; " +
          save_env("after") +
          "cmp before after; "
          "functions --all | string match '*envlock*'; set -n | string match -i '*envlock*'; true",
      "x|new|none\n", env);
}

TEST_CASE("the scripts of packages run in code-point order, and in reverse when leaving (pack 60)",
          "[activation]") {
  const TempDir dir;
  const Prefix prefix(dir / "env");
  for (const char* const name : {"b", "a 10", "a 9", "B", "~z", "_", "\xC3\xA9"}) {
    const std::string n = name;
    prefix.write("etc/conda/activate.d/" + n + ".sh", "printf '%s ' '+" + n + "'\n");
    prefix.write("etc/conda/activate.d/" + n + ".fish", "printf '%s ' '+" + n + "'\n");
    prefix.write("etc/conda/deactivate.d/" + n + ".sh", "printf '%s ' '-" + n + "'\n");
    prefix.write("etc/conda/deactivate.d/" + n + ".fish", "printf '%s ' '-" + n + "'\n");
  }
  prefix.write("etc/conda/activate.d/.hidden.sh", "echo hidden\n");
  prefix.write("etc/conda/activate.d/other.txt", "echo other\n");
  fs::create_directories(dir / "env/etc/conda/activate.d/folder.sh");
  const std::string out =
      "+B +_ +a 10 +a 9 +b +~z +\xC3\xA9 \n-\xC3\xA9 -~z -b -a 9 -a 10 -_ -B \n";
  in_posix_shells(dir, "set -eu\n. env/bin/activate\necho\nenvlock_deactivate\necho\n", out);
  in_fish(dir, "source env/bin/activate.fish; echo; envlock_deactivate; echo", out);
  const Outcome odd = run({"bash", "-O", "failglob", "-O", "dotglob", "-f"}, dir,
                          "GLOBIGNORE='*a*'\n. env/bin/activate\necho\nenvlock_deactivate\necho\n");
  CHECK(odd.out == out);
}

TEST_CASE("folders without scripts, or with none for this shell, are no error (pack 60)",
          "[activation]") {
  const TempDir dir;
  const Prefix prefix(dir / "env");
  prefix.write("etc/conda/activate.d/a.csh", "exit 1\n");
  fs::create_directories(dir / "env/etc/conda/deactivate.d");
  in_posix_shells(dir, "set -eu\n. env/bin/activate\nenvlock_deactivate\necho ok\n", "ok\n");
  in_fish(dir, "source env/bin/activate.fish; envlock_deactivate; echo ok", "ok\n");
  const Outcome strict =
      run({"bash", "-O", "failglob"}, dir, "set -eu\n. env/bin/activate\necho ok");
  CHECK(strict.out == "ok\n");
}

TEST_CASE("scripts of packages may use unset variables and fail, and the shell keeps its options",
          "[activation]") {
  const TempDir dir;
  const Prefix prefix(dir / "env");
  prefix.write("etc/conda/activate.d/a.sh", "A=$NO_SUCH_VARIABLE\nfalse\nA=done\nexport A\n");
  prefix.write("etc/conda/deactivate.d/a.sh", "false\nunset A\n");
  in_posix_shells(dir,
                  "set -eu\n. env/bin/activate\necho \"$A\"\n"
                  "case $- in *e*u*|*u*e*) echo kept ;; esac\n"
                  "envlock_deactivate\necho \"${A-unset}\"\n",
                  "done\nkept\nunset\n");
  in_posix_shells(dir,
                  ". env/bin/activate\nfalse\necho \"$A$NO_SUCH_VARIABLE\"\nenvlock_deactivate\n",
                  "done\n");
}

TEST_CASE("an environment inside another gives the outer one back (pack 60)", "[activation]") {
  const TempDir dir;
  ActivationFacts facts;
  facts.variables = {{"NAME", "outer"}, {"OUTER", "1"}};
  const Prefix outer(dir / "outer", facts);
  facts.variables = {{"NAME", "inner"}, {"INNER", "1"}};
  const Prefix inner(dir / "inner", facts);
  const std::string names =
      "printf '%s|%s|%s|%s\\n' \"${NAME-}\" \"${OUTER-}\" \"${INNER-}\" \"${CONDA_PREFIX_1-}\"\n";
  const std::string o = outer.path;
  const std::string i = inner.path;
  const std::string at_outer = o + "/bin|" + o + "|" + o + "|1|1\nouter|1||\n";
  const std::string at_inner = i + "/bin|" + i + "|" + i + "|2|1\ninner|1|1|" + o + "\n";
  in_posix_shells(dir,
                  "set -eu\n" + save_env("before") + ". outer/bin/activate\n" + show + names +
                      ". inner/bin/activate\n" + show + names + "envlock_deactivate\n" + show +
                      names + ". inner/bin/activate\ndeactivate\n" + show + names + "deactivate\n" +
                      save_env("after") + "cmp before after\n",
                  at_outer + at_inner + at_outer + at_outer);
  const std::string fish_names =
      "; " + fish_show + "; echo \"$NAME|$OUTER|$INNER|$CONDA_PREFIX_1\"; ";
  in_fish(dir,
          save_env("before") + "source outer/bin/activate.fish" + fish_names +
              "source inner/bin/activate.fish" + fish_names + "envlock_deactivate" + fish_names +
              "source inner/bin/activate.fish; deactivate" + fish_names + "deactivate; " +
              save_env("after") + "cmp before after",
          at_outer + at_inner + at_outer + at_outer);
}

TEST_CASE("a second activation changes nothing, also in a shell inside the first (pack 60)",
          "[activation]") {
  const TempDir dir;
  const Prefix prefix(dir / "env");
  prefix.write("etc/conda/activate.d/a.sh", "echo ran\n");
  prefix.write("etc/conda/activate.d/a.fish", "echo ran\n");
  in_posix_shells(dir,
                  "set -eu\n" + save_env("before") + ". env/bin/activate\n" + save_env("one") +
                      ". env/bin/activate\n" + save_env("two") +
                      "cmp one two\nenvlock_deactivate\n" + save_env("after") +
                      "cmp before after\n",
                  "ran\n");
  in_posix_shells(dir,
                  "set -eu\n. env/bin/activate\nsh -c '. env/bin/activate; echo $CONDA_SHLVL; "
                  "envlock_deactivate; echo ${CONDA_PREFIX-none}'\n",
                  "ran\n1\nnone\n");
  in_posix_shells(dir,
                  "set -eu\n. env/bin/activate\nPATH=/usr/bin:/bin\n. env/bin/activate\n"
                  "echo \"${PATH%%:*}\"\n",
                  "ran\n" + prefix.path + "/bin\n");
  in_fish(dir,
          "source env/bin/activate.fish; source env/bin/activate.fish; echo $CONDA_SHLVL; "
          "envlock_deactivate; set -q CONDA_PREFIX; or echo none",
          "ran\n1\nnone\n");
}

TEST_CASE("what was added to PATH meanwhile stays when an environment is left", "[activation]") {
  const TempDir dir;
  const Prefix prefix(dir / "env");
  in_posix_shells(dir,
                  "set -eu\nPATH=/usr/bin:/bin\n. env/bin/activate\nPATH=/new:$PATH:/last\n"
                  "envlock_deactivate\necho \"$PATH\"\n",
                  "/new:/usr/bin:/bin:/last\n");
}

TEST_CASE("the user site is left out unless ENVLOCK_USER_SITE asks for it", "[activation]") {
  const TempDir dir;
  const Prefix prefix(dir / "env");
  const std::string script = "set -eu\n. env/bin/activate\necho \"${PYTHONNOUSERSITE-none}\"\n";
  in_posix_shells(dir, script, "none\n", {{"ENVLOCK_USER_SITE", "1"}});
  in_posix_shells(dir, script, "1\n", {{"ENVLOCK_USER_SITE", "0"}});
  in_fish(dir, "source env/bin/activate.fish; echo \"$PYTHONNOUSERSITE\"", "\n",
          {{"ENVLOCK_USER_SITE", "1"}});
}

TEST_CASE("no value of a variable runs, expands or is relocated (pack 61)", "[activation]") {
  const TempDir dir;
  int number = 0;
  for (const std::string value : {"",
                                  "plain",
                                  "$(touch ran)",
                                  "`touch ran`",
                                  "'; touch ran; '",
                                  "''",
                                  "\\",
                                  "\\'",
                                  "a'b'c'",
                                  "$HOME",
                                  "two\nlines\n\n",
                                  "~",
                                  "*",
                                  "\"; touch ran #",
                                  "!!",
                                  "%s",
                                  "-n",
                                  "\\n",
                                  "end'",
                                  "'$(touch ran)'",
                                  "\xE2\x80\xA8 \xFF",
                                  "(touch ran)",
                                  "/opt/anaconda1anaconda2anaconda3/x",
                                  "\x1B[2J",
                                  "\t"}) {
    ActivationFacts facts;
    facts.variables = {{"VALUE", value}};
    const std::string folder = "env" + std::to_string(++number);
    const Prefix prefix(dir / folder, facts);
    CAPTURE(value);
    in_posix_shells(dir, "set -eu\n. " + folder + "/bin/activate\nprintf '%s.' \"$VALUE\"\n",
                    value + ".");
    if (value != "\xE2\x80\xA8 \xFF") {  // fish keeps bytes that are no UTF-8 its own way
      in_fish(dir, "source " + folder + "/bin/activate.fish; printf '%s.' \"$VALUE\"", value + ".");
    }
  }
  REQUIRE_FALSE(fs::exists(dir / "ran"));
}

TEST_CASE("a script whose environment is not where it says changes nothing and says so",
          "[activation]") {
  const TempDir dir;
  const Prefix prefix(dir / "env");
  fs::rename(dir / "env", dir / "moved");
  for (const Command& shell : posix_shells()) {
    if (!is_installed(shell.front())) continue;
    const Outcome outcome =
        run(shell, dir,
            save_env("before") + ". moved/bin/activate || echo failed\n" + save_env("after") +
                "cmp before after\n"
                "set | grep -i -e '__envlock' || echo nothing is left\n");
    CAPTURE(shell, outcome.err);
    CHECK(outcome.out == "failed\nnothing is left\n");
    CHECK(outcome.err.find("envlock-env relocate") != std::string::npos);
  }
  if (is_installed("fish")) {
    const Outcome outcome = run({"fish", "--no-config"}, dir,
                                "cat moved/bin/activate.fish | source; or echo failed; "
                                "functions --all | string match '*envlock*'; true");
    CHECK(outcome.out == "failed\n");
    CHECK(outcome.err.find("source the file where it lies") != std::string::npos);
  }
  const Prefix colon(dir / "a:b");
  const Outcome outcome = run({"bash"}, dir, ". ./a:b/bin/activate || echo failed");
  CHECK(outcome.out == "failed\n");
  CHECK(outcome.err.find("which has a colon") != std::string::npos);
}

TEST_CASE("leaving where nothing is active fails and changes nothing", "[activation]") {
  const TempDir dir;
  const Prefix prefix(dir / "env");
  for (const Command& shell : posix_shells()) {
    if (!is_installed(shell.front())) continue;
    const Outcome outcome = run(shell, dir,
                                ". env/bin/activate\nCONDA_PREFIX=/conda/activated/another\n"
                                "envlock_deactivate || echo failed\necho $CONDA_SHLVL\n");
    CAPTURE(shell, outcome.err);
    CHECK(outcome.out == "failed\n1\n");
    CHECK(outcome.err == "envlock_deactivate: no environment of envlock is active\n");
  }
}

TEST_CASE("a prompt shows the environment unless a shell could expand its name", "[activation]") {
  const TempDir dir;
  const Prefix plain(dir / "env-1.0_x");
  const Prefix odd(dir / "$(touch ran)");
  in_posix_shells(dir,
                  "PS1='> '\n. env-1.0_x/bin/activate\necho \"$PS1\"\nenvlock_deactivate\n"
                  "echo \"$PS1\"\n. './$(touch ran)/bin/activate'\necho \"$PS1\"\n",
                  "(env-1.0_x) > \n> \n> \n");
}

TEST_CASE("an own deactivate stays what it was", "[activation]") {
  const TempDir dir;
  const Prefix prefix(dir / "env");
  prefix.write("bin/deactivate", "#!/bin/sh\necho a program\n");
  fs::permissions(dir / "env/bin/deactivate", fs::perms::owner_all);
  in_posix_shells(dir,
                  "PATH=$PWD/env/bin:$PATH\n. env/bin/activate\ndeactivate\n"
                  "echo ${CONDA_PREFIX-none}\n",
                  "none\n");
  in_posix_shells(dir,
                  "deactivate() { echo mine; }\n. env/bin/activate\ndeactivate\n"
                  "envlock_deactivate\ndeactivate\n",
                  "mine\nmine\n");
}

TEST_CASE("the placeholder stands once in the POSIX script, alone on its line", "[activation]") {
  ActivationFacts facts;
  facts.variables = {{"A", std::string(generated_placeholder)}};
  const std::string text = activation_script(Shell::posix, facts);
  const std::string line = "\n" + std::string(generated_placeholder) + "\n";
  const std::size_t at = text.find(generated_placeholder);
  REQUIRE(at != std::string::npos);
  REQUIRE(text.substr(at - 1, line.size()) == line);
  REQUIRE(text.find(generated_placeholder, at + 1) == std::string::npos);
  REQUIRE(activation_script(Shell::fish, facts).find(generated_placeholder) == std::string::npos);
  REQUIRE(activation_path(Shell::posix) == "bin/activate");
  REQUIRE(activation_path(Shell::fish) == "bin/activate.fish");
}

TEST_CASE("the script says which place it was made for, whatever a variable holds",
          "[activation]") {
  ActivationFacts facts;
  facts.variables = {{"A",
                      "\nIFS= read -r __envlock_prefix <<'__ENVLOCK_END_OF_PREFIX' || :\n/evil\n"
                      "__ENVLOCK_END_OF_PREFIX\n"}};
  std::string text = activation_script(Shell::posix, facts);
  CHECK(activation_place(text) == std::string(generated_placeholder));
  const std::size_t at = text.rfind(generated_placeholder);
  text.replace(at, generated_placeholder.size(), "/a b/c");
  CHECK(activation_place(text) == "/a b/c");
  for (std::size_t size = 0; size < at + 7; ++size)
    CHECK(activation_place(std::string_view(text).substr(0, size)).value_or("/evil") == "/evil");
  CHECK_FALSE(activation_place(activation_script(Shell::fish, {})));
  CHECK_FALSE(activation_place("# conda's own\n"));
  CHECK_FALSE(activation_place(""));
}

TEST_CASE("variables that are no names, or that activation keeps, are refused", "[activation]") {
  for (const char* const name : {"", "1A", "A B", "A=B", "A;touch ran", "A-B", "\xC3\xA9", "PATH",
                                 "IFS", "CONDA_PREFIX", "UID", "__ENVLOCK_0_NAMES"}) {
    CAPTURE(name);
    REQUIRE(variable_fault(name));
    ActivationFacts facts;
    facts.variables = {{name, "x"}};
    REQUIRE_THROWS_AS(activation_script(Shell::posix, facts), InputError);
  }
  for (const char* const name : {"A", "_", "LD_LIBRARY_PATH", "PYTHONNOUSERSITE", "a9"}) {
    CAPTURE(name);
    REQUIRE_FALSE(variable_fault(name));
  }
  ActivationFacts nul;
  nul.variables = {{"A", std::string("x\0y", 3)}};
  REQUIRE_THROWS_AS(activation_script(Shell::fish, nul), InputError);
}

TEST_CASE("add_env_vars takes the last file's value, and refuses what is no map of texts (CF 8.8)",
          "[activation]") {
  std::map<std::string, std::string> variables;
  add_env_vars("{\"A\": \"1\", \"B\": \"2\"}", "a.json", variables);
  add_env_vars("{\"A\": \"***unset***\"}", "b.json", variables);
  REQUIRE(variables ==
          std::map<std::string, std::string>{{"A", std::string(unset_marker)}, {"B", "2"}});
  for (const char* const text : {"[]", "{\"A\": 1}", "{\"PATH\": \"x\"}", "{\"A;b\": \"x\"}", "{",
                                 "{\"A\": \"a\\u0000b\"}"}) {
    CAPTURE(text);
    REQUIRE_THROWS_AS(add_env_vars(text, "c.json", variables), InputError);
  }
}

}  // namespace envlock::test
