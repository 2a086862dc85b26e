#include "scission/plan/problem.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "base/json_field.hpp"
#include "base/require.hpp"
#include "base/text.hpp"
#include "plan/benchmark_option.hpp"
#include "scission/base.hpp"

namespace scission {
namespace {

using Profiles = std::vector<SystemProfile>;
using Names = std::vector<std::string>;

std::string label(const SystemProfile& system) { return system.platform + "-" + system.name; }

// Quoted for a shell where that is needed.
std::string word(const std::string& text) {
  const bool is_plain = std::all_of(text.begin(), text.end(), [](unsigned char letter) {
    return std::isalnum(letter) != 0 ||
           std::string_view("-_./,:=").find(static_cast<char>(letter)) != std::string_view::npos;
  });
  return is_plain && !text.empty() ? text : "'" + text + "'";
}

// "a, b and 3 more".
std::string listed(const Names& names, const char* separator = ", ") {
  constexpr std::size_t most = 4;
  if (names.size() <= most) return text::join(names, separator);
  const Names first(names.begin(), names.begin() + most - 1);
  return fmt::format("{} and {} more", text::join(first, separator), names.size() - first.size());
}

/// Collects the findings of all checks.
class Checker {
 public:
  Checker(const Profiles& profiles, const std::optional<Network>& network,
          const SetupCheckOptions& options)
      : profiles_(profiles), network_(network), options_(options) {
    if (options.model.empty()) {
      models_ = known_models(profiles);
    } else {
      models_ = {options.model};
    }
  }

  SetupCheck run() {
    find_missing_models();
    for (const SystemProfile& system : profiles_) find_missing_codecs(system);
    if (network_) find_missing_links();
    if (network_) find_unknown_names();
    for (const SystemProfile& system : profiles_) find_imprecise(system);
    for (const SystemProfile& system : profiles_) find_doubtful(system);
    find_undated();
    find_future();
    find_old();
    find_governors();
    find_stressed();
    find_unlike();
    return std::move(check_);
  }

 private:
  void add(SetupFault fault, std::string text, std::string remedy) {
    check_.findings.push_back({fault, std::move(text), std::move(remedy)});
  }

  // The built-in models together, each other one by its file.
  static Names benchmark_options(const Names& models) {
    Names built_in;
    Names options;
    for (const std::string& model : models) {
      if (is_built_in(model)) {
        built_in.push_back(model);
      } else {
        options.push_back(benchmark_option(model));
      }
    }
    if (!built_in.empty()) {
      options.insert(options.begin(), "--models " + word(text::join(built_in, ",")));
    }
    return options;
  }

  std::string benchmark_command(const SystemProfile& system, const Names& models,
                                bool resumes) const {
    Names commands;
    for (const std::string& models_option : benchmark_options(models)) {
      commands.push_back(
          fmt::format("scission-benchmark {} {} {}{}{}", word(system.platform), word(system.name),
                      models_option, resumes ? " --resume" : "",
                      options_.folder.empty() ? "" : " -o " + word(options_.folder)));
    }
    return fmt::format("on {}: {}", system.name, text::join(commands, "; "));
  }

  Names measured_models(const SystemProfile& system) const {
    Names names;
    for (const std::string& model : models_) {
      if (system.find(model)) names.push_back(model);
    }
    return names;
  }

  void find_missing_models() {
    for (const SystemProfile& system : profiles_) {
      Names missing;
      for (const std::string& model : models_) {
        if (!system.find(model)) missing.push_back(model);
      }
      if (missing.empty()) continue;
      add(SetupFault::missing_model,
          fmt::format("{} has not measured {}, which other systems have; no plan uses it for that",
                      label(system), listed(missing)),
          benchmark_command(system, missing, true));
    }
  }

  // The cuts at which each codec of the model was measured, on any system.
  std::map<std::string, std::set<int>> codec_cuts(const std::string& model) const {
    std::map<std::string, std::set<int>> cuts;
    for (const SystemProfile& system : profiles_) {
      if (const ModelProfile* measured = system.find(model)) add_codec_cuts(*measured, cuts);
    }
    return cuts;
  }

  static void add_codec_cuts(const ModelProfile& model,
                             std::map<std::string, std::set<int>>& cuts) {
    for (const CodecTiming& timing : model.codecs) cuts[timing.codec].insert(timing.last_layer);
  }

