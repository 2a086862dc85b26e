"""Chains the segments in FOLDER and compares with MODEL, bit for bit: MODEL FOLDER SIZE..."""

import json
import os
import sys

import torch


def tensors_in(value):
    """All tensors in what a model returns, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    inside = value.values() if isinstance(value, dict) else value
    return [tensor for element in inside for tensor in tensors_in(element)]


def bits(tensor):
    return tensor.contiguous().reshape(-1).view(torch.uint8)


def chain(folder, passed):
    with open(os.path.join(folder, "manifest.json")) as file:
        segments = json.load(file)["segments"]
    for segment in segments:
        module = torch.jit.load(os.path.join(folder, segment["file"]))
        given = passed if isinstance(passed, tuple) else (passed,)
        assert [list(tensor.shape) for tensor in given] == [t["shape"] for t in segment["inputs"]]
        passed = module(*given)
    return passed


def main():
    model, folder, *shape = sys.argv[1:]
    torch.manual_seed(3)
    image = torch.randn(*map(int, shape))
    with torch.no_grad():
        whole = tensors_in(torch.jit.load(model).eval()(image.clone()))
        parts = tensors_in(chain(folder, image.clone()))
    assert len(whole) == len(parts)
    for left, right in zip(whole, parts):
        assert left.dtype == right.dtype and left.shape == right.shape
        assert torch.equal(bits(left), bits(right)), "not bit-equal"
    print("bit-equal")


main()
