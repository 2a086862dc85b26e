#include "request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/text.hpp"
#include "command_line.hpp"
#include "problem_arguments.hpp"

namespace scission::apps {
namespace {

void add_protocol_options(cxxopts::Options& options) {
  const MeasureOptions usual;
  const auto number = [](int value) { return int_value(std::to_string(value)); };
  options.add_options("Measuring")  //
      ("precision", "target width of the 95 % confidence intervals, relative to the times",
       text_value("2%"), "P")  //
      ("passes", "number of passes over all models, each pass of a model in a separate process",
       number(Request().passes), "N")  //
      ("max-time", "time limit of measuring one model in all passes together, in seconds",
       double_value(fmt::format("{}", usual.max_time_s)), "S")  //
      ("pause",
       "idle time before each run of the model and of its blocks, in seconds, as on a machine that "
       "waits for requests",
       double_value("0"), "S")  //
      ("stage-wait",
       "idle time before a measurement of a setup time, in seconds: the time that a stage takes in "
       "addition after its system has been idle; 0: setup times are not measured (default: the "
       "value of --pause)",
       double_value(), "S")  //
      ("r,repetitions", "maximum number of rounds that count, all passes together",
       number(usual.max_rounds), "N")  //
      ("warmup", "maximum number of warm-up rounds in each pass", number(usual.max_warmup),
       "N")  //
      ("model-timeout",
       "time limit of one pass of a model, loading included, in seconds (default: none)",
       double_value(), "S");
}

void add_machine_options(cxxopts::Options& options) {
  options.add_options("Machine")  //
      ("b,batch", "batch size: copies of the image, or the first number of every input shape",
       int_value("1"), "N")  //
      ("threads", "threads of one operation (default: the backend's, one per physical core)",
       int_value(), "N")  //
      ("device", "device that runs the model: cpu, or cuda:0", text_value("cpu"),
       "DEVICE")  //
      ("disable-cuda",
       "use the CPU in spite of --device; also -dc, and followed by True or False")  //
      ("speed", "for testbeds: emulate a machine with this fraction of the speed, above 0 up to 1",
       double_value("1"), "FRACTION")  //
      ("stress", "load on this machine by stress-ng, in %: cpu=50,memory=50 (default: none)",
       list_value(), "STRESS")  //
      ("optimize", "run the model with the backend's optimisations for inference");
}

void add_output_options(cxxopts::Options& options) {
  options.add_options("Output")  //
      ("o,output", "folder of the files to write, created if it does not exist", text_value("."),
       "DIR")  //
      ("format", "more files beside the profile: dat, csv, statistics, fork", list_value(),
       "A,B")  //
      ("pictures", "draw the times, outputs and computations of every model's blocks");
  add_keep_script_option(options, "Output");
  options.add_options("Output")                                                           //
      ("resume", "keep the models of an existing profile, and measure the missing ones")  //
      ("json", "print the profile instead of the table");
}

void add_codec_options(cxxopts::Options& options) {
  options.add_options("Codecs")  //
      ("codecs",
       "measure size, time and output error of these codecs at every cut: names separated by "
       "commas, or all (default: none)",
       list_value(), "A,B")  //
      ("calibrate",
       "inputs for --codecs: a folder of pictures or of .npy files, one picture, or random for "
       "random numbers, which say nothing about accuracy",
       text_value(), "FOLDER")  //
      ("labels", "classes of the inputs of --calibrate, for the accuracy: CSV lines FILE,CLASS",
       text_value(), "FILE");
}

/// The inputs of lossless codecs may be INPUT or random numbers: the model's output stays the same.
Calibration calibration_of(const Arguments& arguments, const std::vector<const Codec*>& codecs) {
  constexpr int random_inputs = 4;
  Calibration random;
  random.random_inputs = random_inputs;
  const std::string source = text_of(arguments, "calibrate");
  if (source == "random") return random;
  if (!source.empty()) return find_calibration(source);
  require_calibration(codecs, source);
  const std::string image = text_of(arguments, "image");
  return image.empty() ? random : find_calibration(image);
}

void read_codecs(const Arguments& arguments, Request& request) {
  if (arguments.count("codecs") == 0) {
    for (const std::string option : {"calibrate", "labels"}) {
      if (arguments.count(option) == 0) continue;
      throw usage_error(
          "is for measuring codecs: name them by --codecs, or all of them by --codecs all",
          "--" + option);
    }
    return;
  }
  request.codecs =
      parse_option("codecs", text::join(words_of(arguments, "codecs"), ","), parse_codecs);
  if (request.codecs.empty()) throw usage_error("names no codec", "--codecs");
  request.calibration = calibration_of(arguments, request.codecs);
  if (arguments.count("labels") == 0) return;
  if (request.calibration.files.empty()) {
    throw usage_error("has the classes of inputs from files: name their folder by --calibrate",
                      "--labels");
  }
  add_labels(request.calibration, text_of(arguments, "labels"));
}

std::string system_word(const Arguments& arguments, const std::string& option) {
  std::string text = text_of(arguments, option);
  if (!text.empty()) return text;
  throw usage_error("PLATFORM and NAME are needed; see scission-benchmark --help");
}

MeasureOptions measure_options(const Arguments& arguments) {
  MeasureOptions options;
  options.precision = parse_precision(arguments["precision"].as<std::string>());
  options.max_time_s = positive_of(arguments, "max-time");
  options.max_rounds = int_of(arguments, "repetitions", 1);
  options.max_warmup = int_of(arguments, "warmup", 0);
  return options;
}

}  // namespace

void add_request_options(cxxopts::Options& options) {
  add_protocol_options(options);
  add_machine_options(options);
  add_codec_options(options);
  add_output_options(options);
}

StressLevel stress_of(const Arguments& arguments) {
  if (arguments.count("stress") == 0) return {};
  return parse_stress(text::join(words_of(arguments, "stress"), ","), "--stress");
}

std::filesystem::path output_folder(const Arguments& arguments) {
  const std::filesystem::path folder = arguments["output"].as<std::string>();
  const StressLevel stress = stress_of(arguments);
  return stress.is_any() ? folder / folder_of(stress) : folder;
}

Request read_request(const Arguments& arguments) {
  Request request;
  request.files.platform = system_word(arguments, "platform");
  validate_platform(request.files.platform, "platform");
  request.files.name = system_word(arguments, "name");
  validate_system_name(request.files.name, "name");
  request.files.folder = output_folder(arguments);
  request.measure = measure_options(arguments);
  request.passes = int_of(arguments, "passes", 1, 100);
  request.threads = optional_int_of(arguments, "threads", 1);
  request.device = arguments.count("disable-cuda")
                       ? "cpu"
                       : parse_device(arguments["device"].as<std::string>(), "--device");
  request.speed = speed_of(arguments);
  emulate_speed(request.measure, request.speed);
  request.pause_s = pause_of(arguments);
  request.measure.before_run = sleep_function(request.pause_s);
  request.measure.before_stage =
      sleep_function(pause_of(arguments, arguments.count("stage-wait") ? "stage-wait" : "pause"));
  request.stress = stress_of(arguments);
  request.is_optimized = arguments.count("optimize") > 0;
  if (arguments.count("model-timeout")) {
    request.model_timeout_s = positive_of(arguments, "model-timeout");
  }
  request.resumes = arguments.count("resume") > 0;
  request.as_json = arguments.count("json") > 0;
  request.with_pictures = arguments.count("pictures") > 0;
  request.keeps_scripts = arguments.count("keep-script") > 0;
  for (const std::string& format : words_of(arguments, "format")) {
    request.files.add_format(format, "--format");
  }
  read_codecs(arguments, request);
  return request;
}

}  // namespace scission::apps
