#include "search/compiled_constraints.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/numbers.hpp"
#include "base/require.hpp"
#include "base/text.hpp"
#include "plan/benchmark_option.hpp"

namespace scission::search_detail {
namespace {

// --- Groups of systems ---

[[noreturn]] void refuse_name(const PartitionProblem& problem, const std::string& name,
                              const std::string& place) {
  for (const System& system : problem.unmeasured) {
    if (system.name == (name.starts_with('@') ? name.substr(1) : name)) {
      throw_invalid_argument(unmeasured_text(system, problem.model), place);
    }
  }
  std::vector<std::string> known = problem.platforms;
  for (const System& system : problem.systems) known.push_back(system.name);
  throw_invalid_argument(
      fmt::format("no platform or system '{}'; {}", name, suggestion(name, known)), place);
}

bool is_platform(const PartitionProblem& problem, std::string_view name) {
  return std::find(problem.platforms.begin(), problem.platforms.end(), name) !=
         problem.platforms.end();
}

// The input may lie on any system of the platform. The choice among them must not depend on which
// profiles hold the model.
void require_measured(const PartitionProblem& problem, const std::string& platform) {
  const auto is_there = [&](const System& system) { return system.platform == platform; };
  const auto unmeasured =
      std::find_if(problem.unmeasured.begin(), problem.unmeasured.end(), is_there);
  if (unmeasured != problem.unmeasured.end()) {
    throw_invalid_argument(fmt::format("the input lies on {}, but {}; or name the system that "
                                       "the input lies on (--source)",
                                       platform, unmeasured_text(*unmeasured, problem.model)),
                           "source");
  }
}

void require_source(const PartitionProblem& problem) {
  const std::string& platform = problem.platforms.front();
  require_measured(problem, platform);
  if (problem.systems.front().platform == platform) return;  // they are in the platforms' order
  throw_invalid_argument(
      fmt::format("the input lies on {0}, of which there is no profile; measure one there "
                  "(scission-benchmark {0} NAME), or name the system that the input lies on "
                  "(--source)",
                  platform),
      "source");
}

// --- Codecs ---

std::string measuring_text(const PartitionProblem& problem, const System& system,
                           const std::string& codec) {
  return fmt::format("scission-benchmark {} {} {} --codecs {} --calibrate FOLDER --resume",
                     system.platform, system.name, benchmark_option(problem.model), codec);
}

bool is_measured_on(const CodecCosts& codec, int system) {
  const auto is_finite = [](double seconds) { return std::isfinite(seconds); };
  const std::vector<double>& encode_s = codec.encode_s[system];
  const std::vector<double>& decode_s = codec.decode_s[system];
  return std::any_of(encode_s.begin(), encode_s.end(), is_finite) ||
         std::any_of(decode_s.begin(), decode_s.end(), is_finite);
}

// The first system that has not measured it at any cut.
std::optional<int> unmeasured_on(const PartitionProblem& problem, int codec,
                                 const std::vector<char>& matters) {
  for (int system = 0; system < problem.system_count(); ++system) {
    if (matters[system] && !is_measured_on(problem.codecs[codec], system)) return system;
  }
  return std::nullopt;
}

// Its index. A codec must have been measured on every system that matters, so that no plan misses
// it for lack of a measurement alone.
int require_codec(const PartitionProblem& problem, const std::string& name,
                  const std::vector<char>& matters) {
  std::vector<std::string> known;
  for (const CodecCosts& codec : problem.codecs) known.push_back(codec.name);
  const auto found = std::find(known.begin(), known.end(), name);
  if (found == known.end()) {
    throw_invalid_argument(
        fmt::format("no profile of '{}' has measured codec '{}'{}; measure it on every system: {}",
                    problem.model, name,
                    known.empty() ? "" : fmt::format(" (measured: {})", text::join(known, ", ")),
                    measuring_text(problem, problem.systems.front(), name)),
        "codecs");
  }
  const auto codec = static_cast<int>(found - known.begin());
  if (const std::optional<int> system = unmeasured_on(problem, codec, matters)) {
    const System& one = problem.systems[*system];
    throw_invalid_argument(
        fmt::format("profile {}-{} has not measured codec '{}' of '{}'; measure it there: {}",
                    one.platform, one.name, name, problem.model,
                    measuring_text(problem, one, name)),
        "codecs");
  }
  return codec;
}

// --- Criteria ---

// "0-4": the form that --keep-on expects.
bool is_layer_range(const std::string& name) {
  return name.find('-') != std::string::npos &&
         name.find_first_not_of("0123456789-") == std::string::npos;
}

// The systems that criteria name; each name must be a system of the group.
SystemGroup named_in(const PartitionProblem& problem, const SystemGroup& group,
                     const std::vector<std::string>& names, const std::string& place) {
  SystemGroup named(problem.systems.size());
  for (const std::string& name : names) {
    int found = -1;
    std::vector<std::string> known;
    for (int system = 0; system < problem.system_count(); ++system) {
      if (!group.holds(system)) continue;
      known.push_back(problem.systems[system].name);
      if (problem.systems[system].name == name) found = system;
    }
    if (found < 0) {
      throw_invalid_argument(
          is_layer_range(name)
              ? fmt::format("'{}' is not a criterion: name each layer, as in 3,4, or keep a "
                            "range of them on a system (--keep-on NAME {})",
                            name, name)
              : fmt::format("no system '{}'; {}", name, suggestion(name, known)),
          place);
    }
    named.add(found);
  }
  return named;
}

}  // namespace

SystemGroup resolve_group(const PartitionProblem& problem, const std::vector<std::string>& names,
                          const std::string& place) {
  SystemGroup group(problem.systems.size());
  for (const std::string& name : names) {
    bool is_known = is_platform(problem, name);
    for (int system = 0; system < problem.system_count(); ++system) {
      if (!problem.is_named(name, system)) continue;
      group.add(system);
      is_known = true;
    }
    if (!is_known) refuse_name(problem, name, place);
  }
  return group;
}

CompiledConstraints::CompiledConstraints(const PartitionProblem& problem, const Query& query)
    : in_platform_order(query.route == Route::platform_order),
      may_revisit(query.can_revisit),
      input_bytes(query.input_bytes),
      usable(problem.systems.size(), 1),
      may_hold(problem.systems.size(), 1),
      may_run(problem.systems.size() * problem.blocks.size(), 1),
      may_finish(problem.systems.size(), 1),
      platform_used(problem.platforms.size(), 0),
      memory_bytes(problem.systems.size(), infinity),
      limits(query.limits) {
  validate(problem, query);
  for (int system = 0; system < problem.system_count(); ++system) {
    platform.push_back(problem.platform_of(system));
  }
  for (const auto& [name, constraints] : query.constraints) apply(problem, name, constraints);
  for (const KeepOn& keep_on : query.keep_on) keep(problem, keep_on);
  choose_ends(problem, query);
  limit_memory(problem);
  limit_stages(problem, query);
  choose_codecs(problem, query);
}

void CompiledConstraints::apply(const PartitionProblem& problem, const std::string& name,
                                const Constraints& constraints) {
  const std::string place = "constraints on " + name;
  const SystemGroup group = resolve_group(problem, {name}, place);
  apply_criteria(problem, group, constraints.criteria, place);
  apply_limits(group, constraints);
  if (constraints.criteria.requires_use()) demand(problem, group);
}

void CompiledConstraints::apply_criteria(const PartitionProblem& problem, const SystemGroup& group,
                                         const Criteria& criteria, const std::string& place) {
  const SystemGroup named = named_in(problem, group, criteria.systems, place);
  const SystemGroup excluded = named_in(problem, group, criteria.excluded_systems, place);
  for (int system = 0; system < problem.system_count(); ++system) {
    if (!group.holds(system)) continue;
    const bool allowed = !excluded.holds(system) && (named.size() == 0 || named.holds(system));
    if (!allowed) may_hold[system] = 0;
    if (!allowed || !criteria.is_used.value_or(true)) usable[system] = 0;
    for (int block = 0; block < problem.block_count(); ++block) {
      for (int layer : criteria.excluded_layers) {
        if (!overlaps(problem.blocks[block], layer, layer)) continue;
        may_run[system * problem.blocks.size() + block] = 0;
      }
    }
  }
  for (int layer : criteria.layers) want_layers(problem, group, layer, layer);
}

// Layers required on one group are forbidden on all other systems.
void CompiledConstraints::want_layers(const PartitionProblem& problem, const SystemGroup& group,
                                      int first, int last) {
  for (int system = 0; system < problem.system_count(); ++system) {
    if (group.holds(system)) continue;
    for (int block = 0; block < problem.block_count(); ++block) {
      if (overlaps(problem.blocks[block], first, last)) {
        may_run[system * problem.blocks.size() + block] = 0;
      }
    }
  }
}

void CompiledConstraints::apply_limits(const SystemGroup& group, const Constraints& constraints) {
  if (constraints.upload_bytes) uploads.push_back({group, *constraints.upload_bytes});
  if (constraints.compute) {
    (constraints.compute->is_share ? shares : computes)
        .push_back({group, constraints.compute->value});
  }
  if (!constraints.memory_bytes) return;
  for (std::size_t system = 0; system < memory_bytes.size(); ++system) {
    if (!group.holds(static_cast<int>(system))) continue;
    memory_bytes[system] = std::min(memory_bytes[system], *constraints.memory_bytes);
  }
}

// In the platforms' order a plan uses at most one system of a platform: demanding one of its
// systems means demanding the platform and forbidding the others.
void CompiledConstraints::demand(const PartitionProblem& problem, const SystemGroup& group) {
  if (!in_platform_order) {
    demands.push_back(group);
    return;
  }
  if (group.size() == 0) {
    demands.push_back(group);  // infeasible
    return;
  }
  int of = 0;  // a group is a platform or a part of one
  for (int system = 0; system < problem.system_count(); ++system) {
    if (group.holds(system)) of = platform[system];
  }
  platform_used[of] = 1;
  for (int system = 0; system < problem.system_count(); ++system) {
    if (platform[system] == of && !group.holds(system)) usable[system] = 0;
  }
}

void CompiledConstraints::keep(const PartitionProblem& problem, const KeepOn& keep_on) {
  const std::string place = "layers kept on " + keep_on.name;
  const SystemGroup group = resolve_group(problem, {keep_on.name}, place);
  want_layers(problem, group, keep_on.first_layer, keep_on.last_layer);
  if (keep_on.first_layer > 0) return;
  for (int system = 0; system < problem.system_count(); ++system) {
    if (!group.holds(system)) may_hold[system] = 0;
  }
}

void CompiledConstraints::choose_ends(const PartitionProblem& problem, const Query& query) {
  const bool by_default = query.sources.empty();
  if (by_default) require_source(problem);
  for (const std::string& name : query.sources) {
    if (is_platform(problem, name)) require_measured(problem, name);
  }
  const SystemGroup named = resolve_group(problem, query.sources, "source");
  for (int system = 0; system < problem.system_count(); ++system) {
    const bool meant = by_default ? platform[system] == 0 : named.holds(system);
    if (meant && may_hold[system]) sources.push_back(system);
  }
  const SystemGroup ends = resolve_group(problem, query.sinks, "sink");
  for (int system = 0; system < problem.system_count(); ++system) {
    may_finish[system] = query.sinks.empty() || ends.holds(system);
  }
  if (!query.return_to) return;
  return_to = resolve_group(problem, {*query.return_to}, "return");
  returns_to_source = std::any_of(sources.begin(), sources.end(),
                                  [&](int source) { return return_to->holds(source); });
}

// Ignores a limit that no plan can exceed.
void CompiledConstraints::limit_stages(const PartitionProblem& problem, const Query& query) {
  int most = problem.block_count();
  if (in_platform_order) most = std::min(most, static_cast<int>(problem.platforms.size()));
  if (!may_revisit) most = std::min(most, problem.system_count());
  if (query.max_stages.value_or(most) < most) max_stages = *query.max_stages;
}

void CompiledConstraints::limit_memory(const PartitionProblem& problem) {
  for (int system = 0; system < problem.system_count(); ++system) {
    memory_bytes[system] =
        std::min(memory_bytes[system], problem.systems[system].memory_bytes.value_or(infinity));
    limits_memory = limits_memory || std::isfinite(memory_bytes[system]);
  }
  if (limits_memory && problem.memory.empty()) {
    throw_invalid_argument(
        "a memory limit needs profiles that state the blocks' parameters; benchmark the "
        "model with scission-benchmark",
        "model " + problem.model);
  }
}

void CompiledConstraints::choose_codecs(const PartitionProblem& problem, const Query& query) {
  std::vector<char> matters = usable;
  for (const int source : sources) matters[source] = 1;
  for (int system = 0; return_to && system < problem.system_count(); ++system) {
    if (return_to->holds(system)) matters[system] = 1;
  }
  for (const std::string& name : query.codecs) {
    if (name == "all") {
      for (int codec = 0; codec < static_cast<int>(problem.codecs.size()); ++codec) {
        if (!unmeasured_on(problem, codec, matters)) codecs.push_back(codec);
      }
    } else if (name != "raw") {
      codecs.push_back(require_codec(problem, name, matters));
    }
  }
  std::sort(codecs.begin(), codecs.end());
  codecs.erase(std::unique(codecs.begin(), codecs.end()), codecs.end());
}

// --- Label states ---

LabelStates::LabelStates(const CompiledConstraints& constraints)
    : marks_(constraints.usable.size(), 0), critical_(constraints.usable.size(), 0) {}

LabelStates::LabelStates(const CompiledConstraints& constraints, const std::vector<int>& critical)
    : LabelStates(constraints) {
  if (constraints.returns_to_source) source_count_ = static_cast<int>(constraints.sources.size());
  if (constraints.max_stages > 0) {
    counts_stages_ = true;
    stage_count_ = constraints.max_stages;
  }
  if (constraints.demands.size() > max_state_bits) {
    throw_invalid_argument("more than 16 demands to use a platform or system");
  }
  for (const SystemGroup& demand : constraints.demands) {
    const std::uint32_t bit = 1u << bit_count_++;
    demanded_ |= bit;
    for (std::size_t system = 0; system < marks_.size(); ++system) {
      if (demand.holds(static_cast<int>(system))) marks_[system] |= bit;
    }
  }
  for (int system : critical) {
    const std::uint32_t bit = 1u << bit_count_++;
    marks_[system] |= bit;
    critical_[system] = bit;
  }
}

int LabelStates::enter_first(int source_rank, int system) const {
  const int source = source_count_ > 1 ? source_rank : 0;
  return static_cast<int>((source * stage_count_) << bit_count_ | marks_[system]);
}

int LabelStates::enter(int state, int system) const {
  if (mask(state) & critical_[system]) return none;
  int next = state;
  if (counts_stages_) {
    if ((state >> bit_count_) % stage_count_ == stage_count_ - 1) return none;
    next += 1 << bit_count_;
  }
  return static_cast<int>(next | marks_[system]);
}

std::optional<int> LabelStates::source_rank(int state) const {
  if (source_count_ == 1) return std::nullopt;
  return (state >> bit_count_) / stage_count_;
}

}  // namespace scission::search_detail
