#include "search/lower_envelope.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace scission {
namespace {

// Relative; values closer than this count as equal.
constexpr double resolution = 1e-12;

bool is_below(double a, double b) {
  return a < b - resolution * std::max(std::abs(a), std::abs(b));
}

// A line, and a parameter at which it is the least.
struct Found {
  CostLine line;
  double at = 0;
};

class Envelope {
 public:
  Envelope(const std::function<CostLine(double)>& least_at, double left, double right)
      : least_at_(least_at), left_(left), right_(right), start_(left) {}

  std::vector<EnvelopePiece> pieces() {
    const Found first{least_at_(left_), left_};
    const Found last{least_at_(right_), right_};
    const bool is_one_line = !is_below(last.line.at_right, first.line.at_right);
    if (!is_one_line) add_between(first, last);
    add_piece(is_one_line ? first.line : last.line, right_);
    return std::move(pieces_);
  }

 private:
  // Adds all pieces from `first` up to, but excluding, `last`, whose right end is not yet known.
  void add_between(const Found& first, const Found& last) {
    const double meeting = intersection(first, last);
    const Found least{least_at_(meeting), meeting};
    const bool is_inside = first.at < meeting && meeting < last.at;
    if (is_inside && is_below(value(least.line, meeting), value(first.line, meeting))) {
      add_between(first, least);
      add_between(least, last);
    } else {
      add_piece(first.line, meeting);
    }
  }

  void add_piece(const CostLine& line, double end) {
    if (end - start_ <= resolution * end && left_ < right_) return;
    pieces_.push_back({line.plan, start_, end, value(line, start_), value(line, end)});
    start_ = end;
  }

  double value(const CostLine& line, double at) const {
    if (at == left_) return line.at_left;
    if (at == right_) return line.at_right;
    const double share = (at - left_) / (right_ - left_);
    return line.at_left + (line.at_right - line.at_left) * share;
  }

  double intersection(const Found& first, const Found& last) const {
    const double above_at_left = last.line.at_left - first.line.at_left;
    const double below_at_right = first.line.at_right - last.line.at_right;
    const double share = above_at_left / (above_at_left + below_at_right);
    return std::clamp(left_ + (right_ - left_) * share, first.at, last.at);
  }

  const std::function<CostLine(double)>& least_at_;
  double left_;
  double right_;
  double start_;  // start of the next piece
  std::vector<EnvelopePiece> pieces_;
};

}  // namespace

std::vector<EnvelopePiece> lower_envelope(const std::function<CostLine(double)>& least_at,
                                          double left, double right) {
  return Envelope(least_at, left, right).pieces();
}

}  // namespace scission
