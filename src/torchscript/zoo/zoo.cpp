#include "scission/torchscript/zoo.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scission/error.hpp"
#include "torchscript/save_module.hpp"
#include "torchscript/zoo/compile.hpp"
#include "torchscript/zoo/models.hpp"

namespace scission::torchscript {
namespace {

struct Entry {
  ZooModel model;
  zoo::ModelSpec (*make)();
};

Entry entry(zoo::ModelSpec (*make)()) {
  const zoo::ModelSpec spec = make();
  const zoo::Shape& input = spec.layers.front().output;
  return {{spec.name, static_cast<int>(input[0]), static_cast<int>(input[1]),
           static_cast<int>(input[2]), spec.preprocessing, static_cast<int>(spec.layers.size()),
           zoo::parameters(spec)},
          make};
}

const std::vector<Entry>& entries() {
  static const std::vector<Entry> all = {
      entry(zoo::vgg19),
      entry(zoo::resnet50),
      entry(zoo::mobilenet),
  };
  return all;
}

const Entry& find_entry(std::string_view name) {
  std::vector<std::string> known;
  for (const Entry& candidate : entries()) {
    if (candidate.model.name == name) return candidate;
    known.push_back(candidate.model.name);
  }
  throw Error(ErrorCode::invalid_argument,
              fmt::format("no built-in model is called \"{}\"; there are {}", name,
                          fmt::join(known, ", ")));
}

}  // namespace

const std::vector<ZooModel>& zoo_models() {
  static const std::vector<ZooModel> models = [] {
    std::vector<ZooModel> all;
    for (const Entry& e : entries()) all.push_back(e.model);
    return all;
  }();
  return models;
}

const ZooModel& find_zoo_model(std::string_view name) { return find_entry(name).model; }

torch::jit::Module build_zoo_model(std::string_view name, std::uint64_t seed) {
  return zoo::compile(find_entry(name).make(), seed);
}

void export_zoo_model(std::string_view name, const std::filesystem::path& path,
                      std::uint64_t seed) {
  save_module(build_zoo_model(name, seed), path);
}

}  // namespace scission::torchscript
