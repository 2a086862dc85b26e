// scission-split: cuts a model into files, or shows its cuts, layers and blocks.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "open_model.hpp"
#include "progress.hpp"
#include "scission/base.hpp"
#include "scission/plan/plan.hpp"
#include "scission/prepare.hpp"
#include "scission/report.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using namespace scission::apps;

const char* const notes = R"(
A cut after layer 6 ends a segment with layer 6; the next one begins with layer 7. Each segment is a
file of MODEL's format with only the weights that it needs, which runs on any machine with the same
backend; manifest.json names the backend and lists the inputs and outputs (docs/segments-format.md).
Files that an earlier manifest in DIR lists are replaced.

--layers counts a multiply-add as two FLOPs and one MAC. Peak memory is the largest sum of values
alive at one moment, without weights.

--verify runs MODEL and then the chain of the files on the same random inputs, for 1, 2, 3 and 13 times
the batch: the results must be equal bit for bit. A batch that MODEL itself refuses is not compared.

--json prints the content of the tables with --list, --layers or --blocks; otherwise the folder, its
manifest and, with --verify, the comparison.

Examples:
  scission-split --list vgg19
  scission-split --list net.pt --input-shape 1,3,224,224 --cuts frontier --rejected
  scission-split --layers resnet50
  scission-split vgg19 --at 6,11 -o parts --verify
  scission-split net.pt --input-shape "1,128:int64<30522" --every-cut -o parts
  scission-predict profiles network.csv vgg19 --json > plan.json
  scission-split vgg19 --plan plan.json -o parts
  scission-split vgg19 --plan plan.json -o parts --kubernetes=registry.local/scission:1

Exit codes: 0 done, 1 failed or the segments are not equal to MODEL, 2 wrong usage.
)";

// --- The command line ---

enum class Action { list_cuts, list_layers, list_blocks, write };

struct Request {
  Action action = Action::list_cuts;
  bool with_rejected = false;
  bool as_json = false;
  std::vector<std::string> layers;  ///< to cut after, by number or name
  std::filesystem::path plan;       ///< to cut for; without layers and plan: every cut
  std::filesystem::path folder;     ///< of the files to write
  bool as_triton = false;
  std::string container_image;  ///< of the workers in kubernetes.yaml; empty: no such file
  bool verifies = false;
  std::uint64_t seed = 0;
};

/// The option that says what to do.
std::string chosen_action(const Arguments& arguments) {
  std::string chosen;
  for (const char* option : {"list", "layers", "at", "plan", "every-cut"}) {
    if (arguments.count(option) == 0) continue;
    if (!chosen.empty())
      throw usage_error(fmt::format("not together with --{}", chosen), fmt::format("--{}", option));
    chosen = option;
  }
  if (chosen.empty() && arguments.count("blocks") > 0) return "layers";
  if (chosen.empty()) {
    throw usage_error(
        "say --list, --layers or --blocks, or where to cut: --at, --plan or --every-cut; see "
        "scission-split --help");
  }
  return chosen;
}

/// `option` is valid only with one of `actions`.
void validate_goes_with(const Arguments& arguments, const std::string& option,
                        const std::string& action, const std::vector<std::string>& actions,
                        const std::string& reason) {
  if (arguments.count(option) == 0) return;
  if (std::find(actions.begin(), actions.end(), action) != actions.end()) return;
  throw usage_error(reason, "--" + option);
}

void validate_combination(const Arguments& arguments, const std::string& action) {
  const std::vector<std::string> writing{"at", "plan", "every-cut"};
  validate_goes_with(arguments, "rejected", action, {"list"}, "goes with --list only");
  validate_goes_with(arguments, "blocks", action, {"layers"}, "goes with --layers only");
  validate_goes_with(arguments, "kubernetes", action, {"plan"},
                     "needs a plan, which names the systems: --plan FILE");
  for (const char* option : {"output", "triton", "verify"}) {
    validate_goes_with(
        arguments, option, action, writing,
        "is for files that are written: say where to cut, --at, --plan or --every-cut");
  }
  const bool writes = std::find(writing.begin(), writing.end(), action) != writing.end();
  if (writes && arguments.count("output") == 0) {
    throw usage_error("needs -o DIR, the folder that the segments go to", "--" + action);
  }
}

