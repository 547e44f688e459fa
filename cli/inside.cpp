#include "cli/inside.hpp"

namespace envlock {

namespace fs = std::filesystem;

bool is_inside(const fs::path& path, const fs::path& folder) {
  const fs::path relative = path.lexically_normal().lexically_relative(folder.lexically_normal());
  return !relative.empty() && *relative.begin() != "..";
}

bool leads_inside(const fs::path& path, const fs::path& folder) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(path, error);
  if (error) return false;
  const fs::path real_folder = fs::weakly_canonical(folder, error);
  return !error && is_inside(path, folder) && is_inside(real, real_folder);
}

fs::path reach_of(const fs::path& folder) {
  std::error_code error;
  for (fs::path top = folder;; top = top.parent_path()) {
    if (fs::exists(top / ".git", error)) return top;
    if (top == top.parent_path()) return folder.parent_path();
  }
}

}  // namespace envlock
