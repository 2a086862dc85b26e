#include "runtime/worker/system_load.hpp"

#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "base/file.hpp"
#include "scission/base.hpp"

namespace scission::runtime {
namespace {

constexpr auto min_interval = std::chrono::milliseconds(200);
constexpr auto max_interval = std::chrono::seconds(2);

// Empty where there is no /proc or it cannot be read.
std::string read_or_empty(const char* path) {
  try {
    return read_file(path);
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

CpuTicks parse_cpu_ticks(std::string_view stat) {
  std::istringstream line{std::string(stat.substr(0, stat.find('\n')))};
  std::string label;
  line >> label;
  CpuTicks ticks;
  // user nice system idle iowait irq softirq steal; guest times are included in user and nice.
  std::uint64_t count = 0;
  for (int column = 0; column < 8 && line >> count; ++column) {
    ticks.all += count;
    if (column != 3 && column != 4) ticks.busy += count;
  }
  return ticks;
}

std::int64_t resident_memory_bytes() {
  std::istringstream pages(read_or_empty("/proc/self/statm"));
  std::int64_t size = 0;
  std::int64_t resident = 0;
  pages >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

CpuLoad::Sample CpuLoad::sample() {
  return {Clock::now(), parse_cpu_ticks(read_or_empty("/proc/stat"))};
}

double CpuLoad::measure() {
  const std::lock_guard lock(mutex_);
  const auto age = previous_ ? Clock::now() - previous_->time : Clock::duration::max();
  if (age < min_interval || age > max_interval) {
    previous_ = sample();
    std::this_thread::sleep_for(min_interval);
  }
  const Sample now = sample();
  const Sample before = std::exchange(*previous_, now);
  if (now.ticks.all <= before.ticks.all) return 0;
  const std::uint64_t all = now.ticks.all - before.ticks.all;
  const double busy = static_cast<double>(now.ticks.busy) - static_cast<double>(before.ticks.busy);
  return std::clamp(busy / static_cast<double>(all), 0.0, 1.0);
}

}  // namespace scission::runtime
