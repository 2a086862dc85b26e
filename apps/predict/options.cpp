#include "options.hpp"

#include <memory>
#include <vector>

#include "command_line.hpp"

namespace scission::predict {
namespace {

const char* const epilog = R"(
Arguments:
  PROFILES      a folder of profiles: PLATFORM-NAME.json (scission-benchmark) and PLATFORM-NAME.dat
                (the original tool), mixed freely
  NETWORK.csv   links: source,destination,ping(ms),bandwidth(mbps); each end a system or a platform.
                energy(J/MB) and price(per GB) may follow. Looked for in the working directory,
                then in PROFILES
  MODEL         one of the models that the profiles hold

NAME is a platform, which stands for all its systems, or a system; @NAME is always a system.

CRITERIA, separated by commas:
  7             layer 7 must run there                !7     must not
  -1            no layer may run there                !-1    one at least must
  name, @name   this system must run a layer          !name  must not be used
  (a bare number is a layer; a system whose name is all digits is written @2500)

TIME is seconds (0.8) or a share of the whole compute time (20%). MB is 10^6 bytes.

OBJ is latency, period, traffic, energy or money, or a weighted sum of them, as in
'latency + 0.5 energy': weights a second, an MB, a joule and a unit of money. The period is what
passes between two results when inputs follow each other and the stages overlap.

SYSTEMS.csv   system,power(W),price(per hour),memory(MB): of systems or whole platforms; what is
              not known is left empty. Looked for as NETWORK.csv is

Each result: latency - data sent over all links - what else the objective or a limit is about -
the layers on each platform, or in any order the stages one after the other. The source of the
input is named even where it runs no layer.

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

std::shared_ptr<cxxopts::Value> text() { return cxxopts::value<std::string>(); }
std::shared_ptr<cxxopts::Value> names() { return cxxopts::value<std::vector<std::string>>(); }

void add_question(cxxopts::Options& options) {
  options.add_options("Question")  //
      ("i,input-size", "size of the input, which lies on the device", text()->default_value("0.15"),
       "MB")  //
      ("source", "where the input may lie: the first platform unless given", names(),
       "NAMES")                                                   //
      ("sink", "where the last layer may run", names(), "NAMES")  //
      ("return-to",
       "where the output must be sent; a platform means the source itself if that is "
       "on it",
       text(), "NAME")  //
      ("systems", "what systems draw, cost and hold", text(), "SYSTEMS.csv");
}

void add_space(cxxopts::Options& options) {
  options.add_options("Space")  //
      ("platforms", "the platforms in the order in which data may pass them",
       names()->default_value("device,edge,cloud"), "A,B,C")                              //
      ("any-order", "from any system to any other, each at most once, platforms or not")  //
      ("revisit", "with --any-order: a system may run several stages")                    //
      ("max-stages", "at most so many stages", cxxopts::value<int>(), "K")                //
      ("max-cuts", "at most so many cuts, one fewer than stages; the lesser counts",
       cxxopts::value<int>(), "C");
}

void add_objective(cxxopts::Options& options) {
  options.add_options("Objective")                                                   //
      ("objective", "what is to be least", text()->default_value("latency"), "OBJ")  //
      ("pareto", "the plans that no other beats in all of two or three measures", text(),
       "A,B[,C]");
}

void add_criteria(cxxopts::Options& options) {
  options.add_options("Constraint")                                           //
      ("d,device", "criteria for the device", text(), "CRITERIA")             //
      ("e,edge", "criteria for the edge", text(), "CRITERIA")                 //
      ("c,cloud", "criteria for the cloud", text(), "CRITERIA")               //
      ("on", "criteria for any platform or system", text(), "NAME CRITERIA")  //
      ("keep-on", "these layers must run there (0-5, or 0); with layer 0 the input lies there too",
       text(), "NAME LAYERS");
}

void add_part_limits(cxxopts::Options& options) {
  options.add_options("Constraint")                                                //
      ("device-upload", "at most this much may leave the device", text(), "MB")    //
      ("edge-upload", "at most this much may leave the edge", text(), "MB")        //
      ("cloud-upload", "at most this much may leave the cloud", text(), "MB")      //
      ("upload", "at most this much may leave it", text(), "NAME MB")              //
      ("device-time", "at most this long may the device compute", text(), "TIME")  //
      ("edge-time", "the same for the edge", text(), "TIME")                       //
      ("cloud-time", "the same for the cloud", text(), "TIME")                     //
      ("time", "at most this long may it compute", text(), "NAME TIME")            //
      ("memory", "at most this much memory may each of its systems take", text(), "NAME MB");
}

void add_plan_limits(cxxopts::Options& options) {
  options.add_options("Constraint")                                        //
      ("latency-limit", "at most this latency", text(), "S")               //
      ("period-limit", "at most this period", text(), "S")                 //
      ("traffic-limit", "at most this much over all links", text(), "MB")  //
      ("energy-limit", "at most this energy", text(), "J")                 //
      ("money-limit", "at most this money", text(), "X");
}

void add_answer(cxxopts::Options& options) {
  options.add_options("Answer")                                                                   //
      ("result-count", "how many plans to show", cxxopts::value<int>()->default_value("5"), "N")  //
      ("explain", "where the best plan's time goes, and what the second best does otherwise")     //
      ("sensitivity",
       "over which bandwidths of a link (FROM,TO) or slowdowns of a system (NAME) which plan is "
       "best; can be repeated",
       text(), "FROM,TO|NAME")  //
      ("sensitivity-range",
       "from where to where, in Mbit/s or as a factor; 1/100 to 100 times the "
       "present value unless given",
       text(), "LOW,HIGH")  //
      ("time-limit", "stop after so many seconds, with the best plans found by then", text(), "S");
}

void add_output(cxxopts::Options& options) {
  options.add_options("Output")  //
      ("o,output", "the folder for the pictures, created if absent",
       cxxopts::value<std::string>()->default_value("."), "DIR")                             //
      ("no-plot", "draw no picture")                                                         //
      ("json", "the answer for programs, with every stage and hop broken down; no picture")  //
      ("h,help", "this text")                                                                //
      ("version", "the version");
}

}  // namespace

cxxopts::Options make_options() {
  cxxopts::Options options("scission-predict",
                           "Ranks the ways to distribute a model's layers over machines.\n");
  options.custom_help("PROFILES NETWORK.csv MODEL [OPTION...]");
  options.positional_help("");
  add_question(options);
  add_space(options);
  add_objective(options);
  add_criteria(options);
  add_part_limits(options);
  add_plan_limits(options);
  add_answer(options);
  add_output(options);
  options.add_options("positional")  //
      ("profiles", "", text())("network", "", text())("model", "", text());
  options.parse_positional({"profiles", "network", "model"});
  return options;
}

std::string help_text(const cxxopts::Options& options) {
  return apps::help_text(
      options.help({"Question", "Space", "Objective", "Constraint", "Answer", "Output"}) + epilog);
}

}  // namespace scission::predict
