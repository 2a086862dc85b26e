#include "torchscript/common/errors.hpp"

#include <c10/util/Exception.h>

#include <algorithm>
#include <sstream>
#include <string_view>

namespace scission::torchscript {
namespace {

std::string full_text(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  return torch_error ? torch_error->what_without_backtrace() : error.what();
}

// "RuntimeError: cause", "builtins.ValueError: cause" → "cause"; empty for any other line.
std::string_view cause_in(std::string_view line) {
  for (std::string_view mark : {"Error: ", "Exception: "}) {
    const std::size_t at = line.find(mark);
    if (at != std::string_view::npos && line.find(' ') == at + mark.size() - 1) {
      return line.substr(at + mark.size());
    }
  }
  return {};
}

}  // namespace

std::string one_line(const std::exception& error) {
  std::istringstream text(full_text(error));
  std::string first;
  for (std::string line; std::getline(text, line);) {
    if (first.empty() && std::any_of(line.begin(), line.end(), [](char c) { return c > ' '; })) {
      first = line;
    }
    if (const std::string_view cause = cause_in(line); !cause.empty()) return std::string(cause);
  }
  return first.empty() ? "no reason given" : first;
}

}  // namespace scission::torchscript
