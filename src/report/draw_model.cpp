// Runs Graphviz.
#include "scission/report/pictures.hpp"

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

#include "base/file.hpp"
#include "base/run_program.hpp"
#include "base/text.hpp"
#include "scission/base/error.hpp"

namespace scission {
namespace {

constexpr std::array<std::string_view, 3> drawn_formats = {"svg", "png", "pdf"};

/// "svg" of "model.svg".
std::string format_of(const std::filesystem::path& path) {
  const std::string ending = path.extension().string();
  std::string format = ending.empty() ? "" : ending.substr(1);
  const bool is_known = format == "dot" || std::find(drawn_formats.begin(), drawn_formats.end(),
                                                     format) != drawn_formats.end();
  if (is_known) return format;
  throw Error(ErrorCode::invalid_argument,
              "the file name of a picture must end in .svg, .png, .pdf or .dot", path.string());
}

/// Graphviz's first error message, otherwise its first line.
std::string complaint(const std::string& output) {
  std::istringstream lines(output);
  std::string first = "failed without a message";
  bool is_first = true;
  for (std::string line; std::getline(lines, line); is_first = false) {
    const std::string_view trimmed = text::trim(line);
    if (trimmed.starts_with("Error")) return std::string(trimmed);
    if (is_first && !trimmed.empty()) first = trimmed;
  }
  return first;
}

void run_graphviz(const std::filesystem::path& folder, const std::string& format) {
  const ProgramResult result = run_program({"dot",
                                            {"-T" + format, "-o", "picture", "picture.dot"},
                                            folder,
                                            "install graphviz, or write a .dot file"});
  if (!result.succeeded) throw Error(ErrorCode::io, complaint(result.output), "dot");
  if (!std::filesystem::exists(folder / "picture")) {
    throw Error(ErrorCode::io, "did not write the picture", "dot");
  }
}

}  // namespace

void check_picture_path(const std::filesystem::path& path) { (void)format_of(path); }

void draw_model(const std::string& dot, const std::filesystem::path& path) {
  const std::string format = format_of(path);
  if (format == "dot") return write_file_atomically(path, dot);
  const WorkFolder work(path.parent_path());
  write_file_atomically(work.path() / "picture.dot", dot);
  run_graphviz(work.path(), format);
  std::error_code error;
  std::filesystem::rename(work.path() / "picture", path, error);
  if (error) throw Error(ErrorCode::io, "cannot be written: " + error.message(), path.string());
}

}  // namespace scission
