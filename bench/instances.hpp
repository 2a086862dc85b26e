// Seeded problems for benchmarks of the search.
#pragma once

#include "scission/plan/problem.hpp"

namespace scission::bench {

/// Resembles measured problems. Blocks as in a CNN: convolutions and light layers between them,
/// outputs that halve eight times and weights that double, each a factor of 2 about that. Systems
/// on four platforms, their speeds log-uniform over 50×, each block 20 % off; links log-uniform
/// over 1 Mbit/s to 1 Gbit/s and 1 to 100 ms. Memory figures of a 100 MB model.
PartitionProblem cnn_like(int block_count, int system_count, unsigned seed);

/// Adds eight codecs to a problem: two lossless ones of 0.8 of the size or a little less, and six
/// that leave half to a twentieth of it, each block 20 % off. A system codes at speeds in
/// proportion to its computing, 0.1 to 2 GB/s for the median one.
void add_codecs(PartitionProblem& problem, unsigned seed);

/// The hard kind: every block's time on every system independent of all others, links that cost
/// almost nothing, so that the best plan changes systems whenever it can.
PartitionProblem independent_costs(int block_count, int system_count, unsigned seed);

/// The original's published mobilenet: 92 blocks, 5 systems; a random problem of that size where
/// the profiles are missing.
PartitionProblem mobilenet();

/// Whether mobilenet() is the published one.
bool has_published_data();

}  // namespace scission::bench
