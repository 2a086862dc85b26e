# gRPC and protobuf, as the imported targets gRPC::grpc++ and protobuf::libprotobuf.
#
# gRPC's own package asks pkg-config for RE2, which on Debian 13 walks through Abseil's files again
# and again: minutes. A target of that name keeps it from asking.
if(NOT TARGET re2::re2)
  find_library(SCISSION_RE2_LIBRARY re2)
  mark_as_advanced(SCISSION_RE2_LIBRARY)
  if(SCISSION_RE2_LIBRARY)
    add_library(re2::re2 INTERFACE IMPORTED)
    set_target_properties(re2::re2 PROPERTIES INTERFACE_LINK_LIBRARIES ${SCISSION_RE2_LIBRARY})
  endif()
endif()
find_package(Protobuf QUIET)
find_package(gRPC CONFIG QUIET)
