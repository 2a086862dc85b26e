// What the tools cost as whole processes.
//
//   bench-tools predict [RUNS]          scission-predict over the example data: process time
//   bench-tools benchmark [MODEL...]    scission-benchmark: its time against what it measured
//   bench-tools agreement A.json B.json two profiles of one machine: blocks that agree
//   bench-tools split [MODEL...]        scission-split --every-cut: its memory against the model's
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "scission/base.hpp"
#include "scission/profile.hpp"
#include "scission/stats.hpp"

extern char** environ;

namespace {

using namespace scission;

const std::string bin_dir = SCISSION_BIN_DIR;

struct Cost {
  double wall_s = 0;
  double cpu_s = 0;  // user + system
  double peak_bytes = 0;
};

double seconds(const timeval& time) { return time.tv_sec + time.tv_usec * 1e-6; }

// Runs a command with its output thrown away. Throws when it fails.
Cost run(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1 /* O_WRONLY */, 0);

  const auto start = std::chrono::steady_clock::now();
  pid_t child = 0;
  const int error =
      posix_spawn(&child, command[0].c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + command[0]);
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  if (status != 0) throw std::runtime_error(command[0] + " failed");
  return {wall.count(), seconds(usage.ru_utime) + seconds(usage.ru_stime),
          usage.ru_maxrss * 1024.0};
}

void print_summary(const char* what, const std::vector<double>& samples) {
  const Summary summary = summarise(samples);
  fmt::print("{:<14} median {:>8}   p5 {:>8}   p95 {:>8}   of {}\n", what,
             format_duration(summary.median), format_duration(summary.p5),
             format_duration(summary.p95), summary.count);
}

// What comes after the command, or what is measured by default.
std::vector<std::string> models_of(const std::vector<std::string>& arguments,
                                   const std::vector<std::string>& otherwise) {
  if (arguments.size() == 1) return otherwise;
  return {arguments.begin() + 1, arguments.end()};
}

void bench_predict(int runs) {
  const std::vector<std::string> command{bin_dir + "/scission-predict", "data/example",
                                         "network.csv", "mobilenet", "--no-plot"};
  run(command);  // the files into the page cache
  std::vector<double> wall, cpu;
  Cost last;
  for (int i = 0; i < runs; ++i) {
    last = run(command);
    wall.push_back(last.wall_s);
    cpu.push_back(last.cpu_s);
  }
  print_summary("wall", wall);
  print_summary("user + system", cpu);
  fmt::print("peak memory    {}\n", format_bytes(last.peak_bytes));
}

void bench_benchmark(const std::vector<std::string>& models) {
  const auto folder = std::filesystem::temp_directory_path() / "scission-bench-tools";
  fmt::print("{:<12} {:>10} {:>22} {:>7} {:>12}\n", "model", "whole run", "rounds × (whole+sum)",
             "ratio", "peak memory");
  for (const std::string& model : models) {
    const Cost cost =
        run({bin_dir + "/scission-benchmark", "device", "bench", "data/example/photo.jpg",
             "--models", model, "--max-time", "10", "-o", folder.string()});
    const SystemProfile profile = read_profile(folder / "device-bench.json");
    const ModelProfile& measured = *profile.find(model);
    const double needed_s = (measured.warmup + measured.repetitions) *
                            (measured.whole_seconds + measured.blocks_seconds());
    fmt::print("{:<12} {:>10} {:>22} {:>7.2f} {:>12}\n", model, format_duration(cost.wall_s),
               format_duration(needed_s), cost.wall_s / needed_s, format_bytes(cost.peak_bytes));
  }
  std::filesystem::remove_all(folder);
}

bool meet(const Interval& a, const Interval& b) { return a.low <= b.high && b.low <= a.high; }

// Of two profiles of one machine: how many blocks over a millisecond agree within their intervals.
void bench_agreement(const std::string& first, const std::string& second) {
  const SystemProfile before = read_profile(first);
  const SystemProfile after = read_profile(second);
  int agree = 0;
  int all = 0;
  fmt::print("{:<20} {:>12} {:>8}\n", "model", "over 1 ms", "agree");
  for (const ModelProfile& model : before.models) {
    const ModelProfile* other = after.find(model.model);
    if (other == nullptr || other->blocks.size() != model.blocks.size()) continue;
    int of_model = 0;
    int agreeing = 0;
    for (std::size_t i = 0; i < model.blocks.size(); ++i) {
      if (model.blocks[i].seconds <= 1e-3) continue;
      ++of_model;
      if (meet(model.blocks[i].interval, other->blocks[i].interval)) ++agreeing;
    }
    fmt::print("{:<20} {:>12} {:>8}\n", model.model, of_model, agreeing);
    agree += agreeing;
    all += of_model;
  }
  fmt::print("{:<20} {:>12} {:>8}\n", "all", all, agree);
}

// Into a file a block, of a built-in model and of a file.
void bench_split(const std::vector<std::string>& models) {
  const auto folder = std::filesystem::temp_directory_path() / "scission-bench-tools";
  std::filesystem::create_directories(folder);
  fmt::print("{:<16} {:>9} {:>11} {:>11} {:>10}\n", "model", "its file", "at most", "peak memory",
             "whole run");
  for (const std::string& model : models) {
    const std::string file = folder / (model + ".pt");
    run({bin_dir + "/scission-zoo", "export", model, "-o", file});
    const auto bytes = static_cast<double>(std::filesystem::file_size(file));
    for (const std::string& source : {model, file}) {
      const Cost cost =
          run({bin_dir + "/scission-split", source, "--every-cut", "-o", folder / "parts"});
      fmt::print("{:<16} {:>9} {:>11} {:>11} {:>10}\n", source == file ? model + ".pt" : model,
                 format_bytes(bytes), format_bytes(1.3 * bytes + 200 * 1024 * 1024),
                 format_bytes(cost.peak_bytes), format_duration(cost.wall_s));
      std::filesystem::remove_all(folder / "parts");
    }
  }
  std::filesystem::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    if (!arguments.empty() && arguments[0] == "predict") {
      bench_predict(arguments.size() > 1 ? std::stoi(arguments[1]) : 101);
    } else if (!arguments.empty() && arguments[0] == "benchmark") {
      bench_benchmark(models_of(arguments, {"vgg19", "resnet50", "mobilenet"}));
    } else if (arguments.size() == 3 && arguments[0] == "agreement") {
      bench_agreement(arguments[1], arguments[2]);
    } else if (!arguments.empty() && arguments[0] == "split") {
      bench_split(models_of(arguments, {"vgg19", "resnet50", "nasnetlarge"}));
    } else {
      fmt::print(stderr,
                 "bench-tools predict [RUNS] | benchmark [MODEL...] | agreement A.json B.json | "
                 "split [MODEL...]\n");
      return 2;
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench-tools: {}\n", error.what());
    return 1;
  }
}
