// Codecs of one model, measured in a forked process.
#include <fmt/format.h>

#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/run_program.hpp"
#include "base/text.hpp"
#include "benchmark/child_process.hpp"
#include "scission/benchmark.hpp"

namespace scission {
namespace {

namespace fs = std::filesystem;
static_assert(std::is_trivially_copyable_v<CodecProgress>);

void validate_cuts(const OpenModel& model, const ModelProfile& profile) {
  const std::vector<Cut>& cuts = model.cuts().cuts;
  bool are_same = cuts.size() == profile.blocks.size();
  for (std::size_t i = 0; are_same && i < cuts.size(); ++i) {
    are_same = cuts[i].layer == profile.blocks[i].block.last_layer;
  }
  if (are_same) return;
  throw Error(ErrorCode::mismatch, "the profile's blocks are not those between its cuts",
              "model " + profile.model);
}

std::vector<ChainStage> load_chain(const SegmentManifest& manifest, const fs::path& folder) {
  std::vector<ChainStage> chain;
  for (const Segment& segment : manifest.segments) {
    chain.push_back(
        {segment.last_layer, segment.exits, load_segment(folder / segment.file, segment)});
  }
  return chain;
}

/// The opened model and its whole weights are released before the segments are loaded.
std::vector<ChainStage> make_chain(const CodecJob& job, const ModelProfile& profile,
                                   const fs::path& folder) {
  const Backend& backend = *job.source.backend;
  SegmentManifest manifest;
  {
    const std::vector<Tensor> first = read_input(job.calibration, job.source, 0).tensors;
    const std::unique_ptr<OpenModel> model = backend.open(job.source, job.split, first);
    validate_cuts(*model, profile);
    manifest = model->write_segments(model->cuts().cuts, folder, {});
  }
  return load_chain(manifest, folder);
}

/// The result as a profile's text, a zero byte, and the notes as lines.
std::string encode_result(const CodecMeasurement& result, const ModelProfile& profile) {
  SystemProfile system;
  system.platform = system.name = "child";
  ModelProfile model;
  model.model = profile.model;
  model.blocks = profile.blocks;
  model.codecs = result.codecs;
  model.codec_inputs = result.inputs;
  model.accuracy = result.accuracy;
  system.models.push_back(std::move(model));
  std::string answer = format_profile_json(system) + '\0';
  for (const std::string& note : result.notes) answer += clean_text(note) + '\n';
  return answer;
}

CodecMeasurement decode_result(std::string_view answer) {
  const std::size_t end = answer.find('\0');
  SystemProfile system =
      parse_profile_json(answer.substr(0, end), "the measuring process's answer");
  ModelProfile& model = system.models.at(0);
  CodecMeasurement result{std::move(model.codecs), model.codec_inputs, model.accuracy, {}};
  std::string_view notes = answer.substr(end + 1);
  while (!notes.empty()) {
    const std::size_t line = notes.find('\n');
    result.notes.emplace_back(notes.substr(0, line));
    notes.remove_prefix(line + 1);
  }
  return result;
}

/// Sends progress a few times a second only.
std::function<void(const CodecProgress&)> progress_sender(const SendRecord& send) {
  return [&send,
          last = std::chrono::steady_clock::time_point()](const CodecProgress& progress) mutable {
    constexpr auto between_records = std::chrono::milliseconds(200);
    const auto now = std::chrono::steady_clock::now();
    if (now - last < between_records) return;
    last = now;
    send({reinterpret_cast<const char*>(&progress), sizeof progress});
  };
}

std::string run_here(const CodecJob& job, const ModelProfile& profile,
                     const CodecJobOptions& options, const fs::path& folder,
                     const SendRecord& send) {
  keep_freed_memory();
  if (job.threads) job.source.backend->set_threads(*job.threads);
  const std::vector<ChainStage> chain = make_chain(job, profile, folder);
  CodecOptions measuring{job.codecs};
  measuring.clock = options.clock;
  if (options.on_progress) measuring.on_progress = progress_sender(send);
  const auto read = [&](int index) { return read_input(job.calibration, job.source, index); };
  return encode_result(measure_codecs(chain, job.calibration.size(), read, measuring), profile);
}

/// As class_count(), of the graph's first output; empty where its shape depends on data.
std::optional<std::int64_t> class_count_of(const ModelGraph& graph) {
  if (graph.outputs.empty()) return std::nullopt;
  const Value& output = graph.values.at(graph.outputs.front());
  if (output.dtype.empty() || output.bytes_seen) return std::nullopt;
  std::int64_t classes = 1;
  const std::size_t first = output.shape.size() > 1 ? 1 : 0;
  for (std::size_t i = first; i < output.shape.size(); ++i) classes *= output.shape[i];
  return classes;
}

/// Only the opened model says how many classes it has.
void validate_labels(const CodecJob& job) {
  const Calibration& calibration = job.calibration;
  if (calibration.labels.empty()) return;
  const std::vector<Tensor> first = read_input(calibration, job.source, 0).tensors;
  const auto classes =
      class_count_of(job.source.backend->open(job.source, job.split, first)->graph());
  for (std::size_t i = 0; classes && i < calibration.labels.size(); ++i) {
    if (calibration.labels[i] < *classes) continue;
    throw Error(ErrorCode::mismatch,
                fmt::format("has class {}, and {} has {} classes, from 0", calibration.labels[i],
                            job.source.name, *classes),
                calibration.files.at(i).filename().string());
  }
}

/// Every input of the first job, and the first one of the others, which have the same files.
void read_all_inputs(const std::vector<CodecJob>& jobs) {
  for (const CodecJob& job : jobs) {
    const int count = &job == &jobs.front() ? job.calibration.size() : 1;
    for (int index = 0; index < count; ++index) read_input(job.calibration, job.source, index);
  }
}

}  // namespace

void validate_calibration(const std::vector<CodecJob>& jobs) {
  // In a child, since a backend that reads a file may start threads.
  run_in_child([&](const SendRecord&) {
    read_all_inputs(jobs);
    for (const CodecJob& job : jobs) validate_labels(job);
    return std::string();
  });
}

CodecMeasurement run_codec_job(const CodecJob& job, const ModelProfile& profile,
                               const CodecJobOptions& options) {
  // Of this process, so that it goes when the child is killed.
  const WorkFolder folder(fs::temp_directory_path());
  ChildOptions child;
  child.timeout_s = options.timeout_s;
  child.wake_descriptor = options.wake_descriptor;
  child.on_wake = options.check_stop;
  child.on_wait = options.on_wait;
  if (options.on_progress) {
    child.on_record = [&](const std::string& bytes) {
      CodecProgress progress;
      std::memcpy(&progress, bytes.data(), sizeof progress);
      options.on_progress(progress);
    };
  }
  return decode_result(run_in_child(
      [&](const SendRecord& send) { return run_here(job, profile, options, folder.path(), send); },
      child));
}

}  // namespace scission
