// What scission-links is asked to do.
#pragma once

#include <cxxopts.hpp>
#include <filesystem>
#include <optional>
#include <string>

#include "at.hpp"
#include "scission/runtime/client/client.hpp"
#include "scission/runtime/wire/security.hpp"

namespace scission::links {

struct Request {
  apps::Addresses addresses;
  std::string source;  ///< the caller's own system; may be empty
  runtime::Security security;
  runtime::LinkOptions measuring;
  std::filesystem::path output;   ///< empty: nothing is written
  std::optional<double> watch_s;  ///< again and again, with so long a pause
  bool as_json = false;
};

/// Adds all of the tool's options.
void add_options(cxxopts::Options& options);

/// Throws Error(invalid_argument) with the option as place on what cannot be meant.
Request read_request(const cxxopts::ParseResult& arguments);

}  // namespace scission::links