Action to_action(const Arguments& arguments, const std::string& action) {
  if (action == "list") return Action::list_cuts;
  if (action != "layers") return Action::write;
  return arguments.count("blocks") > 0 ? Action::list_blocks : Action::list_layers;
}

void add_options(cxxopts::Options& options) {
  options.add_options()                                                                     //
      ("list", "list the places where MODEL can be cut, and the tensors that cross there")  //
      ("rejected", "with --list: also list the other places, and why no cut is there")      //
      ("layers", "list the layers with their types, outputs and costs")                     //
      ("blocks", "list the blocks between the cuts with their outputs and costs")           //
      ("at", "cut after these layers, by number or name", list_value(),
       "LAYERS")  //
      ("plan", "cut where the first plan of scission-predict --json changes the system",
       text_value(), "FILE")                                      //
      ("every-cut", "cut at every place where MODEL can be cut")  //
      ("o,output", "folder for segments and manifest.json, created if it does not exist",
       text_value(), "DIR")  //
      ("verify",
       "compare the chain of the files with MODEL, for 1, 2, 3 and 13 times the batch")  //
      ("seed", "seed of the random inputs of --verify", seed_value("0"), "N")            //
      ("triton", "write a model repository for NVIDIA's Triton Inference Server")        //
      ("kubernetes",
       "with --plan: also write kubernetes.yaml, a Deployment of IMAGE and a Service for each "
       "system (default image: scission)",
       cxxopts::value<std::string>()->implicit_value("scission"), "IMAGE")  //
      ("json", "print JSON");
  add_split_options(options);
  add_input_files_option(options);
}

/// Throws Error(invalid_argument) with the option as place where options are missing or contradict
/// each other.
Request read_request(const Arguments& arguments) {
  const std::string action = chosen_action(arguments);
  validate_combination(arguments, action);
  Request request;
  request.action = to_action(arguments, action);
  request.with_rejected = arguments.count("rejected") > 0;
  request.as_json = arguments.count("json") > 0;
  if (action == "at") request.layers = words_of(arguments, "at");
  if (action == "plan") request.plan = arguments["plan"].as<std::string>();
  if (arguments.count("output") > 0) request.folder = arguments["output"].as<std::string>();
  request.as_triton = arguments.count("triton") > 0;
  if (arguments.count("kubernetes") > 0) {
    request.container_image = arguments["kubernetes"].as<std::string>();
    if (request.container_image.empty()) {
      throw usage_error("needs the name of an image, or none and no '='", "--kubernetes");
    }
  }
  request.verifies = arguments.count("verify") > 0;
  request.seed = arguments["seed"].as<std::uint64_t>();
  return request;
}

/// The selected cuts, ending with the last.
/// Throws Error(invalid_argument) on a layer that does not exist or has no cut after it, naming the
/// nearest cuts; Error(mismatch) on a plan that does not fit the model; and as read_placements()
/// does.
std::vector<Cut> select(const ModelGraph& graph, const CutList& cuts, const Request& request) {
  std::vector<int> layers;
  if (!request.layers.empty()) {
    return parse_option("at", "", [&](const std::string&) {
      for (const std::string& name : request.layers) layers.push_back(find_layer(graph, name));
      return select_cuts(cuts, layers);
    });
  }
  if (request.plan.empty()) return cuts.cuts;
  for (const Placement& one : read_placements(request.plan)) layers.push_back(one.last_layer);
  try {
    return cuts_of_plan(graph, cuts, layers);
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), request.plan.string());
  }
}

// --- Lists ---

void print_cuts(const OpenModel& model, bool with_rejected) {
  std::cout << format_cuts(model.graph(), model.cuts(), stdout_width());
  if (!with_rejected) return;
  std::cout << "\n"
            << (model.cuts().rejected.empty()
                    ? "no place is rejected\n"
                    : format_rejections(model.graph(), model.cuts(), stdout_width()));
}

