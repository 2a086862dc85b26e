// scission-split: cuts a model into files, or shows its cuts, layers and blocks.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "backends.hpp"
#include "base/file.hpp"
#include "base/json_field.hpp"
#include "open_model.hpp"
#include "progress.hpp"
#include "scission/base.hpp"
#include "scission/plan/plan.hpp"
#include "scission/prepare.hpp"
#include "scission/report.hpp"
#include "split/request.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using namespace scission::split;
using Json = nlohmann::ordered_json;

const char* const notes = R"(
A cut after layer 6 ends a segment with layer 6; the next one begins with layer 7. Each segment is a
file of MODEL's format with only the weights that it needs, which runs on any machine with the same
backend; manifest.json names the backend and lists the inputs and outputs (docs/segments-format.md).
Files that an earlier manifest in DIR lists are replaced.

--layers counts a multiply-add as two FLOPs and one MAC. Peak memory is the largest sum of values
alive at one moment, without weights.

--verify runs MODEL and then the chain of the files on the same random inputs, for batch 1, 2, 3 and 13: the
results must be equal bit for bit. A batch that MODEL itself refuses is reported and not compared.

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

Exit codes: 0 done, 1 it failed or the segments are not equal to MODEL, 2 wrong usage.
)";

void add_all_options(cxxopts::Options& options) {
  add_options(options);
  apps::add_split_options(options);
  apps::add_input_files_option(options);
}

void print_cuts(const OpenModel& model, bool with_rejected) {
  std::cout << format_cuts(model.graph(), model.cuts(), apps::stdout_width());
  if (!with_rejected) return;
  if (model.cuts().rejected.empty()) {
    std::cout << "\nno place is rejected\n";
  } else {
    std::cout << "\n" << format_rejections(model.graph(), model.cuts(), apps::stdout_width());
  }
}

void print_list(const OpenModel& model, const Request& request) {
  const ModelGraph& graph = model.graph();
  const CutList& cuts = model.cuts();
  const SplitOptions& options = model.options();
  const LayerSettings settings{options.cuts, options.granularity,
                               options.order.value_or(LayerOrder::file)};
  if (request.action == Action::list_layers) {
    std::cout << (request.as_json ? format_layers_json(graph, settings)
                                  : format_layers(graph, apps::stdout_width()));
  } else if (request.action == Action::list_blocks) {
    std::cout << (request.as_json ? format_blocks_json(graph, cuts, settings)
                                  : format_blocks(graph, cuts, apps::stdout_width()));
  } else if (request.as_json) {
    std::cout << format_cuts_json(graph, cuts, settings, request.with_rejected);
  } else {
    print_cuts(model, request.with_rejected);
  }
}

