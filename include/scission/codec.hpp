// Codecs of tensors at cuts.
#pragma once

#include "scission/codec/codec.hpp"
#include "scission/codec/picture.hpp"
