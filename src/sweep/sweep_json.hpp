// The words of sweep.json that its writer and its reader share.
#pragma once

namespace scission {

inline constexpr const char* sweep_marker = "scission-sweep";
inline constexpr int sweep_version = 1;
inline constexpr const char* sweep_file = "sweep.json";

}  // namespace scission
