#include "runtime/worker/probe.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "control.pb.h"
#include "runtime/wire/hop_call.hpp"
#include "runtime/wire/padding.hpp"

namespace scission::runtime {
namespace {

/// Shared with the thread that brings the answer, which may be in here longer than who waits.
struct Arrival {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<HopAnswer> answer;

  void set(HopAnswer came) {
    const std::lock_guard lock(mutex);
    answer = std::move(came);
    changed.notify_all();
  }

  HopAnswer wait() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return answer.has_value(); });
    return std::move(*answer);
  }
};

}  // namespace

grpc::Status probe(const std::shared_ptr<grpc::Channel>& channel, std::int64_t bytes,
                   std::chrono::system_clock::time_point deadline, double& seconds) {
  const auto arrival = std::make_shared<Arrival>();
  HopCall call(channel, probe_method);
  call.start(padded_message(v1::ProbeRequest::kPayloadFieldNumber, static_cast<std::size_t>(bytes)),
             deadline, [arrival](HopAnswer answer) { arrival->set(std::move(answer)); });
  const HopAnswer answer = arrival->wait();
  seconds = answer.seconds;
  return answer.status;
}

}  // namespace scission::runtime
