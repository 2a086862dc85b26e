// Inputs of models: specifications, files, images.
#pragma once

#include "scission/inputs/image.hpp"
#include "scission/inputs/inputs.hpp"
