// The search on problems too large for brute force: against dynamic programming over sets of
// systems, and against itself where a change of the question has a known effect on the answer.
#include <algorithm>
#include <cmath>
#include <random>

#include "base/numbers.hpp"
#include "scission/search/search.hpp"
#include "support/brute_force.hpp"
#include "support/catch.hpp"
#include "support/random_problem.hpp"

using namespace scission;
using testing::Aim;
using testing::Demand;
using testing::Mode;
using testing::Question;

namespace {

// 20 to 60 blocks on 4 to 8 systems; every route and objective in turn. The busy time of systems
// that may run again and again is as hard to keep small as a schedule, and so are limits on what
// they do in all: 9 to 12 blocks on 4 systems.
Question large_question(unsigned seed, bool is_limited = false) {
  std::mt19937 random(seed);
  Question question;
  testing::set_mode(testing::all_modes()[seed % 3], question.query);
  question.query.objective = testing::random_objective(random, testing::all_aims()[seed / 3 % 7]);
  const bool is_hard =
      question.query.can_revisit && (is_limited || question.query.objective.period > 0);
  const int platforms = is_hard ? 2 : 2 + static_cast<int>(random() % 2);
  const int systems_each = is_hard || platforms == 3 ? 2 : 2 + static_cast<int>(random() % 3);
  const int blocks =
      is_hard ? 9 + static_cast<int>(random() % 4) : 20 + static_cast<int>(random() % 41);
  question.problem = testing::network_like_problem(random, platforms, systems_each, blocks);
  return question;
}

// A search that cannot be finished in time fails the test, instead of hanging it. Under sanitizers
// on a busy machine the largest take minutes.
SearchResult solve(const Question& question) {
  SearchResult result = search(question.problem, question.query, {{}, 600.0});
  REQUIRE(result.is_optimal);
  return result;
}

// Of the best plan; +∞ when there is none.
double best_value(const Question& question) {
  const SearchResult result = solve(question);
  if (result.plans.empty()) return infinity;
  REQUIRE(testing::is_allowed(question.problem, question.query, result.plans.front()));
  return testing::value_of(question, result.plans.front());
}

bool is_at_most(double a, double b) { return a <= b + 1e-9 * std::abs(b); }

bool is_same(double a, double b) { return is_at_most(a, b) && is_at_most(b, a); }

// The least value on a route, with no constraint at all: over (systems that have run, where the
// last stage ran, how many blocks are done). A plan's value is the sum of its steps' or, with
// the period as the objective, their maximum, as long as no system runs twice.
class Table {
 public:
  explicit Table(const Question& question)
      : problem_(question.problem),
        query_(question.query),
        systems_(problem_.system_count()),
        sets_(1 << systems_),
        is_period_(query_.objective == single_objective(Metric::period)),
        least_((problem_.block_count() + 1) * sets_ * systems_, infinity) {}

  double least() {
    for (int source = 0; source < systems_; ++source) {
      if (problem_.platform_of(source) == 0) leave(source, 0, 0, source, 0);
    }
    for (int done = 1; done < problem_.block_count(); ++done) {
      for (int set = 0; set < sets_; ++set) {
        for (int at = 0; at < systems_; ++at)
          leave(at, done, set, -1, least_[index(done, set, at)]);
      }
    }
    return *std::min_element(least_.end() - sets_ * systems_, least_.end());
  }

 private:
  std::size_t index(int done, int set, int at) const {
    return (static_cast<std::size_t>(done) * sets_ + set) * systems_ + at;
  }

  double weigh(double seconds, bool computes, double bytes, double joules, double money) const {
    if (is_period_) return seconds;
    const Objective& by = query_.objective;
    return by.latency * seconds + (computes ? 0 : by.traffic * bytes) + by.energy * joules +
           by.money * money;
  }

  double hop(int from, int to, double bytes) const {
    const Link& link = *problem_.link(from, to);
    return weigh(is_period_ ? link.busy_s(bytes) : link.transfer_s(bytes), false, bytes,
                 bytes * *link.joules_per_byte, bytes * *link.price_per_byte);
  }

  double run(int system, double seconds) const {
    const System& on = problem_.systems[system];
    return weigh(seconds, true, 0, seconds * *on.power_w, seconds * *on.price_per_hour / 3600);
  }

  double join(double a, double b) const { return is_period_ ? std::max(a, b) : a + b; }

