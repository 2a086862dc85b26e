#include "report/picture_files.hpp"

#include <algorithm>
#include <array>

#include "base/file.hpp"
#include "base/run_program.hpp"
#include "report/gnuplot.hpp"
#include "scission/base/error.hpp"

namespace scission {
namespace {

void move_pictures(const std::filesystem::path& from, const std::filesystem::path& to,
                   const std::string& stem) {
  constexpr std::array endings{".gp", ".svg", ".png"};
  for (const char* ending : endings) {
    if (std::filesystem::exists(from / (stem + ending))) continue;
    throw Error(ErrorCode::io, "gnuplot drew nothing", stem + ending);
  }
  for (const char* ending : endings) {
    std::filesystem::rename(from / (stem + ending), to / (stem + ending));
  }
}

}  // namespace

// gnuplot would run what follows a leading |, take a leading - for an option, and a comment ends
// with its line.
void require_picture_name(const std::string& stem) {
  const bool is_plain = std::none_of(stem.begin(), stem.end(), [](char c) {
    return c == '/' || (static_cast<unsigned char>(c) < ' ');
  });
  if (stem.empty() || stem[0] == '|' || stem[0] == '.' || stem[0] == '-' || !is_plain) {
    throw Error(ErrorCode::invalid_argument, "cannot be the name of a picture", stem);
  }
}

void draw_script(const std::string& script, const std::filesystem::path& folder,
                 const std::string& stem) {
  require_picture_name(stem);
  try {
    std::filesystem::create_directories(folder);
    const WorkFolder work(folder);
    write_file_atomically(work.path() / (stem + ".gp"), script);
    run_gnuplot(work.path() / (stem + ".gp"));
    move_pictures(work.path(), folder, stem);
  } catch (const std::filesystem::filesystem_error& error) {
    throw Error(ErrorCode::io, error.code().message(), error.path1().string());
  }
}

}  // namespace scission
