#include "report/block_labels.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/dot_text.hpp"
#include "report/gnuplot.hpp"

namespace scission {
namespace {

constexpr int narrowest_px = 900;
constexpr int widest_px = 2400;
constexpr int upright_px = 15;  ///< what a label on its side needs of the width
constexpr double letter_px = 7.4;
constexpr int line_px = 16;
constexpr std::size_t most_letters = 24;

/// Of valid UTF-8.
int pixels(const std::string& text) {
  const auto letters = std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  });
  return static_cast<int>(letter_px * static_cast<double>(letters));
}

int longest_px(const std::vector<std::string>& texts) {
  int longest = 0;
  for (const std::string& text : texts) longest = std::max(longest, pixels(text));
  return longest;
}

/// Every n-th of them, by its layers.
std::vector<std::string> thinned(const std::vector<BlockTiming>& blocks, std::size_t every) {
  std::vector<std::string> texts(blocks.size());
  for (std::size_t i = 0; i < blocks.size(); i += every) {
    texts[i] = layer_range(blocks[i].block.first_layer, blocks[i].block.last_layer);
  }
  return texts;
}

}  // namespace

std::string block_label(const BlockTiming& timing) {
  const Block& block = timing.block;
  std::string range = layer_range(block.first_layer, block.last_layer);
  const int layers = block.last_layer - block.first_layer + 1;
  if (layers > 1) return fmt::format("{} ({} layers)", range, layers);
  if (timing.layer_types.empty()) return range;
  return range + " " + shortened(clean_text(timing.layer_types), most_letters);
}

BlockLabels block_labels(const std::vector<BlockTiming>& blocks, int margins_px) {
  const int count = std::max(1, static_cast<int>(blocks.size()));
  BlockLabels labels;
  labels.width_px = std::clamp(count * upright_px + margins_px, narrowest_px, widest_px);
  const int drawable_px = labels.width_px - margins_px;
  for (const BlockTiming& timing : blocks) labels.texts.push_back(block_label(timing));
  const int every = 1 + (count * upright_px - 1) / drawable_px;
  if (every > 1) labels.texts = thinned(blocks, static_cast<std::size_t>(every));
  const int longest = longest_px(labels.texts);
  labels.is_upright = (longest + line_px) * count > drawable_px;
  labels.height_px = labels.is_upright ? longest : line_px;
  return labels;
}

std::string tic_commands(const BlockLabels& labels) {
  std::vector<std::string> tics;
  for (std::size_t i = 0; i < labels.texts.size(); ++i) {
    if (!labels.texts[i].empty())
      tics.push_back(gnuplot_quote(labels.texts[i]) + fmt::format(" {}", i));
  }
  return fmt::format("set xtics {} nomirror out scale 0.5 font ',10' ( \\\n  {})\n",
                     labels.is_upright ? "rotate by 90 right" : "norotate",
                     text::join(tics, ", \\\n  "));
}

}  // namespace scission
