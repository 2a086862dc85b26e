#include "scission/codec/codec.hpp"
