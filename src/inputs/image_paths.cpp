// The images that a folder holds or a file lists.
#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>

#include "base/file.hpp"
#include "inputs/image_paths.hpp"
#include "scission/base.hpp"
#include "scission/inputs.hpp"

namespace scission {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> images_in(const fs::path& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file() && is_image(entry.path())) paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  if (paths.empty()) throw Error(ErrorCode::invalid_argument, "holds no image", folder.string());
  return paths;
}

std::vector<std::string> lines_of(const fs::path& list) {
  std::istringstream text(read_file(list));
  std::vector<std::string> paths;
  for (std::string line; std::getline(text, line);) {
    if (!line.empty()) paths.push_back(line);
  }
  if (paths.empty()) throw Error(ErrorCode::invalid_argument, "lists no image", list.string());
  return paths;
}

}  // namespace

bool is_image(const fs::path& path) {
  std::string end = path.extension().string();
  std::transform(end.begin(), end.end(), end.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  constexpr std::array known{".jpg", ".jpeg", ".png", ".bmp", ".ppm"};
  return std::find(known.begin(), known.end(), end) != known.end();
}

std::vector<std::string> image_paths(const fs::path& source) {
  std::vector<std::string> paths;
  if (fs::is_directory(source)) {
    paths = images_in(source);
  } else if (is_image(source)) {
    paths = {source.string()};
  } else {
    paths = lines_of(source);
  }
  for (const std::string& path : paths) {
    if (!fs::exists(path)) throw Error(ErrorCode::not_found, "there is no such image file", path);
  }
  return paths;
}

}  // namespace scission
