#include "original_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace scission::apps {
namespace {

using Kind = OriginalOption::Kind;

std::optional<bool> to_bool(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  for (const char* word : {"yes", "true", "t", "y", "1"}) {
    if (text == word) return true;
  }
  for (const char* word : {"no", "false", "f", "n", "0"}) {
    if (text == word) return false;
  }
  return std::nullopt;
}

bool takes_bool(const OriginalOption& option) {
  return option.kind == Kind::boolean || option.kind == Kind::no_meaning;
}

/// An option in the command line: "--batch=4" or "-b4" with a value, "-b" without.
struct Match {
  const OriginalOption* option = nullptr;  ///< null: no original option
  std::optional<std::string> value = {};
};

class Originals {
 public:
  explicit Originals(const std::vector<OriginalOption>& options) : options_(options) {}

  /// Spelled in full.
  Match find_exact(const std::string& word) const {
    if (const OriginalOption* option = find(word)) return {option};
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) return {};
    return {find(word.substr(0, equals)), word.substr(equals + 1)};
  }

  /// A prefix, or a single letter with its value.
  Match find_short(const std::string& word) const {
    if (Match match = find_prefix(word); match.option != nullptr) return match;
    if (word.size() <= 2 || word.starts_with("--")) return {};
    const OriginalOption* option = find(word.substr(0, 2));
    if (option == nullptr || option->kind == Kind::no_value) return {};
    std::string value = word.substr(2);
    if (takes_bool(*option) && !to_bool(value)) return {};
    return {option, std::move(value)};
  }

 private:
  const OriginalOption* find(const std::string& spelling) const {
    for (const OriginalOption& option : options_) {
      const Words& all = option.spellings;
      if (std::find(all.begin(), all.end(), spelling) != all.end()) return &option;
    }
    return nullptr;
  }

  /// Only after two dashes a prefix can have a value behind '='.
  Match find_prefix(const std::string& word) const {
    const bool is_long = word.starts_with("--");
    const std::size_t equals = is_long ? word.find('=') : std::string::npos;
    const std::string prefix = word.substr(0, equals);
    if (prefix.size() < (is_long ? 3U : 2U)) return {};
    Match match;
    Words meant;
    for (const OriginalOption& option : options_) {
      const auto spelling =
          std::find_if(option.spellings.begin(), option.spellings.end(),
                       [&](const std::string& one) { return one.starts_with(prefix); });
      if (spelling == option.spellings.end()) continue;
      match.option = &option;
      meant.push_back(*spelling);
    }
    if (meant.size() > 1) {
      throw usage_error(fmt::format("may be short for {}", fmt::join(meant, ", ")), prefix);
    }
    if (equals != std::string::npos) match.value = word.substr(equals + 1);
    return match;
  }

  const std::vector<OriginalOption>& options_;
};

/// "--name" and "-n" of the tool's options, and whether they take a value.
std::map<std::string, bool> spellings_of(const cxxopts::Options& own) {
  std::map<std::string, bool> takes_value;
  for (const std::string& group : own.groups()) {
    if (group == "positional") continue;
    for (const auto& option : own.group_help(group).options) {
      for (const std::string& name : option.l) takes_value["--" + name] = !option.is_boolean;
      if (!option.s.empty()) takes_value["-" + option.s] = !option.is_boolean;
    }
  }
  return takes_value;
}

class Translation {
 public:
  Translation(const std::vector<OriginalOption>& originals, const cxxopts::Options& own,
              const Words& words)
      : originals_(originals), own_(spellings_of(own)), next_(words.begin()), end_(words.end()) {}

  TranslatedWords run() {
    if (next_ != end_) result_.words.push_back(*next_++);
    while (next_ != end_ && *next_ != "--") translate(*next_++);
    for (const auto& [option, is_true] : booleans_) {
      if (is_true) result_.words.insert(result_.words.begin() + 1, "--" + option);
    }
    result_.words.insert(result_.words.end(), next_, end_);
    return std::move(result_);
  }

