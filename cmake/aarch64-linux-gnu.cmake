# Toolchain for 64-bit ARM under Debian: g++-aarch64-linux-gnu, and arm64's libraries beside this machine's (multiarch). The presets
# arm64 and arm64-core use it. Programs of others that run during the build (protoc, grpc_cpp_plugin, Python) are this
# machine's. Our own tools, whose --help the manual pages are made from, and the tests run by qemu, where it is installed.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
# pkg-config must not answer with this machine's libraries.
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)

find_program(SCISSION_QEMU_AARCH64 NAMES qemu-aarch64-static qemu-aarch64)
mark_as_advanced(SCISSION_QEMU_AARCH64)
if(SCISSION_QEMU_AARCH64)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${SCISSION_QEMU_AARCH64})
endif()
