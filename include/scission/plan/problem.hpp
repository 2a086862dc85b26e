// The input of the search: one model, the systems that measured it, the links between them.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base.hpp"
#include "scission/model.hpp"
#include "scission/plan/network.hpp"
#include "scission/profile.hpp"

namespace scission {

/// Memory of one block.
struct SCISSION_EXPORT BlockMemory {
  double weight_bytes = 0;      ///< while the block is loaded
  double activation_bytes = 0;  ///< while it runs: input, output, intermediates

  friend bool operator==(const BlockMemory&, const BlockMemory&) = default;
};

/// How precisely the times of one system's blocks are known. Relative, so that it stays valid where
/// the times are scaled.
struct SCISSION_EXPORT TimeUncertainty {
  /// Half the width of each block's 95 % interval ÷ the block's time, [block]; where the whole
  /// model was timed, too, one more: that of its time. Empty: unknown.
  std::vector<double> relative = {};
  /// Of the errors of any two blocks, 0 to 1: at 1 the errors of a stage add up, at 0 only their
  /// squares do.
  double correlation = 1;
  /// Half the width of the 95 % interval of each block's setup time ÷ the block's time, [block];
  /// empty: the setup times are exact.
  std::vector<double> setup = {};
  /// By how much all times of the system may differ in a single run, because a machine is faster or
  /// slower for a while: half the width of the 95 % interval ÷ the times. 0: unknown.
  double run = 0;

  friend bool operator==(const TimeUncertainty&, const TimeUncertainty&) = default;
};

/// The share of all requests that end at an early exit, 0 to 1.
struct SCISSION_EXPORT ExitShare {
  int layer = 0;  ///< the exit
  double share = 0;

  friend bool operator==(const ExitShare&, const ExitShare&) = default;
};

/// What a stage takes on a system: factor × the time that the profile states + stage_s.
struct SCISSION_EXPORT SystemCorrection {
  std::string system;
  double factor = 1;   ///< of its blocks' and setup times; above 0
  double stage_s = 0;  ///< seconds, once for each stage; 0 or more
  int stages = 0;      ///< number of measured stages it is fitted to

  friend bool operator==(const SystemCorrection&, const SystemCorrection&) = default;
};

/// What a codec does to what crosses into each block. Lists with an entry for each block have one
/// more for the model's output.
struct SCISSION_EXPORT CodecCosts {
  std::string name;                           ///< Codec::name()
  std::vector<double> bytes;                  ///< [block]; +∞ where it was not measured
  std::vector<double> error = {};             ///< [block], see CodecTiming; 0 for lossless codecs
  std::vector<double> disagreement = {};      ///< [block], 1 − CodecTiming::agreement
  std::vector<std::vector<double>> encode_s;  ///< [system][block]; +∞ where not measured there
  std::vector<std::vector<double>> decode_s;  ///< [system][block]; +∞ where not measured there

  friend bool operator==(const CodecCosts&, const CodecCosts&) = default;
};

/// Profiles of one model on several systems, merged to common blocks.
struct SCISSION_EXPORT PartitionProblem {
  std::string model;
  std::vector<std::string> platforms;        ///< in the order in which data passes them
  std::vector<System> systems;               ///< grouped by platform, in that order
  std::vector<Block> blocks;                 ///< output_bytes: size of a cut after the block
  std::vector<std::vector<double>> block_s;  ///< seconds, [system][block]
  std::vector<std::optional<Link>> links;    ///< [from * systems.size() + to]
  /// Setup time of a stage that begins with the block: what it takes beyond the blocks' times when
  /// the system has waited for it; seconds, [system][block]. Empty: none.
  std::vector<std::vector<double>> setup_s = {};
  std::vector<BlockMemory> memory = {};  ///< [block]; empty: unknown
  std::vector<System> unmeasured = {};   ///< systems whose profiles lack the model
  /// Size of the tensor that is the model's input, in bytes, from the profiles. Empty: unknown,
  /// because the original's profiles do not state it.
  std::optional<double> input_tensor_bytes = {};
  /// Whether the input is a picture for one of the original's models, which it sends compressed.
  bool takes_picture = false;
  std::vector<TimeUncertainty> uncertainty = {};   ///< [system]; empty: unknown
  std::vector<SystemCorrection> corrections = {};  ///< that apply_corrections() has applied
  std::vector<int> exits = {};                     ///< layers that are early exits, ascending
  /// Where requests end early; empty: no request does. Every cost of a plan is then the mean over
  /// the requests. set_exit_shares() validates and sets them.
  std::vector<ExitShare> exit_shares = {};
  /// What the profiles state of codecs, sorted by name. Hops may use those that a query allows
  /// (Query::codecs); without any, everything crosses raw.
  std::vector<CodecCosts> codecs = {};

