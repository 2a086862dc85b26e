// scission-benchmark: times models block by block on this machine and writes its profile.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cxxopts.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "benchmark_jobs.hpp"
#include "open_model.hpp"
#include "progress.hpp"
#include "scission/error.hpp"
#include "scission/measure.hpp"
#include "scission/profile_io.hpp"
#include "scission/torchscript/backend.hpp"
#include "scission/units.hpp"
#include "tool.hpp"

namespace {

using namespace scission;
using namespace scission::apps;

const char* const epilog = R"(
PLATFORM is device, edge, cloud or any word of yours without a dash; NAME is this machine's.
INPUT is a JPEG or PNG, which is stretched to each model's input size. With --model it may be
left out: the input is then seeded random numbers.

Every model is run whole and then block by block, round after round; the times are
means over the middle half of the rounds.
The chain of the blocks must give the whole model's result bit for bit, or the tool fails.
PLATFORM-NAME.json is written after every model.

--cuts, --grain and --order say what the blocks are; scission-split --list shows them.
Layers are numbered by --grain and --order: profiles that are searched together, and
scission-split --plan, need the same ones.
INPUTS are what FILE.pt takes: 1,3,224,224, or 1,128:int64<30522 for tokens, several joined by
';'. They may be left out for a file that Scission wrote.

Examples:
  scission-benchmark device my-pc photo.jpg
  scission-benchmark edge rack2 photo.jpg --models vgg19,resnet50 -r 30 -o profiles
  scission-benchmark cloud vm --model net.pt --input-shape 1,3,224,224
  scission-benchmark edge rack2 --model bert.pt --input-shape "1,128:int64<30522" --cuts frontier

Exit codes: 0 done, 1 it failed, 2 wrong usage.
)";

cxxopts::Options make_options() {
  cxxopts::Options options("scission-benchmark", "Times models block by block on this machine.\n");
  options.custom_help("PLATFORM NAME INPUT [options]");
  options.add_options()                                                                        //
      ("r,repetitions", "rounds that count", cxxopts::value<int>()->default_value("10"), "N")  //
      ("warmup", "rounds before them", cxxopts::value<int>()->default_value("3"), "N")         //
      ("b,batch", "how often the image is in the input, or the first number of every input shape",
       cxxopts::value<int>()->default_value("1"), "N")  //
      ("threads", "threads of one operation (default: LibTorch's, one a physical core)",
       cxxopts::value<int>(),
       "N")  //
      ("models", "built-in models, separated by commas (default: all; scission-zoo list)",
       cxxopts::value<std::vector<std::string>>(), "A,B")  //
      ("model", "a TorchScript file instead of the built-in models", cxxopts::value<std::string>(),
       "FILE.pt")  //
      ("o,output", "the folder that the profile goes to, created if absent",
       cxxopts::value<std::string>()->default_value("."), "DIR")                 //
      ("disable-cuda", "also -dc: use the CPU, which this version always does")  //
      ("h,help", "this text")                                                    //
      ("version", "the version");
  add_split_options(options);
  options.add_options("positional")  //
      ("platform", "", cxxopts::value<std::string>())("name", "", cxxopts::value<std::string>())(
          "image", "", cxxopts::value<std::string>());
  options.parse_positional({"platform", "name", "image"});
  options.positional_help("");
  return options;
}

std::string file_word(const Arguments& arguments, const std::string& option) {
  const std::string word =
      arguments.count(option) ? arguments[option].as<std::string>() : std::string();
  if (word.empty()) {
    throw usage_error("PLATFORM NAME INPUT are needed; see scission-benchmark --help", option);
  }
  const bool is_plain = std::none_of(word.begin(), word.end(), [](unsigned char letter) {
    return letter < ' ' || letter == '/' || letter == ',';
  });
  if (!is_plain || word.front() == '!' || word.front() == '@' || word.front() == ' ' ||
      word.back() == ' ') {
    throw usage_error(
        fmt::format("'{}' becomes part of a file name, and is named in criteria: no '/' or ',', no "
                    "'!' or '@' or blank first, no blank last",
                    word),
        option);
  }
  return word;
}

