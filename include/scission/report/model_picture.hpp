// The model as a picture, drawn by Graphviz.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/model/cuts.hpp"
#include "scission/model/model_graph.hpp"
#include "scission/plan/plan.hpp"

namespace scission {

/// How a model is drawn.
struct SCISSION_EXPORT PictureOptions {
  bool collapse_blocks = false;       ///< one node a block instead of one a layer in a box
  std::vector<Placement> placements;  ///< a colour a system; empty: no plan
};

/// The graph in Graphviz' language: each layer a node with its name, type and output shape, every
/// block of several layers a box, edges that cross a cut labelled with their bytes.
/// Throws Error(invalid_argument) when the placements are not contiguous or do not end at cuts.
SCISSION_EXPORT std::string model_dot(const ModelGraph& graph, const std::vector<Cut>& cuts,
                                      const PictureOptions& options = {});

/// Throws Error(invalid_argument) when the file's ending is none that draw_model() knows.
SCISSION_EXPORT void check_picture_path(const std::filesystem::path& path);

/// Writes the picture in the format that the file's ending says: svg, png, pdf or dot, through a
/// temporary file. Throws Error(invalid_argument) on another ending, Error(unsupported) when
/// Graphviz is not installed, Error(io) when it fails.
SCISSION_EXPORT void draw_model(const std::string& dot, const std::filesystem::path& path);

}  // namespace scission
