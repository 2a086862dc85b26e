#include "tool.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "base/text_table.hpp"
#include "config_file.hpp"
#include "interrupts.hpp"
#include "log.hpp"
#include "scission/backend.hpp"
#include "scission/base.hpp"

namespace scission::apps {

namespace {

int fail(const std::string& name, std::string_view message, int code) {
  // What it quotes may be long.
  print_failure(name, shortened(message.substr(0, message.find('\n')), 600));
  return code;
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
  } catch (const Interrupted& interrupted) {
    spdlog::warn("{}", interrupted.advice);
    return interrupted.exit_code();
  } catch (const cxxopts::exceptions::exception& error) {
    return fail(name, fmt::format("{}; see {} --help", error.what(), name), exit_usage);
  } catch (const std::bad_alloc&) {
    return fail(name, "out of memory", exit_failed);
  } catch (const std::exception& error) {
    return fail(name, error.what(), exit_failed);
  }
}

/// Adds the options of the tool's positional arguments, in a group that --help does not show.
void add_positional(const Tool& tool, cxxopts::Options& options) {
  if (tool.positional.empty()) return;
  Words names;
  for (std::string name : tool.positional) {
    const bool is_list = name.ends_with("...");
    if (is_list) name.erase(name.size() - 3);
    const auto word = cxxopts::value<std::string>();
    options.add_options("positional")(
        name, "", is_list ? std::shared_ptr<cxxopts::Value>(cxxopts::value<Words>()) : word);
    names.push_back(std::move(name));
  }
  options.parse_positional(std::move(names));
  options.positional_help("");
}

/// `--on NAME CRITERIA` and `--on=NAME CRITERIA` as one word, because an option of cxxopts takes
/// only one value; `word` moves on behind them. A value may begin with one dash, a name with none.
template <typename Iterator>
std::string join_two_values(const Tool& tool, const std::string& option, Iterator& word,
                            Iterator end) {
  const auto next = [&] { return word == end ? std::string() : *word++; };
  const std::string first = next();
  const std::string name = first == option ? next() : first.substr(option.size() + 1);
  const std::string value = next();
  if (name.empty() || name[0] == '-' || value.empty() || value.starts_with("--")) {
    throw usage_error(
        fmt::format("needs two values, {}; see {} --help", tool.two_valued.at(option), tool.name),
        option);
  }
  return option + "=" + name + unit_separator + value;
}

Words join_named_values(const Tool& tool, const Words& words) {
  Words result;
  const auto end = std::find(words.begin(), words.end(), "--");
  for (auto word = words.begin(); word != end;) {
    const std::string option = word->substr(0, word->find('='));
    result.push_back(tool.two_valued.contains(option) ? join_two_values(tool, option, word, end)
                                                      : *word++);
  }
  result.insert(result.end(), end, words.end());
  return result;
}

/// The words in this tool's own spelling; warns of those that mean nothing here.
Words without_originals(const Tool& tool, const cxxopts::Options& options, const Words& words) {
  if (tool.originals.empty()) return words;
  TranslatedWords translated = translate_originals(tool.originals, options, words);
  for (const std::string& remark : translated.remarks) spdlog::warn(remark);
  return std::move(translated.words);
}

cxxopts::Options make_options(const Tool& tool) {
  cxxopts::Options options(tool.name, tool.summary + "\n");
  options.custom_help(tool.usage);
  tool.add_options(options);
  const Words groups = options.groups();
  const bool has_output = std::find(groups.begin(), groups.end(), "Output") != groups.end();
  options.add_options(has_output ? "Output" : "")  //
      ("config",
       "read options from FILE, one in a line: OPTION = VALUE; those of the command line win",
       cxxopts::value<std::string>(), "FILE")  //
      ("h,help", "print this text")            //
      ("version", "print the version");
  add_positional(tool, options);
  return options;
}

/// The text between the quotes of cxxopts' "Option ‘nmae’ does not exist". The quotes differ from
/// version to version.
std::string quoted_in(const std::string& complaint) {
  const std::size_t open = complaint.find(cxxopts::LQUOTE);
  if (open == std::string::npos) return {};
  const std::size_t begin = open + cxxopts::LQUOTE.size();
  const std::size_t end = complaint.find(cxxopts::RQUOTE, begin);
  return end == std::string::npos ? std::string() : complaint.substr(begin, end - begin);
}

/// The option that `value` was given to, as in "--pause".
std::string option_of(const std::string& value, int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == value) return argv[i - 1];
    if (word.ends_with("=" + value)) return word.substr(0, word.size() - value.size() - 1);
  }
  return {};
}

