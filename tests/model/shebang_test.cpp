#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "model/relocation.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

using namespace std::string_literals;

const std::string ph = "/opt/anaconda1anaconda2anaconda3";
const std::string long_prefix = "/" + std::string(150, 'x');

std::string at(const std::string& prefix, const std::string& line) {
  return installed_shebang("#!" + line, ph, prefix);
}

}  // namespace

TEST_CASE("a shebang that the kernel can run is replaced plainly", "[shebang]") {
  CHECK(at("/env", ph + "/bin/python") == "#!/env/bin/python");
  CHECK(at("/env", " " + ph + "/bin/python3.11 -I") == "#! /env/bin/python3.11 -I");
  CHECK(at("/env", ph + "/bin/perl -w -T") == "#!/env/bin/perl -w -T");
  CHECK(at("/env", ph + "/bin/sh " + ph + "/x") == "#!/env/bin/sh /env/x");
}

TEST_CASE("a shebang of 127 bytes is plain, of 128 is not", "[shebang]") {
  // CF 8.2: the whole line with "#!", without newline
  const std::string tail = "/bin/python";
  const std::string fits = "/" + std::string(127 - 2 - tail.size() - 1, 'p');
  CHECK(at(fits, ph + tail) == "#!" + fits + tail);
  CHECK(at(fits, ph + tail).size() == 127);
  CHECK(at(fits + "p", ph + tail) ==
        "#!/bin/sh\n'''exec' \"" + fits + "p/bin/python\" \"$0\" \"$@\" #'''");
}

TEST_CASE("a python script with a long or spaced prefix starts by sh and exec", "[shebang]") {
  for (const char* name : {"python", "python3", "python3.11", "python3.13t", "pypy3.9", "pypy"}) {
    INFO(name);
    CHECK(at("/my env", ph + "/bin/" + name) ==
          "#!/bin/sh\n'''exec' \"/my env/bin/" + std::string(name) + "\" \"$0\" \"$@\" #'''");
  }
  CHECK(at(long_prefix, ph + "/bin/python -I") ==
        "#!/bin/sh\n'''exec' \"" + long_prefix + "/bin/python\" -I \"$0\" \"$@\" #'''");
  CHECK(at("/my\tenv", ph + "/bin/python").find("'''exec'") != std::string::npos);
}

TEST_CASE("python gets several options as several words, which the kernel cannot give",
          "[shebang]") {
  CHECK(at("/env", ph + "/bin/python -E -s") ==
        "#!/bin/sh\n'''exec' \"/env/bin/python\" -E -s \"$0\" \"$@\" #'''");
  CHECK(at("/env", ph + "/bin/python -Es  ") == "#!/env/bin/python -Es  ");
}

TEST_CASE("a perl script with a long or spaced prefix starts by sh and perl -x", "[shebang]") {
  CHECK(at("/my env", ph + "/bin/perl -w") ==
        "#!/bin/sh\nexec \"/my env/bin/perl\" -x -w \"$0\" \"$@\"\n#!perl");
  CHECK(at("/my env", ph + "/bin/perl5.32.1") ==
        "#!/bin/sh\nexec \"/my env/bin/perl5.32.1\" -x \"$0\" \"$@\"\n#!perl");
}

TEST_CASE("other interpreters start by env: exactly where that fits, else by name", "[shebang]") {
  CHECK(at("/my env", ph + "/bin/Rscript --vanilla") ==
        "#!/usr/bin/env -S '/my env/bin/Rscript' --vanilla");
  CHECK(at(long_prefix, ph + "/bin/Rscript") == "#!/usr/bin/env Rscript");
  CHECK(at(long_prefix, ph + "/bin/Rscript --vanilla") == "#!/usr/bin/env -S Rscript --vanilla");
  CHECK(at("/new\nline", ph + "/bin/node") == "#!/usr/bin/env node");
  CHECK(at("/it's \\here", ph + "/bin/node") == "#!/usr/bin/env -S '/it\\'s \\\\here/bin/node'");
  for (const char* name : {"pythonw", "pythons", "ipython", "perldoc", "python-config", "perlt"}) {
    INFO(name);  // not python, not perl
    CHECK(at("/my env", ph + "/bin/" + name) ==
          "#!/usr/bin/env -S '/my env/bin/" + std::string(name) + "'");
  }
}

TEST_CASE("a shebang whose interpreter is not in the environment is replaced plainly",
          "[shebang]") {
  CHECK(at(long_prefix, "/bin/sh " + ph + "/x") == "#!/bin/sh " + long_prefix + "/x");
  CHECK(at("/my env", "/usr/bin/env " + ph + "/bin/python") == "#!/usr/bin/env /my env/bin/python");
  CHECK(at("/my env", ph + "/bin/python\r") == "#!/my env/bin/python\r");
  CHECK(at("/my env", "/x" + ph + "/bin/python") == "#!/x/my env/bin/python");
}

