// The followed file of a run.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace scission::explore {

/// The reply to {"after": OFFSET, "file": MARK}: the events of the whole lines behind the offset,
/// at most ExploreService::max_events_bytes of them or one longer line, and offset and mark of the
/// next question. The mark is that of the file's first line: where it is another one, or the file
/// is shorter than the offset, the reply begins with the first line and has `restarted`. A file
/// that does not exist is empty. `damaged` counts lines that are no JSON object, or have more than
/// 16 MiB. Throws Error(damaged) for another question, and Error(io) for a file that cannot be
/// read.
std::string read_events(const std::filesystem::path& file, std::string_view question);

}  // namespace scission::explore