/// The long names of all options, without dashes and without the positional arguments.
std::vector<std::string> option_names(const cxxopts::Options& options) {
  std::vector<std::string> names;
  for (const std::string& group : options.groups()) {
    if (group == "positional") continue;
    for (const auto& option : options.group_help(group).options) {
      names.insert(names.end(), option.l.begin(), option.l.end());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// options.parse(). Throws Error(invalid_argument) with a suggestion for an unknown option, and
/// with the option for a value of the wrong type; a cxxopts exception otherwise.
Arguments parse_options(cxxopts::Options& options, int argc, const char* const* argv) {
  if (const auto width = help_width()) options.set_width(*width);
  try {
    return options.parse(argc, argv);
  } catch (const cxxopts::exceptions::no_such_option& error) {
    const std::string meant = suggest(quoted_in(error.what()), option_names(options));
    if (meant.empty()) throw;
    throw Error(ErrorCode::invalid_argument, fmt::format("{}, did you mean --{}? see {} --help",
                                                         error.what(), meant, options.program()));
  } catch (const cxxopts::exceptions::incorrect_argument_type& error) {
    const std::string value = quoted_in(error.what());
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' is not a valid value; see {} --help", value, options.program()),
                option_of(value, argc, argv));
  }
}

Arguments parse_words(cxxopts::Options& options, const Words& words) {
  std::vector<const char*> pointers;
  for (const std::string& word : words) pointers.push_back(word.c_str());
  return parse_options(options, static_cast<int>(pointers.size()), pointers.data());
}

/// The option of this long name, or null.
const cxxopts::HelpOptionDetails* find_option(const cxxopts::Options& options,
                                              const std::string& name) {
  for (const std::string& group : options.groups()) {
    for (const auto& option : options.group_help(group).options) {
      if (std::find(option.l.begin(), option.l.end(), name) != option.l.end()) return &option;
    }
  }
  return nullptr;
}

bool can_be_repeated(const Tool& tool, const cxxopts::HelpOptionDetails& option,
                     const std::string& name) {
  return option.is_container || tool.two_valued.contains("--" + name) ||
         option.desc.find("can be repeated") != std::string::npos;
}

/// The entry as a word of the command line; "" for a flag that is false.
std::string word_of(const Tool& tool, const cxxopts::Options& options, const ConfigEntry& entry,
                    const std::string& place) {
  std::string option = "--" + entry.option;
  if (find_option(options, entry.option)->is_boolean) {
    if (entry.value.empty() || entry.value == "true") return option;
    if (entry.value == "false") return {};
    throw usage_error(fmt::format("{} is true or false, not '{}'", entry.option, entry.value),
                      place);
  }
  if (entry.value.empty()) throw usage_error(entry.option + " needs a value", place);
  if (!tool.two_valued.contains(option)) return option + "=" + entry.value;
  const std::size_t blank = entry.value.find_first_of(" \t");
  if (blank == std::string::npos) {
    throw usage_error(
        fmt::format("{} needs two values, {}", entry.option, tool.two_valued.at(option)), place);
  }
  return fmt::format("{}={}{}{}", option, entry.value.substr(0, blank), unit_separator,
                     entry.value.substr(entry.value.find_first_not_of(" \t", blank)));
}

/// The words with the entries of the file whose options `given` does not have.
Words with_config(const Tool& tool, const cxxopts::Options& options, const Arguments& given,
                  Words words, const std::filesystem::path& file) {
  std::vector<std::string> names = option_names(options);
  for (const char* name : {"config", "help", "version"}) std::erase(names, name);
  Words added;
  std::map<std::string, int> lines;  // of the options so far
  for (const ConfigEntry& entry : read_config(file)) {
    const std::string place = fmt::format("{}:{}", file.string(), entry.line);
    if (std::find(names.begin(), names.end(), entry.option) == names.end()) {
      throw usage_error(fmt::format("{} has no option '{}'; {}", tool.name, entry.option,
                                    suggestion(entry.option, names)),
                        place);
    }
    const auto [earlier, is_first] = lines.emplace(entry.option, entry.line);
    if (!is_first && !can_be_repeated(tool, *find_option(options, entry.option), entry.option)) {
      throw usage_error(fmt::format("{} is given in line {} already; remove one of them",
                                    entry.option, earlier->second),
                        place);
    }
    const std::string word = word_of(tool, options, entry, place);
    if (!word.empty() && given.count(entry.option) == 0) added.push_back(word);
  }
  words.insert(words.begin() + 1, added.begin(), added.end());
  return words;
}

/// The text of --help: the options without a group, the groups in an order that is the same for
/// every tool, and then `more`. Wrapped to the terminal's width on a terminal.
std::string help_of(const cxxopts::Options& options, const std::string& more) {
  const std::vector<std::string> known = options.groups();
  std::vector<std::string> shown;
  for (const char* group : {"", "Command", "Query", "Space", "Objective", "Constraint", "Answer",
                            "Conditions", "Requests", "Measuring", "Codecs", "Controller", "Cuts",
                            "Machine", "Connection", "Log", "Output"}) {
    if (std::find(known.begin(), known.end(), group) != known.end()) shown.emplace_back(group);
  }
  return help_text(options.help(shown) + more);
}

bool flush_stdout() {
  std::cout.flush();
  return std::cout.good() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
}

}  // namespace

std::string for_terminal(const std::string& line) {
  return text::wrapped_text(line, terminal_width(STDERR_FILENO));
}

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

Words without_prefixes(const Words& words, const Words& prefixed) {
  Words all;
  for (auto word = words.begin(); word != words.end(); ++word) {
    const std::string option = word->substr(0, word->find('='));
    const auto general = std::find_if(prefixed.begin(), prefixed.end(), [&](const auto& one) {
      return option.size() > one.size() + 3 && option.starts_with("--") &&
             option.ends_with("-" + one);
    });
    if (general == prefixed.end()) {
      all.push_back(*word);
      continue;
    }
    const std::string name = option.substr(2, option.size() - general->size() - 3);
    std::string value = word->substr(std::min(word->size(), option.size() + 1));
    if (*word == option && word + 1 != words.end()) value = *++word;
    all.insert(all.end(), {"--" + *general, name + "=" + value});
  }
  return all;
}

int run_command(const Tool& tool, int argc, const char* const* argv) {
  cxxopts::Options options = make_options(tool);
  Words words(argv, argv + argc);
  const std::filesystem::path config = take_config(words);
  if (tool.rewrite) words = tool.rewrite(std::move(words));
  words = without_prefixes(words, tool.prefixed);
  words = join_named_values(tool, words);
  words = without_originals(tool, options, words);
  Arguments arguments = parse_words(options, words);
  if (!config.empty()) {
    words = with_config(tool, options, arguments, std::move(words), config);
    arguments = parse_words(options, words);
  }
  if (arguments.count("help")) {
    std::cout << help_of(options, tool.notes);
    return exit_done;
  }
  if (!arguments.unmatched().empty()) {
    throw usage_error(fmt::format("unexpected argument '{}'; see {} --help",
                                  arguments.unmatched().front(), tool.name));
  }
  apply_log_options(arguments);
  return tool.run(arguments);
}

int run_tool(const std::string& name, int argc, char** argv,
             const std::function<int(int argc, char** argv)>& body) {
  // A reader that has gone (`| head`) ends the tool quietly, even if a parent ignored SIGPIPE.
  std::signal(SIGPIPE, SIG_DFL);
  if (asks_for_version(argc, argv)) {
    fmt::print("{} {}\n", name, version());
    for (const Backend* backend : backends()) {
      fmt::print("backend: {} {}\n", backend->name(), backend->version());
    }
    return flush_stdout() ? exit_done : fail(name, "cannot write to stdout", exit_failed);
  }
  log_to_stderr(name);
  const int code = run_body(name, argc, argv, body);
  if (!flush_stdout()) return fail(name, "cannot write to stdout", exit_failed);
  return code;
}

int run_commands(const std::string& name, const std::string& summary,
                 const std::vector<Command>& commands, const std::string& notes, int argc,
                 char** argv) {
  // --config FILE ahead of the command goes behind it.
  const std::string_view first = argc > 1 ? argv[1] : "";
  const int ahead = first == "--config" ? 2 : first.starts_with("--config=") ? 1 : 0;
  if (ahead > 0 && argc > 1 + ahead) std::rotate(argv + 1, argv + 1 + ahead, argv + 2 + ahead);
  const std::string chosen = argc > 1 ? argv[1] : "";
  std::string text =
      fmt::format("{}\n\nUsage:\n  {} COMMAND [ARGUMENT...]\n\nCommands:\n", summary, name);
  std::vector<std::string> names;
  for (const Command& command : commands) {
    if (command.name == chosen) return run_command(command.tool(), argc - 1, argv + 1);
    names.push_back(command.name);
    text += fmt::format("  {:<10}{}\n", command.name, command.summary);
  }
  if (chosen == "-h" || chosen == "--help") {
    std::cout << help_text(
        text + fmt::format("\n{} COMMAND --help explains each command.\n", name) + notes);
    return exit_done;
  }
  throw usage_error(fmt::format(
      "{}; {}; see {} --help",
      chosen.empty() ? "a command is needed" : fmt::format("'{}' is not a command", chosen),
      suggestion(chosen, names), name));
}

int run_tool(const Tool& tool, int argc, char** argv) {
  return run_tool(tool.name, argc, argv,
                  [&](int count, char** words) { return run_command(tool, count, words); });
}

int run_tool(Tool (*tool)(), int argc, char** argv, void (*prepare)()) {
  prepare();
  return run_tool(tool(), argc, argv);
}

}  // namespace scission::apps
