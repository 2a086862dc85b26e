#include "request.hpp"

#include <fmt/format.h>

#include <cmath>

#include "scission/base/error.hpp"
#include "scission/base/units.hpp"
#include "security_options.hpp"

namespace scission::links {
namespace {

constexpr double most_bytes = 512e6;  // a message's

[[noreturn]] void refuse(const std::string& message, const std::string& place = {}) {
  throw Error(ErrorCode::invalid_argument, message, place);
}

double unit_of(const std::string& text) {
  if (text.empty() || text == "B") return 1;
  if (text == "kB") return 1e3;
  return text == "MB" ? bytes_per_megabyte : 0;
}

// "12MB", "600kB", "4096".
std::size_t parse_bytes(const std::string& text, const std::string& option) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string digits = text.substr(0, end);
  double number = 0;
  try {
    number = std::stod(digits) * unit_of(text.substr(end));
  } catch (const std::exception&) {
  }
  if (number >= 1 && number <= most_bytes) return static_cast<std::size_t>(number);
  refuse(fmt::format("'{}' is no size from 1 B to {}; write 600kB, 12MB or a number of bytes", text,
                     format_bytes(most_bytes)),
         option);
}

double positive(const cxxopts::ParseResult& arguments, const std::string& option) {
  const double value = arguments[option].as<double>();
  if (std::isfinite(value) && value > 0) return value;
  refuse("must be above 0", "--" + option);
}

runtime::LinkOptions measuring_options(const cxxopts::ParseResult& arguments) {
  runtime::LinkOptions options;
  options.bytes =
      runtime::link_sizes(parse_bytes(arguments["max-size"].as<std::string>(), "--max-size"));
  options.repeats = arguments["repeats"].as<int>();
  if (options.repeats < 1) refuse("must be 1 or more", "--repeats");
  options.max_time_s = positive(arguments, "max-time");
  options.deadline_s = positive(arguments, "deadline");
  return options;
}

void check(const Request& request) {
  const std::size_t ends =
      request.addresses.size() +
      (request.source.empty() || request.addresses.count(request.source) > 0 ? std::size_t{0}
                                                                             : std::size_t{1});
  if (request.addresses.empty()) {
    refuse("--workers is needed, to say where the workers are; see scission-links --help");
  }
  if (ends < 2) refuse("a link has two ends: give another worker, or --source", "--workers");
  if (request.watch_s && request.output.empty()) {
    refuse("needs -o FILE, which it keeps current", "--watch");
  }
}

}  // namespace

void add_options(cxxopts::Options& options) {
  apps::add_address_option(options);
  options.add_options()  //
      ("source", "this machine's system: the links from it are measured as well",
       cxxopts::value<std::string>(), "NAME")  //
      ("max-size", "the largest message, as 600kB or 12MB",
       cxxopts::value<std::string>()->default_value("4MB"), "SIZE")  //
      ("repeats", "messages of each size, at most; the median counts",
       cxxopts::value<int>()->default_value("9"), "N")  //
      ("max-time", "seconds for one direction of a pair, about",
       cxxopts::value<double>()->default_value("20"), "SECONDS")  //
      ("deadline", "seconds after which a message is given up",
       cxxopts::value<double>()->default_value("30"), "SECONDS")                             //
      ("o,output", "the network file to be written", cxxopts::value<std::string>(), "FILE")  //
      ("watch", "measures again after so many seconds, and so on, and rewrites the file",
       cxxopts::value<double>(), "SECONDS")  //
      ("json", "prints JSON for programs");
  apps::add_security_options(options);
  options.add_options()("h,help", "this text")("version", "the version");
}

Request read_request(const cxxopts::ParseResult& arguments) {
  if (!arguments.unmatched().empty()) {
    refuse(fmt::format("\"{}\" is one argument too many; see scission-links --help",
                       arguments.unmatched().front()));
  }
  Request request;
  request.addresses = apps::addresses_of(arguments);
  if (arguments.count("source")) request.source = arguments["source"].as<std::string>();
  if (arguments.count("output")) request.output = arguments["output"].as<std::string>();
  if (arguments.count("watch")) request.watch_s = positive(arguments, "watch");
  request.as_json = arguments.count("json") > 0;
  check(request);
  request.measuring = measuring_options(arguments);
  request.security = apps::security_of(arguments, apps::NetworkRole::client);
  return request;
}

}  // namespace scission::links