  bool may_enter(int from, int to, int set) const {
    if (query_.route == Route::platform_order) {
      return problem_.platform_of(from) < problem_.platform_of(to);
    }
    return from != to && (query_.can_revisit || (set >> to & 1) == 0);
  }

  // `source` is −1 but for the first stage, which may run where the input lies.
  void leave(int at, int done, int set, int source, double so_far) {
    if (so_far == infinity) return;
    const double bytes = problem_.bytes_into(done, query_.input_bytes);
    for (int to = 0; to < systems_; ++to) {
      if (to == source) {
        stay(to, done, set, so_far);
      } else if (may_enter(at, to, set)) {
        stay(to, done, set, join(so_far, hop(at, to, bytes)));
      }
    }
  }

  void stay(int on, int done, int set, double so_far) {
    const int next_set = query_.can_revisit ? 0 : set | 1 << on;
    double seconds = 0;
    for (int end = done + 1; end <= problem_.block_count(); ++end) {
      seconds += problem_.block_s[on][end - 1];
      double& least = least_[index(end, next_set, on)];
      least = std::min(least, join(so_far, run(on, seconds)));
    }
  }

  const PartitionProblem& problem_;
  const Query& query_;
  const int systems_;
  const int sets_;
  const bool is_period_;
  std::vector<double> least_;
};

// Adds a demand that the question can bear; whether it then still has a plan is its own affair.
void add_some_demand(std::mt19937& random, Question& question) {
  const std::vector<Demand>& all = testing::all_demands();
  testing::add_demand(random, all[random() % all.size()], question.problem, question.query);
}

std::vector<double> values(const Question& question, const std::vector<Plan>& plans) {
  std::vector<double> list;
  for (const Plan& plan : plans) {
    list.push_back(testing::value_of(question, plan));
  }
  return list;
}

}  // namespace

TEST_CASE("the best of large problems is what dynamic programming over sets of systems finds") {
  for (unsigned seed = 0; seed < 126; ++seed) {
    const Question question = large_question(seed);
    const bool is_period = question.query.objective == single_objective(Metric::period);
    if (question.query.objective.period > 0 && (!is_period || question.query.can_revisit)) continue;
    INFO("seed " << seed);
    REQUIRE(is_same(best_value(question), Table(question).least()));
  }
}

TEST_CASE("all times four times as long: the same plans at four times the time") {
  for (unsigned seed = 0; seed < 42; ++seed) {
    INFO("seed " << seed);
    Question question = large_question(seed);
    const bool wants_period = seed % 2 == 1 && !question.query.can_revisit;
    question.query.objective = single_objective(wants_period ? Metric::period : Metric::latency);
    const std::vector<Plan> before = solve(question).plans;
    const std::vector<double> values_before = values(question, before);
    for (std::vector<double>& seconds : question.problem.block_s) {
      for (double& second : seconds) second *= 4;
    }
    for (std::optional<Link>& link : question.problem.links) {
      link->ping_ms *= 4;
      link->megabits_per_s /= 4;
    }
    const std::vector<Plan> after = solve(question).plans;
    REQUIRE(after == before);
    const std::vector<double> values_after = values(question, after);
    for (std::size_t i = 0; i < after.size(); ++i) {
      REQUIRE(is_same(values_after[i], 4 * values_before[i]));
    }
  }
}

TEST_CASE("a faster link never makes the best plan worse, and a slower system never better") {
  for (unsigned seed = 0; seed < 63; ++seed) {
    INFO("seed " << seed);
    Question question = large_question(seed);
    std::mt19937 random(seed);
    const double before = best_value(question);
    Question faster = question;
    std::optional<Link>& link = faster.problem.links[random() % faster.problem.links.size()];
    link->megabits_per_s *= 8;
    link->ping_ms /= 8;
    CHECK(is_at_most(best_value(faster), before));
    for (double& second : question.problem.block_s[random() % question.problem.block_s.size()]) {
      second *= 1.5;
    }
    CHECK(is_at_most(before, best_value(question)));
  }
}

