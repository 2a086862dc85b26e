#include "scission/report/pictures.hpp"

#include "report/block_chart.hpp"
#include "report/picture_files.hpp"
#include "scission/base/error.hpp"

namespace scission {
namespace {

void draw(const ModelProfile& profile, const BlockChart& chart, const std::filesystem::path& folder,
          const std::string& stem) {
  if (profile.blocks.empty()) {
    throw Error(ErrorCode::invalid_argument, "model " + profile.model + " has no blocks to draw",
                stem);
  }
  draw_script(block_chart_script(chart, profile.blocks, stem), folder, stem);
}

}  // namespace

void draw_block_times(const ModelProfile& profile, const std::string& system,
                      const std::filesystem::path& folder, const std::string& stem) {
  require_picture_name(stem);
  draw(profile, block_times_chart(profile, system), folder, stem);
}

void draw_block_costs(const ModelProfile& profile, const std::filesystem::path& folder,
                      const std::string& stem) {
  require_picture_name(stem);
  draw(profile, block_costs_chart(profile), folder, stem);
}

}  // namespace scission
