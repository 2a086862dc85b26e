// The arguments PROFILES, NETWORK.csv and MODEL, options of several tools about such problems, and
// what a tool says of them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "scission/codec.hpp"
#include "scission/control.hpp"
#include "scission/plan/problem.hpp"
#include "scission/profile.hpp"
#include "scission/report.hpp"

namespace scission::apps {

/// Throws Error(invalid_argument) where one of the arguments "profiles", "network" and "model" is
/// missing, or they are given in another order than this, with the command as it would work. `tool`
/// is its name, for the error.
void validate_problem_arguments(const std::string& tool, const Arguments& arguments);

/// `path` where such a file exists, else the file of that name in the folder of profiles where it
/// exists, else `path`.
std::filesystem::path find_data_file(const std::filesystem::path& path,
                                     const std::filesystem::path& profiles);

/// read_profiles(), and a line on stderr that names JSON files in the folder that are no profiles.
std::vector<SystemProfile> read_profiles_of(const std::filesystem::path& folder);

/// The problem of the three arguments. Throws as validate_problem_arguments(), the readers and
/// make_problem() do.
PartitionProblem read_problem(const std::string& tool, const Arguments& arguments);

/// What the three arguments and the options about them state.
struct LoadedProblem {
  PartitionProblem problem;
  std::string note;  ///< what is unusual about the profiles; may be empty
};

struct ProblemOptions {
  bool reads_samples = false;      ///< takes time, and only makes intervals more precise
  bool appends_platforms = false;  ///< platforms that the default of --platforms lacks follow it
};

/// Reads the profiles, the network and the files that --systems, --exit-share and --corrections
/// name. Warns of misspelt names in the network. Throws as the readers and make_problem() do.
LoadedProblem load_problem(const Arguments& arguments, const ProblemOptions& options);

/// Adds --exit-share.
void add_exit_share_option(cxxopts::Options& options, const std::string& group = "");

/// The shares that --exit-share states; none without it. Throws Error(invalid_argument) for a text
/// that states none.
std::vector<ExitShare> exit_shares_of(const Arguments& arguments);

/// Sets the shares that --exit-share states. Throws Error(invalid_argument) for shares that
/// set_exit_shares() rejects.
void apply_exit_shares(const Arguments& arguments, PartitionProblem& problem);

/// Adds --corrections.
void add_corrections_option(cxxopts::Options& options, const std::string& group = "");

/// Corrects the problem's times by the file that --corrections names, if it does. Throws as
/// read_corrections() and apply_corrections() do.
void apply_corrections(const Arguments& arguments, PartitionProblem& problem);

/// Adds --max-error and --min-agreement.
void add_error_limit_options(cxxopts::Options& options, const std::string& group);

/// Sets the limits on what codecs do to the output, where these options state them. Throws
/// Error(invalid_argument) with the option as place.
void read_error_limits(const Arguments& arguments, PlanLimits& limits);

/// The words of --codecs. Throws Error(invalid_argument) for an empty one.
Words codec_words_of(const Arguments& arguments);

/// Throws Error(invalid_argument) where a codec is lossy and no calibration is given: random
/// numbers have to be asked for.
void require_calibration(const std::vector<const Codec*>& codecs, const std::string& calibration);

enum class PlanFormat { lines, table };

/// Adds --format.
void add_format_option(cxxopts::Options& options, const std::string& group = "");

/// The value of --format; without it, a table if stdout is a terminal, else lines.
/// Throws Error(invalid_argument) for another word.
PlanFormat plan_format(const Arguments& arguments);

/// The plans in the format, for the terminal that stdout is. There must be a plan.
std::string plans_text(const PartitionProblem& problem, const Query& query,
                       const SearchResult& result, PlanFormat format);

/// Adds --horizon, --min-gain, --confidence and --forgetting, as the group "Controller".
void add_controller_options(cxxopts::Options& options);

/// Throws as number_of() does.
ControllerOptions controller_options(const Arguments& arguments);

/// Warnings, and then a line on stderr for each remark.
void print_notes(const TextNotes& notes);

}  // namespace scission::apps
