// From a model to its distributed run, in one program: split, measure, search, write the segments
// of the best plan, load each as the machine of its stage would, and send a request through all of
// them. The two machines are this one, and this one emulated as ten times slower.
#include <torch/script.h>

#include <cstring>
#include <filesystem>
#include <iostream>

#include "scission/runtime/pipeline/pipeline.hpp"
#include "scission/scission.hpp"
#include "scission/torchscript/backend/backend.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "scission/torchscript/split/split.hpp"
#include "scission/torchscript/zoo/zoo.hpp"

namespace {

namespace ts = scission::torchscript;
using namespace scission;

ModelProfile measured(const ts::SplitModel& model) {
  MeasureOptions options;
  options.max_time_s = 2;
  return measure(*ts::make_runnable(model), options);
}

SystemProfile system(const std::string& platform, ModelProfile profile, double factor) {
  for (BlockTiming& timing : profile.blocks) timing.seconds *= factor;
  return {platform, platform, this_host(), {std::move(profile)}};
}

/// The best plan that uses both machines.
Plan best_split(const PartitionProblem& problem) {
  Query query;
  query.constraints["device"].criteria = parse_criteria("!-1");
  query.constraints["edge"].criteria = parse_criteria("!-1");
  const SearchResult result = search(problem, query);
  if (result.plans.empty()) throw Error(ErrorCode::infeasible, "no plan uses both machines");
  std::cout << format_result_line(problem, query, result.plans.front(), 1) << '\n';
  return result.plans.front();
}

/// The plan's stages as files, and the system of each.
std::vector<runtime::StageAssignment> written(const ts::SplitModel& model,
                                              const PartitionProblem& problem, const Plan& plan,
                                              const std::filesystem::path& folder) {
  const std::vector<Placement> placements = placements_of(problem, plan);
  std::vector<int> cut_after;
  for (const Placement& placement : placements) cut_after.push_back(placement.last_layer);
  const SegmentManifest manifest =
      ts::write_segments(model, select_cuts(model.cuts(), cut_after), folder);
  return runtime::assignments_of(placements, manifest, folder);
}

}  // namespace

int main() {
  const auto folder = std::filesystem::temp_directory_path() / "scission-example-end-to-end";
  try {
    torch::jit::Module whole = ts::build_zoo_model("lenet");
    whole.eval();
    ts::register_backend();
    const ZooModel spec = find_zoo_model("lenet");
    const at::Tensor image = torch::randn({1, spec.channels, spec.height, spec.width});
    const ts::SplitModel model(whole, "lenet", {image});

    const ModelProfile here = measured(model);
    const Network network = parse_network(
        "source,destination,ping(ms),bandwidth(mbps)\ndevice,edge,1,100\n", "example");
    const PartitionProblem problem =
        make_problem({system("device", here, 10), system("edge", here, 1)}, network, "lenet");
    const Plan plan = best_split(problem);

    // Whatever has no client runs in this process; runtime::connect() makes clients of addresses.
    runtime::DeployOptions deploying;
    deploying.load = ts::load_stage;
    std::filesystem::create_directories(folder);
    runtime::PipelineOptions options;
    options.source = "device";
    runtime::Pipeline pipeline(
        runtime::deploy_stages("lenet", written(model, problem, plan, folder), {}, deploying),
        options);

    const std::string bytes(static_cast<const char*>(image.data_ptr()), image.nbytes());
    const runtime::PipelineResult result =
        pipeline.run({{"input", "float32", image.sizes().vec(), to_shared_bytes(bytes)}});
    if (!result.is_answered) throw Error(ErrorCode::io, result.failure.message);

    const c10::InferenceMode inference;
    const at::Tensor expected = whole.forward({image}).toTensor();
    const SharedBytes& got = result.outputs.front().bytes;
    const bool is_exact =
        got.size == expected.nbytes() && std::memcmp(got.data, expected.data_ptr(), got.size) == 0;
    std::cout << plan.stages.size() << " stages, " << format_duration(result.latency_s) << ", "
              << (is_exact ? "bit for bit the whole model's result" : "not the same") << '\n';
    return is_exact ? 0 : 1;
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
