// A picture's files: script, PNG and SVG, all three there or none of them touched.
#pragma once

#include <filesystem>
#include <string>

namespace scission {

/// Has gnuplot draw the script, which picture_script() made for this stem, and leaves STEM.gp,
/// STEM.png and STEM.svg in `folder`, which is created if absent.
/// Throws Error(invalid_argument) when the stem cannot be a picture's name, Error(unsupported) when
/// gnuplot is not installed, Error(io) when it fails.
void draw_script(const std::string& script, const std::filesystem::path& folder,
                 const std::string& stem);

/// That check alone, before anything is computed for the picture.
void require_picture_name(const std::string& stem);

}  // namespace scission
