// Commands on a testbed of three systems, by scripts/testbed.
#pragma once

#include <string>

#include "base/run_program.hpp"
#include "scission/base.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

namespace scission::testing {

/// What scripts/testbed reads. `device` and `delay` go into the device's and the links' entries.
inline std::string testbed_json(const std::string& device = "", bool has_delays = true) {
  const auto link = [&](const std::string& ends, int mbit, int delay_ms) {
    const std::string delay = has_delays ? ", \"delay_ms\": " + std::to_string(delay_ms) : "";
    return "{ \"between\": [" + ends + "], \"mbit\": " + std::to_string(mbit) + delay + " }";
  };
  return R"({ "systems": [{ "name": "device", "threads": 1)" + device +
         R"( }, { "name": "edge", "threads": 1 }, { "name": "cloud", "threads": 1 }], "links": [)" +
         link(R"("device", "edge")", 400, 1) + ", " + link(R"("edge", "cloud")", 400, 1) + ", " +
         link(R"("device", "cloud")", 100, 5) + "] }";
}

/// What the command prints, run in the folder on the testbed's source, with the built tools first
/// in its PATH; nothing where there is no python3.
inline std::string on_testbed(const Scratch& folder, const std::string& command,
                              const std::string& testbed = testbed_json(),
                              const std::string& links = "relay") {
  const auto file = folder.file("testbed.json", testbed);
  const std::string tools = SCISSION_TOOLS_FOLDER;
  try {
    const ProgramResult result = run_program(
        {"python3",
         {"scripts/testbed", file.string(), "--links", links, "--bin", tools, "--", "sh", "-c",
          "PATH=" + tools + ":$PATH; cd " + folder.path().string() + "; " + command},
         ".",
         "install python3"});
    INFO(result.output);
    REQUIRE(result.succeeded);
    return result.output;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported) throw;
    WARN("[skipped] no python3, which scripts/testbed is written in");
    return "";
  }
}

}  // namespace scission::testing
