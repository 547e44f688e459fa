#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstring>
#include <limits>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace envlock {

/// A growing array in pages of its own: growing moves page tables and copies nothing (mremap), and
/// clear() gives the memory back at once, which a heap that keeps freed blocks does not. So the
/// peak of building an index stays near the size of the index.
template <class T>
class PageVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  PageVector() = default;
  ~PageVector() { clear(); }
  PageVector(const PageVector&) = delete;
  PageVector& operator=(const PageVector&) = delete;
  PageVector(PageVector&& other) noexcept { swap(other); }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] const T* data() const noexcept { return data_; }
  [[nodiscard]] const T* begin() const noexcept { return data_; }
  [[nodiscard]] const T* end() const noexcept { return data_ + size_; }
  T& operator[](std::size_t i) noexcept { return data_[i]; }
  const T& operator[](std::size_t i) const noexcept { return data_[i]; }
  [[nodiscard]] std::span<const T> view() const noexcept { return {data_, size_}; }
  std::span<T> view(std::size_t from, std::size_t count) noexcept { return {data_ + from, count}; }

  void push_back(const T& value) {
    if (size_ == capacity_) grow(size_ + 1);
    data_[size_++] = value;
  }
  void append(const T* values, std::size_t count) {
    if (count == 0) return;
    if (count > capacity_ - size_) grow(size_ + count);
    std::memcpy(static_cast<void*>(data_ + size_), values, count * sizeof(T));
    size_ += count;
  }
  /// New elements are all zero bytes; never shrinks.
  void resize_zero(std::size_t count) {
    if (count <= size_) return;
    if (count > capacity_) grow(count);
    std::memset(static_cast<void*>(data_ + size_), 0, (count - size_) * sizeof(T));
    size_ = count;
  }
  void clear() noexcept {
    if (data_ != nullptr) ::munmap(static_cast<void*>(data_), mapped_);
    data_ = nullptr;
    size_ = capacity_ = mapped_ = 0;
  }
  void swap(PageVector& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    std::swap(mapped_, other.mapped_);
  }

 private:
  void grow(std::size_t wanted) {
    constexpr std::size_t page = 4096;
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max() / 4 / sizeof(T);
    if (wanted > most) throw std::bad_alloc();
    std::size_t capacity = capacity_ == 0 ? 4 * page / sizeof(T) + 1 : capacity_ * 2;
    if (capacity < wanted) capacity = wanted;
    const std::size_t bytes = (capacity * sizeof(T) + page - 1) / page * page;
    void* const moved =
        data_ == nullptr
            ? ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            : ::mremap(static_cast<void*>(data_), mapped_, bytes, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED) throw std::bad_alloc();
    data_ = static_cast<T*>(moved);
    mapped_ = bytes;
    capacity_ = bytes / sizeof(T);
  }

  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::size_t mapped_ = 0;
};

}  // namespace envlock
