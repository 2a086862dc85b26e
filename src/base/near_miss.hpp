// What somebody may have meant by a name that is not known.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"

// For our own tools, which share this with the library.
namespace scission {

/// How many letters have to be put in, left out, replaced, or exchanged with their neighbour to
/// turn one word into the other, upper and lower case alike (optimal string alignment). O(length ×
/// length).
SCISSION_EXPORT std::size_t edit_distance(std::string_view a, std::string_view b);

/// The first of those in `known` that are nearest to `name`, where a third of its letters at most,
/// or one, differ; else "".
SCISSION_EXPORT std::string near_miss(std::string_view name, const std::vector<std::string>& known);

/// "did you mean 'resnet50'?" where one is near; else `otherwise` and all that is known:
/// "there is resnet50, vgg19".
SCISSION_EXPORT std::string suggestion(std::string_view name, const std::vector<std::string>& known,
                                       std::string_view otherwise = "there is ");

}  // namespace scission
