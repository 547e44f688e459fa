#include "model/cuda_drivers.hpp"

#include <catch2/catch.hpp>

namespace envlock::test {
namespace {

NumberVersion number(std::string_view text) { return NumberVersion::parse(text).value(); }

std::string cuda(std::string_view driver) {
  const auto found = cuda_of_driver(number(driver));
  return found ? found->text() : "none";
}

CudaFit fit(std::string_view driver, std::string_view needed) {
  return cuda_fit_of_driver(number(driver), number(needed));
}

}  // namespace

// NVIDIA's CUDA release notes, "CUDA Toolkit and Corresponding Driver Versions".
TEST_CASE("cuda_of_driver: a driver serves the newest toolkit that asks for no newer one") {
  CHECK(cuda("450.36.06") == "11.0");
  CHECK(cuda("470.42.01") == "11.4");
  CHECK(cuda("525.60.13") == "12.0");
  CHECK(cuda("535.104.05") == "12.2");
  CHECK(cuda("570.26") == "12.8");
  CHECK(cuda("580.65.06") == "13.0");
  CHECK(cuda("340.108") == "none");
}

TEST_CASE("cuda_of_driver: one number below the first release is the toolkit before") {
  CHECK(cuda("535.54.02") == "12.1");
  CHECK(cuda("535.54.03") == "12.2");
}

TEST_CASE("cuda_of_driver: a driver newer than the table serves the table's last") {
  CHECK(cuda("999.1") == "13.3");
}

TEST_CASE("driver_for_cuda: the oldest driver that serves a version") {
  CHECK(driver_for_cuda(number("12.4"))->text() == "550.54.14");
  CHECK(driver_for_cuda(number("12.4.127"))->text() == "550.54.14");
  // There was no 12.7: the next toolkit's driver serves it.
  CHECK(driver_for_cuda(number("12.7"))->text() == "570.26");
  CHECK(driver_for_cuda(number("11.9"))->text() == "525.60.13");
  CHECK_FALSE(driver_for_cuda(number("99.0")));
}

// The same notes: 11.x >= 450.80.02, 12.x >= 525.60.13, 13.x >= 580.
TEST_CASE("cuda_fit_of_driver: the three answers") {
  CHECK(fit("550.54.14", "12.4") == CudaFit::fits);
  CHECK(fit("580.65.06", "12.4") == CudaFit::fits);
  CHECK(fit("550.54.13", "12.4") == CudaFit::minor_compatible);
  CHECK(fit("525.60.13", "12.9") == CudaFit::minor_compatible);
  CHECK(fit("525.60.12", "12.9") == CudaFit::too_old);
  CHECK(fit("470.256.02", "11.8") == CudaFit::minor_compatible);
  CHECK(fit("450.80.02", "11.8") == CudaFit::minor_compatible);
  CHECK(fit("450.51.05", "11.8") == CudaFit::too_old);
  CHECK(fit("450.51.05", "11.0") == CudaFit::fits);
  CHECK(fit("580.65.06", "13.3") == CudaFit::minor_compatible);
  CHECK(fit("575.57.08", "13.0") == CudaFit::too_old);
}

TEST_CASE("cuda_fit_of_driver: below CUDA 11 there is no minor version compatibility") {
  CHECK(fit("418.39", "10.2") == CudaFit::too_old);
  CHECK(fit("440.33", "10.2") == CudaFit::fits);
}

TEST_CASE("cuda_fit: without a driver's version the families decide") {
  CHECK(cuda_fit(number("12.4"), number("12.4.127")) == CudaFit::fits);
  CHECK(cuda_fit(number("12.2"), number("12.4")) == CudaFit::minor_compatible);
  CHECK(cuda_fit(number("11.8"), number("12.0")) == CudaFit::too_old);
  CHECK(cuda_fit(number("13.0"), number("12.9")) == CudaFit::fits);
  CHECK(cuda_fit(number("10.1"), number("10.2")) == CudaFit::too_old);
}

TEST_CASE("driver_advice: names a driver, or CUDA where no driver is known yet") {
  CHECK(driver_advice(number("12.4")) == "an NVIDIA driver of version 550.54.14 or newer");
  CHECK(driver_advice(number("99.1.7")) == "an NVIDIA driver that serves CUDA 99.1");
}

}  // namespace envlock::test
