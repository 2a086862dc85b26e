#include "torchscript/trace/call_path.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace scission::torchscript {
namespace {

bool has_submodules(const c10::ClassType& type) {
  const auto& attributes = type.getAttributes();
  return std::any_of(attributes.begin(), attributes.end(),
                     [](const auto& attribute) { return attribute.getType()->is_module(); });
}

}  // namespace

// The call stack runs from the model down; functions and calls of a module's own methods are in
// it too.
std::vector<ModuleCall> call_path(const torch::jit::Node& node) {
  std::vector<ModuleCall> path;
  std::string calls;
  for (auto entry = node.callstack(); entry; entry = (*entry)->callee()) {
    calls += fmt::format("@{}", (*entry)->source_range().start());
    const auto instance = (*entry)->module_instance();
    if (!instance || !instance->class_type() || instance->instance_name() == "SELF") continue;
    const c10::ClassType& type = *instance->class_type();
    path.push_back({instance->instance_name(), type.name() ? type.name()->name() : "Module",
                    type.name() ? type.name()->prefix() : "", !has_submodules(type), calls});
  }
  return path;
}

std::string path_name(const std::vector<ModuleCall>& path, std::size_t depth) {
  std::string name;
  for (std::size_t i = 0; i < std::min(depth, path.size()); ++i) {
    if (i > 0) name += '.';
    name += path[i].name;
  }
  return name;
}

std::string describe(const torch::jit::Node& node) {
  const std::vector<ModuleCall> path = call_path(node);
  const std::string kind = node.kind().toQualString();
  return path.empty() ? kind : fmt::format("{} ({})", path_name(path, path.size()), kind);
}

}  // namespace scission::torchscript
