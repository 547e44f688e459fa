#include "verify/prefix_walk.hpp"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <exception>
#include <memory>
#include <thread>
#include <utility>

#include "model/c_handle.hpp"
#include "model/error.hpp"
#include "model/guarded.hpp"
#include "verify/expected_tree.hpp"

namespace envlock {
namespace {

constexpr std::size_t space_bytes = std::size_t{1} << 18U;
/// Entries of one task: a folder with more is shared by several threads.
constexpr std::size_t task_entries = 128;
/// From so many waiting entries on no further folder is listed: memory stays bounded.
constexpr std::size_t max_waiting = 32U << 10U;
/// What the system calls accept; nothing of a package is longer.
constexpr std::size_t max_path_bytes = 4096;

struct Item {
  std::string name;
  struct stat facts {};
};

struct Task {
  enum class Kind : std::uint8_t { early, entries, folder };
  Kind kind = Kind::folder;
  std::string path;         ///< Of the folder; of `early` the entry's.
  std::vector<Item> items;  ///< Of `entries`.
};

struct Tasks {
  std::vector<std::string> early;  ///< Taken from the back.
  std::vector<std::string> folders;
  std::vector<Task> entries;
  std::size_t waiting = 0;  ///< Items of `entries`.
  std::size_t running = 0;
  std::exception_ptr failure;

  [[nodiscard]] bool has_work() const {
    return !early.empty() || !folders.empty() || !entries.empty();
  }
  [[nodiscard]] bool is_over() const { return failure || (running == 0 && !has_work()); }

  Task take() {
    ++running;
    Task task;
    if (!early.empty()) {
      task.kind = Task::Kind::early;
      task.path = std::move(early.back());
      early.pop_back();
    } else if (!entries.empty() && (folders.empty() || waiting > max_waiting)) {
      task = std::move(entries.back());
      entries.pop_back();
      waiting -= task.items.size();
    } else {
      task.path = std::move(folders.back());
      folders.pop_back();
    }
    return task;
  }
};

std::string joined(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + '/' + name;
}

class Walk {
 public:
  Walk(int root_fd, const WalkOptions& options, WalkVisitor& visitor)
      : root_fd_(root_fd), options_(options), visitor_(visitor) {
    auto tasks = tasks_.lock();
    tasks->early.assign(options.first.rbegin(), options.first.rend());
    tasks->folders.emplace_back();
  }

  void run() {
    {
      std::vector<std::jthread> helpers;
      for (std::size_t i = 1; i < options_.threads; ++i) helpers.emplace_back([this] { work(); });
      work();
    }
    if (const auto failure = tasks_.lock()->failure) std::rethrow_exception(failure);
    if (options_.stop.stop_requested()) throw Interrupted();
  }

 private:
  void work() {
    std::vector<std::byte> space(space_bytes);
    for (;;) {
      Task task;
      {
        auto tasks = tasks_.lock();
        tasks.wait(changed_, options_.stop,
                   [](const Tasks& t) { return t.has_work() || t.is_over(); });
        if (options_.stop.stop_requested() || tasks->is_over()) break;
        task = tasks->take();
      }
      std::exception_ptr failure;
      try {
        run_task(task, space);
      } catch (...) {
        failure = std::current_exception();
      }
      {
        auto tasks = tasks_.lock();
        --tasks->running;
        if (failure && !tasks->failure) tasks->failure = failure;
        if (tasks->is_over()) changed_.notify_all();
      }
    }
    changed_.notify_all();
  }

  void run_task(const Task& task, std::span<std::byte> space) {
    switch (task.kind) {
      case Task::Kind::early:
        return tell_early(task.path, space);
      case Task::Kind::entries: {
        const UniqueFd folder = open_folder(task.path);
        if (!folder) return visitor_.unreadable(task.path, errno);
        for (const Item& item : task.items) tell(task.path, folder.get(), item, space);
        return;
      }
      case Task::Kind::folder:
        return list(task.path, space);
    }
  }

  [[nodiscard]] UniqueFd open_folder(const std::string& path) const {
    return open_beneath(root_fd_, path.empty() ? "." : path, O_RDONLY | O_DIRECTORY, 0,
                        options_.method);
  }

