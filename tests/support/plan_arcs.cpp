#include "support/plan_arcs.hpp"

#include <algorithm>

#include "scission/base.hpp"
#include "support/brute_force.hpp"
#include "support/meant_systems.hpp"

namespace scission::testing {

bool may_hold_input(const PartitionProblem& problem, const Query& query, int system) {
  if (!query.sources.empty()) return is_any_meant(problem, query.sources, system);
  return problem.systems[system].platform == problem.systems.front().platform;
}

double ArcFigures::run_s(const Arc& arc) const {
  return share(arc) * problem_.block_s[arc.to][arc.block];
}

double ArcFigures::setup_s(const Arc& arc) const {
  if (!arc.begins_stage() || problem_.setup_s.empty()) return 0;
  return share(arc) * problem_.setup_s[arc.to][arc.block];
}

double ArcFigures::bytes(const Arc& arc) const { return share(arc) * sent_bytes(arc); }

double ArcFigures::hop_s(const Arc& arc) const {
  return share(arc) * problem_.link(arc.from, arc.to)->transfer_s(sent_bytes(arc));
}

double ArcFigures::busy_s(const Arc& arc) const {
  return share(arc) * problem_.link(arc.from, arc.to)->busy_s(sent_bytes(arc));
}

double ArcFigures::encode_s(const Arc& arc) const {
  if (arc.codec < 0) return 0;
  return share(arc) * problem_.codecs[arc.codec].encode_s[arc.from][arc.block];
}

double ArcFigures::decode_s(const Arc& arc) const {
  if (arc.codec < 0) return 0;
  return share(arc) * problem_.codecs[arc.codec].decode_s[arc.to][arc.block];
}

double ArcFigures::share(const Arc& arc) const { return share_reaching(problem_, arc.block); }

double ArcFigures::sent_bytes(const Arc& arc) const {
  if (arc.codec >= 0) return problem_.codecs[arc.codec].bytes[arc.block];
  return problem_.bytes_into(arc.block, query_.input_bytes);
}

double ArcFigures::run_amount(Metric measure, const Arc& arc) const {
  const System& system = problem_.systems[arc.to];
  const double seconds = run_s(arc) + setup_s(arc);
  if (measure == Metric::latency) return seconds;
  if (measure == Metric::energy) return seconds * system.power_w.value();
  if (measure == Metric::money) return seconds * system.price_per_hour.value() / seconds_per_hour;
  return 0;
}

double ArcFigures::hop_amount(Metric measure, const Arc& arc) const {
  const Link& link = *problem_.link(arc.from, arc.to);
  const auto coding = [&](std::optional<double> System::*rate) {
    return encode_s(arc) * (problem_.systems[arc.from].*rate).value() +
           decode_s(arc) * (problem_.systems[arc.to].*rate).value();
  };
  if (measure == Metric::latency) return hop_s(arc) + encode_s(arc) + decode_s(arc);
  if (measure == Metric::traffic) return bytes(arc);
  if (measure == Metric::energy) {
    return bytes(arc) * link.joules_per_byte.value() + coding(&System::power_w);
  }
  if (measure == Metric::money) {
    return bytes(arc) * link.price_per_byte.value() +
           coding(&System::price_per_hour) / seconds_per_hour;
  }
  if (arc.codec < 0) return 0;
  if (measure == Metric::error) return problem_.codecs[arc.codec].error[arc.block];
  if (measure == Metric::disagreement) return problem_.codecs[arc.codec].disagreement[arc.block];
  return 0;
}

double ArcFigures::amount(Metric measure, const Arc& arc) const {
  return run_amount(measure, arc) + (arc.is_hop() ? hop_amount(measure, arc) : 0);
}

double ArcFigures::objective(const Arc& arc) const {
  double sum = 0;
  for (Metric measure : all_metrics()) {
    const double weight = query_.objective.weight(measure);
    if (weight > 0) sum += weight * amount(measure, arc);
  }
  return sum;
}

bool ArcFigures::is_allowed(const Arc& arc) const {
  if (arc.block == 0 && !may_hold_input(problem_, query_, arc.from)) return false;
  const bool is_last = arc.block == problem_.block_count() - 1;
  if (is_last && !query_.sinks.empty() && !is_any_meant(problem_, query_.sinks, arc.to)) {
    return false;
  }
  if (!arc.is_hop()) return true;
  if (!problem_.link(arc.from, arc.to)) return false;
  if (arc.codec >= 0) {
    const std::vector<std::string>& allowed = query_.codecs;
    const std::string& name = problem_.codecs[arc.codec].name;
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) return false;
  }
  return query_.route == Route::any_order ||
         problem_.platform_of(arc.from) < problem_.platform_of(arc.to);
}

}  // namespace scission::testing
