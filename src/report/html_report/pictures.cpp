// The pictures of blocks, drawn aside and taken into the page.
#include <fmt/format.h>

#include <filesystem>

#include "base/file.hpp"
#include "base/run_program.hpp"
#include "report/html_report/parts.hpp"
#include "report/inline_svg.hpp"
#include "scission/base/error.hpp"
#include "scission/report/pictures.hpp"

namespace scission::html_report {
namespace {

// Draws one after the other into a folder of its own, each under a name of its own.
class Painter {
 public:
  Painter(const HtmlReport& report, int total) : report_(report), total_(total) {}

  template <typename Draw>
  std::string paint(Draw draw) {
    if (report_.on_picture) report_.on_picture(done_, total_);
    const std::string stem = fmt::format("picture-{}", ++done_);
    draw(folder_.path(), stem);
    const std::filesystem::path svg = folder_.path() / (stem + ".svg");
    return inline_svg(read_file(svg), stem + "-", stem + ".svg");
  }

 private:
  const HtmlReport& report_;
  WorkFolder folder_{std::filesystem::temp_directory_path()};
  int total_;
  int done_ = 0;
};

bool has_costs(const ModelProfile& model) {
  for (const BlockTiming& block : model.blocks) {
    if (block.flops > 0 || block.parameters > 0) return true;
  }
  return false;
}

ModelPictures paint_model(const ModelPart& model, Painter& painter) {
  ModelPictures pictures;
  for (const Column& column : model.columns) {
    pictures.times.push_back(painter.paint([&](const auto& folder, const std::string& stem) {
      draw_block_times(*column.model, column.label, folder, stem);
    }));
  }
  const ModelProfile& first = *model.columns.front().model;
  if (!has_costs(first)) return pictures;
  pictures.costs = painter.paint(
      [&](const auto& folder, const std::string& stem) { draw_block_costs(first, folder, stem); });
  return pictures;
}

int picture_count(const std::vector<ModelPart>& models) {
  std::size_t count = 0;
  for (const ModelPart& model : models) {
    count += model.columns.size() + (has_costs(*model.columns.front().model) ? 1 : 0);
  }
  return static_cast<int>(count);
}

}  // namespace

Pictures draw_pictures(const HtmlReport& report, const std::vector<ModelPart>& models) {
  if (!report.draws_pictures) return {};
  Pictures pictures;
  try {
    Painter painter(report, picture_count(models));
    for (const ModelPart& model : models) pictures.models.push_back(paint_model(model, painter));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported) throw;
    return {{}, fmt::format("The pictures of blocks are missing: {}.", error.message())};
  }
  return pictures;
}

}  // namespace scission::html_report
