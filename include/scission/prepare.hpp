// From a model's source to what runs it.
#pragma once

#include "scission/prepare/prepare.hpp"
