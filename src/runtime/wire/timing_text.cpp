#include "runtime/wire/timing_text.hpp"

#include <cstdint>

#include "control.pb.h"

namespace scission::runtime {

std::string timing_text(const StageTiming& timing) {
  v1::StageTiming stage;
  stage.set_system(timing.system);
  stage.set_deserialise_s(timing.deserialise_s);
  stage.set_queue_s(timing.queue_s);
  stage.set_compute_s(timing.compute_s);
  stage.set_serialise_s(timing.serialise_s);
  stage.set_next_s(timing.next_s);
  stage.set_total_s(timing.total_s);
  stage.set_received_bytes(static_cast<std::int64_t>(timing.received_bytes));
  return stage.SerializeAsString();
}

}  // namespace scission::runtime
