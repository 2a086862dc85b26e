// Renders the example picture: evening hills over a lake. Compiled by scripts/make-example-data.
//
//     make_photo FILE.jpg
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <vector>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>

namespace {

constexpr int width = 800;
constexpr int height = 600;
constexpr int jpeg_quality = 94;  // comes to about 0.15 MB
constexpr double horizon = 0.62;  // of the height, from the top
constexpr double sun_x = 0.68;
constexpr double sun_y = 0.23;

struct Colour {
  double r = 0;
  double g = 0;
  double b = 0;
};

Colour mix(const Colour& a, const Colour& b, double share) {
  const double s = std::clamp(share, 0.0, 1.0);
  return {a.r + (b.r - a.r) * s, a.g + (b.g - a.g) * s, a.b + (b.b - a.b) * s};
}

/// A number of 0…1 for every point of a grid, always the same.
double at_grid(int x, int y) {
  auto h = static_cast<std::uint32_t>(x) * 374761393U + static_cast<std::uint32_t>(y) * 668265263U;
  h = (h ^ (h >> 13U)) * 1274126177U;
  return static_cast<double>((h ^ (h >> 16U)) & 0xFFFFU) / 65535.0;
}

double smooth(double t) { return t * t * (3 - 2 * t); }

/// The grid's numbers, smoothly in between.
double noise(double x, double y) {
  const int column = static_cast<int>(std::floor(x));
  const int row = static_cast<int>(std::floor(y));
  const double u = smooth(x - column);
  const double v = smooth(y - row);
  const double above = at_grid(column, row) * (1 - u) + at_grid(column + 1, row) * u;
  const double below = at_grid(column, row + 1) * (1 - u) + at_grid(column + 1, row + 1) * u;
  return above * (1 - v) + below * v;
}

/// Noise of ever finer grain and ever less weight, 0…1.
double fractal(double x, double y, int octaves) {
  double sum = 0;
  double weight = 0.5;
  for (int i = 0; i < octaves; ++i) {
    sum += weight * noise(x, y);
    x = 2 * x + 17.3;
    y = 2 * y + 5.1;
    weight /= 2;
  }
  return sum;
}

Colour sky(double x, double y) {
  Colour colour = mix({0.16, 0.25, 0.50}, {0.98, 0.70, 0.42}, std::pow(y / horizon, 1.4));
  const double cloud = fractal(3 * x + 4, 11 * y, 6);
  colour = mix(colour, {1.0, 0.80, 0.68}, 2.6 * (cloud - 0.5) * (1 - y));
  const double distance = std::hypot((x - sun_x) * width / height, y - sun_y);
  colour = mix(colour, {1.0, 0.85, 0.55}, 0.75 * std::exp(-distance * 7));
  return mix(colour, {1.0, 0.97, 0.86}, (0.052 - distance) * 300);
}

/// Ridges from far to near: each darker, rougher and lower than the one behind it.
Colour land(double x, double y) {
  Colour colour = sky(x, y);
  for (int ridge = 0; ridge < 4; ++ridge) {
    const double scale = 2.2 + 1.6 * ridge;
    const double top =
        horizon - 0.27 + 0.065 * ridge - 0.20 * (fractal(scale * x + 31 * ridge, ridge, 7) - 0.5);
    if (y < top) continue;
    const Colour far{0.52, 0.46, 0.55};
    const Colour near{0.07, 0.15, 0.12};
    const double grain = fractal(70 * x, 130 * y + 9 * ridge, 4) - 0.5;
    const double shade = 1 + (0.25 + 0.35 * ridge) * grain;
    const Colour ground = mix(far, near, ridge / 3.0);
    const double mist = 0.5 * smooth(std::clamp((y - top) / (horizon - top + 1e-9), 0.0, 1.0));
    colour =
        mix({ground.r * shade, ground.g * shade, ground.b * shade}, far, mist * (1 - ridge / 4.0));
  }
  return colour;
}

/// The lake mirrors the land, blurred sideways by its waves.
Colour lake(double x, double y) {
  const double depth = (y - horizon) / (1 - horizon);
  const double wave = fractal(14 * x / (0.15 + depth), 90 * std::sqrt(depth + 0.02), 4) - 0.5;
  const double mirrored = horizon - (y - horizon) * 1.25 + 0.10 * depth * wave;
  const Colour image = land(x + 0.03 * wave, std::clamp(mirrored, 0.0, horizon - 0.002));
  const Colour water = mix(image, {0.05, 0.12, 0.20}, 0.20 + 0.35 * depth);
  const double glitter = std::exp(-std::pow((x - sun_x) / (0.03 + 0.09 * depth), 2));
  return mix(water, {1.0, 0.86, 0.60}, 1.6 * glitter * (wave + 0.12));
}

std::uint8_t to_byte(double value) {
  return static_cast<std::uint8_t>(std::lround(255 * std::clamp(value, 0.0, 1.0)));
}

std::vector<std::uint8_t> render() {
  std::vector<std::uint8_t> rgb;
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      const double x = (column + 0.5) / width;
      const double y = (row + 0.5) / height;
      const Colour colour = y < horizon ? land(x, y) : lake(x, y);
      const double film = 0.03 * (at_grid(column + 9999, row) - 0.5);
      for (const double part : {colour.r, colour.g, colour.b}) rgb.push_back(to_byte(part + film));
    }
  }
  return rgb;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "make_photo: usage: make_photo FILE.jpg\n";
    return 2;
  }
  if (stbi_write_jpg(argv[1], width, height, 3, render().data(), jpeg_quality) != 0) return 0;
  std::cerr << "make_photo: " << argv[1] << ": cannot be written\n";
  return 1;
}
