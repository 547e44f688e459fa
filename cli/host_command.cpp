#include "cli/host_command.hpp"

#include <filesystem>
#include <utility>
#include <vector>

#include "cli/host_script.hpp"
#include "cli/json_output.hpp"
#include "cli/output_file.hpp"
#include "pack/host_probe.hpp"
#include "pack/preflight.hpp"

namespace envlock {
namespace {

HostDescription with_variables(HostDescription host, Context& context) {
  std::vector<std::pair<std::string, std::string>> variables;
  for (const char* name : {"CONDA_OVERRIDE_CUDA", "CONDA_OVERRIDE_GLIBC"}) {
    const auto value = context.environment(name);
    if (value) variables.emplace_back(name, *value);
  }
  for (const std::string& line : told_overrides(variables)) context.console.note(line);
  return with_host_overrides(std::move(host), variables);
}

ExitCode run_host(const ParsedArgs& args, Context& context) {
  HostDescription host = with_variables(describe_host(read_host_facts(), "/"), context);
  if (args.has("prefix")) {
    const std::string prefix = args.value("prefix");
    if (prefix.empty()) throw UsageError("'--prefix' is empty", "give a folder: --prefix /opt/env");
    host.target = describe_target(std::filesystem::absolute(prefix));
  }
  if (host.wsl && !host.cuda) {
    context.console.note("no file of WSL tells the version of a GPU's driver",
                         "set CONDA_OVERRIDE_CUDA to the CUDA version that nvidia-smi shows");
  }
  const std::string text = write_host_description(host);
  const std::string output = args.value("output");
  if (!output.empty()) write_output_file(std::filesystem::absolute(output), output, text);
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      if (!output.empty()) json.member("file", output);
      json.key("host");
      write_host_description(json, host);
    });
  }
  if (output.empty()) {
    context.console.out_document(text);
  } else {
    context.console.out("Wrote " + output);
  }
  return ExitCode::ok;
}

ExitCode run_host_script(const ParsedArgs& args, Context& context) {
  const std::string output = args.value("output");
  if (!output.empty()) {
    write_output_file(std::filesystem::absolute(output), output, host_script());
  }
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      if (!output.empty()) json.member("file", output);
      json.member("document", host_script());
    });
  }
  if (output.empty()) {
    context.console.out_document(host_script());
  } else {
    context.console.out("Wrote " + output + ": run it there with 'sh " + output + " > host.json'");
  }
  return ExitCode::ok;
}

}  // namespace

Command host_command() {
  return {
      {.name = "host",
       .summary = "Describe this machine, to make environments for it elsewhere",
       .description =
           "Writes host.json: platform, kernel, processor level, glibc, the NVIDIA driver and the "
           "CUDA version that it serves, and with --prefix what the file system says of a folder. "
           "Only files are read, no program is run. 'envlock solve --virtual-package "
           "host:host.json' locks for that machine.\n\n"
           "CONDA_OVERRIDE_CUDA and CONDA_OVERRIDE_GLIBC replace what was found, and the document "
           "says so. 'envlock host-script' does the same where there is no envlock.",
       .groups = {{.title = "Options",
                   .options = {{.name = "output",
                                .letter = 'o',
                                .value = "FILE",
                                .help = "write it to this file",
                                .fallback = "standard output",
                                .kind = ValueKind::file},
                               {.name = "prefix",
                                .letter = 'p',
                                .value = "DIR",
                                .help = "also describe the folder where an environment shall lie",
                                .more = "It need not exist: the nearest one above it counts.",
                                .kind = ValueKind::directory}}}},
       .examples = {{"On a GPU node", "envlock host -o node.json"},
                    {"With the place of the environment", "envlock host --prefix /scratch/env"}},
       .exits = {ExitCode::invalid_input}},
      run_host};
}

Command host_script_command() {
  return {{.name = "host-script",
           .summary = "Print a script that describes a host without envlock",
           .description =
               "A POSIX sh that prints host.json of the machine that runs it, as 'envlock host' "
               "does; with a folder as argument also what can be said of that. It writes no file, "
               "and runs no program but the usual ones and, where it is there, nvidia-smi.\n\n"
               "Over ssh: envlock host-script | ssh node sh -s /scratch/env > node.json",
           .groups = {{.title = "Options",
                       .options = {{.name = "output",
                                    .letter = 'o',
                                    .value = "FILE",
                                    .help = "write it to this file",
                                    .fallback = "standard output",
                                    .kind = ValueKind::file}}}},
           .examples = {{"Take it to the machine", "envlock host-script -o host.sh"},
                        {"For a program", "envlock host-script --json"}}},
          run_host_script};
}

}  // namespace envlock
