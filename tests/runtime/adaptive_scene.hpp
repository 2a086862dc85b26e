// A model of two blocks on this process and two workers behind relays, run adaptively.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "runtime/fleet.hpp"
#include "runtime/relay/relay.hpp"
#include "scission/runtime/adaptive/adaptive_pipeline.hpp"

namespace scission::testing {

inline constexpr int here = 0;
inline constexpr int a = 1;
inline constexpr int b = 2;

inline const Plan all_here{here, {{here, 0, 1}}};
inline const Plan all_on_a{here, {{a, 0, 1}}};
inline const Plan all_on_b{here, {{b, 0, 1}}};
inline const Plan first_here{here, {{here, 0, 0}, {a, 1, 1}}};

/// A block takes 20 ms here and 1 ms on a and b; links take 2 ms to a and 8 ms to b.
inline PartitionProblem two_blocks() {
  PartitionProblem problem;
  problem.model = "net";
  problem.platforms = {"device", "edge"};
  problem.systems = {{"here", "device"}, {"a", "edge"}, {"b", "edge"}};
  problem.blocks = {{0, 0, 16}, {1, 1, 16}};
  problem.block_s = {{0.020, 0.020}, {0.001, 0.001}, {0.001, 0.001}};
  problem.links.resize(9);
  const auto connect = [&](int from, int to, double ms) {
    problem.links[static_cast<std::size_t>(from * 3 + to)] =
        problem.links[static_cast<std::size_t>(to * 3 + from)] = Link{ms, 100};
  };
  connect(here, a, 2);
  connect(here, b, 8);
  connect(a, b, 8);
  return problem;
}

inline Query any_way() {
  Query query;
  query.input_bytes = 16;
  query.route = Route::any_order;
  query.sources = {"here"};
  return query;
}

/// Adds 1 in the first block and 2 in the second.
struct AdaptiveScene {
  AdaptiveScene() : fleet({"a", "b"}) {
    for (const auto& [name, delay_ms] : {std::pair{"a", 1.0}, {"b", 4.0}}) {
      runtime::RelayOptions options;
      options.target = address_of(fleet.workers.at(name)->worker);
      options.forward = options.backward = {0, delay_ms};
      relays[name] = std::make_unique<runtime::Relay>(options);
      fleet.clients[name] = std::make_shared<runtime::Client>(
          "127.0.0.1:" + std::to_string(relays.at(name)->port()), runtime::Security{});
    }
  }

  void delay(const std::string& name, double ms) const {
    relays.at(name)->reshape({0, ms}, {0, ms});
  }

  std::shared_ptr<runtime::Pipeline> make(const Plan& plan) {
    ++made;
    std::vector<std::pair<std::string, std::string>> stages;
    for (const Stage& stage : plan.stages) {
      const int number = stage.first_block == 1 ? 2 : (stage.last_block == 0 ? 1 : 3);
      const int block_ms = stage.system == here ? 20 : 1;
      const int blocks = stage.last_block - stage.first_block + 1;
      stages.push_back({two_blocks().systems[static_cast<std::size_t>(stage.system)].name,
                        "add " + std::to_string(number) + " " + std::to_string(blocks * block_ms)});
    }
    runtime::PipelineOptions options;
    options.retries = 1;
    options.backoff_s = 0.001;
    options.deadline_s = 5;
    return fleet.pipeline(stages, options);
  }

  runtime::AdaptiveCallbacks callbacks() {
    runtime::AdaptiveCallbacks calls;
    calls.deploy = [this](const Plan& plan, const std::function<double()>& share) {
      last_share = share();
      return make(plan);
    };
    calls.retire = [this](const Plan& plan, const std::vector<Plan>& kept) {
      const std::lock_guard lock(mutex);
      retired.push_back(plan);
      most_kept = std::max(most_kept, kept.size());
    };
    calls.is_alive = [this](int system) {
      const std::string name = two_blocks().systems[static_cast<std::size_t>(system)].name;
      return fleet.clients.at(name)->is_live(0.5);
    };
    return calls;
  }

  static runtime::AdaptiveOptions options() {
    runtime::AdaptiveOptions options;
    options.sample = {float_tensor("x", {0, 0, 0, 0})};
    options.decide_every_s = options.max_gap_wait_s =
        0.01;  // shorter than the default, so that tests are fast
    return options;
  }

  Fleet fleet;
  std::map<std::string, std::unique_ptr<runtime::Relay>> relays;
  std::atomic<int> made = 0;
  std::atomic<double> last_share = 0;  ///< of links, at the last deployment
  std::mutex mutex;
  std::vector<Plan> retired;
  std::size_t most_kept = 0;
};

/// Results in the order in which they arrive.
class Answers {
 public:
  std::function<void(runtime::AdaptiveResult)> done() {
    return [this](runtime::AdaptiveResult result) {
      const std::lock_guard lock(mutex_);
      all_.push_back(std::move(result));
      changed_.notify_all();
    };
  }

  /// Waits for `count` results; returns fewer if they do not arrive within `patience`.
  std::vector<runtime::AdaptiveResult> wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return all_.size() >= count; });
    return all_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<runtime::AdaptiveResult> all_;
};

}  // namespace scission::testing
