// What the ends of a call saw, put together hop by hop.
#pragma once

#include <string>
#include <vector>

#include "scission/runtime/client/client.hpp"
#include "scission/runtime/wire/calls.hpp"

namespace scission::runtime {

/// Of a call from `source` through stages on these systems. Where the answer does not tell of every
/// stage, as a foreign server's, all of the call is the first hop's transfer.
std::vector<HopTiming> hops_of_call(const std::string& source,
                                    const std::vector<std::string>& systems,
                                    const InferAnswer& answer);

}  // namespace scission::runtime
