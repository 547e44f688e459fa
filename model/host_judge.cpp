#include <array>
#include <string>
#include <utility>

#include "model/cuda_drivers.hpp"
#include "model/host_requirements.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::array<std::string_view, 9> class_names{
    "platform", "glibc", "cuda", "disk", "inodes", "path", "noexec", "case", "permission"};

/// "3.2 GB"
std::string size_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> units{"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  std::uint64_t tenths = bytes;
  if (bytes < 1000) return std::to_string(bytes) + " B";
  while (tenths >= 1'000'000 && unit + 2 < units.size()) {
    tenths /= 1000;
    ++unit;
  }
  tenths /= 100;
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + ' ' +
         std::string(units.at(unit + 1));
}

std::string by_package(const std::string& package) {
  return package.empty() ? std::string() : " (" + package + ")";
}

class Judge {
 public:
  Judge(const HostRequirements& needs, const HostDescription& host, std::string_view prefix)
      : needs_(needs), host_(host), prefix_(prefix) {}

  HostVerdict run() {
    judge_platform();
    judge_glibc();
    judge_cuda();
    judge_target();
    return std::move(verdict_);
  }

 private:
  using Class = MisfitClass;

  void add(Class misfit, std::string needed, std::string found, std::string next_step) {
    verdict_.misfits.push_back(
        make(misfit, std::move(needed), std::move(found), std::move(next_step)));
  }

  static Misfit make(Class misfit, std::string needed, std::string found, std::string next_step) {
    std::string message = "needs " + needed + ", found " + found;
    return {misfit, std::move(needed), std::move(found), std::move(message), std::move(next_step)};
  }

  void judge_platform() {
    if (needs_.platform != host_.platform) {
      add(Class::platform, needs_.platform.subdir(), host_.platform.subdir(),
          "where it is packed: envlock pack --platform " + host_.platform.subdir());
      return;  // levels and kernels of another platform mean nothing
    }
    if (needs_.x86_64_level > 1) {
      if (host_.x86_64_level == 0) {
        unjudged(Class::platform);
      } else if (host_.x86_64_level < needs_.x86_64_level) {
        add(Class::platform,
            "an x86-64-v" + std::to_string(needs_.x86_64_level) + " processor" +
                by_package(needs_.x86_64_level_package),
            "x86-64-v" + std::to_string(host_.x86_64_level),
            "where it is locked and packed: envlock solve --virtual-package host:host.json");
      }
    }
    if (!needs_.kernel) return;
    const auto kernel = kernel_version();
    if (!kernel) {
      unjudged(Class::platform);
    } else if (*kernel < needs_.kernel->version) {
      add(Class::platform,
          "Linux " + needs_.kernel->version.text() + by_package(needs_.kernel->package),
          "Linux " + host_.kernel,
          "where it is locked and packed: envlock solve --virtual-package host:host.json");
    }
  }

  /// The first three numbers of the kernel's release.
  [[nodiscard]] std::optional<NumberVersion> kernel_version() const {
    std::size_t end = 0;
    int dots = 0;
    for (; end < host_.kernel.size(); ++end) {
      const char c = host_.kernel[end];
      if (c == '.' ? ++dots == 3 : (c < '0' || c > '9')) break;
    }
    std::string_view text = std::string_view(host_.kernel).substr(0, end);
    if (text.ends_with('.')) text.remove_suffix(1);
    return NumberVersion::parse(text);
  }

  void judge_glibc() {
    const NumberVersion* needed = nullptr;
    std::string reason;
    if (needs_.glibc) {
      needed = &needs_.glibc->version;
      reason = by_package(needs_.glibc->package);
    }
    if (needs_.glibc_symbols && (needed == nullptr || *needed < needs_.glibc_symbols->version)) {
      needed = &needs_.glibc_symbols->version;
      reason = " (" + std::string(needs_.glibc_symbols->exact ? "" : "at most, by ") +
               needs_.glibc_symbols->file + ")";
    }
    if (needed == nullptr || needs_.platform.os() != "linux") return;
    if (host_.glibc && *host_.glibc >= *needed) return;
    add(Class::glibc, "glibc " + needed->text() + reason,
        host_.glibc ? "glibc " + host_.glibc->text() : "no glibc (another C library, as musl)",
        host_.glibc ? "where it is locked and packed: envlock solve --virtual-package __glibc=" +
                          host_.glibc->text()
                    : "use a machine or a container image with glibc");
  }

  void judge_cuda() {
    const bool needs_gpu = needs_.cuda.has_value();
    if (needs_gpu && !host_.cuda) return refuse_no_cuda();
    if (!host_.cuda) return;
    if (needs_.cuda_strict && cuda_fit(*host_.cuda, needs_.cuda_strict->version) != CudaFit::fits) {
      const HostFloor& floor = *needs_.cuda_strict;
      Misfit misfit = make(Class::cuda, cuda_text(floor), served_text(),
                           "install " + driver_advice(floor.version));
      if (!needs_gpu) misfit.message += "; it does not matter where no GPU is used";
      (needs_gpu ? verdict_.misfits : verdict_.warnings).push_back(std::move(misfit));
      return;
    }
    if (needs_gpu) judge_minor_version(*needs_.cuda);
  }

