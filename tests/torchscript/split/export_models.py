"""Writes models that people deploy as TorchScript files: export_models.py FOLDER MODEL...

MODEL is NAME-scripted or NAME-traced. Weights are random and seeded, batch norms' statistics are
set apart from 0 and 1, and everything is in eval mode. Beside FOLDER/MODEL.pt stands
FOLDER/MODEL.input, what the model takes in the grammar of --input-shape. Ends with 77 where torch
or torchvision is not installed.
"""
import os
import sys

try:
    import torch
    import torchvision.models as models
except ImportError as error:
    print(f"export_models.py: {error}", file=sys.stderr)
    sys.exit(77)  # there is nothing to test here

os.environ.setdefault("PYTORCH_JIT_LOG_LEVEL", "")


class Encoder(torch.nn.Module):
    """A small transformer over tokens: int64 ids in, one vector a sentence out."""

    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(1000, 64)
        self.position = torch.nn.Parameter(torch.randn(32, 64))
        layer = torch.nn.TransformerEncoderLayer(64, 4, 128, batch_first=True)
        self.encoder = torch.nn.TransformerEncoder(layer, 3)
        self.head = torch.nn.Linear(64, 10)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.embedding(tokens) + self.position[: tokens.size(1)]
        return self.head(self.encoder(x).mean(1))


def image_model(name):
    if name == "deeplabv3_mobilenet_v3_large":
        return models.segmentation.deeplabv3_mobilenet_v3_large(weights=None, weights_backbone=None)
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    return getattr(models, name)(weights=None, **options)


def example_input(name):
    if name == "encoder":
        return torch.randint(0, 1000, (1, 16)), "1x16:int64<1000"
    size = {"inception_v3": 299, "deeplabv3_mobilenet_v3_large": 160}.get(name, 224)
    return torch.randn(1, 3, size, size), f"1x3x{size}x{size}"


def unsettle(model):
    """A fresh batch norm does next to nothing; give it something to do."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-0.1, 0.1)
            module.running_var.uniform_(0.8, 1.2)


def export(folder, what):
    name, way = what.rsplit("-", 1)
    torch.manual_seed(1)
    model = Encoder() if name == "encoder" else image_model(name)
    unsettle(model)
    model.eval()
    example, described = example_input(name)
    with torch.no_grad():
        if way == "scripted":
            module = torch.jit.script(model)
        else:
            module = torch.jit.trace(model, example, strict=False, check_trace=False)
    path = os.path.join(folder, what + ".pt")
    torch.jit.save(module, path + ".partial")
    with open(os.path.join(folder, what + ".input"), "w") as file:
        file.write(described)
    os.rename(path + ".partial", path)


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    for wanted in sys.argv[2:]:
        export(sys.argv[1], wanted)
