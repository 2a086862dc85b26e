#include "options.hpp"

#include <memory>
#include <vector>

namespace scission::predict {

const char* const notes = R"(
Arguments:
  PROFILES      a folder of profiles: PLATFORM-NAME.json (scission-benchmark) and PLATFORM-NAME.dat
                (the original tool), in any mixture
  NETWORK.csv   links: source,destination,ping(ms),bandwidth(mbps); each end a system or a platform.
                energy(J/MB) and price(per GB) may follow. Looked for in the working directory,
                then in PROFILES
  MODEL         one of the models in the profiles

NAME is a platform, which stands for all its systems, or a system; @NAME is always a system.

CRITERIA, separated by commas:
  7             layer 7 must run there                !7     it must not
  -1            no layer may run there                !-1    at least one must
  name, @name   this system must run a layer          !name  it must not be used
  (a bare number is a layer; a system whose name is all digits is written @2500)

TIME is seconds (0.8) or a share of the total compute time (20%). MB is 10^6 bytes.

OBJ is latency, period, traffic, energy or money, or a weighted sum of them, as in
'latency + 0.5 energy', with weights per second, MB, joule and unit of money. The period is the time
between two results when inputs follow each other and the stages overlap.

SYSTEMS.csv   system,power(W),price(per hour),memory(MB) of systems or whole platforms; unknown
              figures are left empty. Looked for as NETWORK.csv is

Each result line holds the latency, the data sent over all links, other quantities that the
objective or a limit names, and the layers on each platform or, with --any-order, the stages in
order. The source of the input is named even where it runs no layer.

Examples:
  scission-predict data/example network.csv resnet50
  scission-predict data/example network.csv vgg19 -d '!-1' -e 10 -c 16
  scission-predict data/example network.csv mobilenet --device-time 20% --edge-upload 0.3 --json
  scission-predict data/example network.csv resnet50 --keep-on device 0-4 --explain
  scission-predict data/example network.csv resnet50 --objective period --max-stages 2
  scission-predict data/example network.csv vgg19 --pareto latency,traffic
  scission-predict data/example network.csv vgg19 --sensitivity device,edge --no-plot

Exit codes: 0 done, 1 it failed, 2 wrong usage, 3 no plan fits.
)";

namespace {

std::shared_ptr<cxxopts::Value> text() { return cxxopts::value<std::string>(); }
std::shared_ptr<cxxopts::Value> names() { return cxxopts::value<std::vector<std::string>>(); }

void add_query(cxxopts::Options& options) {
  options.add_options("Query")  //
      ("i,input-size", "size of the input, which lies on the device, in MB or with a unit (150kB)",
       text()->default_value("0.15"), "MB")  //
      ("source", "systems or platforms where the input may lie (default: the first platform)",
       names(), "NAMES")  //
      ("sink", "systems or platforms where the last layer may run (default: any)", names(),
       "NAMES")  //
      ("return-to",
       "system or platform that the output is sent to; a platform means the source itself where "
       "the source is on it (default: nowhere)",
       text(), "NAME")  //
      ("systems", "file with power, price and memory of systems", text(), "SYSTEMS.csv");
}

void add_space(cxxopts::Options& options) {
  options.add_options("Space")  //
      ("platforms", "platforms in the order in which data may pass them",
       names()->default_value("device,edge,cloud"), "A,B,C")  //
      ("any-order",
       "allow stages on any systems in any order, each system at most once, also several of one "
       "platform")                                                                                //
      ("revisit", "with --any-order: a system may run several stages")                            //
      ("max-stages", "maximum number of stages (default: no limit)", cxxopts::value<int>(), "K")  //
      ("max-cuts",
       "maximum number of cuts, one fewer than stages; with --max-stages, the tighter limit "
       "applies",
       cxxopts::value<int>(), "C");
}

void add_objective(cxxopts::Options& options) {
  options.add_options("Objective")                                                    //
      ("objective", "quantity to minimise", text()->default_value("latency"), "OBJ")  //
      ("pareto", "also list the plans that are optimal in two or three quantities together", text(),
       "A,B[,C]");
}

void add_criteria(cxxopts::Options& options) {
  options.add_options("Constraint")                                           //
      ("d,device", "criteria for the device", text(), "CRITERIA")             //
      ("e,edge", "criteria for the edge", text(), "CRITERIA")                 //
      ("c,cloud", "criteria for the cloud", text(), "CRITERIA")               //
      ("on", "criteria for any platform or system", text(), "NAME CRITERIA")  //
      ("keep-on",
       "layers (0-5, or 0) that must run on a platform or system; with layer 0 the input lies "
       "there, too",
       text(), "NAME LAYERS");
}

void add_part_limits(cxxopts::Options& options) {
  options.add_options("Constraint")                                                             //
      ("device-upload", "maximum data sent from the device, in MB", text(), "MB")               //
      ("edge-upload", "maximum data sent from the edge, in MB", text(), "MB")                   //
      ("cloud-upload", "maximum data sent from the cloud, in MB", text(), "MB")                 //
      ("upload", "maximum data sent from a platform or system, in MB", text(), "NAME MB")       //
      ("device-time", "maximum compute time of the device, in s or %", text(), "TIME")          //
      ("edge-time", "maximum compute time of the edge, in s or %", text(), "TIME")              //
      ("cloud-time", "maximum compute time of the cloud, in s or %", text(), "TIME")            //
      ("time", "maximum compute time of a platform or system, in s or %", text(), "NAME TIME")  //
      ("memory", "maximum memory of a system, or of each system of a platform, in MB", text(),
       "NAME MB");
}

void add_plan_limits(cxxopts::Options& options) {
  options.add_options("Constraint")                                          //
      ("latency-limit", "maximum latency, in s", text(), "S")                //
      ("period-limit", "maximum period, in s", text(), "S")                  //
      ("traffic-limit", "maximum data over all links, in MB", text(), "MB")  //
      ("energy-limit", "maximum energy, in J", text(), "J")                  //
      ("money-limit", "maximum money", text(), "X");
}

void add_answer(cxxopts::Options& options) {
  options.add_options("QueryAnswer")  //
      ("result-count", "number of plans to list", cxxopts::value<int>()->default_value("5"),
       "N")                                                                                     //
      ("explain", "show where the best plan spends its time, and how the second best differs")  //
      ("sensitivity",
       "show which plan is best over a range of bandwidths of a link (FROM,TO) or of slowdowns of "
       "a system (NAME); can be repeated",
       text(), "FROM,TO|NAME")  //
      ("sensitivity-range",
       "range of --sensitivity, in Mbit/s or as a factor (default: 1/100 to 100 times the present "
       "value)",
       text(), "LOW,HIGH")  //
      ("time-limit",
       "stop the search after this time, in seconds, with the best plans found by then (default: "
       "no limit)",
       text(), "S");
}

void add_output(cxxopts::Options& options) {
  options.add_options("Output")  //
      ("o,output", "folder for the pictures, created if it does not exist",
       cxxopts::value<std::string>()->default_value("."), "DIR")  //
      ("no-plot", "draw no picture")                              //
      ("json", "print the answer as JSON, with every stage and hop, and draw no picture");
}

}  // namespace

void add_options(cxxopts::Options& options) {
  add_query(options);
  add_space(options);
  add_objective(options);
  add_criteria(options);
  add_part_limits(options);
  add_plan_limits(options);
  add_answer(options);
  add_output(options);
}

}  // namespace scission::predict