  int system_count() const { return static_cast<int>(systems.size()); }  ///< systems.size()
  int block_count() const { return static_cast<int>(blocks.size()); }    ///< blocks.size()

  // These throw Error(invalid_argument) for an unknown system or block, and for a system whose
  // platform is not among the platforms.
  int system_index(std::string_view name) const;            ///< index into systems
  int last_layer() const;                                   ///< last layer of the model
  const std::optional<Link>& link(int from, int to) const;  ///< empty: no link
  const std::optional<Link>& link(std::string_view from, std::string_view to) const;  ///< by name
  /// Whether a name in a query means this system: a platform's name means all of its systems, any
  /// other name means the system of that name, `@name` always a system. O(platforms).
  bool is_named(std::string_view name, int system) const;
  int platform_of(int system) const;  ///< index into platforms
  /// Size of a block's input: the output of the block before it, or `input_bytes` for block 0. For
  /// block_count(): size of the model's output.
  double bytes_into(int block, double input_bytes) const;
  /// Share of the requests that run a block: 1 less the shares of the exits before it; for
  /// block_count(): that take no exit. Sending what crosses into the block happens as often.
  /// O(exit shares).
  double reach(int block) const;
  /// Mean time of a block over all requests, in seconds: reach() × block_s.
  double expected_s(int system, int block) const;
  /// Setup time of a stage that begins with the block, in seconds; 0 if unknown.
  double stage_setup_s(int system, int block) const;
  /// Its mean over all requests: reach() × stage_setup_s().
  double expected_setup_s(int system, int block) const;
};

/// device, edge, cloud: the original's platforms in its order.
SCISSION_EXPORT const std::vector<std::string>& default_platforms();

/// Builds the problem of one model.
///
/// The input lies on the first platform unless a query says otherwise (Query::sources): where a
/// profile of that platform lacks the model, search() throws.
///
/// Profiles may have different granularity: their blocks are merged up to the boundaries that all
/// of them share. At such a boundary the largest stated size counts (a .dat file includes the 128
/// bytes of a .npy header, Scission's profiles do not). Profiles without the model become
/// `unmeasured` systems, which no plan uses; a platform may have no system.
///
/// The early exits are the layers of that type in the profiles' `layer_types`.
///
/// A block's memory is the largest that a profile states. Where no profile states the weights, they
/// are 4 bytes a parameter; where none states the activations, they are the block's input (150 kB
/// for the model's input) and output. Memory is unknown when no profile has any parameter.
///
/// The codecs are those that any profile has measured, at the cuts that all profiles share; of
/// sizes, errors and disagreements the largest that a profile states counts, and on a system that
/// has not measured a codec at a cut its times are infinite there: no hop from or to that system
/// uses it.
///
/// The uncertainty of a system's times comes from the 95 % intervals of its blocks. The correlation
/// of their errors comes from the profile's samples if it has them (add_samples()), else
/// from the interval of the whole model, which was measured in the same rounds; without either it
/// is 1, which overestimates the error of a stage. The uncertainty is unknown without intervals and
/// for fewer than 6 rounds. What a single run varies by comes from ModelProfile::pass_deviation:
/// the passes of a benchmark are runs of other processes at other moments.
///
/// Throws Error(invalid_argument) for a model that no profile contains (naming the known models),
/// and for a platform that is missing from `platforms` or repeated there; Error(mismatch) when two
/// systems have the same name, and when profiles describe different models under one name: other
/// last layers, or sizes that differ by more than that header; Error(damaged) as validate() does.
SCISSION_EXPORT PartitionProblem make_problem(
    const std::vector<SystemProfile>& profiles, const Network& network, const std::string& model,
    const std::vector<std::string>& platforms = default_platforms());

/// Parses "3=0.4,7=20%": layers of early exits, each with the share of all requests that end there.
/// Throws Error(invalid_argument) that quotes what is no LAYER=SHARE.
SCISSION_EXPORT std::vector<ExitShare> parse_exit_shares(std::string_view text);

/// Replaces the problem's exit shares. Throws Error(invalid_argument) for a layer that is no early
/// exit or is named twice, for a share below 0, for shares of more than 1 together, and for an exit
/// within a block, whose parts have no times; the problem is then unchanged.
SCISSION_EXPORT void set_exit_shares(std::vector<ExitShare> shares, PartitionProblem& problem);

/// The size of the input that the tools assume: 150 kB, the original's compressed picture, where
/// the model is one of the original's and its input is a picture, or of unknown size; otherwise the
/// size of the input tensor.
SCISSION_EXPORT double default_input_bytes(const PartitionProblem& problem);

/// The profile of a system, and the command that adds the model to it: "profile device-pi has not
/// measured 'net'; measure it there: scission-benchmark device pi --models net --resume".
SCISSION_EXPORT std::string unmeasured_text(const System& system, const std::string& model);

/// Names in a network that are neither a profile's system nor a platform but resemble one, each
/// with the likely meaning. A network may name systems that have not been measured: "edge2" is not
/// taken for a misspelt "edge1".
SCISSION_EXPORT std::map<std::string, std::string> misspelt_names(
    const Network& network, const std::vector<SystemProfile>& profiles);

// --- Corrections: what runs have shown of the times of systems ---

/// Corrections of one model's times, in the order of their systems' names.
struct SCISSION_EXPORT Corrections {
  std::string model;
  std::vector<SystemCorrection> systems;

