#include "report/label_placement.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace scission {
namespace {

// Of the labels' font, sans-serif 10: an upper estimate of a letter's width, and its line.
constexpr double label_letter_px = 7.2;
constexpr double label_line_px = 15;
constexpr std::string_view wide_letter = "→";
constexpr double point_radius_px = 5;  // kept free of labels
constexpr double dot_radius_px = 4;    // as drawn; nearer points are as one
constexpr double gap_px = 8;
constexpr int farthest_step = 7;

double width_px(const std::string& text) {
  double letters = 0;
  for (const char c : text) {
    letters += text::is_continuation(c) ? 0 : 1;  // of UTF-8
  }
  for (std::size_t at = 0; (at = text.find(wide_letter, at)) != std::string::npos; ++at) ++letters;
  return letters * label_letter_px;
}

bool overlap(const PixelBox& a, const PixelBox& b) {
  return a.low.x < b.high.x && b.low.x < a.high.x && a.low.y < b.high.y && b.low.y < a.high.y;
}

/// From a point to the middle of a label's line.
double offset_px(int step) { return gap_px + label_line_px * step; }

PixelBox around(Pixel point, double radius) {
  return {{point.x - radius, point.y - radius}, {point.x + radius, point.y + radius}};
}

}  // namespace

LabelPlacement::LabelPlacement(PixelBox area, std::vector<Pixel> points)
    : area_(area), points_(std::move(points)) {}

void LabelPlacement::place(const std::string& text, const std::vector<Pixel>& candidates) {
  // Up to the right or down to the left, where a front of two measures has neither points nor
  // lines; else on the other diagonal.
  for (const bool is_rising : {true, false}) {
    for (int step = 0; step <= farthest_step; ++step) {
      for (const Pixel point : candidates) {
        if (try_beside(text, point, step, {true, is_rising})) return;
        if (try_beside(text, point, step, {false, !is_rising})) return;
      }
    }
  }
  // Straight above or below: leaders of points farther to the right pass on the right of the label.
  for (const bool is_above : {true, false}) {
    for (int step = 1; step <= farthest_step; ++step) {
      for (const Pixel point : candidates) {
        if (try_above_or_below(text, point, (is_above ? 1 : -1) * offset_px(step))) return;
      }
    }
  }
}

bool LabelPlacement::try_beside(const std::string& text, Pixel point, int step,
                                Direction direction) {
  const auto [to_the_right, is_above] = direction;
  const Pixel anchor{point.x + (to_the_right ? 1 : -1) * (gap_px + 4 * step),
                     point.y + (is_above ? 1 : -1) * offset_px(step)};
  const std::optional<Leader> leader =
      step > 0 ? std::optional(Leader{point, anchor}) : std::nullopt;
  return try_label({text, anchor, !to_the_right, leader});
}

bool LabelPlacement::try_above_or_below(const std::string& text, Pixel point, double offset) {
  const double to_label = offset > 0 ? offset - label_line_px / 2 : offset + label_line_px / 2;
  const Leader leader{point, {point.x, point.y + to_label}};
  return try_label({text, {point.x, point.y + offset}, true, leader});
}

bool LabelPlacement::try_label(PlacedLabel label) {
  const double width = width_px(label.text);
  const double left = label.is_right_aligned ? label.anchor.x - width : label.anchor.x;
  const PixelBox box{{left, label.anchor.y - label_line_px / 2},
                     {left + width, label.anchor.y + label_line_px / 2}};
  if (!is_free(box) || (label.leader && !is_leader_free(*label.leader))) return false;
  taken_.push_back(box);
  labels_.push_back(std::move(label));
  return true;
}

bool LabelPlacement::is_free(const PixelBox& box) const {
  const bool is_inside = area_.low.x <= box.low.x && box.high.x <= area_.high.x &&
                         area_.low.y <= box.low.y && box.high.y <= area_.high.y;
  return is_inside &&
         std::none_of(taken_.begin(), taken_.end(),
                      [&](const PixelBox& other) { return overlap(box, other); }) &&
         std::none_of(points_.begin(), points_.end(),
                      [&](Pixel point) { return overlap(box, around(point, point_radius_px)); });
}

bool LabelPlacement::is_leader_free(const Leader& leader) const {
  const Pixel from = leader.from;
  const Pixel to = leader.to;
  constexpr int samples = 12;
  for (int i = 1; i < samples; ++i) {
    const double share = static_cast<double>(i) / samples;
    const Pixel at{from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share};
    const auto covers = [&](const PixelBox& box) { return overlap(box, around(at, 1)); };
    const auto meets = [&](Pixel point) {
      const bool is_own = std::hypot(point.x - from.x, point.y - from.y) < 2 * dot_radius_px;
      return !is_own && covers(around(point, dot_radius_px));
    };
    if (std::any_of(taken_.begin(), taken_.end(), covers)) return false;
    if (std::any_of(points_.begin(), points_.end(), meets)) return false;
  }
  return true;
}

}  // namespace scission
