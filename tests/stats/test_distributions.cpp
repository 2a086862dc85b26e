#include "stats/distributions.hpp"

#include "support/catch.hpp"

using namespace scission;

TEST_CASE("Student's and Snedecor's distributions agree with printed tables") {
  CHECK(student_quantile(0.025, 1) == Approx(12.7062).epsilon(1e-5));
  CHECK(student_quantile(0.025, 2) == Approx(4.30265).epsilon(1e-5));
  CHECK(student_quantile(0.025, 9) == Approx(2.26216).epsilon(1e-5));
  CHECK(student_quantile(0.025, 10) == Approx(2.228139).epsilon(1e-6));
  CHECK(student_quantile(0.025, 30) == Approx(2.04227).epsilon(1e-5));
  CHECK(student_quantile(0.025, 99) == Approx(1.98422).epsilon(1e-5));
  CHECK(student_quantile(0.005, 1) == Approx(63.65674).epsilon(1e-6));
  CHECK(student_quantile(0.025, 1e9) == Approx(1.959964).epsilon(1e-6));
  CHECK(student_quantile(0.975, 10) == Approx(-2.228139).epsilon(1e-6));
  CHECK(student_above(0, 5) == Approx(0.5));
  CHECK(student_above(-2.228139, 10) == Approx(0.975).epsilon(1e-6));
  CHECK(snedecor_above(4.102821, 2, 10) == Approx(0.05).epsilon(1e-5));
  CHECK(snedecor_above(2.543, 10, 15) == Approx(0.05).epsilon(1e-3));
  CHECK(snedecor_above(0, 3, 3) == 1);
  CHECK(incomplete_beta(2, 3, 0.4) == Approx(0.5248).epsilon(1e-9));
}
