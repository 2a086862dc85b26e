# cmake -DDOXYGEN=… -DDOXYFILE=… -DWARNINGS=… -P: runs Doxygen, which writes WARNINGS, and fails where it warns.
execute_process(COMMAND ${DOXYGEN} ${DOXYFILE} COMMAND_ERROR_IS_FATAL ANY)
file(STRINGS ${WARNINGS} warnings)
# What needs no words: a member variable whose name and unit say all, and a defaulted comparison.
list(FILTER warnings EXCLUDE REGEX "\\((variable|friend)\\) of (struct|class) .* is not documented")
if(warnings)
  list(JOIN warnings "\n  " text)
  message(FATAL_ERROR "The reference is not complete:\n  ${text}")
endif()
