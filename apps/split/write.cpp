#include "write.hpp"

#include <fmt/format.h>
#include <torch/script.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <system_error>
#include <vector>

#include "base/file.hpp"
#include "print.hpp"
#include "progress.hpp"
#include "scission/base/error.hpp"
#include "scission/base/units.hpp"
#include "scission/torchscript/split/split.hpp"
#include "table.hpp"

namespace scission::split {
namespace {

namespace fs = std::filesystem;

bool has_size(const fs::path& path, std::int64_t bytes) {
  std::error_code error;
  return fs::is_regular_file(path, error) &&
         fs::file_size(path, error) == static_cast<std::uintmax_t>(bytes) && !error;
}

/// MODEL/1/model.pt and MODEL/config.pbtxt beside it.
bool is_in_triton_repository(const fs::path& file) {
  return file.filename() == "model.pt" && file.parent_path().filename() == "1" &&
         file.parent_path().has_parent_path();
}

/// Folders between `folder` and its file `name`, the innermost first, as far as they are empty.
void remove_empty_folders(const fs::path& folder, const fs::path& name) {
  std::error_code error;
  for (fs::path part = name.parent_path(); !part.empty(); part = part.parent_path()) {
    if (!fs::remove(folder / part, error)) return;
  }
}

/// The segments of the manifest in the folder; none without a manifest. Throws as read_manifest()
/// does on a manifest.json of another kind, which must not be overwritten.
std::vector<Segment> earlier_segments(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::exists(folder / manifest_name, ignored)) return {};
  return read_manifest(folder).segments;
}

/// Throws Error(invalid_argument) when `source` is one of the earlier segments, which would be
/// overwritten or removed.
void check_source_stays(const fs::path& source, const fs::path& folder,
                        const std::vector<Segment>& earlier) {
  for (const Segment& segment : earlier) {
    std::error_code ignored;
    if (fs::equivalent(source, folder / segment.file, ignored)) {
      throw Error(ErrorCode::invalid_argument,
                  "is one of the segments in that folder, which are replaced; write elsewhere",
                  source.string());
    }
  }
}

/// Removes the files of `earlier` that are not in `now` where they have the noted size, with
/// Triton's configuration beside them and the folders that are empty then.
void remove_stale(const fs::path& folder, const std::vector<Segment>& earlier,
                  const std::vector<Segment>& now) {
  for (const Segment& old : earlier) {
    const bool is_current = std::any_of(
        now.begin(), now.end(), [&](const Segment& segment) { return segment.file == old.file; });
    if (is_current || !has_size(folder / old.file, old.bytes)) continue;
    std::error_code ignored;
    const fs::path name = fs::path(old.file).lexically_normal();
    fs::remove(folder / name, ignored);
    if (is_in_triton_repository(name)) {
      fs::remove(folder / name.parent_path().parent_path() / "config.pbtxt", ignored);
    }
    remove_empty_folders(folder, name);
  }
}

using torchscript::BatchVerdict;

/// Releases the model at the end, because verifying needs the memory.
SegmentManifest write(const apps::ModelSource& source, const torchscript::SplitOptions& options,
                      const Request& request) {
  const std::vector<Segment> earlier = earlier_segments(request.folder);
  check_source_stays(source.file, request.folder, earlier);
  const torchscript::SplitModel model = apps::open_model(source, options);
  const std::vector<Cut> cuts = select(model.graph(), model.cuts(), request.selection);
  make_folder(request.folder);
  apps::Progress progress("writing segments");
  torchscript::WriteOptions write_options;
  write_options.triton = request.as_triton;
  write_options.source = source.file;
  write_options.on_progress = [&](int done, int total) { progress.update_steps(done, total); };
  SegmentManifest manifest =
      torchscript::write_segments(model, cuts, request.folder, write_options);
  remove_stale(request.folder, earlier, manifest.segments);
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
  options.on_progress = [&](int done, int total) { progress.update_steps(done, total); };
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

/// The model was split for batch 1; it may refuse another batch.
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