/// Releases the model at the end, because verifying needs the memory.
SegmentManifest write_files(const ModelSource& source, const SplitOptions& options,
                            const Request& request) {
  const std::vector<Segment> earlier = replaceable_segments(request.folder, source.file);
  const std::unique_ptr<OpenModel> model = open_model(source, options);
  const std::vector<Cut> cuts = select(model->graph(), model->cuts(), request);
  make_folder(request.folder);
  apps::Progress progress("writing segments");
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

std::vector<BatchVerdict> verify(const ModelSource& source, const Request& request) {
  apps::Progress progress("verifying");
  VerifyOptions options;
  options.inputs = {source.inputs, request.seed};
  options.on_progress = [&](int done, int total) { progress.update_steps(done, total); };
  return source.backend->verify_segments(request.folder, source, options);
}

std::string verdict_text(const BatchVerdict& verdict) {
  if (!verdict.model_runs) {
    return fmt::format("not compared, the model itself refuses it ({})", verdict.message);
  }
  if (verdict.bit_equal) {
    return verdict.message.empty() ? "bit-equal" : "bit-equal; " + verdict.message;
  }
  if (!verdict.message.empty()) return fmt::format("not equal, {}", verdict.message);
  if (!std::isfinite(verdict.largest_difference)) return "not equal, not even in shape";
  return fmt::format("not equal, elements differ by up to {:.3g}", verdict.largest_difference);
}

std::string exit_lines(const BatchVerdict& verdict) {
  std::string lines;
  for (const ExitRuns& runs : verdict.exits) {
    lines += fmt::format("batch {}, {}: taken by {} of {} runs", verdict.batch, runs.exit,
                         runs.taken, runs.taken + runs.went_on);
    if (runs.taken == 0) lines += "; the answer given there is not compared";
    if (runs.went_on == 0) lines += "; what comes after it is not compared";
    lines += "\n";
  }
  return lines;
}

std::string verdict_lines(const SegmentManifest& manifest,
                          const std::vector<BatchVerdict>& verdicts) {
  std::string lines;
  for (const BatchVerdict& verdict : verdicts) {
    lines += fmt::format("batch {}: {}\n", verdict.batch, verdict_text(verdict));
    lines += exit_lines(verdict);
  }
  if (!verdicts.empty() && !manifest.any_batch) {
    lines += "other batches: not compared, the segments are for this batch alone\n";
  }
  return lines;
}

/// A model may refuse other batches than the one it was split for.
void require_equal_results(const std::vector<BatchVerdict>& verdicts,
                           const std::filesystem::path& folder) {
  for (const BatchVerdict& verdict : verdicts) {
    const bool is_fine = verdict.model_runs ? verdict.bit_equal : verdict.batch != 1;
    if (is_fine) continue;
    if (!verdict.model_runs) {
      throw Error(ErrorCode::mismatch,
                  fmt::format("written, but not verified: the model itself does not run on this "
                              "machine or input ({})",
                              verdict.message),
                  folder.string());
    }
    throw Error(ErrorCode::mismatch,
                fmt::format("the segments do not give what the model gives for batch {}: {}",
                            verdict.batch, verdict_text(verdict)),
                folder.string());
  }
}

Json exit_json(const ExitRuns& runs) {
  return {{"exit", runs.exit}, {"taken", runs.taken}, {"went_on", runs.went_on}};
}

Json verdict_json(const BatchVerdict& verdict) {
  Json exits = Json::array();
  for (const ExitRuns& runs : verdict.exits) exits.push_back(exit_json(runs));
  return {{"batch", verdict.batch},         {"model_runs", verdict.model_runs},
          {"bit_equal", verdict.bit_equal}, {"largest_difference", verdict.largest_difference},
          {"message", verdict.message},     {"exits", std::move(exits)}};
}

/// The written segments, and how they compare with the model; no verdicts without --verify.
std::string written_json(const std::filesystem::path& folder, const SegmentManifest& manifest,
                         const std::vector<BatchVerdict>& verdicts) {
  Json json = {{"folder", folder.string()}, {"manifest", Json::parse(format_manifest(manifest))}};
  if (verdicts.empty()) return format_json(json);
  json["verified"] = Json::array();
  for (const auto& verdict : verdicts) json["verified"].push_back(verdict_json(verdict));
  return format_json(json);
}

void write_and_print(const ModelSource& source, const SplitOptions& options,
                     const Request& request) {
  if (!request.container_image.empty()) kubernetes_of(request, {});
  const SegmentManifest manifest = write_files(source, options, request);
  if (!request.container_image.empty()) {
    write_file_atomically(request.folder / kubernetes_name, kubernetes_of(request, manifest));
  }
  std::vector<BatchVerdict> verdicts;
  if (request.verifies) verdicts = verify(source, request);
  if (request.as_json) {
    std::cout << written_json(request.folder, manifest, verdicts);
  } else {
    std::cout << format_segments(manifest, apps::stdout_width()) << "\n"
              << (request.folder / manifest_name).string() << "\n"
              << (request.container_image.empty()
                      ? ""
                      : (request.folder / kubernetes_name).string() + "\n")
              << verdict_lines(manifest, verdicts);
  }
  require_equal_results(verdicts, request.folder);
}

int run(const apps::Arguments& arguments) {
  const Request request = read_request(arguments);
  const ModelSource source = apps::find_model(arguments);
  const SplitOptions split_options = apps::split_options(arguments);
  if (request.action == Action::write) {
    write_and_print(source, split_options, request);
  } else {
    print_list(*open_model(source, split_options), request);
  }
  return apps::exit_done;
}

apps::Tool tool() {
  return {.name = "scission-split",
          .summary = "Cuts a model into files, or shows where it can be cut.",
          .usage =
              "--list MODEL | --layers MODEL | "
              "MODEL (--at LAYERS | --plan FILE | --every-cut) -o DIR",
          .notes = apps::model_help() + notes,
          .positional = {"model"},
          .add_options = add_all_options,
          .run = run};
}

}  // namespace

int main(int argc, char** argv) {
  scission::apps::register_backends();
  return scission::apps::run_tool(tool(), argc, argv);
}
