// Options with two values, `--on NAME CRITERIA`, of which cxxopts can take but one.
#pragma once

#include <cxxopts.hpp>
#include <string>
#include <vector>

namespace scission::predict {

struct NamedValue {
  std::string name;
  std::string value;
};

/// A command line with the two values of such options joined to one, ready for cxxopts.
class JoinedArguments {
 public:
  /// Throws Error(invalid_argument) for an option with fewer values than two.
  JoinedArguments(int argc, const char* const* argv);

  int count() const { return static_cast<int>(pointers_.size()); }
  const char* const* values() const { return pointers_.data(); }

 private:
  std::vector<std::string> arguments_;
  std::vector<const char*> pointers_;
};

/// What was given to an option that can be repeated, in order. cxxopts would take it apart at its
/// commas.
std::vector<std::string> values_of(const cxxopts::ParseResult& arguments,
                                   const std::string& option);
std::vector<NamedValue> named_values_of(const cxxopts::ParseResult& arguments,
                                        const std::string& option);

}  // namespace scission::predict
