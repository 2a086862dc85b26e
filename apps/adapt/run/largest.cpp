#include "adapt/run/largest.hpp"

#include <cstring>

namespace scission::adaptive_run {

long index_of_largest(const std::vector<Tensor>& outputs) {
  if (outputs.empty() || outputs.front().dtype != "float32") return -1;
  const SharedBytes& bytes = outputs.front().bytes;
  long best = -1;
  float most = 0;
  for (std::size_t at = 0; at + sizeof(float) <= bytes.size; at += sizeof(float)) {
    float number = 0;
    std::memcpy(&number, static_cast<const char*>(bytes.data) + at, sizeof(float));
    if (best >= 0 && !(number > most)) continue;
    most = number;
    best = static_cast<long>(at / sizeof(float));
  }
  return best;
}

}  // namespace scission::adaptive_run
