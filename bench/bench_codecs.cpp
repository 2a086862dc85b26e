// How fast one core encodes and decodes, beside memcpy and beside zstd and lz4 without a shuffle,
// in one run. bytes_per_second counts the tensor's bytes; `ratio` is coded bytes over them.
#include <benchmark/benchmark.h>
#include <lz4.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <utility>

#include "scission/backend.hpp"
#include "scission/codec.hpp"

namespace {

using namespace scission;

/// Channels × 56 × 56 of smooth values behind a ReLU: neighbours are alike, half are 0.
const Tensor& activations() {
  static const Tensor tensor = [] {
    const std::vector<std::int64_t> shape{1, 256, 56, 56};
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::string bytes(tensor_bytes("float32", shape), '\0');
    float value = 0;
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(float)) {
      value = 0.9F * value + 0.4F * normal(random);
      const float positive = std::max(0.F, value);
      std::memcpy(bytes.data() + at, &positive, sizeof positive);
    }
    return Tensor{"activations", "float32", shape, to_shared_bytes(std::move(bytes))};
  }();
  return tensor;
}

void report(benchmark::State& state, std::size_t coded_bytes) {
  const std::size_t bytes = activations().bytes.size;
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
  state.counters["ratio"] = static_cast<double>(coded_bytes) / static_cast<double>(bytes);
}

void encode(benchmark::State& state, const Codec& codec) {
  std::size_t size = 0;
  for (auto round : state) size = codec.encode(activations()).size;
  report(state, size);
}

void decode(benchmark::State& state, const Codec& codec) {
  const Tensor& tensor = activations();
  const SharedBytes frame = codec.encode(tensor);
  for (auto round : state) {
    benchmark::DoNotOptimize(codec.decode(frame.view(), tensor.dtype, tensor.shape).data);
  }
  report(state, frame.size);
}

void copy(benchmark::State& state) {
  const SharedBytes& bytes = activations().bytes;
  std::string out(bytes.size, '\0');
  for (auto round : state) {
    std::memcpy(out.data(), bytes.data, bytes.size);
    benchmark::ClobberMemory();
  }
  report(state, bytes.size);
}

void plain_zstd(benchmark::State& state, int level) {
  const SharedBytes& bytes = activations().bytes;
  std::string out(ZSTD_compressBound(bytes.size), '\0');
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  std::size_t size = 0;
  for (auto round : state) {
    size = ZSTD_compressCCtx(context, out.data(), out.size(), bytes.data, bytes.size, level);
  }
  ZSTD_freeCCtx(context);
  report(state, size);
}

void plain_lz4(benchmark::State& state) {
  const SharedBytes& bytes = activations().bytes;
  std::string out(static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(bytes.size))), '\0');
  int size = 0;
  for (auto round : state) {
    size = LZ4_compress_default(bytes.data, out.data(), static_cast<int>(bytes.size),
                                static_cast<int>(out.size()));
  }
  report(state, static_cast<std::size_t>(size));
}

/// Run in the project's folder, where the photo is.
void decode_photo(benchmark::State& state) {
  const CodedTensor coded =
      encode_picture("data/example/photo.jpg", Preprocessing::torch, {1, 3, 224, 224});
  for (auto round : state) benchmark::DoNotOptimize(decode_tensor(coded, 1 << 20).bytes.data);
}

}  // namespace

int main(int argc, char** argv) {
  keep_freed_memory();  // as the tools do
  benchmark::RegisterBenchmark("memcpy", copy);
  benchmark::RegisterBenchmark("zstd --fast=1 alone", plain_zstd, -1);
  benchmark::RegisterBenchmark("zstd -1 alone", plain_zstd, 1);
  benchmark::RegisterBenchmark("zstd -3 alone", plain_zstd, 3);
  benchmark::RegisterBenchmark("lz4 alone", plain_lz4);
  for (const Codec* codec :
       parse_codecs("fp16,bf16,int8,int8c,int8p,int4,int4c,zstd-fast,zstd-1,zstd,lz4,"
                    "fp16+zstd,fp16+lz4,int8+zstd,int8+lz4,int8c+zstd")) {
    const std::string name = codec->name();
    benchmark::RegisterBenchmark(("encode " + name).c_str(),
                                 [codec](benchmark::State& state) { encode(state, *codec); });
    benchmark::RegisterBenchmark(("decode " + name).c_str(),
                                 [codec](benchmark::State& state) { decode(state, *codec); });
  }
  benchmark::RegisterBenchmark("decode jpeg", decode_photo)->Unit(benchmark::kMillisecond);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
