// Measured profiles: values, files and comparison.
#pragma once

#include "scission/profile/codec_csv.hpp"
#include "scission/profile/profile.hpp"
