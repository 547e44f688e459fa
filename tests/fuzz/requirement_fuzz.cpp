// Lines of pip lists and requirements files: what is accepted holds no line break or credential,
// and a requirement's parts make it again.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/error.hpp"
#include "model/pip_line.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const envlock::MarkerVariables variables{{"python_version", "3.12"}, {"os_name", "posix"}};
  try {
    for (const envlock::RequestedSpec& line : envlock::split_requirements(text, "r.txt")) {
      try {
        const envlock::PipLine read = envlock::parse_pip_line(line.text);
        if (read.url && read.url->has_credentials()) std::abort();
        const envlock::Requirement& one = read.requirement;
        if (one.project.find_first_of("/\\ \n") != std::string::npos) std::abort();
        if (one.marker) (void)one.marker->holds(variables);
        (void)one.accepts("1.0");
        if (!one.project.empty() && one.url.empty() &&
            envlock::Requirement::parse(one.name + " " + one.specifier).project != one.project)
          std::abort();
      } catch (const envlock::InputError&) {
      }
    }
  } catch (const envlock::InputError&) {
  }
  return 0;
}
