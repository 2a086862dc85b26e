// Where labels of points can stand without covering each other.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace scission {

struct Pixel {
  double x = 0;
  double y = 0;  ///< upwards
};

struct PixelBox {
  Pixel low;
  Pixel high;
};

/// A line from a point to its label.
struct Leader {
  Pixel from;
  Pixel to;
};

/// A label that found a place; its anchor is the middle of its left or right end.
struct PlacedLabel {
  std::string text;
  Pixel anchor;
  bool is_right_aligned = false;
  std::optional<Leader> leader;  ///< where the label is not right beside its point
};

/// Places labels inside an area, one after the other, each beside one of the points it may belong
/// to, or above or below it where there is no room beside. A label that finds no place is left out.
class LabelPlacement {
 public:
  /// Labels keep clear of all of `points`.
  LabelPlacement(PixelBox area, std::vector<Pixel> points);

  /// Tries the points in their order. O(points + labels) for each.
  void place(const std::string& text, const std::vector<Pixel>& candidates);

  const std::vector<PlacedLabel>& labels() const { return labels_; }

 private:
  /// From the point to its label.
  struct Direction {
    bool to_the_right = true;
    bool is_above = true;
  };

  bool try_beside(const std::string& text, Pixel point, int step, Direction direction);
  bool try_above_or_below(const std::string& text, Pixel point, double offset);
  bool try_label(PlacedLabel label);  ///< keeps it if its place is free
  bool is_free(const PixelBox& box) const;
  bool is_leader_free(const Leader& leader) const;

  PixelBox area_;
  std::vector<Pixel> points_;
  std::vector<PixelBox> taken_;
  std::vector<PlacedLabel> labels_;
};

}  // namespace scission
