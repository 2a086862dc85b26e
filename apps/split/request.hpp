// What scission-split is asked to do.
#pragma once

#include <cstdint>
#include <cxxopts.hpp>
#include <filesystem>
#include <string>
#include <vector>

namespace scission::split {

enum class Action {
  list_cuts,
  list_layers,
  list_blocks,
  write,
};

/// Where to cut: of the three one is set.
struct Where {
  std::vector<std::string> at;  ///< numbers or names of layers
  std::filesystem::path plan;
  bool every_cut = false;
};

struct Request {
  Action action = Action::list_cuts;
  bool with_rejected = false;
  bool as_json = false;
  Where where;
  std::filesystem::path folder;  ///< what is written goes there
  bool as_triton = false;
  bool verifies = false;
  std::uint64_t seed = 0;
};

/// Adds the tool's own options. MODEL and what concerns it are added by add_model_options().
void add_options(cxxopts::Options& options);

/// Throws Error(invalid_argument) with the option as place where options are missing or do not go
/// together.
Request read_request(const cxxopts::ParseResult& arguments);

}  // namespace scission::split
