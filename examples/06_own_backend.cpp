// A custom backend, registered as a program registers any other: its models are measured, searched,
// cut and run by the same calls as those of LibTorch. The tools use these calls, too.
#include "06_own_backend.hpp"

#include <filesystem>
#include <iostream>

namespace {

/// The profile of a machine that takes `factor` times as long.
scission::SystemProfile system(const std::string& platform, scission::ModelProfile profile,
                               double factor) {
  for (scission::BlockTiming& timing : profile.blocks) timing.seconds *= factor;
  return {platform, "my-" + platform, scission::this_host(), {std::move(profile)}};
}

/// The plans, the best one first, which are printed.
std::vector<scission::Plan> find_plans(const scission::PartitionProblem& problem,
                                       const scission::ModelSource& source) {
  scission::Query query;
  query.input_bytes = scission::input_bytes(source);
  const std::vector<scission::Plan> plans = scission::search(problem, query).plans;
  int rank = 0;
  for (const scission::Plan& plan : plans) {
    std::cout << scission::format_result_line(problem, query, plan, ++rank) << '\n';
  }
  return plans;
}

/// Cuts the model as the plan says, and sends a request through the segments.
bool is_exact(const scission::OpenModel& model, const scission::ModelSource& source,
              const std::vector<scission::Placement>& plan, const std::filesystem::path& folder) {
  const scission::SegmentManifest manifest = scission::write_plan(model, plan, "plan", folder);
  std::vector<scission::Tensor> values = scission::request_inputs(source);
  const std::vector<scission::Tensor> expected = source.backend->run_model(source, values);
  for (const scission::Segment& segment : manifest.segments) {
    values = scission::load_segment(folder / segment.file, segment)->run(std::move(values));
  }
  return scission::relative_difference(values, expected) == 0;
}

}  // namespace

int main() {
  const auto folder = std::filesystem::temp_directory_path() / "scission-example-own-backend";
  try {
    scission::register_backend(std::make_unique<example::DenseBackend>());
    std::filesystem::create_directories(folder);
    example::write(example::random_network({2'000, 1'000, 50, 1'000, 10}), folder / "net.dense");

    scission::ModelSource source = scission::find_model((folder / "net.dense").string());
    scission::set_batch(source, 16);
    const auto model = scission::open_model(source);
    scission::MeasureOptions options;
    options.max_time_s = 1;
    const scission::ModelProfile here = scission::measure(*model->make_runnable({}), options);
    for (const scission::BlockTiming& timing : here.blocks) {
      std::cout << "layers " << timing.block.first_layer << " to " << timing.block.last_layer
                << ": " << scission::format_duration(timing.seconds) << '\n';
    }

    const scission::Network network = scission::parse_network(
        "source,destination,ping(ms),bandwidth(mbps)\ndevice,edge,1,100\n", "example");
    const auto problem = scission::make_problem(
        {system("device", here, 30), system("edge", here, 1)}, network, source.name);
    const std::vector<scission::Plan> plans = find_plans(problem, source);
    const bool exact =
        is_exact(*model, source, scission::placements_of(problem, plans.at(0)), folder / "parts");
    std::cout << (exact ? "bit for bit the whole network's result" : "not the same") << '\n';
    return exact ? 0 : 1;
  } catch (const scission::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
