// Models for benchmarks that need no backend.
#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "scission/benchmark.hpp"

namespace scission::testing {

/// Layers in a block each, which do nothing; the chain's output equals the whole's if `is_right`.
class IdleModel final : public Runnable {
 public:
  explicit IdleModel(const std::string& name, bool is_right = true, int layers = 2)
      : is_right_(is_right) {
    graph_.name = name;
    graph_.layers.resize(layers);
    for (int layer = 0; layer < layers; ++layer) blocks_.push_back({layer, layer, 100});
  }

  const ModelGraph& graph() const override { return graph_; }
  const std::vector<Block>& blocks() const override { return blocks_; }
  void run_whole() override {}
  void run_block(int) override {}
  bool chain_equals_whole() const override { return is_right_; }
  std::string backend() const override { return "none"; }
  std::string backend_version() const override { return "1"; }

 private:
  bool is_right_;
  ModelGraph graph_;
  std::vector<Block> blocks_;
};

inline BenchmarkModel idle_job(const std::string& name) {
  return {name, {1, 3, 8, 8}, [name] { return std::make_unique<IdleModel>(name); }};
}

inline BenchmarkModel job_that(const std::string& name, const std::function<void()>& does) {
  return {name, {1, 3, 8, 8}, [name, does] {
            does();
            return std::make_unique<IdleModel>(name);
          }};
}

/// Three rounds in one pass.
inline BenchmarkOptions three_rounds() {
  BenchmarkOptions options;
  options.measure.max_rounds = 3;
  options.measure.max_warmup = 1;
  options.passes = 1;
  return options;
}

}  // namespace scission::testing
