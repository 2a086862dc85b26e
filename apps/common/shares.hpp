// Shares as people write them on the command line.
#pragma once

#include <string>
#include <vector>

namespace scission::apps {

/// "5%", "5 %" or "0.05" → 0.05. A bare 5 is rather meant as 5 %, so it is refused.
/// Throws Error(invalid_argument) with the option as place.
double parse_share(const std::string& text, const std::string& option);

/// "1%,5%" → {0.01, 0.05}. Throws likewise.
std::vector<double> parse_shares(const std::string& text, const std::string& option);

/// What --precision says: a share, above 0 and at most 1. Throws likewise.
double parse_precision(const std::string& text);

/// "12.3 %", "0.5 %", "-4.0 %".
std::string format_share(double share);

}  // namespace scission::apps
