#include "scission/plan/problem.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/csv.hpp"
#include "base/file.hpp"
#include "base/require.hpp"
#include "base/text.hpp"
#include "plan/benchmark_option.hpp"
#include "plan/time_uncertainty.hpp"
#include "profile/common_blocks.hpp"
#include "scission/base.hpp"

namespace scission {
namespace {

// The original's compressed picture.
constexpr double picture_bytes = 150'000;

// The models of the original, whose benchmark reads a picture, and those that we added.
constexpr std::array<std::string_view, 18> original_models = {
    "vgg16",       "vgg19",       "xception",    "resnet50",           "resnet101",
    "resnet152",   "resnet50v2",  "resnet101v2", "resnet152v2",        "inception_v3",
    "mobilenet",   "mobilenetv2", "densenet121", "inceptionresnet_v2", "densenet169",
    "densenet201", "nasnetlarge", "nasnetmobile"};
constexpr std::array<std::string_view, 2> added_models = {"alexnet", "lenet"};

// The type of a layer at which a request may end.
constexpr std::string_view early_exit_type = "scission::exit";

template <typename Names>
bool holds(const Names& names, const typename Names::value_type& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

struct Measured {
  const SystemProfile* system;
  const ModelProfile* model;
  int platform;
};

std::string label(const Measured& measured) {
  return fmt::format("{}-{}", measured.system->platform, measured.system->name);
}

int platform_index(const std::vector<std::string>& platforms, const SystemProfile& profile) {
  const auto found = std::find(platforms.begin(), platforms.end(), profile.platform);
  if (found == platforms.end()) {
    throw_invalid_argument(
        fmt::format("platform '{}' has no place in the order {}; give an order that names "
                    "it (--platforms), or ask for any order (--any-order)",
                    profile.platform, text::join(platforms, ", ")),
        fmt::format("profile of {}", profile.name));
  }
  return static_cast<int>(found - platforms.begin());
}

// The profiles that hold the model, grouped by platform, in their given order otherwise.
std::vector<Measured> select(const std::vector<SystemProfile>& profiles, const std::string& model,
                             const std::vector<std::string>& platforms,
                             std::vector<System>& unmeasured) {
  std::vector<Measured> selected;
  for (const SystemProfile& profile : profiles) {
    const int platform = platform_index(platforms, profile);
    if (const ModelProfile* found = profile.find(model)) {
      validate(*found, fmt::format("{}-{}, {}", profile.platform, profile.name, model));
      selected.push_back({&profile, found, platform});
    } else {
      unmeasured.push_back({profile.name, profile.platform});
    }
  }
  if (selected.empty()) {
    throw_invalid_argument(fmt::format("model '{}' is in none of the profiles; {}", model,
                                       suggestion(model, known_models(profiles))));
  }
  std::stable_sort(selected.begin(), selected.end(),
                   [](const Measured& a, const Measured& b) { return a.platform < b.platform; });
  return selected;
}

void require_distinct(std::vector<std::string> platforms) {
  std::sort(platforms.begin(), platforms.end());
  const auto twice = std::adjacent_find(platforms.begin(), platforms.end());
  if (twice == platforms.end()) return;
  throw_invalid_argument(fmt::format("'{}' occurs twice in the order of platforms", *twice));
}

void refuse_duplicate_names(const std::vector<Measured>& measured) {
  for (std::size_t i = 0; i < measured.size(); ++i) {
    for (std::size_t j = i + 1; j < measured.size(); ++j) {
      if (measured[i].system->name != measured[j].system->name) continue;
      throw Error(ErrorCode::mismatch,
                  fmt::format("two systems have the same name ({} and {}); rename one",
                              label(measured[i]), label(measured[j])));
    }
  }
}

std::vector<NamedProfile> named(const std::vector<Measured>& measured) {
  std::vector<NamedProfile> profiles;
  for (const Measured& one : measured) profiles.push_back({label(one), one.model});
  return profiles;
}

std::vector<double> seconds_of(const ModelProfile& profile, const std::vector<Block>& blocks) {
  std::vector<double> seconds(blocks.size(), 0.0);
  std::size_t target = 0;
  for (const BlockTiming& timing : profile.blocks) {
    if (timing.block.last_layer > blocks[target].last_layer) ++target;
    seconds[target] += timing.seconds;
  }
  return seconds;
}

// A stage begins with the first part of a merged block.
std::vector<double> setups_of(const ModelProfile& profile, const std::vector<Block>& blocks) {
  std::vector<double> seconds;
  for (const BlockTiming& timing : profile.blocks) {
    const Block& next = blocks[seconds.size()];
    if (timing.block.first_layer == next.first_layer) {
      seconds.push_back(std::max(0.0, timing.setup_seconds));
    }
    if (seconds.size() == blocks.size()) break;
  }
  return seconds;
}

// A figure that one profile has measured, or one that follows from others of its.
struct Figure {
  double bytes = 0;
  bool is_stated = false;

  void take(const Figure& other) {
    if (other.is_stated < is_stated || (other.is_stated == is_stated && other.bytes <= bytes)) {
      return;
    }
    *this = other;
  }
};

struct MemoryFigures {
  Figure weights;
  Figure activations;
};

Figure weights_of(const BlockTiming& timing) {
  constexpr double bytes_per_parameter = 4;  // float32
  if (timing.weight_bytes > 0) return {static_cast<double>(timing.weight_bytes), true};
  return {bytes_per_parameter * static_cast<double>(timing.parameters), false};
}

Figure activations_of(const BlockTiming& timing, double bytes_in) {
  if (timing.peak_activation_bytes > 0) {
    return {static_cast<double>(timing.peak_activation_bytes), true};
  }
  return {bytes_in + static_cast<double>(timing.block.output_bytes), false};
}

// What one profile says of the common blocks. Of a block that is made of several, it states what
// it states of any of them: a layer without weights has none to state.
std::vector<MemoryFigures> figures_of(const ModelProfile& profile,
                                      const std::vector<Block>& blocks) {
  std::vector<MemoryFigures> figures(blocks.size());
  std::size_t target = 0;
  double bytes_in = picture_bytes;
  for (const BlockTiming& timing : profile.blocks) {
    if (timing.block.last_layer > blocks[target].last_layer) ++target;
    MemoryFigures& sum = figures[target];
    const Figure weights = weights_of(timing);
    const Figure activations = activations_of(timing, bytes_in);
    sum.weights = {sum.weights.bytes + weights.bytes, sum.weights.is_stated || weights.is_stated};
    sum.activations = {std::max(sum.activations.bytes, activations.bytes),
                       sum.activations.is_stated || activations.is_stated};
    bytes_in = static_cast<double>(timing.block.output_bytes);
  }
  return figures;
}

// The largest of what profiles state, or of what follows where none states it; nothing where no
// profile knows of any weight.
std::vector<BlockMemory> common_memory(const std::vector<Measured>& measured,
                                       const std::vector<Block>& blocks) {
  std::vector<MemoryFigures> largest(blocks.size());
  for (const Measured& one : measured) {
    const std::vector<MemoryFigures> figures = figures_of(*one.model, blocks);
    for (std::size_t block = 0; block < blocks.size(); ++block) {
      largest[block].weights.take(figures[block].weights);
      largest[block].activations.take(figures[block].activations);
    }
  }
  std::vector<BlockMemory> memory;
  bool is_known = false;
  for (const MemoryFigures& figures : largest) {
    memory.push_back({figures.weights.bytes, figures.activations.bytes});
    is_known = is_known || figures.weights.bytes > 0;
  }
  return is_known ? memory : std::vector<BlockMemory>{};
}

// --- Codecs ---

// The block that the tensors of a cut enter; nothing for a cut within a block. The cut after -1 is
// that of the model's input.
std::optional<int> block_behind(const std::vector<Block>& blocks, int last_layer) {
  if (last_layer == -1) return 0;
  const auto found =
      std::lower_bound(blocks.begin(), blocks.end(), last_layer,
                       [](const Block& block, int layer) { return block.last_layer < layer; });
  if (found == blocks.end() || found->last_layer != last_layer) return std::nullopt;
  return static_cast<int>(found - blocks.begin()) + 1;
}

CodecCosts unmeasured_codec(const std::string& name, std::size_t systems, std::size_t entries) {
  const std::vector<double> none(entries, std::numeric_limits<double>::infinity());
  const std::vector<double> zero(entries, 0.0);
  return {name, none, zero, zero, std::vector(systems, none), std::vector(systems, none)};
}

void take_over(const CodecTiming& timing, std::size_t system, int block, CodecCosts& costs) {
  const bool is_first = std::isinf(costs.bytes[block]);
  costs.bytes[block] = is_first ? timing.bytes : std::max(costs.bytes[block], timing.bytes);
  costs.error[block] = std::max(costs.error[block], timing.error);
  costs.disagreement[block] = std::max(costs.disagreement[block], 1 - timing.agreement);
  costs.encode_s[system][block] = timing.encode_seconds;
  costs.decode_s[system][block] = timing.decode_seconds;
}

std::vector<CodecCosts> common_codecs(const std::vector<Measured>& measured,
                                      const std::vector<Block>& blocks) {
  std::map<std::string, CodecCosts> codecs;
  for (std::size_t system = 0; system < measured.size(); ++system) {
    for (const CodecTiming& timing : measured[system].model->codecs) {
      const std::optional<int> block = block_behind(blocks, timing.last_layer);
      if (!block) continue;
      auto found = codecs.find(timing.codec);
      if (found == codecs.end()) {
        CodecCosts none = unmeasured_codec(timing.codec, measured.size(), blocks.size() + 1);
        found = codecs.emplace(timing.codec, std::move(none)).first;
      }
      take_over(timing, system, *block, found->second);
    }
  }
  std::vector<CodecCosts> list;
  for (auto& [name, costs] : codecs) list.push_back(std::move(costs));
  return list;
}

// --- The input ---

// One picture of one or three colours, whichever dimension holds these.
bool is_picture(const std::vector<std::int64_t>& shape) {
  const auto is_colours = [](std::int64_t size) { return size == 1 || size == 3; };
  return shape.size() == 4 && shape[0] == 1 && (is_colours(shape[1]) || is_colours(shape[3]));
}

// The output of layer 0, or what follows from the shape where the first block holds more layers.
std::optional<double> tensor_bytes_of(const ModelProfile& model) {
  constexpr double bytes_per_element = 4;  // float32
  const Block& first = model.blocks.front().block;
  if (first.last_layer == 0) return static_cast<double>(first.output_bytes);
  if (model.input_shape.empty()) return std::nullopt;
  double bytes = bytes_per_element;
  for (const std::int64_t size : model.input_shape) bytes *= static_cast<double>(size);
  return bytes;
}

// The original's profiles state no shape: their input counts as a compressed picture.
void describe_input(const std::vector<Measured>& measured, PartitionProblem& problem) {
  bool has_shape = false;
  bool is_other_shape = false;
  for (const Measured& one : measured) {
    const std::vector<std::int64_t>& shape = one.model->input_shape;
    has_shape = has_shape || !shape.empty();
    is_other_shape = is_other_shape || (!shape.empty() && !is_picture(shape));
    const std::optional<double> bytes = tensor_bytes_of(*one.model);
    if (bytes)
      problem.input_tensor_bytes = std::max(problem.input_tensor_bytes.value_or(0), *bytes);
  }
  problem.takes_picture = holds(original_models, problem.model) && !is_other_shape;
  if (problem.takes_picture && !has_shape) problem.input_tensor_bytes.reset();
}

void validate_exit_shares(const std::vector<ExitShare>& shares) {
  constexpr double rounding = 1e-12;
  const std::string place = "exit shares";
  std::set<int> layers;
  double sum = 0;
  for (const ExitShare& exit : shares) {
    if (!layers.insert(exit.layer).second) {
      throw_invalid_argument(fmt::format("layer {} is there twice", exit.layer), place);
    }
    if (!(exit.share >= 0)) {
      throw_invalid_argument(fmt::format("the share of layer {} is {:g}, and must be 0 or more",
                                         exit.layer, exit.share),
                             place);
    }
    sum += exit.share;
  }
  if (!(sum <= 1 + rounding)) {
    throw_invalid_argument(
        fmt::format(
            "the shares are {:.12g} together, and must be 1 at most: each is a share of all "
            "requests, not of those that come to the exit",
            sum),
        place);
  }
}

// --- Power, price and memory of systems ---

using Fields = std::vector<std::string_view>;

constexpr std::string_view system_header = "system,power(W),price(per hour),memory(MB)";

std::vector<std::string> read_header(const Fields& fields, const std::string& place) {
  std::vector<std::string> columns;
  for (std::string_view field : fields) {
    const bool is_known = columns.empty() ? field == "system"
                                          : field == "power(W)" || field == "price(per hour)" ||
                                                field == "memory(MB)";
    const bool is_twice = std::find(columns.begin(), columns.end(), field) != columns.end();
    if (!is_known || is_twice) {
      throw_damaged(
          fmt::format("the header must be {}; column '{}' is unknown, misplaced or there twice",
                      system_header, field),
          place);
    }
    columns.emplace_back(field);
  }
  return columns;
}

void set_figure(const std::string& column, std::string_view field, const std::string& place,
                SystemAttributes& figures) {
  if (field.empty()) return;
  const std::optional<double> value = text::to_double(field);
  if (!value || *value < 0) {
    throw_damaged(fmt::format("{} is '{}', and must be a number of 0 or more", column, field),
                  place);
  }
  if (column == "power(W)") figures.power_w = *value;
  if (column == "price(per hour)") figures.price_per_hour = *value;
  if (column == "memory(MB)") figures.memory_bytes = *value * bytes_per_megabyte;
}

SystemAttributes read_row(const std::vector<std::string>& columns, const Fields& fields,
                          const std::string& place) {
  if (fields.size() != columns.size()) {
    throw_damaged(
        fmt::format("has {} fields where {} are wanted: {}{}", fields.size(), columns.size(),
                    text::join(columns, ","),
                    fields.size() > columns.size() ? "; numbers have a point, as in 66.7" : ""),
        place);
  }
  if (fields[0].empty()) throw_damaged("the system must be named", place);
  SystemAttributes figures{std::string(fields[0])};
  for (std::size_t i = 1; i < fields.size(); ++i) set_figure(columns[i], fields[i], place, figures);
  return figures;
}

// --- Early exits ---

// Layers of that type, by the blocks that state the type of every layer.
std::vector<int> early_exits(const std::vector<Measured>& measured) {
  std::set<int> exits;
  for (const Measured& one : measured) {
    for (const BlockTiming& timing : one.model->blocks) {
      const std::vector<std::string_view> types = text::split(timing.layer_types, ' ');
      const Block& block = timing.block;
      if (static_cast<int>(types.size()) != block.last_layer - block.first_layer + 1) continue;
      for (std::size_t i = 0; i < types.size(); ++i) {
        if (types[i] == early_exit_type) exits.insert(block.first_layer + static_cast<int>(i));
      }
    }
  }
  return {exits.begin(), exits.end()};
}

void require_exit(const PartitionProblem& problem, int layer) {
  const std::string place = "exit shares";
  if (!holds(problem.exits, layer)) {
    throw_invalid_argument(
        problem.exits.empty()
            ? fmt::format("the profiles of '{}' have no early exit", problem.model)
            : fmt::format("layer {} is no early exit; the exits are {}", layer,
                          fmt::join(problem.exits, ", ")),
        place);
  }
  for (const Block& block : problem.blocks) {
    if (layer < block.first_layer || layer >= block.last_layer) continue;
    throw_invalid_argument(
        fmt::format("the exit, layer {}, is within layers {}, whose time is known only as a whole; "
                    "cut every profile behind the exit: scission-benchmark --cuts frontier",
                    layer, layer_range(block.first_layer, block.last_layer)),
        place);
  }
}

ExitShare parse_exit_share(std::string_view word) {
  const std::size_t equals = std::min(word.find('='), word.size());
  const std::optional<int> layer = text::to_int(text::trim(word.substr(0, equals)));
  std::string_view number = text::trim(word.substr(std::min(equals + 1, word.size())));
  const bool is_percent = number.ends_with('%');
  if (is_percent) number = text::trim(number.substr(0, number.size() - 1));
  const std::optional<double> share = text::to_double(number);
  if (!layer || !share) {
    throw_invalid_argument(
        fmt::format("'{}' is not LAYER=SHARE, the number of a layer and a share of the requests, "
                    "as in 3=0.4 or 3=40%",
                    word));
  }
  return {*layer, is_percent ? *share / 100 : *share};
}

// --- Figures of systems ---

void write_into(const SystemAttributes& figures, System& system) {
  if (figures.power_w) system.power_w = figures.power_w;
  if (figures.price_per_hour) system.price_per_hour = figures.price_per_hour;
  if (figures.memory_bytes) system.memory_bytes = figures.memory_bytes;
}

void require_known(const SystemAttributes& figures, const PartitionProblem& problem) {
  std::vector<std::string> known = problem.platforms;
  for (const System& system : problem.systems) known.push_back(system.name);
  if (std::find(known.begin(), known.end(), figures.name) != known.end()) return;
  throw_invalid_argument(
      fmt::format("no platform or system '{}'; {}", figures.name, suggestion(figures.name, known)),
      "figures of systems");
}

}  // namespace

const std::vector<std::string>& default_platforms() {
  static const std::vector<std::string> platforms{"device", "edge", "cloud"};
  return platforms;
}

int PartitionProblem::last_layer() const {
  return blocks[require_in(blocks, block_count() - 1, "block", "problem")].last_layer;
}

const std::optional<Link>& PartitionProblem::link(int from, int to) const {
  const std::size_t row = require_in(systems, from, "system", "problem") * systems.size();
  return links.at(row + require_in(systems, to, "system", "problem"));
}

const std::optional<Link>& PartitionProblem::link(std::string_view from,
                                                  std::string_view to) const {
  return link(system_index(from), system_index(to));
}

int PartitionProblem::system_index(std::string_view name) const {
  const auto found = std::find_if(systems.begin(), systems.end(),
                                  [&](const System& system) { return system.name == name; });
  if (found != systems.end()) return static_cast<int>(found - systems.begin());
  std::vector<std::string> known;
  for (const System& system : systems) known.push_back(system.name);
  throw_invalid_argument(fmt::format("no system '{}'; {}", name, suggestion(name, known)),
                         "problem");
}

bool PartitionProblem::is_named(std::string_view name, int system) const {
  const System& one = systems[require_in(systems, system, "system", "problem")];
  if (std::find(platforms.begin(), platforms.end(), name) != platforms.end()) {
    return one.platform == name;
  }
  return one.name == (name.starts_with('@') ? name.substr(1) : name);
}

int PartitionProblem::platform_of(int system) const {
  const std::string& platform = systems[require_in(systems, system, "system", "problem")].platform;
  const auto found = std::find(platforms.begin(), platforms.end(), platform);
  if (found == platforms.end()) {
    throw_invalid_argument(fmt::format("unknown platform '{}'; choose from: {}", platform,
                                       text::join(platforms, ", ")),
                           "systems");
  }
  return static_cast<int>(found - platforms.begin());
}

double PartitionProblem::reach(int block) const {
  double rest = 1;
  for (const ExitShare& exit : exit_shares) {
    const int end = block == block_count()
                        ? last_layer() + 1
                        : blocks[require_in(blocks, block, "block", "problem")].first_layer;
    if (exit.layer < end) rest -= exit.share;
  }
  return std::max(rest, 0.0);
}

double PartitionProblem::expected_s(int system, int block) const {
  return reach(block) * block_s.at(system).at(block);
}

double PartitionProblem::stage_setup_s(int system, int block) const {
  return setup_s.empty() ? 0 : setup_s.at(system).at(block);
}

double PartitionProblem::expected_setup_s(int system, int block) const {
  return setup_s.empty() ? 0 : reach(block) * stage_setup_s(system, block);
}

double PartitionProblem::bytes_into(int block, double input_bytes) const {
  if (block == 0) return input_bytes;
  return static_cast<double>(
      blocks[require_in(blocks, block - 1, "block", "problem")].output_bytes);
}

PartitionProblem make_problem(const std::vector<SystemProfile>& profiles, const Network& network,
                              const std::string& model, const std::vector<std::string>& platforms) {
  require_distinct(platforms);
  PartitionProblem problem;
  const std::vector<Measured> measured = select(profiles, model, platforms, problem.unmeasured);
  refuse_duplicate_names(measured);
  problem.model = model;
  problem.platforms = platforms;
  problem.blocks = common_blocks(named(measured));
  problem.memory = common_memory(measured, problem.blocks);
  problem.codecs = common_codecs(measured, problem.blocks);
  describe_input(measured, problem);
  problem.exits = early_exits(measured);
  for (const Measured& one : measured) {
    problem.systems.push_back({.name = one.system->name,
                               .platform = one.system->platform,
                               .pause_s = one.system->host.pause_s});
    problem.block_s.push_back(seconds_of(*one.model, problem.blocks));
    problem.setup_s.push_back(setups_of(*one.model, problem.blocks));
    problem.uncertainty.push_back(uncertainty_of(*one.model, problem.blocks));
  }
  const auto is_unknown = [](const std::vector<double>& setups) {
    return std::all_of(setups.begin(), setups.end(), [](double seconds) { return seconds == 0; });
  };
  if (std::all_of(problem.setup_s.begin(), problem.setup_s.end(), is_unknown)) {
    problem.setup_s.clear();
  }
  problem.links.reserve(problem.systems.size() * problem.systems.size());
  for (const System& from : problem.systems) {
    for (const System& to : problem.systems) problem.links.push_back(network.find(from, to));
  }
  return problem;
}

std::vector<ExitShare> parse_exit_shares(std::string_view text) {
  std::vector<ExitShare> shares;
  for (const std::string_view word : text::split(text, ',')) {
    shares.push_back(parse_exit_share(text::trim(word)));
  }
  validate_exit_shares(shares);
  return shares;
}

void set_exit_shares(std::vector<ExitShare> shares, PartitionProblem& problem) {
  for (const ExitShare& exit : shares) require_exit(problem, exit.layer);
  validate_exit_shares(shares);
  problem.exit_shares = std::move(shares);
}

double default_input_bytes(const PartitionProblem& problem) {
  if (problem.takes_picture) return picture_bytes;
  return problem.input_tensor_bytes.value_or(picture_bytes);
}

bool is_built_in(const std::string& model) {
  return holds(original_models, model) || holds(added_models, model);
}

std::string benchmark_option(const std::string& model) {
  return is_built_in(model) ? "--models " + model : "--model FILE.pt (the file of " + model + ")";
}

std::string unmeasured_text(const System& system, const std::string& model) {
  return fmt::format(
      "profile {0}-{1} has not measured '{2}'; measure it there: scission-benchmark {0} {1} {3} "
      "--resume -o FOLDER",
      system.platform, system.name, model, benchmark_option(model));
}

std::map<std::string, std::string> misspelt_names(const Network& network,
                                                  const std::vector<SystemProfile>& profiles) {
  std::vector<std::string> known = default_platforms();
  for (const SystemProfile& profile : profiles) {
    known.insert(known.end(), {profile.name, profile.platform});
  }
  std::map<std::string, std::string> misspelt;
  for (const NetworkRow& row : network.rows()) {
    for (const std::string& name : {row.source, row.destination}) {
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      const std::string meant = suggest(name, known);
      if (meant.empty() || text::without_digits(name) == text::without_digits(meant)) continue;
      misspelt[name] = meant;
    }
  }
  return misspelt;
}

std::vector<SystemAttributes> read_system_attributes(const std::filesystem::path& path) {
  return parse_system_attributes(read_file(path), path.string());
}

std::vector<SystemAttributes> parse_system_attributes(std::string_view content,
                                                      const std::string& place) {
  std::vector<SystemAttributes> rows;
  std::vector<std::string> columns;
  for_each_line(content, place, [&](const Fields& fields, const std::string& line) {
    if (columns.empty()) {
      columns = read_header(fields, line);
    } else {
      rows.push_back(read_row(columns, fields, line));
    }
  });
  if (columns.empty()) {
    throw_damaged(fmt::format("is empty; it must begin with {}", system_header), place);
  }
  return rows;
}

void apply_system_attributes(const std::vector<SystemAttributes>& figures,
                             PartitionProblem& problem) {
  for (const SystemAttributes& row : figures) require_known(row, problem);
  for (const bool by_name : {false, true}) {
    for (const SystemAttributes& row : figures) {
      for (System& system : problem.systems) {
        if ((by_name ? system.name : system.platform) == row.name) write_into(row, system);
      }
    }
  }
}

}  // namespace scission
