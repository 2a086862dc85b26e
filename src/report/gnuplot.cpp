#include "report/gnuplot.hpp"

#include <sstream>

#include "base/run_program.hpp"
#include "base/text.hpp"
#include "scission/base/error.hpp"

namespace scission {
namespace {

/// gnuplot echoes the line, points at the place with ^ and says what is wrong last.
std::string last_line(const std::string& output) {
  std::istringstream lines(output);
  std::string last = "failed without a word";
  for (std::string line; std::getline(lines, line);) {
    const std::string_view trimmed = text::trim(line);
    if (!trimmed.empty()) last = trimmed;
  }
  return last;
}

}  // namespace

std::string gnuplot_quote(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '\'') quoted += '\'';
    quoted += code < ' ' || code == 0x7F ? ' ' : c;
  }
  return quoted + "'";
}

void run_gnuplot(const std::filesystem::path& script) {
  const ProgramResult result = run_program({"gnuplot",
                                            {"--default-settings", script.filename().string()},
                                            script.parent_path(),
                                            "install gnuplot-nox to have pictures drawn"});
  if (!result.succeeded) throw Error(ErrorCode::io, last_line(result.output), "gnuplot");
}

}  // namespace scission
