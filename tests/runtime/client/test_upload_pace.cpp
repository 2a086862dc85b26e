#include <algorithm>

#include "runtime/client/link_use.hpp"
#include "support/catch.hpp"

using namespace scission::runtime;

namespace {

/// A link, and what an upload of 20 s made of it.
struct Upload {
  double bytes_per_s;
  double answer_s;
  double share = 0;
  double longest_on_link_s = 0;  ///< of the pieces in the second half

  void run(double wanted_share) {
    UploadPacer pace(answer_s);
    constexpr double all_s = 20;
    double now_s = 0;
    double on_link_s = 0;
    while (now_s < all_s) {
      const std::int64_t bytes = pace.piece_bytes();
      const double piece_s = static_cast<double>(bytes) / bytes_per_s;
      if (now_s > all_s / 2) longest_on_link_s = std::max(longest_on_link_s, piece_s);
      on_link_s += piece_s;
      now_s += answer_s + piece_s;
      now_s += pace.pause_after(bytes, answer_s + piece_s, wanted_share);
    }
    share = on_link_s / now_s;
  }
};

}  // namespace

TEST_CASE("An upload takes its share of links of any speed, and little at a time") {
  const double rate = GENERATE(1.25e6, 1.25e7, 5e7);  // bytes a second: 10, 100 and 400 Mbit/s
  const double answer_s = GENERATE(0.0002, 0.002, 0.01);
  const double wanted = GENERATE(0.1, 0.25, 0.5);
  CAPTURE(rate, answer_s, wanted);
  Upload upload{rate, answer_s};
  upload.run(wanted);
  CHECK(upload.share == Approx(wanted).epsilon(0.1));
  CHECK(upload.longest_on_link_s <= std::max(0.0035, 1.1 * answer_s * wanted / (1 - wanted)));
}

TEST_CASE("An upload is no faster than one piece at a time allows") {
  Upload upload{1.25e9, 0.1};  // 1 MiB is 0.8 ms of a link whose answers take 100 ms
  upload.run(0.25);
  CHECK(upload.share < 0.01);
  CHECK(upload.share > 0.001);
}

TEST_CASE("A single answer that comes late neither stops an upload nor makes its pieces tiny") {
  UploadPacer pace(0.001);
  for (int i = 0; i < 10; ++i) pace.pause_after(pace.piece_bytes(), 0.004, 0.25);
  const std::int64_t before = pace.piece_bytes();
  CHECK(pace.pause_after(before, 60, 0.25) <= 1);
  CHECK(pace.piece_bytes() >= before / 2);
}
