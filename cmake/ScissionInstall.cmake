# Installation: libraries, headers, tools, and what lets others find them: the package of
# find_package(scission), and pkg-config's files. Each library is a component of its name, and what
# is needed to build with it is NAME-dev.
if(NOT SCISSION_INSTALL)
  return()
endif()

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/scission)
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# scission_install_headers(COMPONENT PATTERN p [EXCLUDE]...): the public headers that match.
function(scission_install_headers component)
  install(DIRECTORY include/scission DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT ${component}-dev
    FILES_MATCHING ${ARGN})
endfunction()

# scission_install_pkgconfig(COMPONENT NEEDED LIBRARIES): scission-COMPONENT.pc, from the file of that
# name in cmake/. Who links a static library needs what a shared one has inside: the packages NEEDED
# and the LIBRARIES.
function(scission_install_pkgconfig component needed libraries)
  file(RELATIVE_PATH to_prefix /x/${pkgconfig_dir} /x)
  string(REGEX REPLACE "/$" "" to_prefix "${to_prefix}")
  set(pc_prefix "\${pcfiledir}/${to_prefix}")
  if(NOT BUILD_SHARED_LIBS)
    set(pc_needed " ${needed}")
    set(pc_libraries " ${libraries}")
  endif()
  configure_file(cmake/scission-${component}.pc.in scission-${component}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/scission-${component}.pc DESTINATION ${pkgconfig_dir}
    COMPONENT ${component}-dev)
endfunction()

# scission_install_library(TARGET COMPONENT): the library, and its target for find_package().
function(scission_install_library target component)
  install(TARGETS ${target} EXPORT scission-${component}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${component}-dev
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${component}
      NAMELINK_COMPONENT ${component}-dev
    INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT scission-${component} NAMESPACE scission:: DESTINATION ${package_dir}
    COMPONENT ${component}-dev)
endfunction()

scission_install_library(scission_core core)
scission_install_pkgconfig(core "fmt libzstd liblz4" "")
scission_install_headers(core PATTERN "*.hpp"
  REGEX "/scission/(torchscript|onnx|runtime)(/.*|[.]hpp)?$" EXCLUDE)
if(SCISSION_TORCHSCRIPT)
  scission_install_library(scission_torchscript torchscript)
  scission_install_pkgconfig(torchscript "libcrypto zlib" "")
  scission_install_headers(torchscript REGEX "/scission/torchscript(/.*)?[.]hpp$")
endif()
if(SCISSION_ONNX)
  scission_install_library(scission_onnx onnx)
  scission_install_headers(onnx REGEX "/scission/onnx[.]hpp$")
  install(FILES cmake/FindOnnx.cmake DESTINATION ${package_dir} COMPONENT onnx-dev)
endif()
if(SCISSION_RUNTIME)
  scission_install_library(scission_runtime runtime)
  scission_install_pkgconfig(runtime "grpc++ protobuf libcrypto libssl zlib cpp-httplib prometheus-cpp-core" -lgrpc++_reflection)
  scission_install_headers(runtime REGEX "/scission/runtime(/.*)?[.]hpp$")
  install(FILES cmake/FindGrpc.cmake DESTINATION ${package_dir} COMPONENT runtime-dev)
endif()

get_property(tools GLOBAL PROPERTY SCISSION_TOOLS)
if(tools)
  set_target_properties(${tools} PROPERTIES
    INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}" INSTALL_RPATH_USE_LINK_PATH ON)
  install(TARGETS ${tools} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
endif()

set(scission_is_shared OFF)
if(BUILD_SHARED_LIBS)
  set(scission_is_shared ON)
endif()
configure_package_config_file(cmake/scissionConfig.cmake.in scissionConfig.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(scissionConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/scissionConfig.cmake
  ${PROJECT_BINARY_DIR}/scissionConfigVersion.cmake DESTINATION ${package_dir} COMPONENT core-dev)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT core-dev)
