// What a tool says of the problem that it has read: assumed sizes, systems left out.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "scission/plan/problem.hpp"
#include "scission/profile/profile.hpp"
#include "scission/search/search.hpp"

namespace scission::apps {

/// Throws Error(invalid_argument) where the arguments "profiles", "network" and "model" are given
/// in another order than this, with the command as it would work.
void validate_argument_order(const std::string& tool, const Arguments& arguments);

/// read_profiles(), and a line on stderr that names JSON files in the folder that are no profiles.
std::vector<SystemProfile> read_profiles_of(const std::filesystem::path& folder);

/// Warns of limits on parts of a plan that no plan can reach: 20 s where 20 % was meant.
void warn_of_nonbinding_limits(const PartitionProblem& problem, const Query& query);

/// Adds --exit-share.
void add_exit_share_option(cxxopts::Options& options, const std::string& group = "");

/// The shares that --exit-share states; none without it. Throws Error(invalid_argument) for a text
/// that states none.
std::vector<ExitShare> exit_shares_of(const Arguments& arguments);

/// Sets the shares that --exit-share states. Throws Error(invalid_argument) for shares that
/// set_exit_shares() rejects.
void apply_exit_shares(const Arguments& arguments, PartitionProblem& problem);

/// A line on stderr where the model has early exits: which share of the requests counts as ending
/// there.
void print_exit_note(const PartitionProblem& problem);

/// Where no size of the input was given and two are possible, the original's compressed picture and
/// the model's input tensor: a line on stderr that says which of them counts,
/// default_input_bytes().
void print_input_note(const PartitionProblem& problem);

/// Warns of systems that are left out because their profiles lack the model.
void warn_of_unmeasured(const PartitionProblem& problem);

/// One line where the profiles of a model have something odd that makes plans less reliable:
/// measured long ago, imprecisely, under stress, unlike each other. Empty if there is nothing; what
/// plans leave out is warned of elsewhere.
std::string setup_warning(const std::vector<SystemProfile>& profiles, const std::string& model,
                          const std::filesystem::path& folder,
                          const std::filesystem::path& network_file);

}  // namespace scission::apps
