#include "runtime/wire/message_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <utility>

#include "control.pb.h"
#include "scission/base.hpp"

namespace scission::runtime {
namespace {

constexpr std::size_t max_stops = 64;

Error invalid_route(const std::string& message) {
  return {ErrorCode::invalid_argument, "is not a route: " + message,
          fmt::format("parameter {}", route_parameter)};
}

bool is_plain(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return (byte < 128 && std::isalnum(byte) != 0) || letter == '-' || letter == '.' || letter == '_';
}

std::string percent_encode(std::string_view name) {
  std::string text;
  for (const char letter : name) {
    if (is_plain(letter)) {
      text += letter;
    } else {
      text += fmt::format("%{:02X}", static_cast<unsigned char>(letter));
    }
  }
  return text;
}

char decode_hex(std::string_view digits) {
  unsigned value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) {
    throw invalid_route("'%' is not followed by two hexadecimal digits");
  }
  return static_cast<char>(value);
}

std::string percent_decode(std::string_view text) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      name += decode_hex(text.substr(i + 1, 2));
      i += 2;
    } else if (is_plain(text[i])) {
      name += text[i];
    } else {
      throw invalid_route("a character is not percent-encoded");
    }
  }
  if (name.empty()) throw invalid_route("a name is empty");
  return name;
}

RouteStop decode_stop(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) throw invalid_route("a stop must be SYSTEM/MODEL");
  return {percent_decode(text.substr(0, slash)), percent_decode(text.substr(slash + 1)), {}};
}

bool is_in_codec_name(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return (byte < 128 && std::isalnum(byte) != 0) || letter == '-' || letter == '+';
}

Error invalid_codecs(const std::string& message) {
  return {ErrorCode::invalid_argument, message, fmt::format("parameter {}", codecs_parameter)};
}

}  // namespace

std::string encode_route(const std::vector<RouteStop>& route) {
  std::string text;
  for (const RouteStop& stop : route) {
    if (!text.empty()) text += ';';
    text += percent_encode(stop.system) + '/' + percent_encode(stop.model);
  }
  return text;
}

std::vector<RouteStop> decode_route(std::string_view text) {
  std::vector<RouteStop> route;
  while (!text.empty()) {
    if (route.size() == max_stops) {
      throw invalid_route(fmt::format("it has more than {} stops", max_stops));
    }
    const std::size_t end = std::min(text.find(';'), text.size());
    route.push_back(decode_stop(text.substr(0, end)));
    if (end + 1 == text.size()) throw invalid_route("it ends with ';'");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return route;
}

std::string encode_codecs(const std::vector<RouteStop>& route) {
  std::string text;
  bool is_coded = false;
  for (std::size_t i = 0; i < route.size(); ++i) {
    text += (i == 0 ? "" : ";") + route[i].codec;
    is_coded = is_coded || !route[i].codec.empty();
  }
  return is_coded ? text : "";
}

void decode_codecs(std::string_view text, std::vector<RouteStop>& route) {
  std::vector<std::string> codecs(1);
  for (const char letter : text) {
    if (letter == ';') {
      codecs.emplace_back();
    } else if (is_in_codec_name(letter)) {
      codecs.back() += letter;
    } else {
      throw invalid_codecs("is not names of codecs separated by ';'");
    }
    if (codecs.size() > max_stops) {
      throw invalid_codecs(fmt::format("has more than {} names", max_stops));
    }
  }
  if (codecs.size() < route.size())
    throw invalid_codecs("has fewer names than the route has stops");
  for (std::size_t i = 0; i < route.size(); ++i) {
    route[i].codec = std::move(codecs[codecs.size() - route.size() + i]);
  }
}

std::string format_segment(const Segment& segment) {
  SegmentManifest manifest;
  manifest.model = "segment";
  manifest.backend = segment.backend;
  manifest.segments = {segment};
  manifest.segments.front().last_layer -= segment.first_layer;
  manifest.segments.front().first_layer = 0;
  return format_manifest(manifest);
}

Segment parse_segment(std::string_view text, const std::string& place) {
  SegmentManifest manifest = parse_manifest(text, place);
  if (manifest.segments.size() == 1) return std::move(manifest.segments.front());
  throw Error(ErrorCode::damaged, "contains more than one segment", place);
}

std::string encode_timing(const StageTiming& timing) {
  v1::StageTiming message;
  message.set_system(timing.system);
  message.set_deserialise_s(timing.deserialise_s);
  message.set_queue_s(timing.queue_s);
  message.set_compute_s(timing.compute_s);
  message.set_serialise_s(timing.serialise_s);
  message.set_next_s(timing.next_s);
  message.set_total_s(timing.total_s);
  message.set_received_bytes(static_cast<std::int64_t>(timing.received_bytes));
  message.set_decode_s(timing.decode_s);
  message.set_encode_s(timing.encode_s);
  message.set_raw_tensors(timing.raw_tensors);
  return message.SerializeAsString();
}

std::optional<StageTiming> decode_timing(const std::string& bytes, double call_s) {
  v1::StageTiming message;
  if (!message.ParseFromString(bytes)) return std::nullopt;
  const auto clamped = [call_s](double seconds) {
    return seconds >= 0 ? std::min(seconds, call_s) : 0;  // 0 too for NaN
  };
  StageTiming timing;
  timing.system = message.system();
  timing.deserialise_s = clamped(message.deserialise_s());
  timing.queue_s = clamped(message.queue_s());
  timing.compute_s = clamped(message.compute_s());
  timing.serialise_s = clamped(message.serialise_s());
  timing.next_s = clamped(message.next_s());
  timing.total_s = clamped(message.total_s());
  timing.received_bytes =
      static_cast<std::size_t>(std::max<std::int64_t>(0, message.received_bytes()));
  timing.decode_s = clamped(message.decode_s());
  timing.encode_s = clamped(message.encode_s());
  timing.raw_tensors = std::max(0, message.raw_tensors());
  return timing;
}

}  // namespace scission::runtime
