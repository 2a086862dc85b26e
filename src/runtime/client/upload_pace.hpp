// Pacing of an upload that shares its link.
#pragma once

#include <cstdint>

namespace scission::runtime {

/// Sizes of pieces and pauses between them, with which an upload uses no more than a share of a
/// link and has few bytes in flight, so that other traffic is hardly delayed. One piece at a time
/// is sent and acknowledged; its time beyond that of the fastest acknowledgement is its time on the
/// link. Has no clock.
class UploadPace {
 public:
  /// `answer_s`: time until a small message is acknowledged.
  explicit UploadPace(double answer_s) : answer_s_(answer_s) {}

  std::int64_t piece_bytes() const { return piece_bytes_; }  ///< of the next piece

  /// Takes the time until a piece of `bytes` was acknowledged, and returns the seconds to wait
  /// before the next one. `share` of the link: above 0 and below 1.
  double pause_after(std::int64_t bytes, double seconds, double share);

 private:
  void resize(std::int64_t bytes, double on_link_s, double wanted_s);

  double answer_s_;
  std::int64_t piece_bytes_ = 16 << 10;
};

}  // namespace scission::runtime