void print_list(const OpenModel& model, const Request& request) {
  const ModelGraph& graph = model.graph();
  const CutList& cuts = model.cuts();
  const SplitOptions& options = model.options();
  const LayerSettings settings{options.cuts, options.granularity,
                               options.order.value_or(LayerOrder::file)};
  if (request.action == Action::list_layers) {
    std::cout << (request.as_json ? format_layers_json(graph, settings)
                                  : format_layers(graph, stdout_width()));
  } else if (request.action == Action::list_blocks) {
    std::cout << (request.as_json ? format_blocks_json(graph, cuts, settings)
                                  : format_blocks(graph, cuts, stdout_width()));
  } else if (request.as_json) {
    std::cout << format_cuts_json(graph, cuts, settings, request.with_rejected);
  } else {
    print_cuts(model, request.with_rejected);
  }
}

// --- Segments ---

/// Releases the model at the end, because verifying needs the memory.
SegmentManifest write_files(const ModelSource& source, const SplitOptions& options,
                            const Request& request) {
  const std::vector<Segment> earlier = replaceable_segments(request.folder, source.file);
  const std::unique_ptr<OpenModel> model = open_model(source, options);
  const std::vector<Cut> cuts = select(model->graph(), model->cuts(), request);
  make_folder(request.folder);
  Progress progress("writing segments");
  WriteOptions write_options;
  write_options.triton = request.as_triton;
  write_options.source = source.file;
  write_options.on_progress = [&](int done, int total) { progress.update_steps(done, total); };
  SegmentManifest manifest = model->write_segments(cuts, request.folder, write_options);
  remove_stale_segments(request.folder, earlier, manifest.segments);
  return manifest;
}

constexpr const char* kubernetes_name = "kubernetes.yaml";

/// Before the segments are written, so that a system's name is refused with nothing written; the
/// sizes of the segments are those of `manifest`, if there is one.
std::string kubernetes_of(const Request& request, const SegmentManifest& manifest) {
  KubernetesOptions options{.image = request.container_image, .model = manifest.model};
  for (const Segment& segment : manifest.segments) options.segment_bytes.push_back(segment.bytes);
  return kubernetes_manifest(read_placements(request.plan), options);
}

std::vector<BatchComparison> verify(const ModelSource& source, const Request& request) {
  Progress progress("verifying");
  VerifyOptions options;
  options.inputs = {source.inputs, request.seed};
  options.on_progress = [&](int done, int total) { progress.update_steps(done, total); };
  return source.backend->verify_segments(request.folder, source, options);
}

void write_and_print(const ModelSource& source, const SplitOptions& options,
                     const Request& request) {
  if (!request.container_image.empty()) kubernetes_of(request, {});
  const SegmentManifest manifest = write_files(source, options, request);
  if (!request.container_image.empty()) {
    write_file_atomically(request.folder / kubernetes_name, kubernetes_of(request, manifest));
  }
  std::vector<BatchComparison> verdicts;
  if (request.verifies) verdicts = verify(source, request);
  if (request.as_json) {
    std::cout << format_segments_json(request.folder, manifest, verdicts);
  } else {
    std::cout << format_segments(manifest, stdout_width()) << "\n"
              << (request.folder / manifest_name).string() << "\n"
              << (request.container_image.empty()
                      ? ""
                      : (request.folder / kubernetes_name).string() + "\n")
              << format_verdicts(verdicts, manifest.any_batch);
  }
  require_equal_results(verdicts, request.folder);
}

int run(const Arguments& arguments) {
  const Request request = read_request(arguments);
  const ModelSource source = find_model(arguments);
  const SplitOptions split = split_options(arguments);
  if (request.action == Action::write) {
    write_and_print(source, split, request);
  } else {
    print_list(*open_model(source, split), request);
  }
  return exit_done;
}

Tool tool() {
  return {.name = "scission-split",
          .summary = "Cuts a model into files, or shows where it can be cut.",
          .usage =
              "--list MODEL | --layers MODEL | "
              "MODEL (--at LAYERS | --plan FILE | --every-cut) -o DIR",
          .notes = model_help() + notes,
          .positional = {"model"},
          .add_options = add_options,
          .run = run};
}

}  // namespace

int main(int argc, char** argv) { return run_tool(tool, argc, argv, register_backends); }
