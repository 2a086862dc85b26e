#include "scission/backend.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <limits>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "scission/base.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;

namespace {

int priority() { return getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())); }

struct Seen {
  std::vector<std::vector<Tensor>> runs;
  std::vector<int> priorities;
  std::vector<std::thread::id> threads;
};

/// Notes what it is run on, and refuses it if asked to.
class Noting : public StageModel {
 public:
  Noting(std::shared_ptr<Seen> seen, bool refuses) : seen_(std::move(seen)), refuses_(refuses) {}

  std::vector<Tensor> run(std::vector<Tensor> inputs) override {
    seen_->runs.push_back(inputs);
    seen_->priorities.push_back(priority());
    seen_->threads.push_back(std::this_thread::get_id());
    if (refuses_) throw std::runtime_error("not on zeros");  // as a backend of anyone's may
    return inputs;
  }

 private:
  std::shared_ptr<Seen> seen_;
  bool refuses_;
};

StageLoader noting(const std::shared_ptr<Seen>& seen, bool refuses = false) {
  return [=](const std::filesystem::path&, const Segment&) {
    return std::make_unique<Noting>(seen, refuses);
  };
}

Segment segment_of(std::vector<TensorSpec> inputs) {
  Segment segment;
  segment.inputs = std::move(inputs);
  return segment;
}

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

TEST_CASE("with_warmup() runs the stage once on zeros of its inputs' shapes") {
  const auto seen = std::make_shared<Seen>();
  const auto stage =
      with_warmup(noting(seen))("", segment_of({{"x", "float32", {2, 3}}, {"steps", "int64", {}}}));
  REQUIRE(stage);
  REQUIRE(seen->runs.size() == 1);
  const std::vector<Tensor>& inputs = seen->runs[0];
  REQUIRE(inputs.size() == 2);
  CHECK(inputs[0].name == "x");
  CHECK(inputs[0].dtype == "float32");
  CHECK(inputs[0].shape == std::vector<std::int64_t>{2, 3});
  CHECK(inputs[0].bytes.view() == std::string(24, '\0'));
  CHECK(inputs[1].bytes.view() == std::string(8, '\0'));
}

TEST_CASE("The warm-up runs on a separate thread of lower priority and leaves the caller's alone") {
  const auto seen = std::make_shared<Seen>();
  const int before = priority();
  std::vector<std::thread::id> told;
  const auto stage = with_warmup(noting(seen), [&] { told.push_back(std::this_thread::get_id()); })(
      "", segment_of({}));
  stage->run({});
  REQUIRE(seen->priorities.size() == 2);
  CHECK(seen->priorities[0] > before);
  CHECK(seen->priorities[1] == before);
  CHECK(seen->threads[0] != seen->threads[1]);
  CHECK(told == std::vector<std::thread::id>{seen->threads[0]});
}

TEST_CASE(
    "A stage that fails on zeros, or has inputs too large for them, is returned all the same") {
  const auto seen = std::make_shared<Seen>();
  CHECK(with_warmup(noting(seen, true))("", segment_of({{"x", "float32", {1}}})));
  CHECK(seen->runs.size() == 1);
  CHECK(with_warmup(noting(seen))("", segment_of({{"x", "float32", {1LL << 40}}})));
  CHECK(seen->runs.size() == 1);
}

TEST_CASE("Errors of loading pass through the warm-up") {
  const StageLoader load = [](const std::filesystem::path&,
                              const Segment&) -> std::unique_ptr<StageModel> {
    throw Error(ErrorCode::damaged, "is no model", "net.pt");
  };
  const auto error = testing::error_of([&] { with_warmup(load)("", segment_of({})); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::damaged);
  CHECK(std::string(error->what()).find("is no model") != std::string::npos);
}

TEST_CASE("On the clock of a quarter of the speed four seconds pass in one") {
  const auto clock = scaled_clock(0.25);
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

TEST_CASE("A throttled stage returns what the stage returns") {
  const StageLoader load = throttled(load_same, 0.5);
  const auto stage = load("file.pt", {});
  const std::vector<Tensor> outputs = stage->run({{"x", "int32", {1}, to_shared_bytes("four")}});
  REQUIRE(outputs.size() == 1);
  CHECK(outputs[0].bytes.view() == "four");
}

TEST_CASE("The speed must be above 0 and at most 1") {
  for (const double speed : {0.0, -1.0, 1.5, std::numeric_limits<double>::quiet_NaN()}) {
    CAPTURE(speed);
    CHECK_ERROR(scaled_clock(speed), ErrorCode::invalid_argument, "above 0");
    CHECK_ERROR(throttled(load_same, speed), ErrorCode::invalid_argument, "above 0");
  }
  CHECK(scaled_clock(1)() > 0);
}
