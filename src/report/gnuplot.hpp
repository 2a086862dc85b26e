// Running gnuplot, and writing text that it cannot misread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace scission {

/// The text as a string constant of a gnuplot script, in single quotes, where nothing but the
/// quote itself is special. Control characters become spaces.
std::string gnuplot_quote(std::string_view text);

/// Runs `gnuplot script` in the script's folder, without a shell and without the user's own
/// settings.
/// Throws Error(unsupported) when gnuplot is not installed, Error(io) with gnuplot's own words
/// when it fails.
void run_gnuplot(const std::filesystem::path& script);

}  // namespace scission
