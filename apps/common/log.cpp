#include "log.hpp"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>

#include "tool.hpp"

namespace scission::apps {
namespace {

using Json = nlohmann::ordered_json;

bool is_json = false;

/// Of the message that this thread is logging; a formatter sees nothing but text.
thread_local const LogFields* current_fields = nullptr;

/// The text of a message, broken to the width of the terminal that stderr is.
class WrappedText : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& line) override {
    const std::string_view head(message.logger_name.data(), message.logger_name.size());
    const auto level = spdlog::level::to_string_view(message.level);
    const std::size_t before = head.size() + level.size() + 3;  // "NAME: LEVEL:"
    const std::string text =
        for_terminal(std::string(before, 'x') + " " +
                     std::string(message.payload.data(), message.payload.size()));
    const std::string_view rest = std::string_view(text).substr(before + 1);
    line.append(rest.data(), rest.data() + rest.size());
  }

  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<WrappedText>();
  }
};

/// UTC, as in RFC 3339 with microseconds.
std::string format_time(std::chrono::system_clock::time_point time) {
  using std::chrono::microseconds;
  const auto since_epoch = std::chrono::duration_cast<microseconds>(time.time_since_epoch());
  const std::time_t seconds = since_epoch.count() / 1'000'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     since_epoch.count() % 1'000'000);
}

bool is_empty(const LogField& field) {
  const auto* const text = std::get_if<std::string>(&field.second);
  return text != nullptr && text->empty();
}

class JsonLines final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& line) override {
    const auto level = spdlog::level::to_string_view(message.level);
    Json object{{"time", format_time(message.time)},
                {"level", std::string(level.data(), level.size())},
                {"tool", std::string(message.logger_name.data(), message.logger_name.size())},
                {"message", std::string(message.payload.data(), message.payload.size())}};
    if (current_fields != nullptr) add_fields(object);
    const std::string text = object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    line.append(text.data(), text.data() + text.size());
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonLines>();
  }

 private:
  static void add_fields(Json& object) {
    for (const LogField& field : *current_fields) {
      if (is_empty(field)) continue;
      std::visit([&](const auto& value) { object[field.first] = value; }, field.second);
    }
  }
};

std::string with_fields(const std::string& message, const LogFields& fields) {
  std::string text = message;
  for (const LogField& field : fields) {
    if (is_empty(field)) continue;
    text += fmt::format(" {}=", field.first);
    std::visit(
        [&](const auto& value) {
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, double>) {
            text += fmt::format("{:.6g}", value);
          } else {
            text += fmt::format("{}", value);
          }
        },
        field.second);
  }
  return text;
}

spdlog::level::level_enum parse_level(const std::string& name) {
  if (name == "debug") return spdlog::level::debug;
  if (name == "info") return spdlog::level::info;
  if (name == "warning") return spdlog::level::warn;
  if (name == "error") return spdlog::level::err;
  throw usage_error(fmt::format("'{}' is not debug, info, warning or error", name), "--log-level");
}

bool parse_is_json(const std::string& format) {
  if (format == "json") return true;
  if (format == "text") return false;
  throw usage_error(fmt::format("'{}' is not text or json", format), "--log-format");
}

}  // namespace

void log_to_stderr(const std::string& name) {
  const char* no_color = std::getenv("NO_COLOR");
  const bool plain = no_color != nullptr && *no_color != '\0';
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(
      plain ? spdlog::color_mode::never : spdlog::color_mode::automatic);
  auto logger = std::make_shared<spdlog::logger>(name, std::move(sink));
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<WrappedText>('*').set_pattern("%n: %^%l%$: %*");
  logger->set_formatter(std::move(formatter));
  spdlog::set_default_logger(std::move(logger));
}

void add_log_options(cxxopts::Options& options) {
  options.add_options("Log")  //
      ("log-level",
       "least serious messages on stderr: debug, info, warning or error "
       "(default: info)",
       text_value(), "LEVEL")  //
      ("log-format",
       "form of these messages: text, or json with an object in each line (default: text)",
       text_value(), "FORMAT");
}

void apply_log_options(const Arguments& arguments) {
  const std::string level = text_of(arguments, "log-level");
  const std::string format = text_of(arguments, "log-format");
  if (!level.empty()) spdlog::set_level(parse_level(level));
  if (format.empty() || !parse_is_json(format)) return;
  is_json = true;
  spdlog::set_formatter(std::make_unique<JsonLines>());
}

bool logs_json() { return is_json; }

void log_event(spdlog::level::level_enum level, const std::string& message,
               const LogFields& fields) {
  if (!spdlog::should_log(level)) return;
  if (!is_json) return spdlog::log(level, with_fields(message, fields));
  current_fields = &fields;
  spdlog::log(level, message);
  current_fields = nullptr;
}

void print_failure(const std::string& name, const std::string& line) {
  if (is_json) {
    spdlog::error(line);
  } else {
    fmt::print(stderr, "{}\n", for_terminal(fmt::format("{}: {}", name, line)));
  }
}

}  // namespace scission::apps
