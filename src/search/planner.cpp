#include "scission/search/search.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "scission/base/error.hpp"
#include "search/compiled_constraints.hpp"
#include "search/ranking.hpp"
#include "search/validate.hpp"

namespace scission {

class Planner::Impl {
 public:
  Impl(PartitionProblem problem, Query query)
      : problem_(std::move(problem)),
        query_(std::move(query)),
        measured_s_(problem_.block_s),
        constraints_(problem_, query_) {}

  void set_link(int from, int to, std::optional<Link> link) {
    require_system(from);
    require_system(to);
    search_detail::validate_link(link);
    problem_.links[static_cast<std::size_t>(from) * problem_.systems.size() + to] = std::move(link);
  }

  void set_slowdown(int system, double factor) {
    require_system(system);
    if (!(factor > 0 && std::isfinite(factor))) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("a slowdown must be above 0 and finite, not {}", factor), "planner");
    }
    const std::vector<double>& measured = measured_s_[system];
    for (std::size_t block = 0; block < measured.size(); ++block) {
      problem_.block_s[system][block] = measured[block] * factor;
    }
  }

  SearchResult plan(const SearchOptions& options) const {
    return search_detail::run_query(problem_, query_, constraints_, options);
  }

  const PartitionProblem& problem() const { return problem_; }
  const Query& query() const { return query_; }

 private:
  void require_system(int system) const {
    if (system >= 0 && system < problem_.system_count()) return;
    throw Error(ErrorCode::invalid_argument,
                fmt::format("there is no system {}; there are {}", system, problem_.system_count()),
                "planner");
  }

  PartitionProblem problem_;
  Query query_;
  std::vector<std::vector<double>> measured_s_;     // as at the beginning: slowdown 1
  search_detail::CompiledConstraints constraints_;  // names and blocks do not change
};

Planner::Planner(PartitionProblem problem, Query query)
    : impl_(std::make_unique<Impl>(std::move(problem), std::move(query))) {}

Planner::~Planner() = default;
Planner::Planner(Planner&&) noexcept = default;
Planner& Planner::operator=(Planner&&) noexcept = default;

void Planner::set_link(int from, int to, std::optional<Link> link) {
  impl_->set_link(from, to, std::move(link));
}

void Planner::set_link(std::string_view from, std::string_view to, std::optional<Link> link) {
  impl_->set_link(problem().system_index(from), problem().system_index(to), std::move(link));
}

void Planner::set_slowdown(int system, double factor) { impl_->set_slowdown(system, factor); }

void Planner::set_slowdown(std::string_view system, double factor) {
  impl_->set_slowdown(problem().system_index(system), factor);
}

const PartitionProblem& Planner::problem() const { return impl_->problem(); }

const Query& Planner::query() const { return impl_->query(); }

SearchResult Planner::plan(const SearchOptions& options) { return impl_->plan(options); }

}  // namespace scission