  // The cuts of these that lie between blocks of the model; -1 is that of its input.
  static std::set<int> cuts_of(const ModelProfile& model, const std::set<int>& cuts) {
    std::set<int> own;
    if (cuts.count(-1) > 0) own.insert(-1);
    for (const BlockTiming& timing : model.blocks) {
      if (cuts.count(timing.block.last_layer) > 0) own.insert(timing.block.last_layer);
    }
    return own;
  }

  void find_missing_codecs(const SystemProfile& system) {
    for (const std::string& model : measured_models(system)) {
      const ModelProfile& measured = *system.find(model);
      std::map<std::string, std::set<int>> own;
      add_codec_cuts(measured, own);
      Names missing;
      for (const auto& [codec, elsewhere] : codec_cuts(model)) {
        if (own.count(codec) == 0) {
          missing.push_back(codec);
        } else {
          find_missing_cuts(system, model, codec, own[codec], cuts_of(measured, elsewhere));
        }
      }
      if (missing.empty()) continue;
      add(SetupFault::missing_codec,
          fmt::format("{} has not measured {} of {}, which other systems have; hops "
                      "to and from {} cannot use {}",
                      label(system), listed(missing), model, system.name,
                      missing.size() == 1 ? "it" : "them"),
          codec_command(system, model, missing, true));
    }
  }

  void find_missing_cuts(const SystemProfile& system, const std::string& model,
                         const std::string& codec, const std::set<int>& own,
                         const std::set<int>& all) {
    Names missing;
    for (const int cut : all) {
      if (own.count(cut) > 0) continue;
      missing.push_back(cut < 0 ? "of the input" : fmt::format("after layer {}", cut));
    }
    if (missing.empty()) return;
    add(SetupFault::missing_codec,
        fmt::format(
            "{} has {} of {} at {} of the {} cuts where other systems have it; it lacks that {}",
            label(system), codec, model, all.size() - missing.size(), all.size(), listed(missing)),
        codec_command(system, model, {codec}, false));
  }

  std::string codec_command(const SystemProfile& system, const std::string& model,
                            const Names& codecs, bool resumes) const {
    return benchmark_command(system, {model}, resumes) + " --codecs " + text::join(codecs, ",") +
           " --calibrate FOLDER";
  }

  Names platforms() const {
    Names order = options_.platforms;
    for (const SystemProfile& system : profiles_) {
      if (std::find(order.begin(), order.end(), system.platform) == order.end()) {
        order.push_back(system.platform);
      }
    }
    return order;
  }

  void find_missing_links() {
    const Names order = platforms();
    const auto rank = [&](const SystemProfile& system) {
      return std::find(order.begin(), order.end(), system.platform) - order.begin();
    };
    Names rows;
    Names pairs;
    for (const SystemProfile& from : profiles_) {
      for (const SystemProfile& to : profiles_) {
        if (rank(from) >= rank(to)) continue;
        check_.links.push_back(
            {from.name, to.name,
             network_->find({from.name, from.platform}, {to.name, to.platform})});
        if (check_.links.back().link) continue;
        pairs.push_back(from.name + " → " + to.name);
        rows.push_back(from.name + "," + to.name + ",PING,MBPS");
      }
    }
    if (pairs.empty()) return;
    const std::string file =
        options_.network_file.empty() ? "the network file" : options_.network_file;
    add(SetupFault::missing_link,
        fmt::format("no link {}; plans over it are left out", listed(pairs)),
        fmt::format("add to {}: {} (scission-links measures them)", file, listed(rows, "; ")));
  }

  void find_unknown_names() {
    for (const auto& [name, meant] : misspelt_names(*network_, profiles_)) {
      add(SetupFault::unknown_name,
          fmt::format("the network names '{}', which is no system or platform of the profiles",
                      name),
          fmt::format("write '{}', if that is meant", meant));
    }
  }

  void find_imprecise(const SystemProfile& system) {
    Names wide;
    double widest = 0;
    for (const std::string& model : measured_models(system)) {
      const double width = whole_half_width(*system.find(model)).value_or(0);
      if (width <= options_.max_half_width) continue;
      wide.push_back(model);
      widest = std::max(widest, width);
    }
    if (wide.empty()) return;
    add(SetupFault::imprecise,
        fmt::format("{}: 95 % intervals of up to ±{:.0f} % ({})", label(system), 100 * widest,
                    listed(wide)),
        "with more time: " + benchmark_command(system, wide, false) + " --max-time 120");
  }

