// Whether profiles and a network suffice for plans that can be relied on: what is missing or
// unusual, and the command that fixes it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/plan/network.hpp"
#include "scission/plan/problem.hpp"
#include "scission/profile/profile.hpp"

namespace scission {

/// What a finding is about.
enum class SetupFault {
  missing_model,  ///< a system lacks a model that others have
  missing_codec,  ///< a system lacks a codec of a model, or some of its cuts, that others have
  missing_link,   ///< no link between two systems that a plan in the platforms' order may use
  unknown_name,   ///< the network names a system that resembles a known one
  imprecise,      ///< the interval of a whole model is wide
  doubtful,       ///< the machine drifted or was disturbed during the measurement
  old,            ///< measured long ago, or long before the others
  governor,       ///< the clock frequency is not fixed by the governor "performance"
  stressed,       ///< measured under a load that others were not measured under
  unlike,         ///< versions, cuts, optimisation or batches differ between systems
};

/// "missing model", "missing codec", …
SCISSION_EXPORT std::string to_string(SetupFault fault);

/// Something that is missing or unusual.
struct SCISSION_EXPORT SetupFinding {
  SetupFault fault = SetupFault::missing_model;
  std::string text;    ///< "edge-box lacks vgg19, which device-pi has"
  std::string remedy;  ///< a command, or what else to do
};

/// The links from one system to another that plans in the platforms' order may use.
struct SCISSION_EXPORT SetupLink {
  std::string from;
  std::string to;
  std::optional<Link> link;  ///< empty: missing
};

/// Result of check_setup().
struct SCISSION_EXPORT SetupCheck {
  std::vector<SetupFinding> findings;  ///< those that exclude plans first
  std::vector<SetupLink> links;        ///< empty without a network

  bool is_fine() const { return findings.empty(); }  ///< whether nothing is missing or unusual
};

/// What counts as unusual, and names for the commands.
struct SCISSION_EXPORT SetupCheckOptions {
  /// The order of the platforms; other platforms of the profiles follow, in their order.
  std::vector<std::string> platforms = default_platforms();
  std::string model = {};   ///< only this model; empty: all
  std::string folder = {};  ///< of the profiles
  std::string network_file = {};
  /// A date in ISO 8601, UTC, which ages are counted to; empty: to the newest profile.
  std::string now = {};
  int max_age_days = 90;
  /// Largest half-width of the 95 % interval of a whole model's time, as a share of the time.
  double max_half_width = 0.05;
};

/// Checks profiles, and the network if there is one. O(systems² + systems · models).
/// Throws Error(invalid_argument) if the options name a model that no profile has.
SCISSION_EXPORT SetupCheck check_setup(const std::vector<SystemProfile>& profiles,
                                       const std::optional<Network>& network,
                                       const SetupCheckOptions& options = {});

/// Half the width of the 95 % interval of a whole model's time, as a share of the time; empty if
/// unknown.
SCISSION_EXPORT std::optional<double> whole_half_width(const ModelProfile& model);

/// One line for whoever asks for plans: "edge-box lacks vgg19 (and 2 more)". Empty if fine.
SCISSION_EXPORT std::string summarise(const SetupCheck& check);

/// The findings and links as JSON; docs/planning.md describes the fields.
SCISSION_EXPORT std::string format_setup_check_json(const SetupCheck& check);

}  // namespace scission
