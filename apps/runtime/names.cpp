#include "names.hpp"

#include <spdlog/spdlog.h>

#include "scission/base/error.hpp"

namespace scission::apps {

void warn_of_other_name(const std::string& system, const runtime::Client& worker) {
  constexpr double deadline_s = 2;
  try {
    const std::string name = worker.server(deadline_s).name;
    if (name == system) return;
    spdlog::warn("the worker at {} calls itself {}, and --workers calls it {}", worker.address(),
                 name, system);
  } catch (const Error&) {
  }
}

}  // namespace scission::apps
