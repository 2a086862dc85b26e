#include "peak_memory.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "questions.hpp"
#include "scission/search/search.hpp"

namespace scission::bench {
namespace {

// VmHWM, not getrusage(): a process inherits the latter from the one that started it.
double own_peak_bytes() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) * 1024;
  }
  return 0;
}

SearchResult answer(const Question& question, bool is_replanned) {
  SearchOptions options;
  options.time_limit_s = 20;
  if (!is_replanned) return search(question.problem, question.query, options);
  Planner planner(PartitionProblem(question.problem), question.query);
  planner.plan(options);
  planner.set_link(0, 1, Link{10, 100});
  return planner.plan(options);
}

}  // namespace

bool print_peak_memory(const std::string& target_name) {
  const auto target = std::find_if(targets().begin(), targets().end(),
                                   [&](const Target& one) { return one.name == target_name; });
  if (target == targets().end()) return false;
  const Question question = target->make(1);
  const SearchResult result = answer(question, target->is_replanned);
  fmt::print("{} {}\n", own_peak_bytes(), result.is_optimal ? 1 : 0);
  return true;
}

std::optional<PeakMemory> peak_memory_of(const std::string& target_name) {
  const std::string command = fmt::format("'/proc/{}/exe' memory {}", getpid(), target_name);
  FILE* output = popen(command.c_str(), "r");
  if (!output) return std::nullopt;
  PeakMemory peak;
  int is_proven = 0;
  const int count = std::fscanf(output, "%lf %d", &peak.bytes, &is_proven);
  peak.is_proven = is_proven == 1;
  if (pclose(output) != 0 || count != 2) return std::nullopt;
  return peak;
}

}  // namespace scission::bench
