#!/usr/bin/env python3
"""Writes corpus/infer_request: messages of ModelInfer in protobuf's coding, which is written here
by hand so that no generated code is needed."""
import pathlib
import struct


def varint(value):
    value &= (1 << 64) - 1
    coded = b""
    while value > 127:
        coded += bytes([value & 127 | 128])
        value >>= 7
    return coded + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def text(field, value):
    data = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(data)) + data


def packed(field, values):
    return text(field, b"".join(varint(value) for value in values))


def tensor(name, kind, shape, contents=b""):
    message = text(1, name) + text(2, kind) + packed(3, shape)
    return text(5, message + (text(5, contents) if contents else b""))


def parameter(name, value):
    return text(4, text(1, name) + text(2, value))


def raw():
    route = parameter("scission_route", text(3, "edge1/net-01;cloud1/net-02"))
    inputs = tensor("x", "FP32", [1, 4]) + tensor("y", "INT64", [2]) + tensor("z", "BF16", [0])
    data = text(7, struct.pack("<4f", 1, 2, 3, 4)) + text(7, bytes(16)) + text(7, b"")
    return text(1, "net") + text(2, "1") + text(3, "id") + route + inputs + data


def typed():
    return text(1, "net") + b"".join(
        tensor(kind.lower(), kind, [2], contents)
        for kind, contents in [
            ("BOOL", packed(1, [0, 1])), ("INT8", packed(2, [-128, 127])),
            ("INT16", number(2, -1) + number(2, 7)), ("INT32", packed(2, [1 << 31, 5])),
            ("INT64", packed(3, [-1, 1 << 62])), ("UINT8", packed(4, [0, 255])),
            ("UINT16", packed(4, [9, 65535])), ("UINT32", packed(4, [9, 1 << 31])),
            ("UINT64", packed(5, [9, 1 << 63])), ("FP32", text(6, struct.pack("<2f", 1, -2))),
            ("FP64", text(7, struct.pack("<2d", 1, -2)))])


def response():
    return (text(1, "net") + text(3, "id") + tensor("out", "FP32", [1, 2]) +
            text(6, struct.pack("<2f", 0.25, 0.75)))


def parameters():
    values = [number(1, 1), number(2, -9), text(3, "word"), varint(4 << 3 | 1) + bytes(8),
              number(5, 1 << 63), b""]
    named = b"".join(parameter(f"p{i}", value) for i, value in enumerate(values))
    wanted = text(6, text(1, "out")) + text(6, text(1, "other"))
    return text(1, "net") + named + wanted + tensor("x", "UINT8", [3]) + text(7, b"abc")


def main():
    folder = pathlib.Path(__file__).parent / "corpus" / "infer_request"
    folder.mkdir(parents=True, exist_ok=True)
    for make in (raw, typed, response, parameters):
        (folder / f"{make.__name__}.bin").write_bytes(make())


if __name__ == "__main__":
    main()
