#include "runtime/client/upload_pace.hpp"

#include <algorithm>

namespace scission::runtime {
namespace {

constexpr std::int64_t least_bytes = 4 << 10;
constexpr std::int64_t most_bytes = 1 << 20;
constexpr double least_on_link_s = 0.003;
constexpr double longest_pause_s = 1;  // one answer may come late for other reasons

}  // namespace

// While an answer is on its way the link is free, too: where that takes long, pieces have to be
// longer for the share to be reached.
double UploadPace::pause_after(std::int64_t bytes, double seconds, double share) {
  answer_s_ = std::min(answer_s_, seconds);
  const double on_link_s = seconds - answer_s_;
  resize(bytes, on_link_s, std::max(least_on_link_s, answer_s_ * share / (1 - share)));
  return std::clamp(on_link_s / share - seconds, 0.0, longest_pause_s);
}

void UploadPace::resize(std::int64_t bytes, double on_link_s, double wanted_s) {
  if (bytes < piece_bytes_) return;  // the file's end
  const double longer = on_link_s > wanted_s / 2 ? std::max(0.5, wanted_s / on_link_s) : 2;
  const double wanted = static_cast<double>(bytes) * longer;
  piece_bytes_ = std::clamp(static_cast<std::int64_t>(wanted), least_bytes, most_bytes);
}

}  // namespace scission::runtime
