#include "scission/runtime/gather/gather.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <system_error>
#include <utility>

#include "base/checksum.hpp"
#include "base/file.hpp"
#include "base/run_program.hpp"
#include "base/seconds.hpp"
#include "base/this_machine.hpp"
#include "runtime/client/deadlines.hpp"
#include "scission/base.hpp"
#include "scission/profile.hpp"
#include "stress/stress.hpp"

namespace scission::runtime {
namespace {

namespace fs = std::filesystem;

/// scission-benchmark beside this program, else along PATH.
fs::path benchmark_program() {
  const fs::path beside = fs::read_symlink("/proc/self/exe").parent_path() / "scission-benchmark";
  std::error_code ignored;
  return fs::exists(beside, ignored) ? beside : fs::path("scission-benchmark");
}

bool is_file(const std::string& model) {
  std::error_code ignored;
  return fs::is_regular_file(model, ignored);
}

std::string codec_list(const GatherOptions& options) {
  return fmt::format("{}", fmt::join(options.codecs, ","));
}

std::vector<std::string> benchmark_arguments(const GatherOptions& options) {
  std::vector<std::string> arguments{source_platform, options.source};
  if (!options.image.empty()) arguments.push_back(options.image);
  arguments.insert(arguments.end(), {is_file(options.model) ? "--model" : "--models", options.model,
                                     "-o", options.folder.string()});
  arguments.insert(arguments.end(), options.benchmark_options.begin(),
                   options.benchmark_options.end());
  if (options.speed != 1) {
    arguments.insert(arguments.end(), {"--speed", fmt::format("{}", options.speed)});
  }
  for (const std::string& library : options.operators) {
    arguments.insert(arguments.end(), {"--operators", library});
  }
  if (!options.codecs.empty()) {
    arguments.insert(arguments.end(), {"--codecs", codec_list(options)});
    if (!options.calibration.empty()) {
      arguments.insert(arguments.end(), {"--calibrate", options.calibration});
    }
  }
  if (!options.threads.empty()) arguments.insert(arguments.end(), {"--threads", options.threads});
  if (!options.stress.empty()) {
    arguments.insert(arguments.end(), {"--stress", options.stress});
  }
  return arguments;
}

fs::path profile_file(const std::string& platform, const std::string& system,
                      const GatherOptions& options) {
  return options.folder / folder_of(parse_stress(options.stress, "stress")) /
         fmt::format("{}-{}.json", platform, system);
}

/// The whole file as one segment. Its outputs are unknown; it is never served.
Segment whole_model(const RemoteModel& model) {
  Segment segment;
  segment.file = model.file.filename().string();
  segment.layers = {"all"};
  segment.inputs = model.inputs;
  segment.bytes = static_cast<std::int64_t>(std::filesystem::file_size(model.file));
  segment.sha256 = sha256_of_file(model.file);
  segment.backend = model.backend;
  return segment;
}

/// A model on a worker; the destructor drops it.
class UploadedModel {
 public:
  UploadedModel(Client& worker, const RemoteModel& model, double deadline_s) : worker_(worker) {
    if (model.file.empty()) return;
    const Segment segment = whole_model(model);
    name_ = served_name(model.name, segment, worker_.lease());
    worker_.deploy({name_, segment, model.file}, deadline_s);
  }
  UploadedModel(const UploadedModel&) = delete;
  UploadedModel& operator=(const UploadedModel&) = delete;

  ~UploadedModel() {
    if (name_.empty()) return;
    try {
      worker_.drop(name_, short_call_deadline_s);
    } catch (const Error&) {
      // The worker has gone, or no longer has the model.
    }
  }

  /// Empty for a built-in model.
  const std::string& name() const { return name_; }