std::string platform_word(const Arguments& arguments) {
  const std::string platform = file_word(arguments, "platform");
  if (platform.find('-') != std::string::npos) {
    throw usage_error(
        fmt::format("'{}': the dash separates platform and name in PLATFORM-NAME.json,"
                    " so none in the platform",
                    platform),
        "platform");
  }
  return platform;
}

MeasureOptions measure_options(const Arguments& arguments) {
  MeasureOptions options;
  options.warmup = count_of(arguments, "warmup", 0);
  options.repetitions = count_of(arguments, "repetitions", 1);
  return options;
}

/// A measured model, and what the profile does not say of it.
struct Measured {
  ModelProfile profile;
  std::size_t layers = 0;
};

Measured run_job(const Job& job, MeasureOptions options, const std::string& progress_label) {
  Progress progress(progress_label);
  options.on_progress = [&progress](const MeasureProgress& state) {
    progress.update(static_cast<double>(state.round) / state.rounds, state.remaining_s);
  };
  const std::unique_ptr<Runnable> model = job.make();
  return {measure(*model, options), model->graph().layers.size()};
}

void print_header() {
  fmt::print("{:<20} {:>6} {:>6} {:>10} {:>13} {:>10}\n", "model", "layers", "blocks", "whole",
             "sum of blocks", "difference");
}

void print_row(const Measured& model) {
  const ModelProfile& profile = model.profile;
  const double sum = profile.blocks_seconds();
  fmt::print("{:<20} {:>6} {:>6} {:>10} {:>13} {:>+8.1f} %\n", profile.model, model.layers,
             profile.blocks.size(), format_duration(profile.whole_seconds), format_duration(sum),
             100 * (sum / profile.whole_seconds - 1));
  std::fflush(stdout);
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error(ErrorCode::io, "cannot be created: " + error.message(), folder.string());
}

SystemProfile empty_profile(const Arguments& arguments) {
  SystemProfile system;
  system.platform = platform_word(arguments);
  system.name = file_word(arguments, "name");
  if (arguments.count("threads")) torchscript::set_threads(count_of(arguments, "threads", 1));
  system.host = this_host();
  system.host.backend = torchscript::backend_name();
  system.host.backend_version = torchscript::backend_version();
  system.host.threads = torchscript::threads();
  return system;
}

int benchmark(const Arguments& arguments) {
  SystemProfile system = empty_profile(arguments);
  const MeasureOptions options = measure_options(arguments);
  const std::vector<Job> jobs = make_jobs(arguments);
  const std::filesystem::path folder = arguments["output"].as<std::string>();
  make_folder(folder);
  const auto path = folder / fmt::format("{}-{}.json", system.platform, system.name);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const std::string label = fmt::format("{} ({} of {})", jobs[i].model, i + 1, jobs.size());
    const Measured model = run_job(jobs[i], options, label);
    system.models.push_back(model.profile);
    write_profile(system, path);
    if (i == 0) print_header();
    print_row(model);
  }
  fmt::print("\n{}\n", path.string());
  return exit_done;
}

int run(int argc, char** argv) {
  // The original's -dc is one option; to cxxopts it would be -d and -c.
  std::string disable_cuda = "--disable-cuda";
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "-dc") argv[i] = disable_cuda.data();
  }
  cxxopts::Options options = make_options();
  const Arguments arguments = options.parse(argc, argv);
  if (arguments.count("help")) {
    std::cout << options.help({""}) << epilog;
    return exit_done;
  }
  if (!arguments.unmatched().empty()) {
    throw usage_error(fmt::format("\"{}\" is one argument too many; see scission-benchmark --help",
                                  arguments.unmatched().front()));
  }
  return benchmark(arguments);
}

}  // namespace

int main(int argc, char** argv) {
  return scission::apps::run_tool("scission-benchmark", argc, argv, run);
}
