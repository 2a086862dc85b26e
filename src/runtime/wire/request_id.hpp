// Names of requests that come without one.
#pragma once

#include <string>

namespace scission::runtime {

/// "5f3a90c1-12": digits of this process, drawn at random, and a number that counts up.
/// Thread-safe.
std::string make_request_id();

}  // namespace scission::runtime
