# Debian packages by CPack, a package a component: `cpack -G DEB` in a folder that was configured with
# the preset `packages`. The core's two need neither LibTorch nor gRPC, so whoever wants the search
# alone gets it alone.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "Scission")
set(CPACK_PACKAGE_CONTACT "The Scission authors <scission@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
# Among our own packages the exact version: until 1.0 nothing is promised between two.
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY "=")
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)
set(CPACK_COMPONENTS_ALL)

# scission_package(COMPONENT NAME SECTION SUMMARY [DEPENDS]): the package NAME of one component.
function(scission_package component name section summary)
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${name} PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_SECTION ${section} PARENT_SCOPE)
  set(CPACK_COMPONENT_${upper}_DESCRIPTION "${summary}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_DEPENDS "${ARGN}" PARENT_SCOPE)
  set(CPACK_COMPONENTS_ALL ${CPACK_COMPONENTS_ALL} ${component} PARENT_SCOPE)
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name} RENAME copyright
    COMPONENT ${component})
endfunction()

set(same "(= ${PROJECT_VERSION})")
if(BUILD_SHARED_LIBS)
  scission_package(core libscission libs
    "Where each layer of a network runs: profiles, networks and the exact search")
  if(SCISSION_TORCHSCRIPT)
    scission_package(torchscript libscission-torchscript libs
      "Scission's backend: splitting, measuring and running TorchScript models"
      "libopenblas0-openmp | libblas3")
  endif()
  if(SCISSION_ONNX)
    scission_package(onnx libscission-onnx libs
      "Scission's backend: splitting, measuring and running ONNX models")
  endif()
  if(SCISSION_RUNTIME)
    scission_package(runtime libscission-runtime libs
      "Scission's workers and pipelines: running a plan across machines")
  endif()
  set(needs_core "libscission ${same}")
else()
  set(needs_core "libfmt-dev, libzstd-dev, liblz4-dev")
endif()
scission_package(core-dev libscission-dev libdevel "Scission's search: what is needed to build with it"
  "${needs_core}")
if(SCISSION_TORCHSCRIPT)
  if(BUILD_SHARED_LIBS)
    set(needs_torchscript ", libscission-torchscript ${same}")
  endif()
  scission_package(torchscript-dev libscission-torchscript-dev libdevel
    "Scission's TorchScript backend: what is needed to build with it"
    "libscission-dev ${same}, libtorch-dev, libssl-dev, zlib1g-dev${needs_torchscript}")
endif()
if(SCISSION_ONNX)
  if(BUILD_SHARED_LIBS)
    set(needs_onnx ", libscission-onnx ${same}")
  endif()
  scission_package(onnx-dev libscission-onnx-dev libdevel
    "Scission's ONNX backend: what is needed to build with it"
    "libscission-dev ${same}, libonnx-dev, libprotobuf-dev, libssl-dev${needs_onnx}")
endif()
if(SCISSION_RUNTIME)
  if(BUILD_SHARED_LIBS)
    set(needs_runtime ", libscission-runtime ${same}")
  else()
    set(needs_runtime ", libgrpc++-dev, libprotobuf-dev, protobuf-compiler-grpc, libssl-dev, zlib1g-dev, libcpp-httplib-dev, prometheus-cpp-dev")
  endif()
  scission_package(runtime-dev libscission-runtime-dev libdevel
    "Scission's runtime: what is needed to build with it"
    "libscission-dev ${same}${needs_runtime}")
endif()
get_property(tools GLOBAL PROPERTY SCISSION_TOOLS)
if(tools)
  scission_package(tools scission-tools science
    "Benchmark a network block by block, find where its layers should run, and run it there")
  set(CPACK_DEBIAN_TOOLS_PACKAGE_RECOMMENDS "gnuplot-nox, graphviz")
endif()
# shlibdeps finds our own libraries where they were built, and their packages by their shlibs files.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS
  ${PROJECT_BINARY_DIR}/src ${PROJECT_BINARY_DIR}/src/torchscript ${PROJECT_BINARY_DIR}/src/onnx
  ${PROJECT_BINARY_DIR}/src/runtime)
# Cross-built, packages and the libraries that dpkg-shlibdeps looks for are of the target's architecture, not of this machine's.
if(CMAKE_CROSSCOMPILING AND CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
  set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE arm64)
  set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_BINARY_DIR}/cpack_arm64.cmake)
  file(WRITE ${CPACK_PROJECT_CONFIG_FILE} "set(ENV{DEB_HOST_ARCH} arm64)\n")
endif()
include(CPack)