  void judge_minor_version(const HostFloor& floor) {
    // A newer table than ours may have made the description.
    if (cuda_fit(*host_.cuda, floor.version) == CudaFit::fits) return;
    const CudaFit fit = host_.nvidia_driver
                            ? cuda_fit_of_driver(*host_.nvidia_driver, floor.version)
                            : cuda_fit(*host_.cuda, floor.version);
    if (fit == CudaFit::fits) return;
    if (fit == CudaFit::minor_compatible) {
      Misfit warning = make(Class::cuda, cuda_text(floor), served_text(),
                            "install " + driver_advice(floor.version) + " to be sure");
      warning.message +=
          "; it runs by CUDA's minor version compatibility, but what is compiled at run time (PTX) "
          "may fail";
      verdict_.warnings.push_back(std::move(warning));
      return;
    }
    std::string step = "install " + driver_advice(floor.version);
    if (const auto least = minor_compatible_driver(floor.version))
      step += "; with " + least->text() + " or newer it runs by CUDA's minor version compatibility";
    add(Class::cuda, cuda_text(floor), served_text(), std::move(step));
  }

  static std::string cuda_text(const HostFloor& floor) {
    return "CUDA " + floor.version.text() + by_package(floor.package);
  }

  [[nodiscard]] std::string served_text() const {
    return "CUDA " + host_.cuda->text() +
           (host_.nvidia_driver ? " (NVIDIA driver " + host_.nvidia_driver->text() + ")" : "");
  }

  void refuse_no_cuda() {
    std::string step =
        "where this is a login node, write node.json on a node with a GPU ('envlock host', or "
        "the sh that 'envlock host-script' prints where it is packed) and give it: --host "
        "node.json";
    if (host_.wsl) step += "; on WSL, set CONDA_OVERRIDE_CUDA to what nvidia-smi.exe shows";
    if (host_.container) step += "; in a container, start it with the GPU (--gpus all, --nv)";
    const std::string found =
        host_.nvidia_driver ? "NVIDIA driver " + host_.nvidia_driver->text() + ", which is too old"
                            : "no NVIDIA driver";
    add(Class::cuda, cuda_text(*needs_.cuda), found, std::move(step));
  }

  void judge_target() {
    judge_prefix();
    if (!host_.target) {
      for (const Class one :
           {Class::disk, Class::inodes, Class::noexec, Class::case_insensitive, Class::permission})
        unjudged(one);
      return;
    }
    const HostTarget& target = *host_.target;
    const std::string where = "'" + printable(target.path) + "'";
    if (!target.free_bytes) {
      unjudged(Class::disk);
    } else if (*target.free_bytes < needs_.disk_bytes) {
      const bool near = size_text(needs_.disk_bytes) == size_text(*target.free_bytes);
      const auto text = [&](std::uint64_t bytes) {
        return near ? std::to_string(bytes) + " B" : size_text(bytes);
      };
      add(Class::disk, text(needs_.disk_bytes), text(*target.free_bytes) + " free",
          "free " + size_text(needs_.disk_bytes - *target.free_bytes) + " at " + where +
              ", or choose another folder");
    }
    if (target.free_inodes && *target.free_inodes < needs_.inodes) {
      add(Class::inodes, std::to_string(needs_.inodes) + " inodes",
          std::to_string(*target.free_inodes) + " free",
          "remove files at " + where + ", or choose another folder");
    }
    judge_names(target);
    judge_flag(Class::noexec, target.noexec, "a file system that lets programs run",
               "one mounted noexec",
               "choose a folder on a file system without noexec: 'findmnt -T " +
                   printable(target.path) + "' names this one");
    if (needs_.case_sensitive) {
      judge_flag(Class::case_insensitive, target.case_insensitive,
                 "a file system that tells upper from lower case", "one that does not",
                 "choose a folder on another file system");
    }
    judge_flag(Class::permission,
               target.writable ? std::optional<bool>(!*target.writable) : std::nullopt,
               "a folder that you may write in", "one that is read-only or belongs to others",
               "choose another folder than " + where + ", or ask its owner");
  }

  void judge_flag(Class misfit, std::optional<bool> is_bad, std::string needed, std::string found,
                  std::string next_step) {
    if (!is_bad) return unjudged(misfit);
    if (*is_bad) add(misfit, std::move(needed), std::move(found), std::move(next_step));
  }

  void judge_prefix() {
    if (prefix_.empty()) return unjudged(Class::path);
    if (!needs_.longest_prefix_bytes || prefix_.size() <= *needs_.longest_prefix_bytes) return;
    add(Class::path, "a prefix of at most " + counted(*needs_.longest_prefix_bytes, "byte"),
        counted(prefix_.size(), "byte"), "choose a shorter path");
  }

  void judge_names(const HostTarget& target) {
    const std::uint64_t whole = prefix_.size() + 1 + needs_.longest_path_bytes;
    if (target.path_bytes && !prefix_.empty() && whole > *target.path_bytes) {
      add(Class::path, "paths of " + counted(whole, "byte"),
          "a limit of " + std::to_string(*target.path_bytes), "choose a shorter path");
    }
    if (target.name_bytes && needs_.longest_name_bytes > *target.name_bytes) {
      add(Class::path, "file names of " + counted(needs_.longest_name_bytes, "byte"),
          "a limit of " + std::to_string(*target.name_bytes),
          "choose a folder on another file system");
    }
  }

  void unjudged(Class misfit) { verdict_.unjudged.push_back(misfit); }

  const HostRequirements& needs_;
  const HostDescription& host_;
  std::string_view prefix_;
  HostVerdict verdict_;
};

}  // namespace

std::string_view to_string(MisfitClass misfit) noexcept {
  return class_names[static_cast<std::size_t>(misfit)];
}

std::optional<MisfitClass> parse_misfit_class(std::string_view name) noexcept {
  for (std::size_t i = 0; i < class_names.size(); ++i) {
    if (class_names[i] == name) return static_cast<MisfitClass>(i);
  }
  return std::nullopt;
}

std::span<const std::string_view> misfit_class_names() noexcept { return class_names; }

HostVerdict judge_host(const HostRequirements& needs, const HostDescription& host,
                       std::string_view target_prefix) {
  return Judge(needs, host, target_prefix).run();
}

}  // namespace envlock
