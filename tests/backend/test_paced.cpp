#include <chrono>
#include <limits>
#include <utility>

#include "scission/backend/paced.hpp"
#include "scission/base/error.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;

namespace {

double steady_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class Same : public StageModel {
 public:
  std::vector<Tensor> run(std::vector<Tensor> inputs) override { return inputs; }
};

std::unique_ptr<StageModel> load_same(const std::filesystem::path&, const Segment&) {
  return std::make_unique<Same>();
}

}  // namespace

TEST_CASE("By the clock of a quarter of the speed four seconds pass in one") {
  const auto clock = clock_of_speed(0.25);
  const double outer_start = steady_s();
  const double start = clock();
  const double inner_start = steady_s();
  while (steady_s() - inner_start < 0.002) {
  }
  const double inner = steady_s() - inner_start;
  const double passed = clock() - start;
  const double outer = steady_s() - outer_start;
  constexpr double rounding = 1e-6;
  CHECK(passed >= 4 * inner - rounding);
  CHECK(passed <= 4 * outer + rounding);
}

TEST_CASE("A slower stage gives what the stage gives") {
  const StageLoader load = paced(load_same, 0.5);
  const auto stage = load("file.pt", {});
  const std::vector<Tensor> outputs = stage->run({{"x", "int32", {1}, share("four")}});
  REQUIRE(outputs.size() == 1);
  CHECK(outputs[0].bytes.view() == "four");
}

TEST_CASE("A speed is above 0 and at most this machine's") {
  for (const double speed : {0.0, -1.0, 1.5, std::numeric_limits<double>::quiet_NaN()}) {
    CAPTURE(speed);
    CHECK_ERROR(clock_of_speed(speed), ErrorCode::invalid_argument, "above 0");
    CHECK_ERROR(paced(load_same, speed), ErrorCode::invalid_argument, "above 0");
  }
  CHECK(clock_of_speed(1)() > 0);
}
