// Student's t and Snedecor's F distribution, by the incomplete beta function.
#pragma once

namespace scission {

/// I_x(a, b), the regularised incomplete beta function, for a, b > 0 and 0 ≤ x ≤ 1, by its
/// continued fraction (Abramowitz and Stegun, 26.5.8). Accurate to about 1e-12.
double incomplete_beta(double a, double b, double x);

/// P(T > t) of Student's t. Infinite degrees of freedom: the normal distribution.
double student_above(double t, double degrees);

/// The t with P(T > t) = p, 0 < p < 1, by bisection.
double student_quantile(double p, double degrees);

/// P(F > f) of Snedecor's F, f ≥ 0.
double snedecor_above(double f, double degrees, double error_degrees);

}  // namespace scission
