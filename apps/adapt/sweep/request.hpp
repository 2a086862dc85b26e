// What the command line of scission-adapt sweep asks for.
#pragma once

#include <cstdint>
#include <cxxopts.hpp>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapt/sweep/factors.hpp"
#include "adapt/sweep/journal.hpp"
#include "adapt/sweep/routes.hpp"
#include "scission/runtime/wire/security.hpp"

namespace scission::sweep {

/// How one measurement is made.
struct Precision {
  double width = 0.05;  ///< half of the median's 95 % interval, as a share of the median
  int count = 8;        ///< requests at least
  int max_count = 40;   ///< and at most
  int warmup = 2;
  int tries = 3;
  double deadline_s = 60;  ///< of one request
};

struct SweepRequest {
  std::string model;
  std::filesystem::path image;
  std::string source;                ///< this machine's name
  std::vector<std::string> systems;  ///< that compute, in the order in which plans visit them
  std::map<std::string, std::string> addresses;
  std::map<std::string, std::string> deploy_addresses;
  runtime::Security security;
  std::vector<SweepFactor> factors;
  CutChoice cuts;
  Precision precision;
  int repeats = 1;
  std::uint64_t seed = 1;
  double pause_s = 0.05;    ///< before each request, as before each timed run of a benchmark
  double delay_ms = 0;      ///< of every link, one way
  std::string host;         ///< where workers find this machine's relays
  std::string set_network;  ///< a program that sets rates instead of relays; empty: relays do
  std::optional<int> threads;
  double speed = 1;
  std::filesystem::path folder;
  std::filesystem::path profiles;              ///< that predictions start from
  std::vector<std::string> benchmark_options;  ///< for those that are not there yet
  bool predicts = false;                       ///< instead of measuring
  bool as_json = false;
  SweepOptionTexts texts;  ///< what decides on figures
};

void add_options(cxxopts::Options& options);

/// Throws Error(invalid_argument) with the option as place.
SweepRequest read_request(const cxxopts::ParseResult& arguments);

}  // namespace scission::sweep
