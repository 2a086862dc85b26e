// Validates problems and queries before a search.
#include "search/compiled_constraints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/require.hpp"

namespace scission::search_detail {
namespace {

constexpr double max_bytes = 1e18;

void require_layer(int layer, int last_layer, const std::string& place) {
  if (layer >= 0 && layer <= last_layer) return;
  throw Error(ErrorCode::infeasible,
              fmt::format("layer {} is out of range; the layers are 0 to {}", layer, last_layer),
              place);
}

void require_layers(const std::vector<int>& layers, int last_layer, const std::string& place) {
  for (int layer : layers) require_layer(layer, last_layer, place);
}

// NaN is an error, too.
void require_not_negative(const std::optional<double>& limit, const char* what,
                          const std::string& place) {
  if (limit && !(*limit >= 0))
    throw_invalid_argument(fmt::format("{} must be 0 or more", what), place);
}

void validate_constraints(const PartitionProblem& problem, const std::string& name,
                          const Constraints& constraints) {
  const std::string place = "constraints on " + name;
  require_layers(constraints.criteria.layers, problem.last_layer(), place);
  require_layers(constraints.criteria.excluded_layers, problem.last_layer(), place);
  require_not_negative(constraints.upload_bytes, "the upload limit", place);
  require_not_negative(constraints.memory_bytes, "the memory limit", place);
  if (constraints.compute)
    require_not_negative(constraints.compute->value, "the time limit", place);
}

void validate_keep_on(const PartitionProblem& problem, const KeepOn& keep_on) {
  const std::string place = "layers kept on " + keep_on.name;
  require_layer(keep_on.first_layer, problem.last_layer(), place);
  require_layer(keep_on.last_layer, problem.last_layer(), place);
  if (keep_on.last_layer < keep_on.first_layer) {
    throw_invalid_argument(
        fmt::format("layers {} to {} are not a range; give the lower number first",
                    keep_on.first_layer, keep_on.last_layer),
        place);
  }
}

void validate_limits(const PlanLimits& limits) {
  for (const Metric metric : all_metrics()) {
    const std::string what = fmt::format("the {} limit", to_string(metric));
    require_not_negative(limits.limit(metric), what.c_str(), "query");
  }
}

void validate_objective(const Objective& objective) {
  double sum = 0;
  for (Metric metric : all_metrics()) {
    const double weight = objective.weight(metric);
    if (!(weight >= 0 && std::isfinite(weight))) {
      throw_invalid_argument(
          fmt::format("the weight of {} must be a number of 0 or more", to_string(metric)),
          "objective");
    }
    sum += weight;
  }
  if (!(sum > 0))
    throw_invalid_argument("at least one metric must have a weight above 0", "objective");
}

bool is_time(double seconds) { return seconds >= 0 && std::isfinite(seconds); }

bool is_sound(const Link& link) {
  if (link.curve.empty()) {
    return is_time(link.ping_ms) && link.bytes_per_s() >= 1 && std::isfinite(link.bytes_per_s());
  }
  const auto is_point = [](const CurvePoint& point) {
    return is_time(point.seconds) && point.bytes >= 0 && std::isfinite(point.bytes);
  };
  const auto is_no_step = [](const CurvePoint& a, const CurvePoint& b) {
    return !(a.bytes < b.bytes && a.seconds <= b.seconds);
  };
  return link.curve.size() >= 2 && std::all_of(link.curve.begin(), link.curve.end(), is_point) &&
         std::adjacent_find(link.curve.begin(), link.curve.end(), is_no_step) == link.curve.end();
}

void validate_systems(const PartitionProblem& problem) {
  int before = 0;
  for (int system = 0; system < problem.system_count(); ++system) {
    const int platform = problem.platform_of(system);
    if (platform < before) {
      throw_invalid_argument("must be grouped by platform, in the platforms' order", "systems");
    }
    before = platform;
  }
}

void validate_blocks(const std::vector<Block>& blocks) {
  int next_layer = 0;
  for (const Block& block : blocks) {
    if (block.first_layer != next_layer || block.last_layer < block.first_layer) {
      throw_invalid_argument(fmt::format("layers {} to {} do not follow layer {}",
                                         block.first_layer, block.last_layer, next_layer - 1),
                             "blocks");
    }
    if (block.output_bytes < 0)
      throw_invalid_argument("must have an output of 0 bytes or more", "blocks");
    next_layer = block.last_layer + 1;
  }
}

void validate_exit_shares(const PartitionProblem& problem) {
  constexpr double rounding = 1e-12;
  double sum = 0;
  for (const ExitShare& exit : problem.exit_shares) {
    const bool ends_block =
        std::any_of(problem.blocks.begin(), problem.blocks.end(),
                    [&](const Block& block) { return block.last_layer == exit.layer; });
    if (!ends_block) {
      throw_invalid_argument(fmt::format("layer {} does not end a block", exit.layer),
                             "exit shares");
    }
    if (!(exit.share >= 0)) throw_invalid_argument("must be 0 or more", "exit shares");
    sum += exit.share;
  }
  if (!(sum <= 1 + rounding)) throw_invalid_argument("must be 1 at most together", "exit shares");
}

// Infinite: not measured.
void validate_codec(const PartitionProblem& problem, const CodecCosts& codec) {
  const std::string place = "codec " + codec.name;
  const std::size_t entries = problem.blocks.size() + 1;
  const auto require = [&](const std::vector<double>& amounts) {
    const auto is_amount = [](double amount) { return amount >= 0; };
    if (amounts.size() == entries && std::all_of(amounts.begin(), amounts.end(), is_amount)) return;
    throw_invalid_argument(fmt::format("needs {} amounts of 0 or more", entries), place);
  };
  const auto require_each = [&](const std::vector<std::vector<double>>& times) {
    if (times.size() != problem.systems.size()) {
      throw_invalid_argument("needs the times of every system", place);
    }
    for (const std::vector<double>& seconds : times) require(seconds);
  };
  require(codec.bytes);
  for (const std::vector<double>* amounts : {&codec.error, &codec.disagreement}) {
    if (!amounts->empty()) require(*amounts);
  }
  require_each(codec.encode_s);
  require_each(codec.decode_s);
}

}  // namespace

void validate_link(const std::optional<Link>& link) {
  if (!link || is_sound(*link)) return;
  throw_invalid_argument(
      "a link needs a ping of 0 or more and a bandwidth of a byte a second or more, or a curve of "
      "two sizes or more that rises",
      "links");
}

namespace {

void validate_problem(const PartitionProblem& problem) {
  const std::size_t systems = problem.systems.size();
  const std::size_t blocks = problem.blocks.size();
  if (systems == 0) throw_invalid_argument("must not be empty", "systems");
  if (blocks == 0) throw_invalid_argument("must not be empty", "blocks");
  validate_systems(problem);
  validate_blocks(problem.blocks);
  const auto require_count = [](std::size_t count, std::size_t wanted, const char* place) {
    if (count != wanted)
      throw_invalid_argument(fmt::format("are {}, and must be {}", count, wanted), place);
  };
  require_count(problem.block_s.size(), systems, "block_s");
  require_count(problem.links.size(), systems * systems, "links");
  if (!problem.memory.empty()) require_count(problem.memory.size(), blocks, "memory");
  if (!problem.setup_s.empty()) require_count(problem.setup_s.size(), systems, "setup_s");
  for (const std::vector<double>& seconds : problem.setup_s) {
    require_count(seconds.size(), blocks, "setup_s of a system");
    if (!std::all_of(seconds.begin(), seconds.end(), is_time)) {
      throw_invalid_argument("a setup time must be 0 seconds or more", "setup_s");
    }
  }
  for (const std::vector<double>& seconds : problem.block_s) {
    require_count(seconds.size(), blocks, "block_s of a system");
    if (!std::all_of(seconds.begin(), seconds.end(), is_time)) {
      throw_invalid_argument("the time of a block must be 0 seconds or more", "block_s");
    }
  }
  for (const std::optional<Link>& link : problem.links) validate_link(link);
  validate_exit_shares(problem);
  for (const CodecCosts& codec : problem.codecs) validate_codec(problem, codec);
}

}  // namespace

void validate(const PartitionProblem& problem, const Query& query) {
  validate_problem(problem);
  if (query.result_count < 1)
    throw_invalid_argument("the number of results must be 1 or more", "query");
  if (!(query.input_bytes >= 0 && query.input_bytes <= max_bytes)) {
    throw_invalid_argument("the input's size must be from 0 to 10^18 bytes", "query");
  }
  if (query.max_stages && *query.max_stages < 1)
    throw_invalid_argument("must be 1 or more", "max_stages");
  if (query.can_revisit && query.route == Route::platform_order) {
    throw_invalid_argument("revisits require any order", "revisit");
  }
  if (query.return_to && !problem.exit_shares.empty()) {
    throw_invalid_argument(
        "the way of early answers back from the exits' systems has no cost in plans, so exit "
        "shares and a place for the output exclude each other; leave out one of them",
        "return-to");
  }
  for (const auto& [name, constraints] : query.constraints) {
    validate_constraints(problem, name, constraints);
  }
  for (const KeepOn& keep_on : query.keep_on) validate_keep_on(problem, keep_on);
  validate_limits(query.limits);
  validate_objective(query.objective);
}

}  // namespace scission::search_detail
