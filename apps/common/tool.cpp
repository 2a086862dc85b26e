#include "tool.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cxxopts.hpp>
#include <iostream>
#include <new>
#include <string_view>

#include "scission/base/error.hpp"
#include "scission/base/version.hpp"

namespace scission::apps {

int exit_code(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument:
      return exit_usage;
    case ErrorCode::infeasible:
      return exit_no_plan;
    default:
      return exit_failed;
  }
}

namespace {

int fail(const std::string& name, std::string_view message, int code) {
  const std::string_view first_line = message.substr(0, message.find('\n'));
  fmt::print(stderr, "{}: {}\n", name, first_line);
  return code;
}

void log_to_stderr(const std::string& name) {
  const char* no_color = std::getenv("NO_COLOR");
  const bool plain = no_color != nullptr && *no_color != '\0';
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(
      plain ? spdlog::color_mode::never : spdlog::color_mode::automatic);
  auto logger = std::make_shared<spdlog::logger>(name, std::move(sink));
  logger->set_pattern("%n: %^%l%$: %v");
  spdlog::set_default_logger(std::move(logger));
}

bool asks_for_version(int argc, char** argv) {
  return std::any_of(argv + 1, argv + argc,
                     [](std::string_view argument) { return argument == "--version"; });
}

int run_body(const std::string& name, int argc, char** argv,
             const std::function<int(int, char**)>& body) {
  try {
    return body(argc, argv);
  } catch (const Error& error) {
    return fail(name, error.what(), exit_code(error.code()));
  } catch (const cxxopts::exceptions::exception& error) {
    return fail(name, fmt::format("{}; see {} --help", error.what(), name), exit_usage);
  } catch (const std::bad_alloc&) {
    return fail(name, "out of memory", exit_failed);
  } catch (const std::exception& error) {
    return fail(name, error.what(), exit_failed);
  }
}

bool flush_stdout() {
  std::cout.flush();
  return std::cout.good() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
}

}  // namespace

int run_tool(const std::string& name, int argc, char** argv,
             const std::function<int(int argc, char** argv)>& body) {
  // A reader that has gone (`| head`) ends the tool quietly, even if a parent ignored SIGPIPE.
  std::signal(SIGPIPE, SIG_DFL);
  if (asks_for_version(argc, argv)) {
    fmt::print("{} {}\n", name, version());
    return flush_stdout() ? exit_done : fail(name, "cannot write to stdout", exit_failed);
  }
  log_to_stderr(name);
  const int code = run_body(name, argc, argv, body);
  if (!flush_stdout()) return fail(name, "cannot write to stdout", exit_failed);
  return code;
}

}  // namespace scission::apps
