#include "explore/question.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/json_field.hpp"
#include "base/require.hpp"
#include "base/text.hpp"
#include "scission/base.hpp"

namespace scission::explore {
namespace {

constexpr double max_time_limit_s = 10;

const std::string place = "question";

/// `parse()`, whose errors name the field.
template <typename Parse>
auto parse_field(const char* name, Parse parse) {
  try {
    return parse();
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), fmt::format("{}.{}", place, name));
  }
}

/// The field as text: errors and commands show the shortest number.
std::string number_text(double number) { return fmt::format("{}", number); }

class Reader {
 public:
  Reader(const nlohmann::json& document, Question& question)
      : document_(document), json_(document, place), question_(question) {}

  void read() {
    require_fields(
        document_,
        {"links", "slowdowns", "objective", "any_order", "revisit", "max_stages", "result_count",
         "keep_on", "use", "limits", "codecs", "pareto", "ranges", "time_limit_s"},
        place);
    read_conditions();
    read_space();
    read_demands();
    read_limits();
    read_analyses();
  }

 private:
  void add(std::vector<std::string> words) {
    question_.options.insert(question_.options.end(), words.begin(), words.end());
  }

  void read_conditions() {
    for (const LinkSetting& link : json_.each_of("links", [](const JsonField& one) {
           return LinkSetting{one.at("from").name(), one.at("to").name(),
                              one.at("ping_ms").amount(), one.at("megabits_per_s").amount()};
         })) {
      add({"--link", link.from + "," + link.to,
           number_text(link.ping_ms) + "," + number_text(link.megabits_per_s)});
      question_.conditions.links.push_back(link);
    }
    for (const SlowdownSetting& one : json_.each_of("slowdowns", [](const JsonField& field) {
           return SlowdownSetting{field.at("system").name(), field.at("factor").amount()};
         })) {
      add({"--slowdown", one.system, number_text(one.factor)});
      question_.conditions.slowdowns.push_back(one);
    }
  }

  void read_space() {
    Query& query = question_.query;
    if (const std::string text = json_.text_or("objective"); !text.empty()) {
      query.objective = parse_field("objective", [&] { return parse_objective(text); });
      if (query.objective != Objective{}) add({"--objective", text});
    }
    if (json_.contains("any_order") && json_.at("any_order").flag()) {
      query.route = Route::any_order;
      add({"--any-order"});
    }
    if (json_.contains("revisit") && json_.at("revisit").flag()) {
      if (query.route != Route::any_order) json_.at("revisit").fail("needs any_order");
      query.can_revisit = true;
      add({"--revisit"});
    }
    if (json_.contains("max_stages") && !json_.at("max_stages").is_null()) {
      query.max_stages = json_.at("max_stages").small_count();
      add({"--max-stages", fmt::format("{}", *query.max_stages)});
    }
    if (json_.contains("result_count")) {
      query.result_count = json_.at("result_count").small_count();
      if (query.result_count < 1 || query.result_count > 100) {
        json_.at("result_count").fail("must be 1 to 100");
      }
      if (query.result_count != 5) {
        add({"--result-count", fmt::format("{}", query.result_count)});
      }
    }
  }

  void read_demands() {
    Query& query = question_.query;
    for (const auto& kept : json_.each_of("keep_on", [](const JsonField& one) {
           return std::pair(one.at("name").name(),
                            std::string(text::trim(one.at("layers").text())));
         })) {
      query.keep_on.push_back(
          parse_field("keep_on", [&] { return parse_keep_on(kept.first, kept.second); }));
      add({"--keep-on", kept.first, kept.second});
    }
    for (const auto& [name, is_used] : json_.each_of("use", [](const JsonField& one) {
           return std::pair(one.at("name").name(), one.at("is_used").flag());
         })) {
      const char* criterion = is_used ? "!-1" : "-1";
      query.constraints[name].criteria = parse_criteria(criterion);
      add({"--on", name, criterion});
    }
    const std::vector<std::string> codecs = json_.each_of("codecs", &JsonField::name);
    if (codecs.empty()) return;
    query.codecs = codecs;
    add({"--codecs", text::join(codecs, ",")});
  }

  void read_limits() {
    if (!json_.contains("limits")) return;
    require_fields(
        document_.at("limits"),
        {"latency_s", "period_s", "traffic_mb", "energy_j", "money", "max_error", "min_agreement"},
        place + ".limits");
    const JsonField limits = json_.at("limits");
    PlanLimits& set = question_.query.limits;
    const auto read = [&](const char* field, const char* option) {
      const std::optional<double> value = limits.amount_if(field);
      if (value) add({option, number_text(*value)});
      return value;
    };
    const auto read_share = [&](const char* field, const char* option) {
      const std::optional<double> value = read(field, option);
      if (value && *value > 1) limits.at(field).fail("must be a share from 0 to 1");
      return value;
    };
    set.latency_s = read("latency_s", "--latency-limit");
    set.period_s = read("period_s", "--period-limit");
    set.traffic_bytes = read("traffic_mb", "--traffic-limit");
    if (set.traffic_bytes) *set.traffic_bytes *= bytes_per_megabyte;
    set.energy_j = read("energy_j", "--energy-limit");
    set.money = read("money", "--money-limit");
    set.error = read_share("max_error", "--max-error");
    if (const auto agreement = read_share("min_agreement", "--min-agreement")) {
      set.disagreement = 1 - *agreement;
    }
  }

  void read_analyses() {
    const std::vector<std::string> metrics = json_.each_of("pareto", &JsonField::name);
    if (!metrics.empty()) {
      question_.pareto =
          parse_field("pareto", [&] { return parse_metrics(text::join(metrics, ",")); });
      add({"--pareto", text::join(metrics, ",")});
    }
    if (json_.contains("ranges")) question_.wants_ranges = json_.at("ranges").flag();
    if (const std::optional<double> limit_s = json_.amount_if("time_limit_s")) {
      if (*limit_s > max_time_limit_s) {
        json_.at("time_limit_s").fail(fmt::format("must be {} s or less", max_time_limit_s));
      }
      question_.time_limit_s = *limit_s;
    }
  }

  const nlohmann::json& document_;
  JsonField json_;
  Question& question_;
};

bool is_plain(char c) {
  return std::string_view("_./,:@%+=-").find(c) != std::string_view::npos ||
         (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string shell_word(const std::string& word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

void require_fields(const nlohmann::json& object, const std::vector<std::string>& known,
                    const std::string& where) {
  if (!object.is_object()) throw_damaged("must be an object", where);
  for (const auto& [name, value] : object.items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    throw_damaged(fmt::format("unknown field '{}'; {}", clean_text(shortened(name, 40)),
                              suggestion(name, known)),
                  where);
  }
}

Question parse_question(std::string_view text, const Query& base) {
  const nlohmann::json document = parse_json(text, place);
  Question question;
  question.query = base;
  Reader(document, question).read();
  return question;
}

std::string format_command(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  for (const std::string& word : words) quoted.push_back(shell_word(word));
  return text::join(quoted, " ");
}

}  // namespace scission::explore
