// Deadlines of calls to workers.
#pragma once

namespace scission::runtime {

/// Of a call that moves few bytes: a machine under full load answers late, but within this time.
inline constexpr double short_call_deadline_s = 30;

}  // namespace scission::runtime
