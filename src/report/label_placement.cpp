#include "report/label_placement.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace scission {
namespace {

// Of the labels' font, sans-serif 10: an upper estimate of a letter's width, and its line.
constexpr double label_letter_px = 7.2;
constexpr double label_line_px = 15;
constexpr double point_radius_px = 5;
constexpr double gap_px = 8;
constexpr int farthest_step = 7;

double width_px(const std::string& text) {
  double letters = 0;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    // Continuation bytes of UTF-8 are no letters; a character of three bytes is wide: →.
    letters += text::is_continuation(c) ? 0 : code >= 0xE0 ? 2 : 1;
  }
  return letters * label_letter_px;
}

bool overlap(const PixelBox& a, const PixelBox& b) {
  return a.low.x < b.high.x && b.low.x < a.high.x && a.low.y < b.high.y && b.low.y < a.high.y;
}

PixelBox around(Pixel point, double radius) {
  return {{point.x - radius, point.y - radius}, {point.x + radius, point.y + radius}};
}

}  // namespace

LabelPlacement::LabelPlacement(PixelBox area, std::vector<Pixel> points)
    : area_(area), points_(std::move(points)) {}

void LabelPlacement::place(const std::string& text, const std::vector<Pixel>& candidates) {
  // Up to the right or down to the left, where a front of two measures has neither points nor
  // lines; else on the other diagonal, as at the right edge.
  for (const bool is_rising : {true, false}) {
    for (int step = 0; step <= farthest_step; ++step) {
      for (const Pixel point : candidates) {
        if (try_beside(text, point, step, {true, is_rising})) return;
        if (try_beside(text, point, step, {false, !is_rising})) return;
      }
    }
  }
}

bool LabelPlacement::try_beside(const std::string& text, Pixel point, int step,
                                Direction direction) {
  const auto [to_the_right, is_above] = direction;
  const Pixel anchor{point.x + (to_the_right ? 1 : -1) * (gap_px + 4 * step),
                     point.y + (is_above ? 1 : -1) * (gap_px + label_line_px * step)};
  const double left = to_the_right ? anchor.x : anchor.x - width_px(text);
  const PixelBox box{{left, anchor.y - label_line_px / 2},
                     {left + width_px(text), anchor.y + label_line_px / 2}};
  if (!is_free(box) || (step > 0 && !is_leader_free(point, anchor))) return false;
  taken_.push_back(box);
  labels_.push_back({text, anchor, !to_the_right, {}});
  if (step > 0) labels_.back().leader_to = point;
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

bool LabelPlacement::is_leader_free(Pixel from, Pixel to) const {
  constexpr int samples = 12;
  for (int i = 1; i < samples; ++i) {
    const double share = static_cast<double>(i) / samples;
    const Pixel at{from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share};
    const auto covers = [&](const PixelBox& box) { return overlap(box, around(at, 1)); };
    if (std::any_of(taken_.begin(), taken_.end(), covers)) return false;
  }
  return true;
}

}  // namespace scission