 private:
  void translate(const std::string& word) {
    if (word.size() < 2 || word[0] != '-') {
      result_.words.push_back(word);
    } else if (Match exact = originals_.find_exact(word); exact.option != nullptr) {
      apply(exact, word);
    } else if (const auto own = own_.find(word.substr(0, word.find('='))); own != own_.end()) {
      result_.words.push_back(word);
      const bool value_follows = own->second && word == own->first;
      if (value_follows && next_ != end_) result_.words.push_back(*next_++);
    } else {
      apply(find_short(word), word);
    }
  }

  /// "-d True" is "-dc True", but "-d" alone is not "-dc".
  Match find_short(const std::string& word) const {
    Match match = originals_.find_short(word);
    const bool lacks_value = match.option != nullptr && takes_bool(*match.option) && !match.value &&
                             (next_ == end_ || !to_bool(*next_));
    return lacks_value ? Match() : match;
  }

  void apply(const Match& match, const std::string& word) {
    if (match.option == nullptr) {
      result_.words.push_back(word);
      return;
    }
    const OriginalOption& option = *match.option;
    switch (option.kind) {
      case Kind::value:
        result_.words.push_back("--" + option.option);
        push_value(match);
        break;
      case Kind::argument:
        push_value(match);
        break;
      case Kind::no_value:
        result_.words.push_back("--" + option.option);
        break;
      case Kind::boolean:
        booleans_[option.option] = bool_value(match, word);
        break;
      case Kind::no_meaning:
        bool_value(match, word);
        add_remark(option.remark);
        break;
    }
  }

  void push_value(const Match& match) {
    if (match.value) {
      result_.words.push_back(*match.value);
    } else if (next_ != end_) {
      result_.words.push_back(*next_++);
    }
  }

  bool bool_value(const Match& match, const std::string& word) {
    if (match.value) {
      if (const auto value = to_bool(*match.value)) return *value;
      throw usage_error(fmt::format("'{}' is neither True nor False", *match.value),
                        word.substr(0, word.find('=')));
    }
    const std::optional<bool> value = next_ == end_ ? std::nullopt : to_bool(*next_);
    if (value) ++next_;
    return value.value_or(true);
  }

  void add_remark(const std::string& remark) {
    Words& all = result_.remarks;
    if (std::find(all.begin(), all.end(), remark) == all.end()) all.push_back(remark);
  }

  Originals originals_;
  std::map<std::string, bool> own_;
  Words::const_iterator next_;
  Words::const_iterator end_;
  std::map<std::string, bool> booleans_;  ///< the last value of each counts
  TranslatedWords result_;
};

}  // namespace

std::vector<OriginalOption> benchmark_originals() {
  return {{{"-h", "--help"}, Kind::no_value, "help"},
          {{"-r", "-repeats"}, Kind::value, "repetitions"},
          {{"-dc", "--disablecuda", "--disable-cuda"}, Kind::boolean, "disable-cuda"},
          {{"-s", "--store-models"},
           Kind::no_meaning,
           {},
           "--store-models has no effect: no Keras model is downloaded that could be kept"},
          {{"-o", "--output-directory"}, Kind::value, "output"},
          {{"-b", "--batch-size"}, Kind::value, "batch"}};
}

// They have no --cloud-upload, so --cloud- is short for --cloud-time.
std::vector<OriginalOption> predict_originals() {
  std::vector<OriginalOption> options{{{"-h", "--help"}, Kind::no_value, "help"},
                                      {{"-i", "--input"}, Kind::value, "input-size"},
                                      {{"-d", "--device"}, Kind::value, "device"},
                                      {{"-e", "--edge"}, Kind::value, "edge"},
                                      {{"-c", "--cloud"}, Kind::value, "cloud"}};
  for (const char* name :
       {"result-count", "device-upload", "device-time", "edge-upload", "edge-time", "cloud-time"}) {
    options.push_back({{fmt::format("--{}", name)}, Kind::value, name});
  }
  return options;
}

std::vector<OriginalOption> graph_originals() {
  return {{{"-h", "--help"}, Kind::no_value, "help"}, {{"-m", "-model"}, Kind::argument}};
}

TranslatedWords translate_originals(const std::vector<OriginalOption>& originals,
                                    const cxxopts::Options& own, const Words& words) {
  return Translation(originals, own, words).run();
}

}  // namespace scission::apps
