# LibTorch as the imported target `torch`: Debian's, or another through CMAKE_PREFIX_PATH.
find_package(Torch QUIET)
if(NOT Torch_FOUND)
  message(FATAL_ERROR "LibTorch was not found. Install libtorch-dev and libopenblas0-openmp, "
    "point CMAKE_PREFIX_PATH at a LibTorch, or build without it: cmake --preset core-only")
endif()
message(STATUS "LibTorch ${Torch_VERSION}")
