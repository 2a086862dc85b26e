#include "scission/backend/warmed.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <exception>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "scission/base/error.hpp"

namespace scission {
namespace {

constexpr int nice_enough = 10;  // a tenth of the weight of a thread that computes for requests

/// Linux keeps this for each thread; one that has ended leaves nothing behind.
void lower_own_priority() { setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), nice_enough); }

/// Throws Error(invalid_argument) where they would take more memory than anything real does.
std::vector<Tensor> zeros(const std::vector<TensorSpec>& specs) {
  constexpr std::size_t most_bytes = std::size_t{1} << 30;
  std::vector<Tensor> tensors;
  for (const TensorSpec& spec : specs) {
    const std::size_t size = tensor_bytes(spec.dtype, spec.shape);
    if (size > most_bytes) throw Error(ErrorCode::invalid_argument, "is too large", spec.name);
    tensors.push_back({spec.name, spec.dtype, spec.shape, share(std::string(size, '\0'))});
  }
  return tensors;
}

void run_once(StageModel& stage, const Segment& segment) {
  try {
    stage.run(zeros(segment.inputs));
  } catch (const std::exception&) {
    // Whatever a backend throws. A model may well refuse zeros: requests bring something else.
  }
}

}  // namespace

StageLoader warmed(StageLoader load, std::function<void()> on_thread) {
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

}  // namespace scission