  /// Where anything is in the way, the walk itself will say so.
  void tell_early(const std::string& path, std::span<std::byte> space) {
    const UniqueFd folder = open_folder(std::string(folder_of(path)));
    if (!folder) return;
    const std::string name(name_of(path));
    struct stat facts {};
    if (::fstatat(folder.get(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) return;
    visitor_.early_entry({path, folder.get(), name.c_str(), facts, space});
  }

  void tell(const std::string& folder_path, int folder_fd, const Item& item,
            std::span<std::byte> space) {
    if (options_.stop.stop_requested()) throw Interrupted();
    const std::string path = joined(folder_path, item.name);
    visitor_.entry({path, folder_fd, item.name.c_str(), item.facts, space});
  }

  void list(const std::string& path, std::span<std::byte> space) {
    UniqueFd fd = open_folder(path);
    if (!fd) return cannot_read(path, errno);
    struct stat facts {};
    if (::fstat(fd.get(), &facts) != 0) return cannot_read(path, errno);
    if (!visitor_.folder(path, fd.get(), facts)) return;
    const int folder_fd = fd.get();
    const std::unique_ptr<DIR, CFree<&closedir>> listing(::fdopendir(folder_fd));
    if (!listing) return cannot_read(path, errno);
    (void)fd.release();  // `listing` closes it
    std::vector<Item> items;
    bool shared = false;
    for (;;) {
      errno = 0;
      const dirent* const found = ::readdir(listing.get());
      if (found == nullptr) break;
      Item item{found->d_name, {}};
      if (item.name == "." || item.name == "..") continue;
      if (!take_in(path, folder_fd, item)) continue;
      items.push_back(std::move(item));
      if (items.size() < task_entries) continue;
      share(path, std::exchange(items, {}), space, folder_fd);
      shared = true;
    }
    if (errno != 0) cannot_read(path, errno);
    if (shared && items.size() > task_entries / 4) {
      share(path, std::move(items), space, folder_fd);
    } else {
      for (const Item& item : items) tell(path, folder_fd, item, space);
    }
  }

  /// Looks at an item. @return false where there is nothing more to do about it: a folder was put
  /// into the row, or it is gone
  bool take_in(const std::string& folder_path, int folder_fd, Item& item) {
    const std::string path = joined(folder_path, item.name);
    if (path.size() >= max_path_bytes) {
      visitor_.unreadable(path, ENAMETOOLONG);
      return false;
    }
    if (::fstatat(folder_fd, item.name.c_str(), &item.facts, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) visitor_.unreadable(path, errno);
      return false;
    }
    if (!S_ISDIR(item.facts.st_mode)) return true;
    tasks_.lock()->folders.push_back(path);
    changed_.notify_one();
    return false;
  }

  void share(const std::string& path, std::vector<Item> items, std::span<std::byte> space,
             int folder_fd) {
    {
      auto tasks = tasks_.lock();
      if (tasks->waiting <= max_waiting) {
        tasks->waiting += items.size();
        tasks->entries.push_back({Task::Kind::entries, path, std::move(items)});
        changed_.notify_one();
        return;
      }
    }
    for (const Item& item : items) tell(path, folder_fd, item, space);
  }

  void cannot_read(const std::string& path, int error_number) {
    if (path.empty()) throw IoError("cannot read the prefix", error_number);
    visitor_.unreadable(path, error_number);
  }

  int root_fd_;
  const WalkOptions& options_;
  WalkVisitor& visitor_;
  Guarded<Tasks> tasks_;
  std::condition_variable_any changed_;
};

}  // namespace

void walk_prefix(int root_fd, const WalkOptions& options, WalkVisitor& visitor) {
  Walk(root_fd, options, visitor).run();
}

OpenedEntry open_entry(int folder_fd, const char* name) {
  OpenedEntry opened;
  // Not blocking: what was a file a moment ago may be a FIFO now, and nobody writes to it.
  do {
    opened.fd = UniqueFd(
        ::openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  } while (!opened.fd && errno == EINTR);
  if (!opened.fd) {
    opened.error_number = errno;
    // A link, a socket or a device without a driver.
    opened.replaced = errno == ELOOP || errno == ENXIO || errno == ENODEV;
    return opened;
  }
  if (::fstat(opened.fd.get(), &opened.facts) != 0) {
    opened.error_number = errno;
    opened.fd.reset();
  } else if (!S_ISREG(opened.facts.st_mode)) {
    opened.replaced = true;
    opened.fd.reset();
  }
  return opened;
}

}  // namespace envlock
