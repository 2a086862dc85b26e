// What a reader of plans should know of their problem.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <set>
#include <utility>

#include "base/numbers.hpp"
#include "scission/base.hpp"
#include "scission/plan/problem.hpp"
#include "scission/report.hpp"
#include "scission/search/plan_io.hpp"

namespace scission {
namespace {

// --- Limits ---

// The time of all layers there, each on the slowest of the systems that the name means.
double longest_compute_s(const PartitionProblem& problem, const std::string& name) {
  double sum = 0;
  for (int block = 0; block < problem.block_count(); ++block) {
    double longest = 0;
    for (int system = 0; system < problem.system_count(); ++system) {
      if (!problem.is_named(name, system)) continue;
      longest = std::max(longest, problem.expected_s(system, block));
    }
    sum += longest;
  }
  return sum;
}

// In the platforms' order, what leaves a platform leaves it once.
double largest_upload(const PartitionProblem& problem, const Query& query) {
  double sum = 0;
  double largest = 0;
  for (int block = 0; block <= problem.block_count(); ++block) {
    const double bytes = problem.reach(block) * problem.bytes_into(block, query.input_bytes);
    sum += bytes;
    largest = std::max(largest, bytes);
  }
  return query.route == Route::platform_order && !query.return_to ? largest : sum;
}

// The memory of the whole model on the one of the named systems where it takes the most. Empty
// where it is unknown, and where a plan may come back to a system and need more there.
std::optional<double> largest_memory(const PartitionProblem& problem, const Query& query,
                                     const std::string& name) {
  if (problem.memory.empty() || query.route != Route::platform_order) return std::nullopt;
  double largest = 0;
  for (int system = 0; system < problem.system_count(); ++system) {
    if (!problem.is_named(name, system)) continue;
    const Plan whole{system, {{system, 0, problem.block_count() - 1}}};
    largest = std::max(largest, plan_memory_bytes(problem, whole, system));
  }
  return largest;
}

// The number of stages that a plan can have; with revisits, one for each block.
int most_stages(const PartitionProblem& problem, const Query& query) {
  if (query.route == Route::any_order) {
    return query.can_revisit ? problem.block_count()
                             : std::min(problem.block_count(), problem.system_count());
  }
  std::set<int> platforms;
  for (int i = 0; i < problem.system_count(); ++i) platforms.insert(problem.platform_of(i));
  return std::min(problem.block_count(), static_cast<int>(platforms.size()));
}

// What a second of computing contributes to a metric; NaN if unknown.
double rate_of(const System& system, Metric metric) {
  switch (metric) {
    case Metric::energy:
      return system.power_w.value_or(not_a_number);
    case Metric::money:
      return system.price_per_hour.value_or(not_a_number) / seconds_per_hour;
    case Metric::traffic:
      return 0;
    default:
      return 1;
  }
}

double hop_value(const Link& link, double bytes, Metric metric) {
  switch (metric) {
    case Metric::energy:
      return bytes * link.joules_per_byte.value_or(0);
    case Metric::money:
      return bytes * link.price_per_byte.value_or(0);
    case Metric::traffic:
      return bytes;
    default:
      return link.transfer_s(bytes);
  }
}

bool may_use(const Query& query, const CodecCosts& codec) {
  return std::any_of(query.codecs.begin(), query.codecs.end(),
                     [&](const std::string& name) { return name == "all" || name == codec.name; });
}

// The largest time of those that are known.
double longest_s(const std::vector<std::vector<double>>& by_system, int block) {
  double longest = 0;
  for (const std::vector<double>& seconds : by_system) {
    if (std::isfinite(seconds.at(block))) longest = std::max(longest, seconds[block]);
  }
  return longest;
}

// Upper bound on what crosses into a block contributes, raw or coded.
double largest_crossing(const PartitionProblem& problem, const Query& query, Metric metric,
                        int block, double largest_rate) {
  double bytes = problem.bytes_into(block, query.input_bytes);
  double coding_s = 0;
  for (const CodecCosts& codec : problem.codecs) {
    if (!may_use(query, codec) || !std::isfinite(codec.bytes.at(block))) continue;
    bytes = std::max(bytes, codec.bytes[block]);
    coding_s =
        std::max(coding_s, longest_s(codec.encode_s, block) + longest_s(codec.decode_s, block));
  }
  double hop = 0;
  for (const std::optional<Link>& link : problem.links) {
    if (link) hop = std::max(hop, hop_value(*link, bytes, metric));
  }
  return problem.reach(block) * (hop + largest_rate * coding_s);
}

// The sum over as many hops as a plan can have, the input's and the output's among them.
double sum_over_hops(const PartitionProblem& problem, const Query& query,
                     std::vector<double> of_hops) {
  const int stages = std::min(most_stages(problem, query), query.max_stages.value_or(1 << 20));
  const auto hops = of_hops.begin() + std::min<std::ptrdiff_t>(stages + 1, std::ssize(of_hops));
  std::partial_sort(of_hops.begin(), hops, of_hops.end(), std::greater<>());
  return std::accumulate(of_hops.begin(), hops, 0.0);
}

// Upper bound on a metric of every plan: every block where it costs the most, with the cuts of the
// most costly hops. NaN where a figure is unknown.
double largest_value(const PartitionProblem& problem, const Query& query, Metric metric) {
  double sum = 0;
  double largest_rate = 0;
  for (const System& system : problem.systems) {
    largest_rate = std::max(largest_rate, rate_of(system, metric));
  }
  std::vector<double> begins;  // a stage that begins there, with the hop before it
  for (int block = 0; block <= problem.block_count(); ++block) {
    double compute = 0;
    double setup = 0;
    for (int i = 0; block < problem.block_count() && i < problem.system_count(); ++i) {
      const double rate = rate_of(problem.systems[i], metric);
      if (std::isnan(rate)) return rate;
      compute = std::max(compute, rate * problem.expected_s(i, block));
      setup = std::max(setup, rate * problem.expected_setup_s(i, block));
    }
    sum += compute;
    begins.push_back(setup + largest_crossing(problem, query, metric, block, largest_rate));
  }
  return sum + sum_over_hops(problem, query, std::move(begins));
}

// The same of the error or disagreement, which only codecs cause.
double largest_error(const PartitionProblem& problem, const Query& query,
                     std::vector<double> CodecCosts::*errors) {
  std::vector<double> of_hops(problem.blocks.size() + 1, 0.0);
  for (const CodecCosts& codec : problem.codecs) {
    if (!may_use(query, codec)) continue;
    for (std::size_t block = 0; block < (codec.*errors).size(); ++block) {
      if (std::isfinite(codec.bytes.at(block))) {
        of_hops.at(block) = std::max(of_hops[block], (codec.*errors)[block]);
      }
    }
  }
  return sum_over_hops(problem, query, std::move(of_hops));
}

// Of limits on the whole plan.
void add_nonbinding_totals(const PartitionProblem& problem, const Query& query,
                           std::vector<std::string>& warnings) {
  constexpr std::array costs{Metric::latency, Metric::period, Metric::traffic, Metric::energy,
                             Metric::money};
  for (const Metric metric : costs) {
    const std::optional<double>& limit = query.limits.limit(metric);
    if (!limit) continue;
    const double largest = largest_value(problem, query, metric);
    if (!(*limit >= largest)) continue;
    const bool is_time = metric == Metric::latency || metric == Metric::period;
    warnings.push_back(
        fmt::format("the limit of {} on {} excludes no plan: no plan exceeds {}",
                    is_time ? fmt::format("{:g} s", *limit) : format_metric(metric, *limit),
                    to_string(metric), format_metric(metric, largest)));
  }
  const auto add_error = [&](const std::optional<double>& limit, const char* what,
                             std::vector<double> CodecCosts::*errors) {
    if (!limit) return;
    const double largest = largest_error(problem, query, errors);
    if (*limit < largest) return;
    warnings.push_back(
        query.codecs.empty()
            ? fmt::format(
                  "the limit on the {} excludes no plan: without codecs the output is exact", what)
            : fmt::format(
                  "the limit of {:.4g} % on the {} excludes no plan: no plan exceeds {:.2g} %",
                  100 * *limit, what, 100 * largest));
  };
  add_error(query.limits.error, "error", &CodecCosts::error);
  add_error(query.limits.disagreement, "disagreement", &CodecCosts::disagreement);
  const int stages = most_stages(problem, query);
  if (!query.max_stages || *query.max_stages < stages) return;
  warnings.push_back(
      fmt::format("the limit of {} stages ({} cuts) excludes no plan: {} stages are possible",
                  *query.max_stages, *query.max_stages - 1, stages));
}

void add_nonbinding_limits(const PartitionProblem& problem, const Query& query,
                           std::vector<std::string>& warnings) {
  for (const auto& [name, constraints] : query.constraints) {
    if (constraints.compute && !constraints.compute->is_share) {
      const double longest_s = longest_compute_s(problem, name);
      if (constraints.compute->value >= longest_s) {
        warnings.push_back(fmt::format(
            "the limit of {:g} s on computing on {} excludes no plan: all layers take {} there; a "
            "share of the compute time is written {:g}%",
            constraints.compute->value, name, format_duration(longest_s),
            constraints.compute->value));
      }
    }
    if (constraints.compute && constraints.compute->is_share && constraints.compute->value >= 1) {
      warnings.push_back(
          fmt::format("the limit of 100 % of the compute time on {} excludes no plan", name));
    }
    const std::optional<double> memory = largest_memory(problem, query, name);
    if (memory && constraints.memory_bytes && *constraints.memory_bytes >= *memory) {
      warnings.push_back(
          fmt::format("the limit of {} on memory of {} excludes no plan: all layers take {} there",
                      format_bytes(*constraints.memory_bytes), name, format_bytes(*memory)));
    }
    const double largest = largest_upload(problem, query);
    if (constraints.upload_bytes && *constraints.upload_bytes >= largest) {
      warnings.push_back(
          fmt::format("the limit of {} on uploads of {} excludes no plan: at most {} leave it",
                      format_bytes(*constraints.upload_bytes), name, format_bytes(largest)));
    }
  }
}

// "602 kB (-i 0.602112)"
std::string with_option(double bytes) {
  return fmt::format("{} (-i {:.6g})", format_bytes(bytes), bytes / bytes_per_megabyte);
}

std::string input_remark(const PartitionProblem& problem) {
  const double picture_bytes = Query{}.input_bytes;
  const double assumed_bytes = default_input_bytes(problem);
  const std::optional<double>& tensor_bytes = problem.input_tensor_bytes;
  if (tensor_bytes == picture_bytes || (!tensor_bytes && problem.takes_picture)) return {};
  if (!tensor_bytes) {
    return fmt::format("input: {}, a guess: no profile states the size of the input (-i MB)",
                       format_bytes(assumed_bytes));
  }
  if (assumed_bytes == picture_bytes) {
    return fmt::format(
        "input: {}, a compressed picture; the tensor, which scission-run sends, is {}",
        format_bytes(picture_bytes), with_option(*tensor_bytes));
  }
  return fmt::format("input: {}, the tensor; a compressed picture would be {}",
                     format_bytes(*tensor_bytes), with_option(picture_bytes));
}

std::string exit_remark(const PartitionProblem& problem) {
  if (!problem.exit_shares.empty()) {
    return fmt::format("all figures are means over the requests: {}",
                       format_exit_shares(problem.exit_shares));
  }
  if (problem.exits.empty()) return {};
  return fmt::format(
      "all figures are of requests that take no early exit ({} {}); for means over all requests: "
      "--exit-share {}=SHARE",
      problem.exits.size() == 1 ? "layer" : "layers", fmt::join(problem.exits, ", "),
      problem.exits.front());
}

// --- Codecs ---

/// `all` leaves out what a system lacks: a system without any codec leaves none.
void add_codec_warnings(const PartitionProblem& problem, const Query& query,
                        std::vector<std::string>& warnings) {
  if (std::find(query.codecs.begin(), query.codecs.end(), "all") == query.codecs.end()) return;
  for (int system = 0; system < problem.system_count(); ++system) {
    const bool has_any =
        std::any_of(problem.codecs.begin(), problem.codecs.end(), [&](const CodecCosts& codec) {
          const std::vector<double>& times = codec.encode_s.at(static_cast<std::size_t>(system));
          return std::any_of(times.begin(), times.end(), [](double s) { return std::isfinite(s); });
        });
    if (has_any) continue;
    warnings.push_back(
        fmt::format("{}-{} has measured no codec of {}: plans that may use it code nothing "
                    "(scission-benchmark --codecs)",
                    problem.systems[system].platform, problem.systems[system].name, problem.model));
  }
}

}  // namespace

TextNotes problem_notes(const PartitionProblem& problem, const Query& query, bool assumes_input) {
  TextNotes notes;
  for (const System& system : problem.unmeasured) {
    notes.warnings.push_back(unmeasured_text(system, problem.model) + "; plans leave it out");
  }
  add_nonbinding_limits(problem, query, notes.warnings);
  add_nonbinding_totals(problem, query, notes.warnings);
  for (std::string remark : {assumes_input ? input_remark(problem) : "", exit_remark(problem)}) {
    if (!remark.empty()) notes.remarks.push_back(std::move(remark));
  }
  return notes;
}

TextNotes answer_notes(const PartitionProblem& problem, const Query& query,
                       const QueryAnswer& answer, bool assumes_input) {
  TextNotes notes = problem_notes(problem, query, assumes_input);
  std::vector<std::string> pairs;
  for (const MissingLink& link : answer.result.missing_links) {
    pairs.push_back(link.from + " → " + link.to);
  }
  if (!pairs.empty()) {
    notes.warnings.insert(
        notes.warnings.begin(),
        fmt::format("no link {}: plans over it are left out; add a row to the network file",
                    fmt::join(pairs, ", ")));
  }
  const auto remark = [&](std::string text) { notes.remarks.push_back(std::move(text)); };
  if (!answer.result.plans.empty()) {
    add_codec_warnings(problem, query, notes.warnings);
    const std::string seen = format_sizes_seen(problem, answer.result.plans.front());
    if (!seen.empty()) remark("the best plan sends " + seen);
  }
  if (!answer.result.is_optimal) {
    remark("not proven: " + format_proof(problem, query, answer.result));
  }
  if (answer.pareto && !answer.pareto->front.is_complete) {
    remark("not proven: the front may lack plans; the time was over");
  }
  for (const SensitivityAnswer& one : answer.sensitivity) {
    if (!one.ranges.empty()) continue;
    remark(fmt::format("no ranges over the {}: the time was over", format_target(one)));
  }
  return notes;
}

std::string setup_warning(const std::vector<SystemProfile>& profiles, const std::string& model,
                          const std::filesystem::path& folder,
                          const std::filesystem::path& network_file) {
  const std::vector<std::string> known = known_models(profiles);
  if (std::find(known.begin(), known.end(), model) == known.end()) return {};  // an error soon
  SetupCheckOptions options;
  options.model = model;
  options.folder = folder.string();
  SetupCheck check = check_setup(profiles, std::nullopt, options);
  std::erase_if(check.findings, [](const SetupFinding& finding) {
    // The first are named by problem_notes(); a query that uses codecs names the second.
    return finding.fault == SetupFault::missing_model || finding.fault == SetupFault::missing_codec;
  });
  if (check.is_fine()) return {};
  return fmt::format("{}; see scission-check {} {}", summarise(check), folder.string(),
                     network_file.string());
}

}  // namespace scission
