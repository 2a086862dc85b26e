// How large activations are expected to be, so that weights can be scaled to keep them sane.
#pragma once

namespace scission::torchscript::zoo {

/// Mean and variance of an activation's elements, over the random weights before it.
struct Moments {
  double mean = 0;
  double variance = 1;

  double mean_square() const { return mean * mean + variance; }
};

/// Of the sum of two independent activations.
Moments sum(const Moments& a, const Moments& b);

/// Of max(x, 0) for a normal x.
Moments rectified(const Moments& x);

/// Of tanh(x) for a normal x about zero; good to a tenth up to a variance of 1, where it is 0.394.
Moments squashed(const Moments& x);

/// Of the largest of neighbouring elements. A rule of thumb: how much they are alike, and so how
/// much there is to gain, depends on the image.
Moments pooled(const Moments& x);

}  // namespace scission::torchscript::zoo
