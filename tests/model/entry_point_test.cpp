#include "model/entry_point.hpp"

#include <catch2/catch.hpp>

namespace envlock::test {

TEST_CASE("entry points: command, module and function, with or without blanks", "[entry_point]") {
  CHECK(parse_entry_point("pip3.11 = pip._internal.cli.main:main") ==
        EntryPoint{"pip3.11", "pip._internal.cli.main", "main"});
  CHECK(parse_entry_point("jupyter-lab=jupyterlab.labapp : LabApp.launch_instance") ==
        EntryPoint{"jupyter-lab", "jupyterlab.labapp", "LabApp.launch_instance"});
  CHECK(parse_entry_point("f2py = match:case") == EntryPoint{"f2py", "match", "case"});
}

TEST_CASE("entry points: what could become other code is refused, not escaped", "[entry_point]") {
  // CF 8.4: dotted python identifiers, no keywords
  for (const char* text : {"x = a:b()",
                           "x = a:b;c",
                           "x = a:os.system('y')",
                           "x = a b:c",
                           "x = a:b\nimport y",
                           "x = a:class",
                           "x = import:b",
                           "x = a.None:b",
                           "x = .a:b",
                           "x = a.:b",
                           "x = a..c:b",
                           "x = a:.b",
                           "x = a:b.",
                           "x = a:",
                           "x = :b",
                           "x = a",
                           "x",
                           "",
                           "=",
                           "= a:b",
                           "x = 1a:b",
                           "x = a:2",
                           "x = a-b:c",
                           "x = a:b:c",
                           "x = y = a:b",
                           "x = \xC3\xA9:b",
                           "x = a:b [extra]",
                           "x = a:lambda",
                           "x = a#:b"}) {
    INFO(text);
    CHECK_FALSE(parse_entry_point(text));
  }
}

TEST_CASE("entry points: a command is one file name and hides nowhere", "[entry_point]") {
  for (const char* command : {"../x", "a/b", "/x", "a\\b", ".x", ".", "..", "C:x", "a:b", "a\x01",
                              "a\nb", "a\x1B[2J", "a\xE2\x80\xAE", "a\xFF"}) {
    INFO(command);
    CHECK_FALSE(parse_entry_point(std::string(command) + " = m:f"));
  }
  CHECK_FALSE(parse_entry_point(std::string("a\0b = m:f", 9)));
  CHECK_FALSE(parse_entry_point(std::string(256, 'x') + " = m:f"));
  CHECK(parse_entry_point(std::string(255, 'x') + " = m:f"));
}

TEST_CASE("entry points: the script as conda and mamba write it", "[entry_point]") {
  // CF 8.4, the variant with four spaces; only the first part of the function is imported
  CHECK(
      entry_point_script({"jupyter-lab", "jupyterlab.labapp", "LabApp.launch_instance"}, "3.11") ==
      "#!/opt/anaconda1anaconda2anaconda3/bin/python3.11\n"
      "# -*- coding: utf-8 -*-\n"
      "import re\n"
      "import sys\n"
      "\n"
      "from jupyterlab.labapp import LabApp\n"
      "\n"
      "if __name__ == '__main__':\n"
      "    sys.argv[0] = re.sub(r'(-script\\.pyw?|\\.exe)?$', '', sys.argv[0])\n"
      "    sys.exit(LabApp.launch_instance())\n");
}

TEST_CASE("python's two numbers are read off its version", "[entry_point]") {
  CHECK(python_major_minor("3.11.2") == "3.11");
  CHECK(python_major_minor("3.11.0rc1") == "3.11");
  CHECK(python_major_minor("3.14rc2") == "3.14");
  CHECK(python_major_minor("2.7") == "2.7");
  for (const char* version : {"", "3", "3.", ".3", "x", "3.x", "1!3.11", "3-11", "v3.11"}) {
    INFO(version);
    CHECK_FALSE(python_major_minor(version));
  }
}

TEST_CASE("python keeps modules where its record says, if that is inside the prefix",
          "[entry_point]") {
  CHECK(site_packages_of("3.13.1", "lib/python3.13t/site-packages") ==
        "lib/python3.13t/site-packages");
  CHECK(site_packages_of("3.11.2", "") == "lib/python3.11/site-packages");
  for (const char* path :
       {"../lib", "/usr/lib/python3", "lib/../../x", "conda-meta", "lib/", "C:/x", "lib\\x"}) {
    INFO(path);
    CHECK(site_packages_of("3.11.2", path) == "lib/python3.11/site-packages");
  }
  CHECK(site_packages_of("x", "").empty());
}

TEST_CASE("paths of noarch python packages go to python's own places", "[entry_point]") {
  // CF 8.4
  const std::string place = "lib/python3.11/site-packages";
  CHECK(noarch_python_path("site-packages/a/b.py", place) == place + "/a/b.py");
  CHECK(noarch_python_path("python-scripts/a", place) == "bin/a");
  CHECK(noarch_python_path("site-packages", place) == place);
  CHECK(noarch_python_path("etc/site-packages/a", place) == "etc/site-packages/a");
  CHECK(noarch_python_path("site-packages2/a", place) == "site-packages2/a");
  CHECK(noarch_python_path("python-scripts2", place) == "python-scripts2");
}

}  // namespace envlock::test
