// A small model in a file for scission-split, in a folder of a test's own.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "scission/model.hpp"
#include "support/run_tool.hpp"
#include "support/scratch.hpp"
#include "torchscript/small_models.hpp"

namespace scission::testing {

/// net.pt, of eight layers, for 1 × 3 × 16 × 16.
///
///     0 input ── 1 conv1 ── 2 relu1 ──┬── 3 conv2 ── 4 add ── 5 relu2 ── 6 mean ── 7 dense
///                                     └────────────────┘
class SplitExample {
 public:
  SplitExample() : model(save(residual_model(), "net.pt")), out(folder.path() / "out") {}

  std::string save(const torch::jit::Module& module, const std::string& name) const {
    const std::string path = folder.path() / name;
    module.save(path);
    return path;
  }

  /// scission-split --input-shape 1,3,16,16 with these arguments.
  ToolResult run(Arguments arguments) const {
    arguments.insert(arguments.end(), {"--input-shape", "1,3,16,16"});
    return run_tool("scission-split", arguments);
  }

  /// scission-split net.pt -o out with these arguments.
  ToolResult write(Arguments arguments) const {
    arguments.insert(arguments.begin(), {model, "-o", out});
    return run(std::move(arguments));
  }

  /// A file with what `scission-predict --json` prints, as far as it concerns the stages that end
  /// with these layers.
  std::string plan(const std::vector<int>& last_layers) const {
    nlohmann::json stages = nlohmann::json::array();
    int first = 0;
    for (const int last : last_layers) {
      stages.push_back({{"system", "box" + std::to_string(stages.size())},
                        {"platform", "edge"},
                        {"first_layer", first},
                        {"last_layer", last}});
      first = last + 1;
    }
    const nlohmann::json plans{{"format", "scission-plans"},
                               {"version", 1},
                               {"model", "net"},
                               {"plans", {{{"source", "box0"}, {"stages", stages}}}}};
    return folder.file("plan.json", plans.dump());
  }

  const Scratch folder;
  const std::string model;
  const std::string out;
};

}  // namespace scission::testing
