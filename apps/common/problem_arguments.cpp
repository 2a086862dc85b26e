#include "problem_arguments.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <system_error>

#include "scission/plan/network.hpp"
#include "tool.hpp"

namespace scission::apps {
namespace {

void print_note(const std::string& note) { fmt::print(stderr, "{}\n", for_terminal(note)); }

namespace fs = std::filesystem;

bool is_folder(const std::string& word) {
  std::error_code ignored;
  return fs::is_directory(word, ignored);
}

bool is_network(const std::string& word, const fs::path& profiles) {
  std::error_code ignored;
  return fs::path(word).extension() == ".csv" ||
         fs::is_regular_file(find_data_file(word, profiles), ignored);
}

// The words as profiles, network and model, where one order of them makes sense.
std::optional<Words> reordered(Words words) {
  std::sort(words.begin(), words.end());
  do {
    if (is_folder(words[0]) && is_network(words[1], words[0]) && !is_network(words[2], words[0]) &&
        !is_folder(words[2])) {
      return words;
    }
  } while (std::next_permutation(words.begin(), words.end()));
  return std::nullopt;
}

/// Those of --platforms; without it the usual ones and, with `appends`, further ones of the
/// profiles.
Words platforms_of(const Arguments& arguments, const std::vector<SystemProfile>& profiles,
                   bool appends) {
  Words platforms = words_of(arguments, "platforms");
  if (!platforms.empty()) return platforms;
  platforms = {"device", "edge", "cloud"};
  for (const SystemProfile& profile : profiles) {
    const auto known = std::find(platforms.begin(), platforms.end(), profile.platform);
    if (appends && known == platforms.end()) platforms.push_back(profile.platform);
  }
  return platforms;
}

std::vector<NumberOption> controller_numbers(ControllerOptions& options) {
  return {{"horizon", "time within which a switch must pay for itself, in seconds", "S",
           &options.horizon_s, 1e-6, 1e9},
          {"min-gain", "ignore relative improvements smaller than this", "SHARE", &options.min_gain,
           0, 1},
          {"confidence", "standard deviations that a gain must exceed", "X", &options.confidence, 0,
           100},
          {"forgetting", "time constant of forgetting old observations, in seconds", "S",
           &options.links.forgetting_s, 1e-3, 1e9}};
}

}  // namespace

void validate_problem_arguments(const std::string& tool, const Arguments& arguments) {
  for (const char* argument : {"model", "profiles", "network"}) {
    if (!text_of(arguments, argument).empty()) continue;
    throw usage_error(
        fmt::format("PROFILES, NETWORK.csv and MODEL are needed; see {} --help", tool));
  }
  const Words words{text_of(arguments, "profiles"), text_of(arguments, "network"),
                    text_of(arguments, "model")};
  const bool may_work =
      is_folder(words[0]) && (is_network(words[1], words[0]) || !is_network(words[2], words[0]));
  if (may_work) return;
  const std::optional<Words> meant = reordered(words);
  if (!meant) return;
  throw usage_error(
      fmt::format("the order is PROFILES NETWORK.csv MODEL, a folder, a file and a name; did you "
                  "mean: {} {} {} {}",
                  tool, (*meant)[0], (*meant)[1], (*meant)[2]),
      words[0]);
}

std::vector<SystemProfile> read_profiles_of(const fs::path& folder) {
  std::vector<fs::path> passed_over;
  std::vector<SystemProfile> profiles = read_profiles(folder, &passed_over);
  Words names;
  for (const fs::path& path : passed_over) names.push_back(path.filename().string());
  if (!names.empty()) {
    print_note(fmt::format("{}: passed over, because they are no profiles: {}", folder.string(),
                           fmt::join(names, ", ")));
  }
  return profiles;
}

fs::path find_data_file(const fs::path& path, const fs::path& profiles) {
  std::error_code ignored;
  const bool is_only_there = !fs::exists(path, ignored) && fs::exists(profiles / path, ignored);
  return is_only_there ? profiles / path : path;
}

PartitionProblem read_problem(const std::string& tool, const Arguments& arguments) {
  validate_problem_arguments(tool, arguments);
  return load_problem(arguments, ProblemOptions()).problem;
}

LoadedProblem load_problem(const Arguments& arguments, const ProblemOptions& options) {
  const fs::path folder = arguments["profiles"].as<std::string>();
  std::vector<SystemProfile> profiles = read_profiles_of(folder);
  if (options.reads_samples) add_samples(profiles, folder);
  const auto network_file = find_data_file(arguments["network"].as<std::string>(), folder);
  const Network network = read_network(network_file);
  for (const auto& [name, meant] : misspelt_names(network, profiles)) {
    spdlog::warn("{}: '{}' is no system or platform of the profiles, did you mean '{}'?",
                 network_file.string(), name, meant);
  }
  const std::string model = find_known_model(profiles, arguments["model"].as<std::string>());
  LoadedProblem loaded;
  loaded.note = setup_warning(profiles, model, folder, network_file);
  loaded.problem = make_problem(profiles, network, model,
                                platforms_of(arguments, profiles, options.appends_platforms));
  if (arguments.count("systems")) {
    const auto path = find_data_file(arguments["systems"].as<std::string>(), folder);
    apply_system_attributes(read_system_attributes(path), loaded.problem);
  }
  apply_exit_shares(arguments, loaded.problem);
  apply_corrections(arguments, loaded.problem);
  return loaded;
}

void add_exit_share_option(cxxopts::Options& options, const std::string& group) {
  options.add_options(group)(
      "exit-share",
      "share of all requests that end at an early exit, 0 to 1 or in %, for one or more exits by "
      "the number of their layer; every figure of a plan is then the mean over all requests "
      "(default: no request ends early); can be repeated",
      text_value(), "LAYER=SHARE[,...]");
}

std::vector<ExitShare> exit_shares_of(const Arguments& arguments) {
  const Words values = values_of(arguments, "exit-share");
  if (values.empty()) return {};
  return parse_option("exit-share", fmt::format("{}", fmt::join(values, ",")), parse_exit_shares);
}

void apply_exit_shares(const Arguments& arguments, PartitionProblem& problem) {
  std::vector<ExitShare> shares = exit_shares_of(arguments);
  if (shares.empty()) return;
  parse_option("exit-share", "",
               [&](const std::string&) { set_exit_shares(std::move(shares), problem); });
}

void add_corrections_option(cxxopts::Options& options, const std::string& group) {
  options.add_options(group)(
      "corrections",
      "file with correction factors of the systems' times, which scission-run --learn or "
      "scission-plan wrote (default: no corrections)",
      text_value(), "FILE.json");
}

void apply_corrections(const Arguments& arguments, PartitionProblem& problem) {
  const std::string file = text_of(arguments, "corrections");
  if (!file.empty()) scission::apply_corrections(read_corrections(file), problem);
}

void add_error_limit_options(cxxopts::Options& options, const std::string& group) {
  options.add_options(group)  //
      ("max-error",
       "maximum error of the output by codecs, the sum over the hops, as a share of the largest "
       "output (0.01) or in % (1%)",
       cxxopts::value<std::string>(), "SHARE")  //
      ("min-agreement",
       "minimum agreement with the model without codecs: 1 less the sum over the hops of the share "
       "of inputs with another top-1 output (0.99 or 99%)",
       cxxopts::value<std::string>(), "SHARE");
}

void read_error_limits(const Arguments& arguments, PlanLimits& limits) {
  const auto share_of = [&](const std::string& option) {
    const auto text = arguments[option].as<std::string>();
    const auto share = parse_share(text);
    if (share && share->value <= 1) return share->value;
    throw usage_error(fmt::format("'{}' is not a share from 0 to 1 (0.01 or 1%)", text),
                      "--" + option);
  };
  if (arguments.count("max-error")) limits.error = share_of("max-error");
  if (arguments.count("min-agreement")) limits.disagreement = 1 - share_of("min-agreement");
}

Words codec_words_of(const Arguments& arguments) {
  Words words = words_of(arguments, "codecs");
  if (std::find(words.begin(), words.end(), "") == words.end()) return words;
  throw usage_error("names no codec; raw alone is the default", "--codecs");
}

void require_calibration(const std::vector<const Codec*>& codecs, const std::string& calibration) {
  if (!calibration.empty()) return;
  for (const Codec* codec : codecs) {
    if (codec->is_lossless()) continue;
    throw usage_error(
        fmt::format("{} is lossy, and random numbers do not show what it does to the model's "
                    "output: name inputs like those of its use with --calibrate FOLDER, or measure "
                    "sizes and times only with --calibrate random",
                    codec->name()),
        "--codecs");
  }
}

void add_format_option(cxxopts::Options& options, const std::string& group) {
  options.add_options(group)(
      "format",
      "plans as a table with a verdict and 95 % intervals, or as the original's lines (default: a "
      "table on a terminal, else lines)",
      text_value(), "table|lines");
}

PlanFormat plan_format(const Arguments& arguments) {
  const std::string word = text_of(arguments, "format");
  if (word == "table") return PlanFormat::table;
  if (word == "lines") return PlanFormat::lines;
  if (!word.empty()) {
    throw usage_error(fmt::format("'{}' is neither table nor lines", word), "--format");
  }
  return isatty(STDOUT_FILENO) != 0 ? PlanFormat::table : PlanFormat::lines;
}

std::string plans_text(const PartitionProblem& problem, const Query& query,
                       const SearchResult& result, PlanFormat format) {
  return format == PlanFormat::table ? format_plan_table(problem, query, result, stdout_width())
                                     : format_plan_lines(problem, query, result);
}

void add_controller_options(cxxopts::Options& options) {
  ControllerOptions usual;
  add_numbers(options, "Controller", controller_numbers(usual));
}

ControllerOptions controller_options(const Arguments& arguments) {
  ControllerOptions options;
  read_numbers(arguments, controller_numbers(options));
  options.systems.forgetting_s = options.links.forgetting_s;
  return options;
}

void print_notes(const TextNotes& notes) {
  for (const std::string& warning : notes.warnings) spdlog::warn("{}", warning);
  for (const std::string& remark : notes.remarks) print_note(remark);
}

}  // namespace scission::apps
