#include "runtime/pipeline/hop_timings.hpp"

#include <algorithm>

namespace scission::runtime {
namespace {

HopTiming first_hop(const std::string& source, const std::string& system,
                    const InferAnswer& answer) {
  HopTiming hop;
  hop.from = source;
  hop.to = system;
  hop.bytes = answer.sent_bytes;
  hop.serialise_s = answer.serialise_s;
  hop.transfer_s = answer.call_s;
  return hop;
}

HopTiming next_hop(const StageTiming& sender, const std::string& from, const std::string& to) {
  HopTiming hop;
  hop.from = from;
  hop.to = to;
  hop.serialise_s = sender.serialise_s;
  hop.transfer_s = sender.next_s;
  return hop;
}

// `hop` has all that its sender waited as the transfer.
void add_receiver(const StageTiming& stage, HopTiming& hop) {
  if (stage.received_bytes > 0) hop.bytes = stage.received_bytes;
  // Two clocks, read a little apart: a transfer of nothing may come out below 0.
  hop.transfer_s = std::max(0.0, hop.transfer_s - stage.total_s);
  hop.deserialise_s = stage.deserialise_s;
  hop.queue_s = stage.queue_s;
  hop.compute_s = stage.compute_s;
}

}  // namespace

std::vector<HopTiming> hops_of_call(const std::string& source,
                                    const std::vector<std::string>& systems,
                                    const InferAnswer& answer) {
  const bool is_told = answer.stages.size() == systems.size();
  std::vector<HopTiming> hops;
  for (std::size_t i = 0; i < systems.size(); ++i) {
    if (i == 0) {
      hops.push_back(first_hop(source, systems[0], answer));
    } else if (is_told) {
      hops.push_back(next_hop(answer.stages[i - 1], systems[i - 1], systems[i]));
    } else {
      hops.push_back(next_hop({}, systems[i - 1], systems[i]));
    }
    if (is_told) add_receiver(answer.stages[i], hops.back());
  }
  if (hops.empty()) return hops;
  // The answer's making and reading belong to the hop that it comes from.
  if (is_told) hops.back().serialise_s += answer.stages.back().serialise_s;
  hops.back().deserialise_s += answer.deserialise_s;
  return hops;
}

}  // namespace scission::runtime
