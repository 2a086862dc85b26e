// scission::onnx: everything public of the ONNX backend.
#pragma once

#include "scission/onnx/backend.hpp"
