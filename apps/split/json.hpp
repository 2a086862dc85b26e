// The same as the tables, for programs. docs/segments-format.md describes the fields.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scission/model/segments.hpp"
#include "scission/torchscript/split/split.hpp"

namespace scission::split {

std::string cuts_json(const torchscript::SplitModel& model, bool with_rejected);
std::string layers_json(const torchscript::SplitModel& model);
std::string blocks_json(const torchscript::SplitModel& model);

/// What was written, and how the files compare with the model; no verdicts where nobody asked.
std::string written_json(const std::filesystem::path& folder, const SegmentManifest& manifest,
                         const std::vector<torchscript::BatchVerdict>& verdicts);

}  // namespace scission::split
