// Where a request's time went.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "scission/base/export.hpp"

namespace scission::runtime {

/// One stage of one request, as the worker that ran it saw it. Seconds, on its own steady clock.
struct SCISSION_EXPORT StageTiming {
  std::string system;
  double deserialise_s = 0;  ///< bytes of the message to tensors
  double queue_s = 0;        ///< waiting for the stages of other requests
  double compute_s = 0;
  double serialise_s = 0;  ///< tensors to the bytes of the next message, or of the answer
  double next_s = 0;   ///< from sending the next stage's request to having its answer; 0: the last
  double total_s = 0;  ///< from the request's arrival to handing over the answer
  std::size_t received_bytes = 0;  ///< of the request's message
};

/// One hop of one request: the way to a stage, and the stage. Over all hops the parts add up to the
/// request's latency, but for what passes between them.
struct SCISSION_EXPORT HopTiming {
  std::string from;
  std::string to;
  std::size_t bytes = 0;
  double serialise_s = 0;  ///< at the sender; of a call's last stage, its answer's too
  /// Both ways on the wire and in the system: what the sender waited, less what the receiver took.
  /// A foreign server does not tell what it took: all of it is here.
  double transfer_s = 0;
  double deserialise_s =
      0;  ///< at the receiver; of a call's last stage, the caller's of its answer
  double queue_s = 0;
  double compute_s = 0;
};

}  // namespace scission::runtime
