// Stages that are warmed up when they are loaded, and stages of an emulated slower machine.
#include "scission/backend.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <future>
#include <thread>
#include <utility>

#include "base/require.hpp"
#include "base/seconds.hpp"

namespace scission {
namespace {

// --- Warm-up ---

// Lowers the calling thread's priority: Linux keeps one for each thread. At nice 10 a thread gets a
// tenth of the weight of one that computes for requests.
// A step below the process's own, wherever that is; 19 is the lowest.
void lower_own_priority() {
  const auto self = static_cast<id_t>(gettid());
  setpriority(PRIO_PROCESS, self, std::min(19, getpriority(PRIO_PROCESS, self) + 10));
}

// Throws Error(invalid_argument) for tensors larger than any that a model uses.
std::vector<Tensor> zeros(const std::vector<TensorSpec>& specs) {
  constexpr std::size_t max_bytes = std::size_t{1} << 30;
  std::vector<Tensor> tensors;
  for (const TensorSpec& spec : specs) {
    const std::size_t size = tensor_bytes(spec.dtype, spec.shape);
    if (size > max_bytes) throw_invalid_argument("is too large", spec.name);
    tensors.push_back(
        {spec.name, spec.dtype, spec.shape, to_shared_bytes(std::string(size, '\0'))});
  }
  return tensors;
}

void run_once(StageModel& stage, const Segment& segment) {
  try {
    stage.run(zeros(segment.inputs));
  } catch (const std::exception&) {
    // A model may reject zeros and still accept the tensors of requests.
  }
}

// --- Throttling ---

using Clock = std::chrono::steady_clock;

void validate_speed(double speed) {
  if (speed > 0 && speed <= 1) return;
  throw_invalid_argument("must be above 0 and at most 1", "speed");
}

// Its destructor waits until 1 / speed times the lifetime so far has passed.
class Throttle {
 public:
  explicit Throttle(double speed) : speed_(speed) {}
  Throttle(const Throttle&) = delete;
  Throttle& operator=(const Throttle&) = delete;

  ~Throttle() {
    const auto end = start_ + clock_duration(seconds_since(start_) / speed_);
    constexpr auto spin = std::chrono::microseconds(300);  // more than a sleep overshoots
    if (end - Clock::now() > spin) std::this_thread::sleep_until(end - spin);
    while (Clock::now() < end) {
    }
  }

 private:
  double speed_;
  Clock::time_point start_ = Clock::now();
};

class ThrottledStage : public StageModel {
 public:
  ThrottledStage(std::unique_ptr<StageModel> stage, double speed)
      : stage_(std::move(stage)), speed_(speed) {}

  std::vector<Tensor> run(std::vector<Tensor> inputs) override {
    const Throttle throttle(speed_);
    return stage_->run(std::move(inputs));
  }

 private:
  std::unique_ptr<StageModel> stage_;
  double speed_;
};

}  // namespace

StageLoader with_warmup(StageLoader load, std::function<void()> on_thread) {
  return [load = std::move(load), on_thread = std::move(on_thread)](
             const std::filesystem::path& file,
             const Segment& segment) -> std::unique_ptr<StageModel> {
    std::promise<std::unique_ptr<StageModel>> promise;
    std::future<std::unique_ptr<StageModel>> stage = promise.get_future();
    std::thread thread([&] {
      lower_own_priority();
      try {
        if (on_thread) on_thread();
        std::unique_ptr<StageModel> loaded = load(file, segment);
        run_once(*loaded, segment);
        promise.set_value(std::move(loaded));
      } catch (...) {
        promise.set_exception(std::current_exception());
      }
    });
    thread.join();
    return stage.get();
  };
}

std::function<double()> scaled_clock(double speed) {
  validate_speed(speed);
  return [speed] { return steady_now_s() / speed; };
}

StageLoader throttled(StageLoader load, double speed) {
  validate_speed(speed);
  if (speed == 1) return load;
  return [load = std::move(load), speed](const std::filesystem::path& file,
                                         const Segment& segment) -> std::unique_ptr<StageModel> {
    return std::make_unique<ThrottledStage>(load(file, segment), speed);
  };
}

}  // namespace scission
