#include "write.hpp"

#include <fmt/format.h>
#include <torch/script.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <iostream>
#include <vector>

#include "base/file.hpp"
#include "describe.hpp"
#include "json.hpp"
#include "older.hpp"
#include "progress.hpp"
#include "scission/base/error.hpp"
#include "scission/base/units.hpp"
#include "scission/torchscript/split/segments.hpp"
#include "table.hpp"
#include "where.hpp"

namespace scission::split {
namespace {

using torchscript::BatchVerdict;

/// The rest takes as long as the steps before did, each.
std::function<void(int, int)> steps_of(apps::Progress& progress) {
  using Clock = std::chrono::steady_clock;
  return [&progress, start = Clock::now()](int done, int total) {
    if (done < 1 || total < 1) return;
    const double elapsed_s = std::chrono::duration<double>(Clock::now() - start).count();
    progress.update(static_cast<double>(done) / total, elapsed_s * (total - done) / done);
  };
}

/// The model is let go of at the end: verifying needs the room.
SegmentManifest write(const apps::ModelSource& source, const torchscript::SplitOptions& options,
                      const Request& request) {
  const std::vector<Segment> older = older_segments(request.folder);
  check_source_stays(source.file, request.folder, older);
  const torchscript::SplitModel model = apps::open_model(source, options);
  const std::vector<Cut> cuts = chosen_cuts(model.graph(), model.cuts(), request.where);
  make_folder(request.folder);
  apps::Progress progress("writing segments");
  torchscript::WriteOptions write_options;
  write_options.triton = request.as_triton;
  write_options.source = source.file;
  write_options.on_progress = steps_of(progress);
  SegmentManifest manifest =
      torchscript::write_segments(model, cuts, request.folder, write_options);
  remove_stale(request.folder, older, manifest.segments);
  return manifest;
}

std::string segments_table(const SegmentManifest& manifest) {
  using apps::Align;
  apps::Table table(
      {{"file", Align::left}, {"layers"}, {"bytes"}, {"inputs → outputs", Align::left}});
  for (const Segment& segment : manifest.segments) {
    table.add(
        {segment.file, layers_text(segment.first_layer, segment.last_layer),
         format_bytes(static_cast<double>(segment.bytes)),
         fmt::format("{} → {}", tensors_text(segment.inputs), tensors_text(segment.outputs))});
  }
  return table.text();
}

std::vector<BatchVerdict> verify(const apps::ModelSource& source, const Request& request) {
  apps::Progress progress("verifying");
  torchscript::VerifyOptions options;
  options.inputs = {source.inputs, request.seed};
  options.on_progress = steps_of(progress);
  return torchscript::verify_segments(
      request.folder, [&source] { return source.load(); }, options);
}

std::string verdict_text(const BatchVerdict& verdict) {
  if (!verdict.model_runs) {
    return fmt::format("not compared, the model itself refuses it ({})", verdict.message);
  }
  if (verdict.bit_equal) return "bit-equal";
  if (!verdict.message.empty()) return fmt::format("not equal, {}", verdict.message);
  if (!std::isfinite(verdict.largest_difference)) return "not equal, not even in shape";
  return fmt::format("not equal, elements differ by up to {:.3g}", verdict.largest_difference);
}

std::string verdict_lines(const std::vector<BatchVerdict>& verdicts) {
  std::string lines;
  for (const BatchVerdict& verdict : verdicts) {
    lines += fmt::format("batch {}: {}\n", verdict.batch, verdict_text(verdict));
  }
  return lines;
}

/// Batch 1 is what the model was split for; that a model refuses another batch is no fault.
void check_verdicts(const SegmentManifest& manifest, const std::vector<BatchVerdict>& verdicts,
                    const std::filesystem::path& folder) {
  for (const BatchVerdict& verdict : verdicts) {
    const bool is_fine = verdict.model_runs ? verdict.bit_equal : verdict.batch != 1;
    if (is_fine) continue;
    const bool is_other = verdict.batch != 1 && !manifest.any_batch;
    throw Error(ErrorCode::mismatch,
                fmt::format("the segments do not give what the model gives for batch {}{}: {}",
                            verdict.batch, is_other ? ", as they hold for batch 1 alone" : "",
                            verdict_text(verdict)),
                folder.string());
  }
}

void tell(const SegmentManifest& manifest, const std::vector<BatchVerdict>& verdicts,
          const Request& request) {
  if (request.as_json) {
    std::cout << written_json(request.folder, manifest, verdicts);
    return;
  }
  std::cout << segments_table(manifest) << "\n"
            << (request.folder / manifest_name).string() << "\n"
            << verdict_lines(verdicts);
}

}  // namespace

void write_and_tell(const apps::ModelSource& source, const torchscript::SplitOptions& options,
                    const Request& request) {
  const SegmentManifest manifest = write(source, options, request);
  std::vector<BatchVerdict> verdicts;
  if (request.verifies) verdicts = verify(source, request);
  tell(manifest, verdicts, request);
  check_verdicts(manifest, verdicts, request.folder);
}

}  // namespace scission::split
