#include "report/html_report/early_cuts.hpp"

#include <limits>

namespace scission::html_report {

std::optional<std::int64_t> input_bytes(const ModelProfile& model,
                                        const std::vector<BlockTiming>& blocks) {
  constexpr double bytes_per_element = 4;  // float32
  constexpr double most = 9e18;            // fits 64 bits
  if (blocks.front().block.last_layer == 0) return blocks.front().block.output_bytes;
  if (model.input_shape.empty()) return std::nullopt;
  double bytes = bytes_per_element;
  for (const std::int64_t size : model.input_shape) bytes *= static_cast<double>(size);
  if (bytes > most) return std::nullopt;
  return static_cast<std::int64_t>(bytes);
}

std::vector<std::size_t> early_cuts(const std::vector<BlockTiming>& blocks,
                                    std::optional<std::int64_t> input_bytes) {
  std::vector<std::size_t> cuts;
  std::int64_t least = input_bytes.value_or(std::numeric_limits<std::int64_t>::max());
  for (std::size_t index = 0; index + 1 < blocks.size(); ++index) {
    const std::int64_t bytes = blocks[index].block.output_bytes;
    if (bytes >= least) continue;
    least = bytes;
    cuts.push_back(index);
  }
  return cuts;
}

double share_of_time(const std::vector<BlockTiming>& blocks, std::size_t count) {
  double before = 0;
  double all = 0;
  for (std::size_t index = 0; index < blocks.size(); ++index) {
    all += blocks[index].seconds;
    if (index < count) before += blocks[index].seconds;
  }
  return all > 0 ? before / all : 0;
}

}  // namespace scission::html_report