  void find_doubtful(const SystemProfile& system) {
    Names doubtful;
    Names reasons;
    for (const WarningGroup& group : assess_measurement(system, measured_models(system)).warnings) {
      if (!group.is_disqualifying) continue;
      reasons.push_back(fmt::format("{} ({})", to_string(group.kind), listed(group.models)));
      for (const std::string& model : group.models) {
        if (std::find(doubtful.begin(), doubtful.end(), model) == doubtful.end()) {
          doubtful.push_back(model);
        }
      }
    }
    if (doubtful.empty()) return;
    add(SetupFault::doubtful,
        fmt::format("{} was measured on an unsteady machine: {}", label(system),
                    text::join(reasons, ", ")),
        "when it is quiet: " + benchmark_command(system, doubtful, false));
  }

  // Days since the civil epoch of "2026-11-21…"; empty for another text.
  static std::optional<long> day_of(const std::string& date) {
    int year = 0;
    int month = 0;
    int day = 0;
    if (std::sscanf(date.c_str(), "%4d-%2d-%2d", &year, &month, &day) != 3) return std::nullopt;
    const std::chrono::year_month_day civil{std::chrono::year(year),
                                            std::chrono::month(static_cast<unsigned>(month)),
                                            std::chrono::day(static_cast<unsigned>(day))};
    if (!civil.ok()) return std::nullopt;
    return std::chrono::sys_days(civil).time_since_epoch().count();
  }

  // "1 day", "2 days".
  static std::string days(long count) {
    return fmt::format("{} {}", count, count == 1 ? "day" : "days");
  }

  void find_undated() {
    for (const SystemProfile& system : profiles_) {
      if (system.host.date.empty() || day_of(system.host.date)) continue;
      add(SetupFault::unlike,
          fmt::format("{} was measured on '{}', which is no date: how old it is is unknown",
                      label(system), clean_text(shortened(system.host.date, 30))),
          "write host.date in its profile as in 2026-11-21, or benchmark again: " +
              benchmark_command(system, measured_models(system), false));
    }
  }

  // A day of difference may be one of time zones.
  void find_future() {
    const std::optional<long> today = day_of(options_.now);
    for (const SystemProfile& system : profiles_) {
      const std::optional<long> day = day_of(system.host.date);
      if (!today || !day || *day <= *today + 1) continue;
      add(SetupFault::unlike,
          fmt::format("{} was measured on {}, {} from now: the clocks of {} and of this "
                      "machine differ",
                      label(system), system.host.date.substr(0, 10), days(*day - *today),
                      system.name),
          "set the clock that is wrong; if it is that of " + system.name +
              ", benchmark again: " + benchmark_command(system, measured_models(system), false));
    }
  }

  void find_old() {
    std::optional<long> newest = day_of(options_.now);
    const bool is_today = newest.has_value();
    for (const SystemProfile& system : profiles_) {
      const std::optional<long> day = day_of(system.host.date);
      if (!is_today && day) newest = std::max(newest.value_or(*day), *day);
    }
    for (const SystemProfile& system : profiles_) {
      const std::optional<long> day = day_of(system.host.date);
      if (!day || *newest - *day <= options_.max_age_days) continue;
      add(SetupFault::old,
          fmt::format("{} was measured on {}, {} {}", label(system), system.host.date.substr(0, 10),
                      days(*newest - *day), is_today ? "ago" : "before the newest profile"),
          benchmark_command(system, measured_models(system), false));
    }
  }

  void find_governors() {
    for (const SystemProfile& system : profiles_) {
      if (system.host.governor.empty() || system.host.governor == "performance") continue;
      add(SetupFault::governor,
          fmt::format("{} was measured with the frequency governor {}: its times vary with what "
                      "ran before",
                      label(system), system.host.governor),
          "on " + system.name +
              ": sudo cpupower frequency-set -g performance, and benchmark again");
    }
  }

  void find_stressed() {
    for (const SystemProfile& system : profiles_) {
      if (system.host.stress.empty()) continue;
      add(SetupFault::stressed,
          fmt::format("{} was measured under stress: {}", label(system), system.host.stress),
          benchmark_command(system, measured_models(system), false));
    }
  }