 private:
  Client& worker_;
  std::string name_;
};

}  // namespace

SystemProfile benchmark_on_worker(const std::string& system, Client& worker,
                                  const RemoteModel& model, const RemoteBenchmark& benchmark) {
  const UploadedModel sent(worker, model, benchmark.deadline_s);
  BenchmarkJob job;
  job.model = model.file.empty() ? model.name : sent.name();
  job.platform = benchmark.platform;
  job.only_if_alone = benchmark.only_if_alone;
  job.options = fmt::format("{}", fmt::join(benchmark.options, "\n"));
  SystemProfile profile =
      parse_profile_json(worker.benchmark(job, benchmark.deadline_s), "profile of " + system);
  // A worker may have another name for itself, and names a file by its checksum.
  profile.name = system;
  profile.models.at(0).model = model.name;
  return profile;
}

SystemProfile benchmark_locally(const GatherOptions& options) {
  ProgramCall call;
  call.program = benchmark_program().string();
  call.arguments = benchmark_arguments(options);
  call.remedy = "install scission-benchmark beside this program";
  const ProgramResult result = run_program(call);
  if (!result.succeeded) {
    throw Error(ErrorCode::io, "cannot be benchmarked: " + result.output, options.source);
  }
  return read_profile(profile_file(source_platform, options.source, options));
}

SystemProfile benchmark_remotely(const std::string& system, Client& worker,
                                 const GatherOptions& options) {
  std::vector<std::string> further = options.benchmark_options;
  if (!options.stress.empty()) further.insert(further.end(), {"--stress", options.stress});
  if (!options.codecs.empty()) {
    further.insert(further.end(), {"--codecs", codec_list(options), "--calibrate", "random"});
  }
  SystemProfile profile =
      benchmark_on_worker(system, worker, options.remote_model,
                          {worker_platform, further, options.deadline_s, options.only_if_alone});
  const fs::path file = profile_file(worker_platform, system, options);
  make_folder(file.parent_path());
  write_profile(profile, file);
  return profile;
}

void copy_codec_quality(const ModelProfile& reference, ModelProfile& model) {
  std::map<std::pair<std::string, int>, const CodecTiming*> known;
  for (const CodecTiming& timing : reference.codecs) {
    known.emplace(std::pair(timing.codec, timing.last_layer), &timing);
  }
  std::vector<CodecTiming> codecs;
  for (const CodecTiming& timing : model.codecs) {
    const auto found = known.find({timing.codec, timing.last_layer});
    if (found == known.end()) continue;
    CodecTiming& taken = codecs.emplace_back(*found->second);
    taken.encode_seconds = timing.encode_seconds;
    taken.encode_interval = timing.encode_interval;
    taken.decode_seconds = timing.decode_seconds;
    taken.decode_interval = timing.decode_interval;
  }
  model.codecs = std::move(codecs);
  model.codec_inputs = reference.codec_inputs;
  model.accuracy = reference.accuracy;
}

double largest_output(const std::vector<SystemProfile>& profiles) {
  double largest = 0;
  for (const SystemProfile& profile : profiles) {
    for (const ModelProfile& model : profile.models) {
      for (const BlockTiming& timing : model.blocks) {
        largest = std::max(largest, static_cast<double>(timing.block.output_bytes));
      }
    }
  }
  return largest;
}

std::vector<SystemProfile> gather_profiles(const Clients& workers, const GatherOptions& options) {
  std::vector<SystemProfile> profiles{benchmark_locally(options)};
  for (const auto& [system, worker] : workers) {
    SystemProfile& profile = profiles.emplace_back(benchmark_remotely(system, *worker, options));
    if (options.codecs.empty()) continue;
    copy_codec_quality(profiles.front().models.at(0), profile.models.at(0));
    write_profile(profile, profile_file(worker_platform, system, options));
  }
  return profiles;
}

SystemProfile benchmark_models_on_worker(const std::string& system, Client& worker,
                                         const std::vector<RemoteModel>& models,
                                         const RemoteBenchmark& benchmark, const fs::path& file,
                                         const RemoteBenchmarkObserver& observer) {
  SystemProfile profile;
  for (const RemoteModel& model : models) {
    if (observer.on_start) observer.on_start(model);
    SystemProfile measured;
    try {
      measured = benchmark_on_worker(system, worker, model, benchmark);
    } catch (const Error& error) {
      if (observer.on_failure) observer.on_failure(model, error);
      continue;
    }
    if (profile.models.empty()) {
      profile = std::move(measured);
    } else {
      profile.models.push_back(std::move(measured.models.at(0)));
    }
    write_profile(profile, file);
    if (observer.on_model) observer.on_model(profile.models.back());
  }
  return profile;
}

Network measure_all_links(const Clients& workers, const std::string& source, LinkOptions options,
                          const LinkProgress& on_progress) {
  const double start_s = steady_now_s();
  options.on_progress = [&](int done, int total, const std::string& link) {
    const double each_s = done > 0 ? (steady_now_s() - start_s) / done : options.max_time_s;
    if (on_progress) on_progress(done, total, link, (total - done) * each_s);
  };
  announce_peers(workers, options.deadline_s);
  return measure_links(workers, source, options);
}

std::vector<std::string> flat_link_warnings(const Network& network) {
  std::vector<std::string> warnings;
  for (const NetworkRow& row : network.rows()) {
    const Link& link = row.link;
    if (link.curve.empty() || link.curve_megabits_per_s()) continue;
    warnings.push_back(fmt::format(
        "{} → {}: {} take no longer than {}; measure with a larger --max-size, or --repeats",
        row.source, row.destination, format_bytes(link.curve.back().bytes),
        format_bytes(link.curve.front().bytes)));
  }
  return warnings;
}

Network gather_links(const Clients& workers, const std::vector<SystemProfile>& profiles,
                     const GatherOptions& options) {
  LinkOptions measuring;
  measuring.bytes = link_sizes(static_cast<std::size_t>(largest_output(profiles)));
  Network network = measure_all_links(workers, options.source, measuring, options.on_link_progress);
  write_network(network, options.folder / "network.csv");
  return network;
}

PartitionProblem problem_of_systems(std::vector<SystemProfile> profiles, const Network& network,
                                    const std::string& model,
                                    const std::vector<std::string>& systems) {
  const auto is_of = [](const std::string& system) {
    return [&system](const SystemProfile& profile) { return profile.name == system; };
  };
  for (const std::string& system : systems) {
    const auto profile = std::find_if(profiles.begin(), profiles.end(), is_of(system));
    if (profile == profiles.end()) throw Error(ErrorCode::not_found, "has no profile", system);
    if (profile->find(model)) continue;
    throw Error(ErrorCode::invalid_argument,
                unmeasured_text({profile->name, profile->platform}, model), system);
  }
  std::erase_if(profiles, [&](const SystemProfile& profile) {
    return std::find(systems.begin(), systems.end(), profile.name) == systems.end();
  });
  std::stable_partition(profiles.begin(), profiles.end(), is_of(systems.at(0)));
  std::vector<std::string> platforms;
  for (const SystemProfile& profile : profiles) {
    const bool is_new =
        std::find(platforms.begin(), platforms.end(), profile.platform) == platforms.end();
    if (is_new) platforms.push_back(profile.platform);
  }
  return make_problem(profiles, network, model, platforms);
}

GatheredSetup gather_setup(const std::map<std::string, std::string>& addresses,
                           const Security& security, const GatherOptions& options) {
  Lease lease;
  const Clients workers = connect(addresses, security, lease.id());
  lease.hold(workers);
  GatheredSetup setup;
  setup.profiles = gather_profiles(workers, options);
  setup.network = gather_links(workers, setup.profiles, options);
  return setup;
}

PartitionProblem problem_of_workers(const std::vector<SystemProfile>& profiles,
                                    const Network& network, const std::string& model,
                                    std::string source,
                                    const std::map<std::string, std::string>& workers,
                                    const std::string& place) {
  std::vector<std::string> others;
  for (const SystemProfile& profile : profiles) {
    if (workers.count(profile.name) == 0) others.push_back(profile.name);
  }
  if (source.empty()) source = others.size() == 1 ? others.front() : host_name();
  std::vector<std::string> systems{source};
  for (const auto& [system, address] : workers) {
    if (system != source) systems.push_back(system);
  }
  for (const std::string& system : systems) {
    if (std::any_of(profiles.begin(), profiles.end(),
                    [&](const SystemProfile& profile) { return profile.name == system; })) {
      continue;
    }
    throw Error(ErrorCode::not_found,
                fmt::format("has no profile of {}; benchmark it, or leave --profiles out", system),
                place);
  }
  return problem_of_systems(profiles, network, model, systems);
}

}  // namespace scission::runtime