TEST_CASE("a prefix cannot bring code into the script it starts", "[shebang]") {
  // sh expands $, ` and \ inside double quotes; python ends a string at three single quotes
  const std::string line = at("/$(touch x) `y` \"z\" \\", ph + "/bin/python");
  CHECK(line ==
        "#!/bin/sh\n'''exec' \"/\"'$'\"(touch x) \"'`'\"y\"'`'\" \"'\"'\"z\"'\"'\" "
        "\"'\\'\"/bin/python\" \"$0\" \"$@\" #'''");
  CHECK(at("/ '''", ph + "/bin/python") ==
        "#!/bin/sh\n'''exec' \"/ '\"\"'\"\"'/bin/python\" \"$0\" \"$@\" #'''");
  CHECK(at("/my env", ph + "/bin/python -c $(x)") ==
        "#!/bin/sh\n'''exec' \"/my env/bin/python\" \"-c \"'$'\"(x)\" \"$0\" \"$@\" #'''");
}

TEST_CASE("relocation rewrites the first line only, and only where it is a shebang",
          "[shebang][relocation]") {
  const auto install = [](const std::string& packaged) {
    std::string out;
    Relocator relocator(ph, PlaceholderMode::text, "/a b", [&](std::span<const std::byte> bytes) {
      out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    });
    relocator.feed(std::as_bytes(std::span(std::string_view(packaged))));
    return std::pair(out, relocator.finish());
  };
  const std::string exec = "#!/bin/sh\n'''exec' \"/a b/bin/python\" \"$0\" \"$@\" #'''";
  CHECK(install("#!" + ph + "/bin/python\n#!" + ph + "/bin/python\n").first ==
        exec + "\n#!/a b/bin/python\n");
  CHECK(install("#!" + ph + "/bin/python").first == exec);
  CHECK(install("\n#!" + ph + "/bin/python\n").first == "\n#!/a b/bin/python\n");
  const auto [bytes, use] = install("#!" + ph + "/bin/python\nx=" + ph);
  CHECK(use.shebang == "#!" + ph + "/bin/python");
  CHECK(use.offsets == std::vector<std::uint64_t>{2, 2 + ph.size() + 12 + 2});
  // no line of a script: the kernel looks at 256 bytes at most
  const std::string long_line = "#!" + ph + "/bin/python " + std::string(4096, 'x') + "\n";
  CHECK(install(long_line).second.shebang.empty());
  CHECK(install("#!/bin/sh\n" + ph).second.shebang.empty());
}

TEST_CASE("scripts run by their path at any prefix, without activation", "[shebang]") {
  struct Row {
    const char* program;
    std::string options, body, expected;
  };
  const std::vector<Row> rows = {
      {"python3", "", "import sys\nprint(sys.argv[1:])\n", "['a', 'b c']\n"},
      {"python3", " -E -s", "import sys\nprint(sys.argv[1:], sys.flags.no_user_site)\n",
       "['a', 'b c'] 1\n"},
      {"perl", " -w", "print join('|', @ARGV, $^W, <DATA>);\n__END__\nend\n", "a|b c|1|end\n"},
  };
  const TempDir dir;
  const RunOptions options{.cwd = dir.path()};
  for (const Row& row : rows) {
    const auto program = std::filesystem::path("/usr/bin") / row.program;
    if (!exists(program)) {
      WARN("SKIPPED: " + program.string() + " is not installed");
      continue;
    }
    for (const std::string& name :
         {"plain"s, "with space"s, std::string(140, 'l'), "$(touch hit)`touch hit`"s,
          "it's '''\"quoted\"\\N"s, "new\nline"s}) {
      INFO(row.program << row.options << " below " << name);
      const std::string prefix = (dir / name).string();
      create_directories(dir / name / "bin");
      const auto link = dir / name / "bin" / row.program;
      if (!is_symlink(link)) create_symlink(program, link);
      const std::string script =
          installed_shebang("#!" + ph + "/bin/" + row.program + row.options, ph, prefix) + "\n" +
          row.body;
      const auto file = dir.write(name + "/bin/script", script);
      REQUIRE(::chmod(file.c_str(), 0755) == 0);
      const Outcome outcome = run_program(file.string(), {"a", "b c"}, options);
      CHECK(outcome.exit == 0);
      CHECK(outcome.out == row.expected);
      CHECK(outcome.err.empty());
      CHECK_FALSE(exists(dir / "hit"));
    }
  }
}

}  // namespace envlock::test
