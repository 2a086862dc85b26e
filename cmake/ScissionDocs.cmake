# The target `docs`: Doxygen's pages of the public headers and the guides, in docs/html of the build folder.
# Where Doxygen is; a warning fails.
find_package(Doxygen QUIET)
if(NOT DOXYGEN_FOUND)
  return()
endif()
configure_file(docs/Doxyfile.in Doxyfile @ONLY)
add_custom_target(docs COMMAND Doxygen::doxygen ${PROJECT_BINARY_DIR}/Doxyfile
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} COMMENT "Doxygen: the reference and the guides" VERBATIM)
