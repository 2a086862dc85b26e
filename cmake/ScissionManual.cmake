# The manual pages and the completions of the tools, from what each says with --help: the target `man`.
# help2man was the alternative; it runs a page's tables and examples together, and knows no completions.
find_package(Python3 COMPONENTS Interpreter)
get_property(tools GLOBAL PROPERTY SCISSION_TOOLS)
if(NOT Python3_FOUND OR NOT tools OR (CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR))
  message(STATUS "No manual pages and completions: they need Python 3 and tools that run here, by an emulator if need be")
  return()
endif()

set(manual ${PROJECT_BINARY_DIR}/manual)
set(completions ${PROJECT_BINARY_DIR}/completions)
file(MAKE_DIRECTORY ${manual})
set(scripts ${PROJECT_SOURCE_DIR}/cmake/manual)
set(stamps)
set(environment PYTHONDONTWRITEBYTECODE=1)
if(CMAKE_CROSSCOMPILING)
  list(JOIN CMAKE_CROSSCOMPILING_EMULATOR " " emulator)
  list(APPEND environment "SCISSION_EMULATOR=${emulator}")
endif()
foreach(tool IN LISTS tools)
  set(stamp ${manual}/${tool}.1)
  add_custom_command(OUTPUT ${stamp}
    COMMAND ${CMAKE_COMMAND} -E env ${environment}
      ${Python3_EXECUTABLE} ${scripts}/manual $<TARGET_FILE:${tool}> ${PROJECT_VERSION} ${manual}
    COMMAND ${CMAKE_COMMAND} -E env ${environment}
      ${Python3_EXECUTABLE} ${scripts}/completions $<TARGET_FILE:${tool}> ${completions}
    # Completions hold the built-in models' names.
    DEPENDS ${tool} $<$<TARGET_EXISTS:scission-zoo>:scission-zoo>
      ${scripts}/manual ${scripts}/completions ${scripts}/help_text.py
    VERBATIM)
  list(APPEND stamps ${stamp})
endforeach()
add_custom_target(man ALL DEPENDS ${stamps})

if(SCISSION_INSTALL)
  install(DIRECTORY ${manual}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT tools
    FILES_MATCHING PATTERN "*.1")
  install(DIRECTORY ${completions}/bash/ COMPONENT tools
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(DIRECTORY ${completions}/zsh/ COMPONENT tools
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
  install(DIRECTORY ${completions}/fish/ COMPONENT tools
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()