TEST_CASE("one more constraint never makes the best plan better") {
  int worse = 0;
  for (unsigned seed = 0; seed < 126; ++seed) {
    INFO("seed " << seed);
    Question question = large_question(seed, true);
    std::mt19937 random(seed);
    double before = best_value(question);
    for (int more = 0; more < 3; ++more) {
      const Query asked = question.query;
      add_some_demand(random, question);
      // Another source, or somewhere to return to, is another question and no constraint.
      if (asked.sources != question.query.sources) question.query.sources = asked.sources;
      if (asked.return_to != question.query.return_to) question.query.return_to = asked.return_to;
      // A constraint that was there may have been replaced by a looser one.
      if (more > 0) before = 0;
      const double after = best_value(question);
      REQUIRE(is_at_most(before, after));
      worse += after > before * (1 + 1e-9);
      before = after;
      if (before == infinity) break;
    }
  }
  CHECK(worse > 60);
}

TEST_CASE("renaming systems changes nothing, and neither does their order but the ties") {
  for (unsigned seed = 0; seed < 42; ++seed) {
    INFO("seed " << seed);
    Question question = large_question(seed);
    question.query.result_count = 20;
    const std::vector<Plan> before = solve(question).plans;
    Question renamed = question;
    for (System& system : renamed.problem.systems) system.name = "x" + system.name + "'s";
    REQUIRE(solve(renamed).plans == before);

    Question reversed = question;  // the first platform's first two systems change places
    const int count = reversed.problem.system_count();
    std::swap(reversed.problem.systems[0], reversed.problem.systems[1]);
    std::swap(reversed.problem.block_s[0], reversed.problem.block_s[1]);
    const auto old = [](int system) { return system > 1 ? system : 1 - system; };
    for (int from = 0; from < count; ++from) {
      for (int to = 0; to < count; ++to) {
        reversed.problem.links[from * count + to] = question.problem.link(old(from), old(to));
      }
    }
    const std::vector<double> values_before = values(question, before);
    const std::vector<double> values_after = values(reversed, solve(reversed).plans);
    REQUIRE(values_after.size() == values_before.size());
    for (std::size_t i = 0; i < values_after.size(); ++i) {
      REQUIRE(is_same(values_after[i], values_before[i]));
    }
  }
}

TEST_CASE("one more system never makes the best plan worse") {
  for (unsigned seed = 0; seed < 63; ++seed) {
    INFO("seed " << seed);
    const Question whole = large_question(seed);
    Question without = whole;
    const int count = whole.problem.system_count();
    without.problem.systems.pop_back();
    without.problem.block_s.pop_back();
    without.problem.links.clear();
    for (int from = 0; from + 1 < count; ++from) {
      for (int to = 0; to + 1 < count; ++to) {
        without.problem.links.push_back(whole.problem.link(from, to));
      }
    }
    REQUIRE(is_at_most(best_value(whole), best_value(without)));
  }
}

TEST_CASE("limits set to what the best plan takes leave it the best") {
  for (unsigned seed = 0; seed < 42; ++seed) {
    INFO("seed " << seed);
    Question question = large_question(seed, true);
    question.query.result_count = 1;
    const Plan best = solve(question).plans.at(0);
    const PlanCost total = testing::added_up(question.problem, best, question.query.input_bytes);
    const PlanLimits all{total.latency_s, total.period_s, total.traffic_bytes, total.energy_j,
                         total.money,     total.error,    total.disagreement};
    question.query.limits = all;
    REQUIRE(solve(question).plans == std::vector<Plan>{best});
    question.query.limits = {};
    question.query.limits.energy_j = all.energy_j;
    REQUIRE(solve(question).plans == std::vector<Plan>{best});
    question.query.limits.energy_j = *all.energy_j * (1 - 1e-6);
    for (const Plan& other : solve(question).plans) REQUIRE(other != best);
  }
}

TEST_CASE("asking for more plans adds some at the end and changes none") {
  for (unsigned seed = 0; seed < 63; ++seed) {
    INFO("seed " << seed);
    Question question = large_question(seed, true);
    std::mt19937 random(seed);
    if (seed % 2 == 1) add_some_demand(random, question);
    question.query.result_count = 1 + static_cast<int>(random() % 20);
    const std::vector<Plan> few = solve(question).plans;
    question.query.result_count += 5;
    const std::vector<Plan> more = solve(question).plans;
    REQUIRE(more.size() >= few.size());
    REQUIRE(std::equal(few.begin(), few.end(), more.begin()));
    const std::vector<double> ascending = values(question, more);
    for (std::size_t i = 1; i < ascending.size(); ++i) {
      REQUIRE(is_at_most(ascending[i - 1], ascending[i]));
    }
  }
}
