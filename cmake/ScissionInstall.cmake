# Installation: libraries, headers, tools, and the package files of find_package(scission).
option(SCISSION_INSTALL "Install libraries, headers and tools" ${PROJECT_IS_TOP_LEVEL})
if(NOT SCISSION_INSTALL)
  return()
endif()

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/scission)

# scission_install_library(TARGET COMPONENT): the library, and its target for the package.
function(scission_install_library target component)
  install(TARGETS ${target} EXPORT scission-${component}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT scission-${component} NAMESPACE scission:: DESTINATION ${package_dir})
endfunction()

scission_install_library(scission_core core)
install(DIRECTORY include/scission DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.hpp" PATTERN torchscript EXCLUDE PATTERN runtime EXCLUDE)
if(SCISSION_TORCHSCRIPT)
  scission_install_library(scission_torchscript torchscript)
  install(DIRECTORY include/scission/torchscript DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/scission
    FILES_MATCHING PATTERN "*.hpp")
endif()
if(SCISSION_RUNTIME)
  scission_install_library(scission_runtime runtime)
  install(FILES cmake/FindGrpc.cmake DESTINATION ${package_dir})
  install(DIRECTORY include/scission/runtime DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/scission
    FILES_MATCHING PATTERN "*.hpp")
endif()

get_property(tools GLOBAL PROPERTY SCISSION_TOOLS)
if(tools)
  set_target_properties(${tools} PROPERTIES
    INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}" INSTALL_RPATH_USE_LINK_PATH ON)
  install(TARGETS ${tools} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

configure_package_config_file(cmake/scissionConfig.cmake.in scissionConfig.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(scissionConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/scissionConfig.cmake
  ${PROJECT_BINARY_DIR}/scissionConfigVersion.cmake DESTINATION ${package_dir})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