  // The systems of each known value.
  std::map<std::string, Names> values_of(
      const std::function<std::string(const SystemProfile&)>& value) const {
    std::map<std::string, Names> systems;
    for (const SystemProfile& system : profiles_) {
      const std::string own = value(system);
      if (!own.empty()) systems[own].push_back(system.name);
    }
    return systems;
  }

  void compare(const std::string& what, const std::string& remedy,
               const std::function<std::string(const SystemProfile&)>& value) {
    const auto values = values_of(value);
    if (values.size() < 2) return;
    Names parts;
    for (const auto& [own, systems] : values) parts.push_back(own + " on " + listed(systems));
    add(SetupFault::unlike, fmt::format("{} differ: {}", what, text::join(parts, "; ")), remedy);
  }

  void find_unlike() {
    const std::string again = "benchmark again with the same options on all systems";
    compare("versions of LibTorch", "install one version on all systems, and benchmark again",
            [](const SystemProfile& system) {
              const HostContext& host = system.host;
              return host.backend_version.empty() ? "" : host.backend + " " + host.backend_version;
            });
    compare("versions of Scission", "install one version on all systems, and benchmark again",
            [](const SystemProfile& system) { return system.host.tool_version; });
    compare("cuts", again, [](const SystemProfile& system) { return system.host.split; });
    compare("optimisations", again, [](const SystemProfile& system) {
      return system.host.backend.empty() ? "" : system.host.is_optimized ? "on" : "off";
    });
    compare("pauses before each run", "benchmark again with the same --pause on all systems",
            [](const SystemProfile& system) {
              return system.host.tool_version.empty() ? "" : format_duration(system.host.pause_s);
            });
    for (const std::string& model : models_) {
      compare("inputs of " + model, again, [&](const SystemProfile& system) {
        const ModelProfile* measured = system.find(model);
        return measured ? fmt::format("{}", fmt::join(measured->input_shape, "×")) : "";
      });
      compare("inputs that codecs of " + model + " were measured with",
              "measure them with the same --calibrate on all systems", [&](const auto& system) {
                const ModelProfile* measured = system.find(model);
                return measured && measured->codec_inputs > 0
                           ? fmt::format("{}", measured->codec_inputs)
                           : std::string();
              });
    }
  }

  const Profiles& profiles_;
  const std::optional<Network>& network_;
  const SetupCheckOptions& options_;
  Names models_;
  SetupCheck check_;
};

}  // namespace

std::string to_string(SetupFault fault) {
  switch (fault) {
    case SetupFault::missing_model:
      return "missing model";
    case SetupFault::missing_codec:
      return "missing codec";
    case SetupFault::missing_link:
      return "missing link";
    case SetupFault::unknown_name:
      return "unknown name";
    case SetupFault::imprecise:
      return "imprecise";
    case SetupFault::doubtful:
      return "doubtful";
    case SetupFault::old:
      return "old";
    case SetupFault::governor:
      return "governor";
    case SetupFault::stressed:
      return "stressed";
    case SetupFault::unlike:
      break;
  }
  return "unlike";
}

SetupCheck check_setup(const std::vector<SystemProfile>& profiles,
                       const std::optional<Network>& network, const SetupCheckOptions& options) {
  const Names known = known_models(profiles);
  if (!options.model.empty() &&
      std::find(known.begin(), known.end(), options.model) == known.end()) {
    throw_invalid_argument(fmt::format("model '{}' is in none of the profiles; {}", options.model,
                                       suggestion(options.model, known)));
  }
  return Checker(profiles, network, options).run();
}

std::string summarise(const SetupCheck& check) {
  if (check.is_fine()) return {};
  const std::size_t more = check.findings.size() - 1;
  return check.findings.front().text + (more > 0 ? fmt::format(" (and {} more)", more) : "");
}

std::string format_setup_check_json(const SetupCheck& check) {
  using Json = nlohmann::ordered_json;
  const auto finding_json = [](const SetupFinding& finding) {
    return Json{
        {"fault", to_string(finding.fault)}, {"text", finding.text}, {"remedy", finding.remedy}};
  };
  const auto link_json = [](const SetupLink& link) {
    return Json{{"from", link.from}, {"to", link.to}, {"is_known", link.link.has_value()}};
  };
  const Json json = {{"format", "scission-check"},
                     {"version", 1},
                     {"is_fine", check.is_fine()},
                     {"findings", json_array(check.findings, finding_json)},
                     {"links", json_array(check.links, link_json)}};
  return format_json(json);
}

}  // namespace scission
