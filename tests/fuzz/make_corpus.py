#!/usr/bin/env python3
"""Writes corpus/pickle: small pickles built like the original tool's, of invented numbers.

The classes below carry the names that those pickles refer to; numpy need not be installed.
"""
import pathlib
import pickle
import struct
import sys
import types


class LayerBenchmark:
    """One block's measurement, under the name that the original gives it."""


def stub_module(name, **members):
    module = types.ModuleType(name)
    for key, value in members.items():
        value.__module__ = name
        setattr(module, key, value)
    sys.modules[name] = module


class dtype:
    """Pickles as numpy's little-endian float64 does."""

    def __reduce__(self):
        return dtype, ("f8", False, True), (3, "<", None, None, None, -1, -1, 0)


def scalar(kind, data):
    return kind, data


class Float64:
    """Pickles as numpy.float64 does."""

    kind = dtype()

    def __init__(self, value):
        self.value = value

    def __reduce__(self):
        return scalar, (self.kind, struct.pack("<d", self.value))


def rebuild_proxy(token):
    return token


stub_module("numpy", dtype=dtype)
stub_module("numpy.core")
stub_module("numpy.core.multiarray", scalar=scalar)
rebuild_proxy.__qualname__ = rebuild_proxy.__name__ = "RebuildProxy"


class Proxy:
    """Pickles like the proxy that a multiprocessing manager hands out."""

    def __reduce__(self):
        return rebuild_proxy, (("dict", "address", "id"),)


def block(first, last, seconds, size, **more):
    result = LayerBenchmark()
    result.model = "net"
    result.device = ""
    result.input_layer = first
    result.output_layer = last
    result.second_prediction = seconds
    result.output_size = size
    result.__dict__.update(more)
    return result


def plain():
    return {"vgg19": [block(0, 1, 0.25, 70000), block(2, 2, 0.5, 300), block(3, 300, 1, 128)],
            "net": [block(0, 0, 0.125, 200)]}


def detailed():
    return {"net": [block(0, 0, Float64(0.001), 1000, params=0, flops=0, layers=["InputLayer"]),
                    block(1, 3, Float64(0.02), 9000, params=1792, flops=1 << 40,
                          layers=["Conv2D", "BatchNormalization", "Add"])]}


def main():
    folder = pathlib.Path(__file__).parent / "corpus" / "pickle"
    folder.mkdir(parents=True, exist_ok=True)
    for protocol in (2, 3, 4):
        (folder / f"plain{protocol}.dat").write_bytes(pickle.dumps(plain(), protocol))
    for protocol in (3, 4):
        (folder / f"numpy{protocol}.dat").write_bytes(pickle.dumps(detailed(), protocol))
    stub_module("multiprocessing.managers", RebuildProxy=rebuild_proxy)
    (folder / "proxy.dat").write_bytes(pickle.dumps(Proxy(), 4))


if __name__ == "__main__":
    main()
