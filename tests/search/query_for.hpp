// The simplest query.
#pragma once

#include "scission/search/search.hpp"

namespace scission::testing {

/// For the plan of least latency.
inline Query query_for(double input_bytes) {
  Query query;
  query.input_bytes = input_bytes;
  return query;
}

}  // namespace scission::testing
