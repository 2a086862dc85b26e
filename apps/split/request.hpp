// The command line of scission-split, and the cuts that it selects.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "scission/model.hpp"

namespace scission::split {

enum class Action {
  list_cuts,
  list_layers,
  list_blocks,
  write,
};

struct Request {
  Action action = Action::list_cuts;
  bool with_rejected = false;
  bool as_json = false;
  std::vector<std::string> layers;  ///< to cut after, by number or name
  std::filesystem::path plan;       ///< to cut for; without layers and plan: every cut
  std::filesystem::path folder;     ///< of the files to write
  bool as_triton = false;
  std::string container_image;  ///< of the workers in kubernetes.yaml; empty: no such file
  bool verifies = false;
  std::uint64_t seed = 0;
};

/// Adds the options of this tool alone.
void add_options(cxxopts::Options& options);

/// Throws Error(invalid_argument) with the option as place where options are missing or contradict
/// each other.
Request read_request(const apps::Arguments& arguments);

/// The selected cuts, ending with the last.
/// Throws Error(invalid_argument) on a layer that does not exist or has no cut after it, naming the
/// nearest cuts; Error(mismatch) on a plan that does not fit the model; and as read_placements()
/// does.
std::vector<Cut> select(const ModelGraph& graph, const CutList& cuts, const Request& request);

}  // namespace scission::split
