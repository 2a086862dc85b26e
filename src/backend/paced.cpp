#include "scission/backend/paced.hpp"

#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "scission/base/error.hpp"

namespace scission {
namespace {

using Clock = std::chrono::steady_clock;

void check_speed(double speed) {
  if (speed > 0 && speed <= 1) return;
  throw Error(ErrorCode::invalid_argument, "must be above 0 and at most 1", "speed");
}

/// When it goes, it has been there 1 / speed times as long as without it.
class Pace {
 public:
  explicit Pace(double speed) : speed_(speed) {}
  Pace(const Pace&) = delete;
  Pace& operator=(const Pace&) = delete;

  ~Pace() {
    const std::chrono::duration<double> taken = Clock::now() - start_;
    const auto end = start_ + std::chrono::duration_cast<Clock::duration>(taken / speed_);
    constexpr auto awake = std::chrono::microseconds(300);  // more than a sleep oversleeps
    if (end - Clock::now() > awake) std::this_thread::sleep_until(end - awake);
    while (Clock::now() < end) {
    }
  }

 private:
  double speed_;
  Clock::time_point start_ = Clock::now();
};

class PacedStage : public StageModel {
 public:
  PacedStage(std::unique_ptr<StageModel> stage, double speed)
      : stage_(std::move(stage)), speed_(speed) {}

  std::vector<Tensor> run(std::vector<Tensor> inputs) override {
    const Pace pace(speed_);
    return stage_->run(std::move(inputs));
  }

 private:
  std::unique_ptr<StageModel> stage_;
  double speed_;
};

}  // namespace

std::function<double()> clock_of_speed(double speed) {
  check_speed(speed);
  return [speed] {
    return std::chrono::duration<double>(Clock::now().time_since_epoch()).count() / speed;
  };
}

StageLoader paced(StageLoader load, double speed) {
  check_speed(speed);
  if (speed == 1) return load;
  return [load = std::move(load), speed](const std::filesystem::path& file,
                                         const Segment& segment) -> std::unique_ptr<StageModel> {
    return std::make_unique<PacedStage>(load(file, segment), speed);
  };
}

}  // namespace scission
