// Reading a command line, in the same way for all tools. --help, --version and exit codes:
// tool.hpp.
#pragma once

#include <cstdint>
#include <cxxopts.hpp>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scission/base.hpp"

namespace scission::apps {

using Arguments = cxxopts::ParseResult;
using Words = std::vector<std::string>;

/// Error(invalid_argument); `place` is the option or argument that is wrong.
Error usage_error(const std::string& message, const std::string& place = {});

/// Columns of the terminal behind the file descriptor; nothing where it is no terminal, or does not
/// report them.
std::optional<std::size_t> terminal_width(int descriptor);
std::optional<std::size_t> stdout_width();  ///< of the one that stdout is

/// The columns that --help is wrapped to: on a terminal, its width within limits.
std::optional<std::size_t> help_width();

/// A text for --help, wrapped to them.
std::string help_text(const std::string& text);

/// What an option takes: a text, words separated by commas, or a number; with a default unless
/// `usual` is empty.
using Value = std::shared_ptr<cxxopts::Value>;
Value text_value(const std::string& usual = {});
Value list_value(const std::string& usual = {});
Value int_value(const std::string& usual = {});
Value double_value(const std::string& usual = {});
Value seed_value(const std::string& usual);

/// The option's value, or `otherwise` where the option is not given. Not for options with a
/// default value.
std::string text_of(const Arguments& arguments, const std::string& option,
                    const std::string& otherwise = {});
Words words_of(const Arguments& arguments, const std::string& option);

/// The values of an option that can be repeated, in order, unlike words_of() not split at commas.
Words values_of(const Arguments& arguments, const std::string& option);

/// A value of an option that Tool::two_valued lists.
struct NamedValue {
  std::string option;
  std::string name;
  std::string text;
};
std::vector<NamedValue> named_values_of(const Arguments& arguments, const std::string& option);

/// ASCII's separator of units, between the name and the value of such an option: no name holds it.
inline constexpr char unit_separator = '\x1f';

/// The number of an option that has a default value. Throws Error(invalid_argument) with the option
/// as place where it is outside of [min, max].
int int_of(const Arguments& arguments, const std::string& option, int min,
           int max = std::numeric_limits<int>::max());

/// The same of an option without a default value.
std::optional<int> optional_int_of(const Arguments& arguments, const std::string& option, int min,
                                   int max = std::numeric_limits<int>::max());

/// A finite number above 0, or from 0 on. Throws Error(invalid_argument) with the option as place.
double positive_of(const Arguments& arguments, const std::string& option);
double non_negative_of(const Arguments& arguments, const std::string& option);

/// The number of a text option with a default value, in [min, max]. Throws likewise.
double number_of(const Arguments& arguments, const std::string& option, double min, double max);

/// Numbers of a struct as options, whose defaults are its values.
struct NumberOption {
  const char* name;
  const char* help;
  const char* unit;
  double* value;
  double min;
  double max;
};
void add_numbers(cxxopts::Options& options, const std::string& group,
                 const std::vector<NumberOption>& numbers);

/// Sets their values. Throws as number_of() does.
void read_numbers(const Arguments& arguments, const std::vector<NumberOption>& numbers);

/// --speed FRACTION, above 0 and at most 1. Throws Error(invalid_argument) otherwise.
double speed_of(const Arguments& arguments);

/// --pause SECONDS, or that of another option, from 0 to an hour. Throws Error(invalid_argument)
/// otherwise.
double pause_of(const Arguments& arguments, const std::string& option = "pause");

/// "5%", "5 %" or "0.05" → 0.05; nothing where the text is not a number from 0 on.
struct Share {
  double value = 0;
  bool is_percent = false;
};
std::optional<Share> parse_share(const std::string& text);

/// "5%", "5 %" or "0.05" → 0.05. A bare 5 is ambiguous and refused.
/// Throws Error(invalid_argument) with the option as place.
double parse_fraction(const std::string& text, const std::string& option);

/// "1%,5%" → {0.01, 0.05}. Throws likewise.
std::vector<double> parse_fractions(const std::string& text, const std::string& option);

/// The value of --precision: a fraction above 0 and at most 2. Throws likewise.
double parse_precision(const std::string& text);

/// `parse(text)`, whose errors name the option.
template <typename Parse>
auto parse_option(const std::string& option, const std::string& text, Parse parse) {
  try {
    return parse(text);
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), "--" + option);
  }
}

/// This machine's host name; "here" where it has none.
std::string host_name();

/// Adds --keep-script.
void add_keep_script_option(cxxopts::Options& options, const std::string& group = "");

/// Removes the gnuplot scripts STEM-NAME.gp from the folder, where they exist.
void remove_scripts(const std::filesystem::path& folder, const std::string& stem,
                    const Words& names);

}  // namespace scission::apps
