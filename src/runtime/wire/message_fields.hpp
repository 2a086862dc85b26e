// Encodings of single fields and metadata: routes, segments, stage timings.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/model.hpp"
#include "scission/runtime/wire/wire.hpp"

namespace scission::runtime {

/// Parameter of a request that holds the rest of its route.
inline constexpr const char* route_parameter = "scission_route";
/// Parameter of a request: the codecs of the route's stops.
inline constexpr const char* codecs_parameter = "scission_codecs";
/// Parameter of a request: the codec that the answer is to be encoded by, where the server has it.
inline constexpr const char* answer_codec_parameter = "scission_answer_codec";
/// What a server's extension for one codec begins with; its name follows.
inline constexpr const char* codec_extension = "scission.codec.";
/// Parameter of a request: the lease whose addresses its route uses.
inline constexpr const char* lease_parameter = "scission_lease";
/// Parameter of a request: for how long, in seconds, the next system may answer no health check
/// while it has the request. Without it no checks are sent.
inline constexpr const char* stall_timeout_parameter = "scission_stall_timeout";
/// Trailing metadata: an encoded StageTiming for each stage, in order.
inline constexpr const char* stage_metadata = "scission-stage-bin";
/// Trailing metadata of a failure: the system where it happened.
inline constexpr const char* failed_metadata = "scission-failed-bin";
/// Trailing metadata of a failure: the system to which the failed one answered no health check.
inline constexpr const char* observer_metadata = "scission-observer-bin";
/// Trailing metadata of a refusal: the seconds to wait before another attempt.
inline constexpr const char* retry_after_metadata = "scission-retry-after";

/// Trailing metadata of an answer that a stage before the route's last one has given.
inline constexpr const char* early_metadata = "scission-early";

/// "edge1/net-01;cloud1/net-02"; every byte of a name but letters, digits, '-', '.' and '_' is %XX.
std::string encode_route(const std::vector<RouteStop>& route);

/// Throws Error(invalid_argument) on any other text, and on more than 64 stops.
std::vector<RouteStop> decode_route(std::string_view text);

/// Codecs of the stops: "int8+zstd;;fp16", empty where a stop has none; empty when none has.
std::string encode_codecs(const std::vector<RouteStop>& route);

/// Sets the stops' codecs from the last names: a request keeps its list while its route gets
/// shorter, also through a worker that knows nothing of codecs. Throws Error(invalid_argument) on
/// any other text, and on fewer names than stops.
void decode_codecs(std::string_view text, std::vector<RouteStop>& route);

/// A manifest.json with this one segment, whose layers are numbered from 0 as in every manifest.
std::string format_segment(const Segment& segment);

/// The segment, with layers numbered from 0. Throws as parse_manifest(), and Error(damaged) on more
/// than one segment.
Segment parse_segment(std::string_view text, const std::string& place);

/// A serialised scission.v1.StageTiming.
std::string encode_timing(const StageTiming& timing);

/// nullopt when the bytes are not a StageTiming. Times are clamped to 0 … `call_s`: a stage cannot
/// take longer than the call that includes it.
std::optional<StageTiming> decode_timing(const std::string& bytes, double call_s);

}  // namespace scission::runtime
