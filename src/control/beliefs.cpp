#include "control/beliefs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "scission/base/error.hpp"

namespace scission {
namespace {

constexpr double out_of_reach = 1e6;             // a slowdown with which no plan is the best
constexpr double slowest_megabits_per_s = 8e-6;  // a byte a second: less is no link
constexpr int most_doublings = 5;

ExpectedTime expected_time(const Link& link, double bytes) {
  if (!link.curve.empty()) return {0, link.transfer_s(bytes)};
  return {link.ping_s(), bytes / link.bytes_per_s()};
}

void note_loss(Loss& loss, double now_s) {
  ++loss.times;
  loss.since_s = now_s;
  loss.is_lost = true;
}

std::vector<double> prefix_sums(const std::vector<double>& seconds) {
  std::vector<double> sums{0};
  for (const double block_s : seconds) sums.push_back(sums.back() + block_s);
  return sums;
}

}  // namespace

Beliefs::Beliefs(const PartitionProblem& profile, const ControllerOptions& options)
    : profile_(profile),
      options_(options),
      systems_(profile.systems.size(), TimeScale(options.systems)),
      links_(profile.links.size(), TimeScale(options.links)),
      lost_systems_(profile.systems.size()),
      lost_links_(profile.links.size()) {
  for (const auto& block_s : profile.block_s) until_block_s_.push_back(prefix_sums(block_s));
}

void Beliefs::begin(double now_s) {
  systems_.assign(systems_.size(), TimeScale(options_.systems, now_s));
  links_.assign(links_.size(), TimeScale(options_.links, now_s));
}

void Beliefs::require_system(int system) const {
  if (system >= 0 && system < profile_.system_count()) return;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("there is no system {}; there are {}", system, profile_.system_count()),
              "controller");
}

void Beliefs::observe(const StageObservation& stage, double now_s) {
  require_system(stage.system);
  if (stage.first_block < 0 || stage.last_block < stage.first_block ||
      stage.last_block >= profile_.block_count()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("there are no blocks {} to {}; there are {}", stage.first_block,
                            stage.last_block, profile_.block_count()),
                "controller");
  }
  const std::vector<double>& until_s = until_block_s_[stage.system];
  systems_[stage.system].observe({0, until_s[stage.last_block + 1] - until_s[stage.first_block]},
                                 stage.seconds, now_s);
  lost_systems_[stage.system] = {};
}

void Beliefs::observe(const HopObservation& hop, double now_s) {
  require_system(hop.from);
  require_system(hop.to);
  const std::optional<Link>& link = profile_.link(hop.from, hop.to);
  if (link)
    links_[index(hop.from, hop.to)].observe(expected_time(*link, hop.bytes), hop.seconds, now_s);
  lost_links_[index(hop.from, hop.to)] = {};
  lost_systems_[hop.from] = lost_systems_[hop.to] = {};
}

void Beliefs::lose_link(int from, int to, double now_s) {
  require_system(from);
  require_system(to);
  note_loss(lost_links_[index(from, to)], now_s);
}

const TimeScale& Beliefs::system(int system) const {
  require_system(system);
  return systems_[system];
}

const TimeScale& Beliefs::link(int from, int to) const {
  require_system(from);
  require_system(to);
  return links_[index(from, to)];
}

void Beliefs::lose_system(int system, double now_s) {
  require_system(system);
  note_loss(lost_systems_[system], now_s);
}

bool Beliefs::is_out(const Loss& loss, double now_s) const {
  const double patience_s =
      std::ldexp(options_.lost_retry_s, std::min(loss.times - 1, most_doublings));
  return loss.is_lost && now_s < loss.since_s + patience_s;
}

bool Beliefs::is_link_out(int from, int to, double now_s) const {
  return is_out(lost_links_[index(from, to)], now_s) || is_out(lost_systems_[from], now_s) ||
         is_out(lost_systems_[to], now_s);
}

bool Beliefs::is_system_out(int system, double now_s) const {
  return is_out(lost_systems_[system], now_s);
}

std::optional<Link> Beliefs::link_at(int from, int to, double now_s, double factor) const {
  std::optional<Link> link = profile_.link(from, to);
  if (!link) return link;
  const TimeScale& scale = links_[index(from, to)];
  const double stretch = scale.variable_factor(now_s) * factor;
  link->ping_ms *= scale.fixed_factor(now_s) * factor;
  link->megabits_per_s = std::max(link->megabits_per_s / stretch, slowest_megabits_per_s);
  for (CurvePoint& point : link->curve) point.seconds *= stretch;
  return link;
}

void Beliefs::apply(Planner& planner, double now_s) const {
  for (int from = 0; from < profile_.system_count(); ++from) {
    const bool is_out = is_system_out(from, now_s);
    planner.set_slowdown(from, is_out ? out_of_reach : systems_[from].variable_factor(now_s));
    for (int to = 0; to < profile_.system_count(); ++to) {
      const bool is_there = profile_.link(from, to) && !is_link_out(from, to, now_s);
      planner.set_link(from, to, is_there ? link_at(from, to, now_s) : std::nullopt);
    }
  }
}

bool Beliefs::is_due(const TimeScale& scale, const Loss& loss, double now_s) const {
  if (loss.is_lost) return now_s >= loss.since_s + options_.lost_probe_s;
  return scale.is_suspicious() || now_s >= scale.seen_s() + options_.probe_after_s;
}

bool Beliefs::is_probe_due(const Probe& probe, double now_s) const {
  if (!probe.to) return is_due(systems_[probe.from], lost_systems_[probe.from], now_s);
  const int place = index(probe.from, *probe.to);
  return is_due(links_[place], lost_links_[place], now_s);
}

// Lost so long that it may be back.
bool Beliefs::is_link_back(int from, int to, double now_s) const {
  const auto may_be_there = [&](const Loss& loss) {
    return !loss.is_lost || now_s >= loss.since_s + options_.lost_probe_s;
  };
  return may_be_there(lost_links_[index(from, to)]) && may_be_there(lost_systems_[from]) &&
         may_be_there(lost_systems_[to]);
}

double Beliefs::optimism(const TimeScale& scale, double uncertainty, double now_s) const {
  if (!is_due(scale, {}, now_s)) return 1;
  return std::exp(-options_.hope * uncertainty);
}

void Beliefs::apply_optimistic(Planner& planner, double now_s) const {
  for (int from = 0; from < profile_.system_count(); ++from) {
    const TimeScale& system = systems_[from];
    const double faster = optimism(system, system.variable_uncertainty(now_s), now_s);
    planner.set_slowdown(from, system.variable_factor(now_s) * faster);
    for (int to = 0; to < profile_.system_count(); ++to) {
      const TimeScale& scale = links_[index(from, to)];
      const double shorter = optimism(scale, scale.variable_uncertainty(now_s), now_s);
      const bool is_there = profile_.link(from, to) && is_link_back(from, to, now_s);
      planner.set_link(from, to, is_there ? link_at(from, to, now_s, shorter) : std::nullopt);
    }
  }
}

}  // namespace scission
