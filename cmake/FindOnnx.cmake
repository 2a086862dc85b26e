# The ONNX backend's libraries: scission_onnx_format (libonnx with its protobuf messages, for reading and cutting models)
# and scission_onnx_runtime (ONNX Runtime, for running them). Debian's, others through CMAKE_PREFIX_PATH, or what
# scripts/lib/fetch-onnxruntime has made; SCISSION_ONNXRUNTIME names a folder with include and lib in it, or is "system"
# for the system's own only.
set(SCISSION_ONNXRUNTIME "" CACHE STRING "Folder of an ONNX Runtime, with include and lib in it; system: Debian's only")
set(onnx_hints)
if(NOT SCISSION_ONNXRUNTIME STREQUAL "system")
  set(onnx_hints ${SCISSION_ONNXRUNTIME} ${PROJECT_SOURCE_DIR}/build/onnxruntime)
endif()
find_package(Protobuf QUIET)
find_path(SCISSION_ONNX_INCLUDE onnx/onnx_pb.h)
find_library(SCISSION_ONNX_LIBRARY onnx)
find_library(SCISSION_ONNX_PROTO_LIBRARY onnx_proto)
find_path(SCISSION_ONNXRUNTIME_INCLUDE onnxruntime_c_api.h
  HINTS ${onnx_hints} PATH_SUFFIXES include include/onnxruntime onnxruntime)
find_library(SCISSION_ONNXRUNTIME_LIBRARY onnxruntime
  HINTS ${onnx_hints} PATH_SUFFIXES lib)
mark_as_advanced(SCISSION_ONNX_INCLUDE SCISSION_ONNX_LIBRARY SCISSION_ONNX_PROTO_LIBRARY
  SCISSION_ONNXRUNTIME_INCLUDE SCISSION_ONNXRUNTIME_LIBRARY)

set(onnx_found OFF)
if(Protobuf_FOUND AND SCISSION_ONNX_INCLUDE AND SCISSION_ONNX_LIBRARY AND SCISSION_ONNX_PROTO_LIBRARY)
  set(onnx_found ON)
  add_library(scission_onnx_format INTERFACE)
  target_include_directories(scission_onnx_format SYSTEM INTERFACE ${SCISSION_ONNX_INCLUDE})
  target_compile_definitions(scission_onnx_format INTERFACE ONNX_NAMESPACE=onnx ONNX_ML=1)
  target_link_libraries(scission_onnx_format INTERFACE
    ${SCISSION_ONNX_LIBRARY} ${SCISSION_ONNX_PROTO_LIBRARY} protobuf::libprotobuf)
endif()
if(SCISSION_ONNXRUNTIME_INCLUDE AND SCISSION_ONNXRUNTIME_LIBRARY)
  add_library(scission_onnx_runtime INTERFACE)
  target_include_directories(scission_onnx_runtime SYSTEM INTERFACE ${SCISSION_ONNXRUNTIME_INCLUDE})
  target_link_libraries(scission_onnx_runtime INTERFACE ${SCISSION_ONNXRUNTIME_LIBRARY})
endif()
