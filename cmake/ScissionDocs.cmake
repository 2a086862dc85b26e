# The target `docs`: Doxygen's pages of the public headers and the guides, in docs/html of the build folder.
# Where Doxygen is; a warning fails, and with it a test.
find_package(Doxygen QUIET)
if(NOT DOXYGEN_FOUND)
  return()
endif()
set(scission_doxygen_warnings ${PROJECT_BINARY_DIR}/doxygen-warnings)
configure_file(docs/Doxyfile.in Doxyfile @ONLY)
set(build_reference ${CMAKE_COMMAND} -D DOXYGEN=${DOXYGEN_EXECUTABLE}
  -D DOXYFILE=${PROJECT_BINARY_DIR}/Doxyfile -D WARNINGS=${scission_doxygen_warnings}
  -P ${PROJECT_SOURCE_DIR}/cmake/BuildReference.cmake)
add_custom_target(docs COMMAND ${build_reference} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
  COMMENT "Doxygen: the reference and the guides" VERBATIM)
if(SCISSION_TESTS)
  add_test(NAME "docs/nothing public is without a word in the reference, and no link leads nowhere"
    COMMAND ${build_reference} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
endif()
