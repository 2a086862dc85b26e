// Memory that large messages leave behind with the allocator.
#pragma once

#include <atomic>
#include <cstddef>

#include "runtime/threads/threads.hpp"
#include "runtime/worker/in_flight_requests.hpp"

namespace scission::runtime {

/// Returns freed memory to the system when no request has been in flight for about a second.
/// glibc keeps it otherwise: after one message of 200 MB, about as much. Thread-safe. Outlives the
/// timer.
class IdleMemory {
 public:
  /// Smaller messages leave too little behind for it to matter.
  static constexpr std::size_t worthwhile_bytes = std::size_t{16} << 20;

  IdleMemory(TimerThread& timer, const InFlightRequests& requests)
      : timer_(timer), requests_(requests) {}

  void release_soon();

 private:
  void release_if_idle();

  TimerThread& timer_;
  const InFlightRequests& requests_;
  std::atomic_flag is_due_;
};

}  // namespace scission::runtime
