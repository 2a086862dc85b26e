// Peak memory of a search.
#pragma once

#include <optional>
#include <string>

namespace scission::bench {

/// Runs the target's query (seed 1) once and prints this process' peak of resident memory in
/// bytes and whether the answer is proven. False when there is no such target.
bool print_peak_memory(const std::string& target_name);

struct PeakMemory {
  double bytes = 0;
  bool is_proven = false;
};

/// The same in a separate process; empty when it fails.
std::optional<PeakMemory> peak_memory_of(const std::string& target_name);

}  // namespace scission::bench
