// How an upload leaves a link to others.
#pragma once

#include <cstdint>

namespace scission::runtime {

/// Sizes of pieces, and pauses between them, with which an upload takes no more than a share of a
/// link and has little on its way at any time, so that others wait for little. One piece at a time
/// is sent and answered; what that takes beyond the fastest answer is the piece's time on the link.
/// Has no clock.
class UploadPace {
 public:
  /// `answer_s`: what an answer takes to something that is small.
  explicit UploadPace(double answer_s) : answer_s_(answer_s) {}

  /// Of the next piece.
  std::int64_t piece_bytes() const { return piece_bytes_; }

  /// A piece was answered after so many seconds: returns how many to wait before the next one.
  /// `share`: of the link, above 0 and below 1.
  double pause_after(std::int64_t bytes, double seconds, double share);

 private:
  void resize(std::int64_t bytes, double on_link_s, double wanted_s);

  double answer_s_;
  std::int64_t piece_bytes_ = 16 << 10;
};

}  // namespace scission::runtime
