#include "remote_benchmark.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "base/checksum.hpp"
#include "scission/base/error.hpp"
#include "scission/profile/profile_io.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::apps {
namespace {

/// The whole file as one segment. What comes out of it is not known, and nobody will run it.
Segment whole_model(const RemoteModel& model) {
  Segment segment;
  segment.file = model.file.filename().string();
  segment.layers = {"all"};
  segment.inputs = model.inputs;
  segment.bytes = static_cast<std::int64_t>(std::filesystem::file_size(model.file));
  segment.sha256 = sha256_of_file(model.file);
  return segment;
}

/// On the worker for as long as this is there.
class SentModel {
 public:
  SentModel(runtime::Client& worker, const RemoteModel& model, double deadline_s)
      : worker_(worker) {
    if (model.file.empty()) return;
    const Segment segment = whole_model(model);
    name_ = runtime::served_name(model.name, segment);
    worker_.deploy({name_, segment, model.file}, deadline_s);
  }
  SentModel(const SentModel&) = delete;
  SentModel& operator=(const SentModel&) = delete;

  ~SentModel() {
    if (name_.empty()) return;
    constexpr double short_call_s = 10;
    try {
      worker_.drop(name_, short_call_s);
    } catch (const Error&) {
      // It is gone, or has it no longer.
    }
  }

  /// Empty for a built-in model.
  const std::string& name() const { return name_; }

 private:
  runtime::Client& worker_;
  std::string name_;
};

}  // namespace

SystemProfile benchmark_by_worker(const std::string& system, runtime::Client& worker,
                                  const RemoteModel& model, const RemoteBenchmark& benchmark) {
  const SentModel sent(worker, model, benchmark.deadline_s);
  runtime::BenchmarkJob job;
  job.model = model.file.empty() ? model.name : sent.name();
  job.platform = benchmark.platform;
  job.options = fmt::format("{}", fmt::join(benchmark.options, "\n"));
  SystemProfile profile =
      parse_profile_json(worker.benchmark(job, benchmark.deadline_s), "profile of " + system);
  // A worker may call itself otherwise than we do, and knows a file by its checksum.
  profile.name = system;
  profile.models.at(0).model = model.name;
  return profile;
}

}  // namespace scission::apps
