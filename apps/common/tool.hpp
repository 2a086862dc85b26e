// The scaffold of every command-line tool: command line, --help, --version, errors, exit codes.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "original_options.hpp"

namespace scission::apps {

inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_no_plan = 3;
inline constexpr int exit_findings = 3;  ///< of tools that check: something was found

/// A line for stderr: where that is a terminal, broken to its width between words. Warnings of
/// spdlog and errors are broken already.
std::string for_terminal(const std::string& line);

/// invalid_argument → exit_usage, infeasible → exit_no_plan, everything else → exit_failed.
int exit_code(ErrorCode code) noexcept;

/// A tool, or one command of a tool.
struct Tool {
  std::string name;        ///< "scission-graph", or "scission-adapt run"
  std::string summary;     ///< one sentence
  std::string usage;       ///< the arguments after the name: "MODEL [OPTION...]"
  std::string notes = {};  ///< printed by --help below the options
  /// Names of the positional arguments, in order; text_of() reads them. The last may end with
  /// "...": words_of() reads all arguments from there on.
  Words positional = {};
  /// Adds the options; --help and --version are added after it, to the group Output where there is
  /// one.
  std::function<void(cxxopts::Options&)> add_options = {};
  /// Does the work and returns the exit code.
  std::function<int(const Arguments&)> run = {};
  /// Rewrites the words of the command line before they are parsed; may be empty.
  std::function<Words(Words)> rewrite = {};
  /// Options that take a name and a value, "--on" → "NAME CRITERIA"; named_values_of() reads them.
  std::map<std::string, const char*> two_valued = {};
  /// Options that take NAME=VALUE and may have the name in front, {"cpu"}: `--edge-cpu 0,50` and
  /// `--edge-cpu=0,50` are `--cpu edge=0,50`.
  Words prefixed = {};
  /// Spellings of the original programs that mean options here.
  std::vector<OriginalOption> originals = {};
};

/// The command line with Tool::prefixed options rewritten.
Words without_prefixes(const Words& words, const Words& prefixed);

/// Parses the command line and runs the tool, or prints its --help. Throws what the tool throws,
/// Error(invalid_argument) with a suggestion for an unknown option, with the option for a value of
/// the wrong type, and on an argument without a meaning; a cxxopts exception otherwise.
int run_command(const Tool& tool, int argc, const char* const* argv);

/// Calls `body` and turns what it throws into one line on stderr and an exit code:
///   scission::Error       `NAME: place: message`, exit_code(error.code())
///   Interrupted           nothing, 128 + the signal's number
///   a cxxopts exception   `NAME: message; see NAME --help`, exit_usage
///   anything else         `NAME: message`, exit_failed
/// Answers `--version` with the versions of the tool and of its backends, sends spdlog to stderr
/// (`NAME: warning: …`; in colour only on a terminal and without NO_COLOR), and fails when stdout
/// cannot be written.
int run_tool(const std::string& name, int argc, char** argv,
             const std::function<int(int argc, char** argv)>& body);

/// The same with run_command() as the body:
///
///     int main(int argc, char** argv) { return scission::apps::run_tool(tool(), argc, argv); }
int run_tool(const Tool& tool, int argc, char** argv);

/// The same of a tool that is made after `prepare`, as its help may name the backends:
///
///     int main(int argc, char** argv) { return run_tool(tool, argc, argv, register_backends); }
int run_tool(Tool (*tool)(), int argc, char** argv, void (*prepare)());

/// A command of a tool that has several.
struct Command {
  std::string name;
  std::string summary;  ///< one line for --help
  Tool (*tool)();
};

/// Runs the command that the first word names. --help prints the summary, usage, commands and
/// notes. Throws Error(invalid_argument) with a suggestion for another word, and as run_command()
/// does.
int run_commands(const std::string& name, const std::string& summary,
                 const std::vector<Command>& commands, const std::string& notes, int argc,
                 char** argv);

/// Registers every backend that was built: first in tools that open models, which alone link it.
void register_backends();

}  // namespace scission::apps
