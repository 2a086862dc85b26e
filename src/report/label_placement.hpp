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

/// A label that found a place; its anchor is the middle of its left or right end.
struct PlacedLabel {
  std::string text;
  Pixel anchor;
  bool is_right_aligned = false;
  std::optional<Pixel> leader_to;  ///< the point, where the label is not right beside it
};

/// Places labels inside an area, one after the other, each beside one of the points it may belong
/// to. A label that finds no place is left out.
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
  bool is_free(const PixelBox& box) const;
  bool is_leader_free(Pixel from, Pixel to) const;

  PixelBox area_;
  std::vector<Pixel> points_;
  std::vector<PixelBox> taken_;
  std::vector<PlacedLabel> labels_;
};

}  // namespace scission
