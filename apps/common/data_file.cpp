#include "data_file.hpp"

#include <system_error>

namespace scission::apps {

std::filesystem::path here_or_beside(const std::filesystem::path& path,
                                     const std::filesystem::path& profiles) {
  std::error_code ignored;
  const bool is_here = std::filesystem::exists(path, ignored);
  const bool is_there = std::filesystem::exists(profiles / path, ignored);
  return is_here || !is_there ? path : profiles / path;
}

}  // namespace scission::apps
