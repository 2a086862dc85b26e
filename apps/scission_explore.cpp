// scission-explore: a page on which links, machines and constraints can be changed.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

#include "base/run_program.hpp"
#include "explore_server/server.hpp"
#include "interrupts.hpp"
#include "predict/request.hpp"
#include "problem_arguments.hpp"
#include "scission/base.hpp"
#include "scission/explore.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using namespace scission::apps;

const char* const notes = R"(
Arguments:
  PROFILES      a folder of profiles: PLATFORM-NAME.json (scission-benchmark) and PLATFORM-NAME.dat
                (the original tool), in any mixture
  NETWORK.csv   links: source,destination,ping(ms),bandwidth(mbps); each end a system or a platform.
                Looked for in the working directory, then in PROFILES
  MODEL         one of the models in the profiles

Prints the address of a page and serves it until Ctrl-C. The page has sliders for the bandwidth and
delay of every link and for the speed of every machine, the objective, constraints and codecs. It
shows the best plans, the timeline and the blocks of one of them, trade-offs, and the
scission-predict command that gives the same plans. The colours of a slider show where another plan
becomes the best.

Only this machine can open the address, which contains a random token: keep it to yourself. The page
loads nothing from elsewhere. To use it from another machine, forward the port: ssh -L.

Examples:
  scission-explore data/example network.csv vgg19
  scission-explore data/example network.csv resnet50 --systems systems.csv --open
  scission-explore profiles network.csv resnet50 --return-to device --port 8100
  scission-explore plan network.csv resnet50 --follow run.jsonl

Exit codes: 0 ended by Ctrl-C, 1 failed, 2 wrong usage.
)";

void add_options(cxxopts::Options& options) {
  add_query_options(options);
  options.add_options("Space")  //
      ("platforms",
       "platforms in the order in which data may pass them; further ones of the profiles follow "
       "the default",
       list_value("device,edge,cloud"), "A,B,C");
  options.add_options("Output")  //
      ("port", "port of 127.0.0.1 to serve the page on; 0: a free one", int_value("0"),
       "PORT")                                                 //
      ("open", "open the page in the browser, with xdg-open")  //
      ("follow",
       "show in a second tab what scission-run --events or scission-adapt run --events writes to "
       "this file; it need not exist yet",
       text_value(), "FILE.jsonl");
}

/// The question that the page begins with.
Query make_query(const Arguments& arguments, const PartitionProblem& problem) {
  Query query = make_ends(arguments);
  if (arguments.count("input-size") == 0) query.input_bytes = default_input_bytes(problem);
  return query;
}

/// The scission-predict command for the same problem.
Words predict_command(const Arguments& arguments, const PartitionProblem& problem) {
  Words words{"scission-predict", text_of(arguments, "profiles"), text_of(arguments, "network"),
              text_of(arguments, "model")};
  for (const auto& option : arguments.arguments()) {
    const std::string& name = option.key();
    const Words others = {"profiles", "network", "model", "port", "open", "follow", "platforms"};
    if (std::find(others.begin(), others.end(), name) != others.end()) continue;
    words.push_back("--" + name);
    words.push_back(option.value());
  }
  const auto usual = arguments["platforms"].as<Words>();
  if (arguments.count("platforms") || problem.platforms != usual) {
    words.push_back("--platforms");
    words.push_back(fmt::format("{}", fmt::join(problem.platforms, ",")));
  }
  return words;
}

/// The page's command names systems in options such as --link FROM,TO.
void require_plain_names(const PartitionProblem& problem) {
  for (const System& system : problem.systems) {
    if (system.name.starts_with('-') || system.name.find(',') != std::string::npos) {
      throw Error(ErrorCode::invalid_argument,
                  "options of scission-predict cannot name it, as it begins with '-' or has a ','; "
                  "rename it in its profile",
                  fmt::format("system '{}'", system.name));
    }
  }
}

void open_in_browser(const std::string& address) {
  try {
    if (run_program({.program = "xdg-open",
                     .arguments = {address},
                     .remedy = "install xdg-utils, or open the address yourself"})
            .succeeded) {
      return;
    }
    spdlog::warn("xdg-open found no browser; open the address yourself");
  } catch (const Error& error) {
    spdlog::warn("{}", error.what());
  }
}

int run(const Arguments& arguments) {
  validate_problem_arguments("scission-explore", arguments);
  const int port = int_of(arguments, "port", 0, 65'535);
  LoadedProblem loaded =
      load_problem(arguments, {.reads_samples = true, .appends_platforms = true});
  require_plain_names(loaded.problem);
  Query query = make_query(arguments, loaded.problem);
  Words command = predict_command(arguments, loaded.problem);
  std::optional<Interrupts> interrupts(std::in_place);
  const std::string token = random_token();
  const ExploreService service(
      Explorer(std::move(loaded.problem), std::move(query), std::move(command)), token,
      text_of(arguments, "follow"));
  ExploreServer server(service, port);
  server.start();
  const std::string address = fmt::format("http://127.0.0.1:{}/{}/", server.port(), token);
  std::cout << address << "\n" << std::flush;
  fmt::print(stderr, "Open the address in a browser of this machine. Ctrl-C ends.\n");
  if (!loaded.note.empty()) spdlog::warn("{}", loaded.note);
  if (arguments.count("open")) open_in_browser(address);
  interrupts->wait();
  interrupts.reset();  // a second signal ends the process at once
  server.stop();
  return exit_done;
}

Tool tool() {
  return {.name = "scission-explore",
          .summary =
              "Shows in the browser how the best plan changes with links, machines and "
              "constraints.",
          .usage = "PROFILES NETWORK.csv MODEL [OPTION...]",
          .notes = notes,
          .positional = {"profiles", "network", "model"},
          .add_options = add_options,
          .run = run};
}

}  // namespace

int main(int argc, char** argv) { return scission::apps::run_tool(tool(), argc, argv); }
