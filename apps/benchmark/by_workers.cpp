#include "by_workers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "base/file.hpp"
#include "command_line.hpp"
#include "connection_options.hpp"
#include "jobs.hpp"
#include "progress.hpp"
#include "scission/profile/profile.hpp"
#include "scission/runtime/gather/gather.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "stress/stress.hpp"
#include "summary.hpp"
#include "tool.hpp"

namespace scission::apps {
namespace {

bool is_handed_on(const std::string& option) {
  return std::find(runtime::remote_benchmark_options.begin(),
                   runtime::remote_benchmark_options.end(),
                   option) != runtime::remote_benchmark_options.end();
}

runtime::RemoteBenchmark remote_benchmark(const Arguments& arguments) {
  runtime::RemoteBenchmark benchmark;
  benchmark.platform = text_of(arguments, "platform", "worker");
  for (const auto& argument : arguments.arguments()) {
    if (!is_handed_on(argument.key())) continue;
    benchmark.options.push_back("--" + argument.key());
    if (argument.key() != "optimize") benchmark.options.push_back(argument.value());
  }
  return benchmark;
}

std::vector<runtime::RemoteModel> remote_models(const Arguments& arguments) {
  std::vector<runtime::RemoteModel> models;
  for (const ModelSource& source : asked_models(arguments)) {
    models.push_back({source.name, source.file, input_tensors(source)});
  }
  return models;
}

void refuse_what_is_not_ours(const Arguments& arguments) {
  for (const char* option : {"name", "image", "resume", "format", "pictures", "device", "speed"}) {
    if (arguments.count(option) > 0) throw usage_error("not together with --workers", option);
  }
}

std::filesystem::path folder_under_stress(const Arguments& arguments) {
  std::filesystem::path folder = arguments["output"].as<std::string>();
  if (arguments.count("stress") == 0) return folder;
  const auto items = arguments["stress"].as<std::vector<std::string>>();
  return folder / folder_of(parse_stress(fmt::format("{}", fmt::join(items, ",")), "--stress"));
}

/// One worker's profile, rewritten after every model.
class ProfileOfWorker {
 public:
  ProfileOfWorker(std::string system, runtime::Client& worker, const Arguments& arguments)
      : system_(std::move(system)),
        worker_(worker),
        benchmark_(remote_benchmark(arguments)),
        folder_(folder_under_stress(arguments)),
        is_quiet_(arguments.count("json") > 0) {}

  void measure(const runtime::RemoteModel& model) {
    Progress progress(fmt::format("{}: {}", system_, model.name));
    progress.update();
    SystemProfile measured = runtime::benchmark_on_worker(system_, worker_, model, benchmark_);
    progress.finish();
    if (profile_.models.empty()) {
      profile_ = std::move(measured);
    } else {
      profile_.models.push_back(std::move(measured.models.at(0)));
    }
    write_profile(profile_, folder_ / fmt::format("{}-{}.json", benchmark_.platform, system_));
    show();
  }

  void print_json() const {
    if (is_quiet_ && !profile_.models.empty()) fmt::print("{}", format_profile_json(profile_));
  }

 private:
  void show() {
    if (is_quiet_) return;
    if (profile_.models.size() == 1) fmt::print("{}\n{}", system_, table_.header());
    fmt::print("{}", table_.add(profile_.models.back()));
    std::fflush(stdout);
  }

  std::string system_;
  runtime::Client& worker_;
  runtime::RemoteBenchmark benchmark_;
  std::filesystem::path folder_;
  bool is_quiet_;
  SystemProfile profile_;
  SummaryTable table_;
};

}  // namespace

void add_worker_options(cxxopts::Options& options) {
  add_workers_option(options);
  add_security_options(options);
}

int benchmark_by_workers(const Arguments& arguments) {
  refuse_what_is_not_ours(arguments);
  const std::vector<runtime::RemoteModel> models = remote_models(arguments);
  const runtime::Clients workers =
      runtime::connect(worker_addresses(arguments), security_of(arguments, NetworkRole::client));
  make_folder(folder_under_stress(arguments));
  int exit_code = exit_done;
  for (const auto& [system, worker] : workers) {
    warn_of_other_name(system, *worker);
    ProfileOfWorker profile(system, *worker, arguments);
    for (const runtime::RemoteModel& model : models) {
      try {
        profile.measure(model);
      } catch (const Error& error) {
        spdlog::error("{}: {}: {}", system, model.name, error.what());
        exit_code = exit_failed;
      }
    }
    profile.print_json();
  }
  return exit_code;
}

}  // namespace scission::apps
