# One place for what all of our targets have in common.

add_library(scission_build_flags INTERFACE)
target_compile_options(scission_build_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow
  -Wnon-virtual-dtor -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 sees overlaps in "text" + std::string that are not there (its bug 105651).
  target_compile_options(scission_build_flags INTERFACE -Wno-restrict)
endif()
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # How GCC before 10.1 passed some pairs: a note on every use, and one compiler builds everything.
  target_compile_options(scission_build_flags INTERFACE -Wno-psabi)
endif()
if(SCISSION_WERROR)
  target_compile_options(scission_build_flags INTERFACE -Werror)
endif()
# What sanitizers add makes GCC take members of the standard library for uninitialised ones.
if(SCISSION_SANITIZE)
  target_compile_options(scission_build_flags INTERFACE
    -fsanitize=${SCISSION_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(scission_build_flags INTERFACE -fsanitize=${SCISSION_SANITIZE})
  target_compile_definitions(scission_build_flags INTERFACE SCISSION_IS_SANITIZED)
endif()

# A unity build compiles a folder's sources of a target as one, so that headers are read once. What two of them name alike in
# their anonymous namespaces does not compile then; a local name that another source's hides is not worth a warning.
if(CMAKE_UNITY_BUILD)
  target_compile_options(scission_build_flags INTERFACE
    -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
function(scission_group_by_folder name)
  get_target_property(sources ${name} SOURCES)
  get_target_property(home ${name} SOURCE_DIR)
  foreach(source IN LISTS sources)
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${home} NORMALIZE)
    cmake_path(GET source PARENT_PATH folder)
    cmake_path(GET folder FILENAME folder)
    set_source_files_properties(${source} TARGET_DIRECTORY ${name} PROPERTIES UNITY_GROUP ${folder})
  endforeach()
  set_target_properties(${name} PROPERTIES UNITY_BUILD_MODE GROUP)
endfunction()

# scission_target(NAME): C++20, our warnings and sanitizers, and in a shared build nothing exported
# but what the public headers declare.
function(scission_target name)
  target_compile_features(${name} PUBLIC cxx_std_20)
  set_target_properties(${name} PROPERTIES CXX_EXTENSIONS OFF)
  if(BUILD_SHARED_LIBS)
    set_target_properties(${name} PROPERTIES
      CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON)
  endif()
  target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:scission_build_flags>)
  if(CMAKE_UNITY_BUILD)
    # When all folders have added their sources.
    cmake_language(EVAL CODE
      "cmake_language(DEFER DIRECTORY [[${PROJECT_SOURCE_DIR}]] CALL scission_group_by_folder ${name})")
  endif()
endfunction()

# scission_precompile(NAME ARGUMENT...): target_precompile_headers() for LibTorch's headers, of which
# each source file costs a compiler ten seconds.
function(scission_precompile name)
  target_precompile_headers(${name} ${ARGN})
  if(CMAKE_DISABLE_PRECOMPILE_HEADERS)
    # Before all others in any case: LibTorch 2 defines CHECK, as Catch2 does, and the last one counts.
    target_compile_options(${name} PRIVATE "SHELL:-include torch/script.h")
  elseif(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # What is wrong with -Wrestrict comes from precompiled headers as these warnings.
    target_compile_options(${name} PRIVATE -Wno-stringop-overflow -Wno-array-bounds)
  endif()
endfunction()

# scission_library(NAME COMPONENT FILE): scission::COMPONENT in libFILE, and a shared one's versions.
# Until 1.0 each minor version may break the ABI, so the soname holds it too.
function(scission_library name component file)
  add_library(scission::${component} ALIAS ${name})
  set_target_properties(${name} PROPERTIES EXPORT_NAME ${component} OUTPUT_NAME ${file}
    POSITION_INDEPENDENT_CODE ON VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} INSTALL_RPATH "$ORIGIN")
  scission_target(${name})
endfunction()
