#include "solver/repodata_delivery.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "model/error.hpp"

namespace envlock::test {
namespace {

using simdjson::dom::element;

/// Keeps the names that it gets, slowly; refuses "bad"; does not end before it may.
class Names : public RepodataHandler {
 public:
  explicit Names(bool may_end = true) : may_end_(may_end) {}
  bool wants_raw_records() const override { return false; }
  void top_level(std::string_view, element) override {}
  void announce_record(std::string_view) override {}
  void record(std::string_view file_name, element, std::string_view) override {
    begun_ = true;
    while (!may_end_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (file_name == "bad") throw BadMember{ExitCode::invalid_input, "is refused", {}};
    taken_.emplace_back(file_name);
  }
  void unreadable_record(std::string_view) override {}
  void removed(element) override {}
  void signature(std::string_view, element, std::string_view) override {}
  void v3_record(std::string_view, std::string_view, element) override {}

  [[nodiscard]] const std::vector<std::string>& taken() const { return taken_; }
  [[nodiscard]] bool begun() const { return begun_; }
  void let_end() { may_end_ = true; }

 private:
  std::vector<std::string> taken_;
  std::atomic<bool> begun_{false};
  std::atomic<bool> may_end_;
};

const RepodataFaults faults("repodata.json");

void push(RepodataDelivery& delivery, const std::string& name) {
  std::unique_ptr<RepodataBatch> batch = delivery.take_spare();
  batch->parse({.section = RepodataSection::packages, .open = '{', .name = "packages"},
               "\"" + name + "\":{}", faults);
  delivery.push(std::move(batch));
}

std::vector<std::string> numbers(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(std::to_string(i));
  return names;
}

TEST_CASE("a delivery: every batch arrives, in order, before it is settled") {
  for (const int count : {0, 1, 3, 4, 8, 9, 50}) {
    Names names;
    RepodataDelivery delivery(names, faults);
    for (const std::string& name : numbers(count)) push(delivery, name);
    delivery.settle();
    CHECK(names.taken() == numbers(count));
    push(delivery, "more");
    delivery.settle();
    CHECK(names.taken().size() == static_cast<std::size_t>(count) + 1);
  }
}

TEST_CASE("a delivery: what the handler refuses reaches whoever settles or goes on") {
  for (const int before : {0, 2, 20}) {
    Names names;
    RepodataDelivery delivery(names, faults);
    for (const std::string& name : numbers(before)) push(delivery, name);
    push(delivery, "bad");
    const std::string message = "'repodata.json': 'bad': is refused (at byte 1)";
    CHECK_THROWS_WITH(delivery.settle(), message);
    CHECK_THROWS_WITH(delivery.settle(), message);
    CHECK_THROWS_WITH(delivery.take_spare(), message);
    CHECK(names.taken() == numbers(before));
  }
}

TEST_CASE("a delivery: whoever is faster than the handler waits, and a fault wakes them") {
  Names names;
  RepodataDelivery delivery(names, faults);
  const auto push_all = [&] {
    for (int i = 0; i < 1000; ++i) push(delivery, i == 20 ? "bad" : std::to_string(i));
  };
  CHECK_THROWS_AS(push_all(), InputError);
  CHECK(names.taken() == numbers(20));
}

TEST_CASE("a delivery: given up with batches waiting, it drops them") {
  Names names(false);
  std::jthread later;
  {
    RepodataDelivery delivery(names, faults);
    for (const std::string& name : numbers(8)) push(delivery, name);
    while (!names.begun()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    // The destructor has asked it to stop long before.
    later = std::jthread([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      names.let_end();
    });
  }
  CHECK(names.taken() == numbers(1));
}

}  // namespace
}  // namespace envlock::test
