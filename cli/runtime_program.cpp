#include "cli/runtime_program.hpp"

#include "model/pack_facts.hpp"

// The program is put in by the assembler, as it is.
asm(R"(
  .section .rodata
  .balign 16
envlock_runtime_start:
  .incbin ")" ENVLOCK_RUNTIME_PROGRAM R"("
envlock_runtime_end:
  .byte 0
  .previous
)");

extern "C" const char envlock_runtime_start;  // NOLINT: the names of the assembler's labels
extern "C" const char envlock_runtime_end;    // NOLINT

namespace envlock {

std::string_view runtime_program(const Platform& platform) noexcept {
  if (platform != Platform::host()) return {};
  return {&envlock_runtime_start,
          static_cast<std::size_t>(&envlock_runtime_end - &envlock_runtime_start)};
}

std::vector<ExtraFile> runtime_files(const Platform& platform) {
  const std::string_view program = runtime_program(platform);
  if (program.empty()) return {};
  return {{.path = std::string(pack_path::program),
           .content = std::string(program),
           .executable = true}};
}

}  // namespace envlock
