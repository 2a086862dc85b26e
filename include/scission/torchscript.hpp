// scission::torchscript: everything public of the LibTorch backend.
#pragma once

#include "scission/model.hpp"
#include "scission/torchscript/backend/backend.hpp"
#include "scission/torchscript/common/module.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "scission/torchscript/inputs/inputs.hpp"
#include "scission/torchscript/split/split.hpp"
#include "scission/torchscript/zoo/zoo.hpp"
