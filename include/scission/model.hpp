// Model graph, cuts, segments and tensors.
#pragma once

#include "scission/model/cuts.hpp"
#include "scission/model/model_graph.hpp"
#include "scission/model/segments.hpp"
#include "scission/model/tensor.hpp"