  /// The system's correction; factor 1 and 0 s where no run has shown one.
  SystemCorrection of(std::string_view system) const;

  friend bool operator==(const Corrections&, const Corrections&) = default;
};

/// Takes over the corrections of the systems that `newer` has; others stay.
/// Throws Error(mismatch) for corrections of another model. O(systems log systems).
SCISSION_EXPORT Corrections merge_corrections(const Corrections& earlier, const Corrections& newer);

/// Multiplies the times of each system by its factor and adds its stage_s to its setup times.
/// Corrections of systems that the problem does not have do not matter. Throws Error(mismatch) for
/// corrections of another model, and Error(invalid_argument) when the problem has corrections
/// already. O(systems · blocks).
SCISSION_EXPORT void apply_corrections(const Corrections& corrections, PartitionProblem& problem);

/// Conversion to and from the JSON file; docs/plan-format.md describes the fields. Errors name
/// `place` as the source. Reading throws Error(damaged), and Error(unsupported) for a newer
/// version.
SCISSION_EXPORT std::string format_corrections_json(const Corrections& corrections);
SCISSION_EXPORT Corrections parse_corrections_json(std::string_view text, const std::string& place);

/// Throws Error(not_found | io | damaged | unsupported) with the file as place.
SCISSION_EXPORT Corrections read_corrections(const std::filesystem::path& path);

// --- Power, price and memory of systems ---

/// One row of a figures file, for a system or for all systems of a platform. Empty: not stated.
struct SCISSION_EXPORT SystemAttributes {
  std::string name;
  std::optional<double> power_w = {};
  std::optional<double> price_per_hour = {};
  std::optional<double> memory_bytes = {};

  friend bool operator==(const SystemAttributes&, const SystemAttributes&) = default;
};

/// CSV with the header `system,power(W),price(per hour),memory(MB)`, the last three columns in any
/// order and each optional; an empty field states no figure. Spaces around fields, empty lines and
/// lines that begin with # are allowed.
/// Throws Error(not_found | io | damaged) with file and line, also for a figure below 0.
SCISSION_EXPORT std::vector<SystemAttributes> read_system_attributes(
    const std::filesystem::path& path);
SCISSION_EXPORT std::vector<SystemAttributes> parse_system_attributes(std::string_view text,
                                                                      const std::string& place);

/// Assigns the figures to the problem's systems: first the rows of platforms, then those of
/// systems, each in their order; later figures replace earlier ones. Throws Error(invalid_argument)
/// for a name that is neither a system's nor a platform's.
SCISSION_EXPORT void apply_system_attributes(const std::vector<SystemAttributes>& figures,
                                             PartitionProblem& problem);

// --- Checking profiles and networks ---

// Whether profiles and a network suffice for plans that can be relied on: what is missing or
// unusual, and the command that fixes it.

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

/// Summary in one line: "edge-box lacks vgg19 (and 2 more)". Empty if fine.
SCISSION_EXPORT std::string summarise(const SetupCheck& check);

/// The findings and links as JSON; docs/planning.md describes the fields.
SCISSION_EXPORT std::string format_setup_check_json(const SetupCheck& check);

}  // namespace scission
