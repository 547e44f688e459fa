#pragma once

#include <string>

// Small locks of other tools, made by hand after what the tools write.

namespace envlock::test {

inline const std::string sha_a(64, 'a');
inline const std::string sha_b(64, 'b');
inline const std::string md5_a(32, 'a');
inline const std::string forge = "https://conda.anaconda.org/conda-forge";

inline std::string explicit_sample() {
  return "# This file may be used to create an environment using:\n"
         "# platform: linux-64\n"
         "@EXPLICIT\n" +
         forge + "/linux-64/zlib-1.3.1-hb9d3cd8_2.conda#" + md5_a + "\n" + forge +
         "/noarch/tzdata-2025b-h78e105d_0.conda#" + sha_a + "\n" + forge +
         "/linux-64/x264-1%21164.3095-h166bdaf_2.tar.bz2#sha256:" + sha_b +
         "\n"
         "https://repo.example/team/linux-64/tool-2.1%2Blocal-0.conda\n"
         "# no URL for: mine-1.0-0.conda\n";
}

inline std::string conda_lock_sample() {
  return "version: 1\n"
         "metadata:\n"
         "  content_hash:\n"
         "    linux-64: " +
         sha_a +
         "\n"
         "  channels:\n"
         "  - url: conda-forge\n"
         "    used_env_vars: []\n"
         "  platforms:\n"
         "  - osx-arm64\n"
         "  - linux-64\n"
         "  sources:\n"
         "  - environment.yml\n"
         "package:\n"
         "- name: zlib\n"
         "  version: 1.3.1\n"
         "  manager: conda\n"
         "  platform: linux-64\n"
         "  dependencies:\n"
         "    __glibc: '>=2.17,<3.0.a0'\n"
         "    libzlib: 1.3.1 hb9d3cd8_2\n"
         "    tzdata: ''\n"
         "  url: " +
         forge +
         "/linux-64/zlib-1.3.1-hb9d3cd8_2.conda\n"
         "  hash:\n"
         "    md5: " +
         md5_a +
         "\n"
         "    sha256: " +
         sha_a +
         "\n"
         "  category: main\n"
         "  optional: false\n"
         "- name: six\n"
         "  version: 1.17.0\n"
         "  manager: pip\n"
         "  platform: linux-64\n"
         "  dependencies: {}\n"
         "  url: https://files.pythonhosted.org/packages/b7/ce/six-1.17.0-py2.py3-none-any.whl\n"
         "  hash:\n"
         "    sha256: " +
         sha_b +
         "\n"
         "  category: dev\n"
         "  optional: true\n";
}

/// One package, in version 4 or 5's form.
inline std::string pixi_5_sample() {
  return "version: 5\n"
         "environments:\n"
         "  default:\n"
         "    channels:\n"
         "    - url: conda-forge\n"
         "    packages:\n"
         "      linux-64:\n"
         "      - conda: " +
         forge +
         "/linux-64/zlib-1.3.1-hb9d3cd8_2.conda\n"
         "      - pypi: ./links/six-1.17.0-py3-none-any.whl\n"
         "packages:\n"
         "- kind: conda\n"
         "  name: zlib\n"
         "  version: 1.3.1\n"
         "  build: hb9d3cd8_2\n"
         "  build_number: 2\n"
         "  subdir: linux-64\n"
         "  url: " +
         forge +
         "/linux-64/zlib-1.3.1-hb9d3cd8_2.conda\n"
         "  sha256: " +
         sha_a +
         "\n"
         "- kind: pypi\n"
         "  name: six\n"
         "  version: 1.17.0\n"
         "  path: ./links/six-1.17.0-py3-none-any.whl\n";
}

inline std::string pixi_sample() {
  const std::string zlib = forge + "/linux-64/zlib-1.3.1-hb9d3cd8_2.conda";
  return "version: 7\n"
         "platforms:\n"
         "- name: linux-64\n"
         "- name: gpu\n"
         "  subdir: linux-64\n"
         "  virtual-packages:\n"
         "  - __cuda=12.4\n"
         "environments:\n"
         "  test:\n"
         "    channels:\n"
         "    - url: " +
         forge +
         "/\n"
         "    indexes:\n"
         "    - https://pypi.org/simple\n"
         "    options:\n"
         "      channel-priority: flexible\n"
         "    packages:\n"
         "      linux-64:\n"
         "      - conda: " +
         zlib + "\n      - conda: " + forge +
         "/noarch/six-1.17.0-pyhd8ed1ab_0.conda\n"
         "      - pypi: git+https://github.com/me/tool#1234\n"
         "      gpu:\n"
         "      - conda: " +
         zlib +
         "\n"
         "      - conda_source: mine[5d7e] @ ./mine\n"
         "  default:\n"
         "    channels:\n"
         "    - url: " +
         forge +
         "/\n"
         "    packages: {}\n"
         "packages:\n"
         "- conda: " +
         zlib +
         "\n"
         "  sha256: " +
         sha_a + "\n  md5: " + md5_a +
         "\n"
         "  depends:\n"
         "  - __glibc >=2.17,<3.0.a0\n"
         "  - libzlib 1.3.1 hb9d3cd8_2\n"
         "  constrains:\n"
         "  - zlib-ng <2\n"
         "  license: Zlib\n"
         "  license_family: Other\n"
         "  purls: []\n"
         "  run_exports:\n"
         "    weak:\n"
         "    - zlib\n"
         "  size: 92286\n"
         "  timestamp: 1727963148474\n"
         "- conda: " +
         forge +
         "/noarch/six-1.17.0-pyhd8ed1ab_0.conda\n"
         "  sha256: " +
         sha_b +
         "\n"
         "  purls:\n"
         "  - pkg:pypi/six?source=hash-mapping\n"
         "  tomorrow: x\n"
         "- pypi: git+https://github.com/me/tool#1234\n"
         "  name: tool\n"
         "  requires_dist:\n"
         "  - six>=1.10 ; extra == 'old'\n"
         "  requires_python: '>=3.9'\n"
         "- conda_source: mine[5d7e] @ ./mine\n"
         "  depends:\n"
         "  - zlib\n";
}

}  // namespace envlock::test
