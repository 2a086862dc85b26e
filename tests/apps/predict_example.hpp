// A small world for scission-predict: profiles and links in a folder of a test's own.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "scission/profile.hpp"
#include "support/run_tool.hpp"
#include "support/scratch.hpp"

namespace scission::testing {

inline const std::string network_header = "source,destination,ping(ms),bandwidth(mbps)\n";

/// Layers that take these times, of which each puts out 100 kB.
inline SystemProfile profile_of(const std::string& platform, const std::string& name,
                                const std::vector<double>& seconds) {
  ModelProfile model;
  model.model = "net";
  for (int layer = 0; layer < static_cast<int>(seconds.size()); ++layer) {
    BlockTiming timing;
    timing.block = {layer, layer, 100'000};
    timing.seconds = seconds[layer];
    model.blocks.push_back(timing);
  }
  SystemProfile system;
  system.platform = platform;
  system.name = name;
  system.models.push_back(model);
  return system;
}

/// A device, an edge and a cloud with a model of three layers, and links between them.
class Example {
 public:
  Example() {
    add("device", "pi", 1.0);
    add("edge", "box", 0.25);
    add("cloud", "vm", 0.1);
    folder_.file("network.csv", network_header +
                                    "device,edge,10,8\nedge,cloud,10,8\n"
                                    "device,cloud,100,1.6\n");
  }

  const Scratch& folder() const { return folder_; }

  void add(const std::string& platform, const std::string& name, double seconds) const {
    write_profile(profile_of(platform, name, {seconds, seconds, seconds}),
                  folder_.path() / (platform + "-" + name + ".json"));
  }

  /// The same links backwards too.
  void link_both_ways() const {
    folder_.file("network.csv", network_header +
                                    "device,edge,10,8\nedge,device,10,8\n"
                                    "edge,cloud,10,8\ncloud,edge,10,8\n"
                                    "device,cloud,100,1.6\ncloud,device,100,1.6\n");
  }

  /// With an input of 0.15 MB, unless the arguments say otherwise.
  ToolResult predict(Arguments more) const {
    Arguments arguments{folder_.path(), "network.csv", "net", "--no-plot"};
    if (std::find(more.begin(), more.end(), "-i") == more.end()) {
      arguments.insert(arguments.end(), {"-i", "0.15"});
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_tool("scission-predict", arguments);
  }

 private:
  Scratch folder_;
};

}  // namespace scission::testing
