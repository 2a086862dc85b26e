#include "problem_notes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <system_error>

#include "scission/base/units.hpp"
#include "scission/plan/setup_check.hpp"
#include "scission/search/plan_io.hpp"
#include "tool.hpp"

namespace scission::apps {
namespace {

void print_note(const std::string& note) { fmt::print(stderr, "{}\n", for_terminal(note)); }

// "602 kB (-i 0.602112)"
std::string with_option(double bytes) {
  return fmt::format("{} (-i {:.6g})", format_bytes(bytes), bytes / bytes_per_megabyte);
}

// --- The order of arguments ---

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

// --- Limits ---

bool means(const PartitionProblem& problem, const std::string& name, int system) {
  const System& one = problem.systems[system];
  const auto& platforms = problem.platforms;
  const bool is_platform = std::find(platforms.begin(), platforms.end(), name) != platforms.end();
  return is_platform ? one.platform == name
                     : one.name == (name.starts_with('@') ? name.substr(1) : name);
}

// The time of all layers there, each on the slowest of the systems that the name means.
double longest_compute_s(const PartitionProblem& problem, const std::string& name) {
  double sum = 0;
  for (int block = 0; block < problem.block_count(); ++block) {
    double longest = 0;
    for (int system = 0; system < problem.system_count(); ++system) {
      if (means(problem, name, system)) {
        longest = std::max(longest, problem.expected_s(system, block));
      }
    }
    sum += longest;
  }
  return sum;
}

// In the platforms' order, what leaves a platform leaves it once.
double largest_upload(const PartitionProblem& problem, const Query& query) {
  double sum = 0;
  double largest = 0;
  for (int block = 0; block <= problem.block_count(); ++block) {
    const double bytes = problem.reach(block) * problem.bytes_into(block, query.input_bytes);
    sum += bytes;
    largest = std::max(largest, bytes);
  }
  return query.route == Route::platform_order && !query.return_to ? largest : sum;
}

}  // namespace

void validate_argument_order(const std::string& tool, const Arguments& arguments) {
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

void warn_of_nonbinding_limits(const PartitionProblem& problem, const Query& query) {
  for (const auto& [name, constraints] : query.constraints) {
    if (constraints.compute && !constraints.compute->is_share) {
      const double longest_s = longest_compute_s(problem, name);
      if (constraints.compute->value >= longest_s) {
        spdlog::warn(
            "the limit of {:g} s on computing on {} excludes no plan: all layers take {} there; a "
            "share of the compute time is written {:g}%",
            constraints.compute->value, name, format_duration(longest_s),
            constraints.compute->value);
      }
    }
    const double largest = largest_upload(problem, query);
    if (constraints.upload_bytes && *constraints.upload_bytes >= largest) {
      spdlog::warn("the limit of {} on uploads of {} excludes no plan: at most {} leave it",
                   format_bytes(*constraints.upload_bytes), name, format_bytes(largest));
    }
  }
}

void add_exit_share_option(cxxopts::Options& options, const std::string& group) {
  options.add_options(group)(
      "exit-share",
      "share of all requests that end at an early exit, 0 to 1 or in %, for one or more exits by "
      "the "
      "number of their layer; every figure of a plan is then the mean over all requests (default: "
      "no request ends early)",
      cxxopts::value<std::string>(), "LAYER=SHARE[,...]");
}

std::vector<ExitShare> exit_shares_of(const Arguments& arguments) {
  if (arguments.count("exit-share") == 0) return {};
  return parse_option("exit-share", text_of(arguments, "exit-share"), parse_exit_shares);
}

void apply_exit_shares(const Arguments& arguments, PartitionProblem& problem) {
  if (arguments.count("exit-share") == 0) return;
  parse_option("exit-share", text_of(arguments, "exit-share"),
               [&](const std::string& text) { set_exit_shares(parse_exit_shares(text), problem); });
}

void print_exit_note(const PartitionProblem& problem) {
  if (!problem.exit_shares.empty()) {
    print_note(fmt::format("all figures are means over the requests: {}",
                           format_exit_shares(problem.exit_shares)));
  } else if (!problem.exits.empty()) {
    print_note(fmt::format(
        "all figures are of requests that take no early exit (layer {}); for means over "
        "all requests: --exit-share {}=SHARE",
        fmt::join(problem.exits, ", "), problem.exits.front()));
  }
}

void print_input_note(const PartitionProblem& problem) {
  const double picture_bytes = Query{}.input_bytes;
  const double assumed_bytes = default_input_bytes(problem);
  const std::optional<double>& tensor_bytes = problem.input_tensor_bytes;
  if (!tensor_bytes) {
    if (problem.takes_picture) return;
    print_note(fmt::format("input: {}, a guess: no profile states the size of the input (-i MB)",
                           format_bytes(assumed_bytes)));
  } else if (*tensor_bytes == picture_bytes) {
    return;
  } else if (assumed_bytes == picture_bytes) {
    print_note(
        fmt::format("input: {}, a compressed picture; the tensor, which scission-run sends, is {}",
                    format_bytes(picture_bytes), with_option(*tensor_bytes)));
  } else {
    print_note(fmt::format("input: {}, the tensor; a compressed picture would be {}",
                           format_bytes(*tensor_bytes), with_option(picture_bytes)));
  }
}

void warn_of_unmeasured(const PartitionProblem& problem) {
  for (const System& system : problem.unmeasured) {
    spdlog::warn("{}; plans leave it out", unmeasured_text(system, problem.model));
  }
}

std::string setup_warning(const std::vector<SystemProfile>& profiles, const std::string& model,
                          const fs::path& folder, const fs::path& network_file) {
  const Words known = known_models(profiles);
  if (std::find(known.begin(), known.end(), model) == known.end()) return {};  // an error soon
  SetupCheckOptions options;
  options.model = model;
  options.folder = folder.string();
  SetupCheck check = check_setup(profiles, std::nullopt, options);
  std::erase_if(check.findings, [](const SetupFinding& finding) {
    return finding.fault == SetupFault::missing_model;
  });
  if (check.is_fine()) return {};
  return fmt::format("{}; see scission-check {} {}", summarise(check), folder.string(),
                     network_file.string());
}

}  // namespace scission::apps
