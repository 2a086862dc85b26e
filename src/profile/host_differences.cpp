#include "profile/host_differences.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scission/base/units.hpp"

namespace scission {
namespace {

using Texts = std::vector<std::string>;

void note(Texts& notes, const std::string& what, const std::string& before,
          const std::string& after) {
  if (before.empty() || after.empty() || before == after) return;
  notes.push_back(fmt::format("{}: {} before, {} after", what, before, after));
}

std::string text_of(int count) { return count > 0 ? std::to_string(count) : std::string(); }

std::string text_of(const std::vector<std::int64_t>& shape) {
  return fmt::format("{}", fmt::join(shape, "×"));
}

std::string backend_of(const HostContext& host) {
  return host.backend_version.empty() ? host.backend : host.backend + " " + host.backend_version;
}

std::string memory_of(const HostContext& host) {
  return host.memory_bytes > 0 ? format_bytes(static_cast<double>(host.memory_bytes)) : "";
}

void note_warnings(Texts& notes, const ModelProfile& profile, const char* when) {
  for (const std::string& warning : profile.warnings) {
    notes.push_back(fmt::format("{}, {}: {}", profile.model, when, warning));
  }
}

}  // namespace

std::vector<std::string> host_differences(const SystemProfile& before, const SystemProfile& after) {
  const HostContext& a = before.host;
  const HostContext& b = after.host;
  Texts notes;
  note(notes, "system", before.platform + "-" + before.name, after.platform + "-" + after.name);
  note(notes, "operating system", a.os, b.os);
  note(notes, "processor", a.cpu, b.cpu);
  note(notes, "cores", text_of(a.cores), text_of(b.cores));
  note(notes, "threads", text_of(a.threads), text_of(b.threads));
  note(notes, "memory", memory_of(a), memory_of(b));
  note(notes, "device", a.device, b.device);
  note(notes, "backend", backend_of(a), backend_of(b));
  note(notes, "optimised for inference", a.is_optimized ? "yes" : "no",
       b.is_optimized ? "yes" : "no");
  note(notes, "measured by Scission", a.tool_version, b.tool_version);
  return notes;
}

std::vector<std::string> model_differences(const ModelProfile& before, const ModelProfile& after) {
  Texts notes;
  note(notes, before.model + ", input", text_of(before.input_shape), text_of(after.input_shape));
  if (before.blocks.size() != after.blocks.size()) {
    note(notes, before.model + ", blocks", std::to_string(before.blocks.size()),
         std::to_string(after.blocks.size()));
  }
  note_warnings(notes, before, "before");
  note_warnings(notes, after, "after");
  return notes;
}

}  // namespace scission
