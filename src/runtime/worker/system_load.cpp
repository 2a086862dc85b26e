#include "runtime/worker/system_load.hpp"

#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "base/file.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

constexpr auto shortest = std::chrono::milliseconds(200);
constexpr auto longest = std::chrono::seconds(2);

// Not every system has /proc, nor leave to read it: then nothing is known.
std::string text_of(const char* path) {
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
  // user nice system idle iowait irq softirq steal; guests are in user and nice already.
  std::uint64_t count = 0;
  for (int column = 0; column < 8 && line >> count; ++column) {
    ticks.all += count;
    if (column != 3 && column != 4) ticks.busy += count;
  }
  return ticks;
}

std::int64_t parse_available_memory(std::string_view meminfo) {
  std::istringstream words{std::string(meminfo)};
  for (std::string word; words >> word;) {
    std::int64_t kibibytes = 0;
    if (word == "MemAvailable:" && words >> kibibytes) return kibibytes * 1024;
  }
  return 0;
}

std::int64_t available_memory() { return parse_available_memory(text_of("/proc/meminfo")); }

std::int64_t resident_memory() {
  std::istringstream pages(text_of("/proc/self/statm"));
  std::int64_t size = 0;
  std::int64_t resident = 0;
  pages >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

CpuLoad::Look CpuLoad::look() { return {Clock::now(), parse_cpu_ticks(text_of("/proc/stat"))}; }

double CpuLoad::measure() {
  const std::lock_guard lock(mutex_);
  const auto age = before_ ? Clock::now() - before_->time : Clock::duration::max();
  if (age < shortest || age > longest) {
    before_ = look();
    std::this_thread::sleep_for(shortest);
  }
  const Look now = look();
  const Look before = std::exchange(*before_, now);
  if (now.ticks.all <= before.ticks.all) return 0;
  const std::uint64_t all = now.ticks.all - before.ticks.all;
  const double busy = static_cast<double>(now.ticks.busy) - static_cast<double>(before.ticks.busy);
  return std::clamp(busy / static_cast<double>(all), 0.0, 1.0);
}

}  // namespace scission::runtime
