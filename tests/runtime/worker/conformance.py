"""A client of the Open Inference Protocol that shares no code with ours: generated here, from the
protocol's definition, by Python's own tools.

    conformance.py inference.proto HOST:PORT

The server has the model "plus": one float32 tensor "x" of [1, 3] in, one out, 1 added to each
number. Prints "conforms", or "skipped: why"; a traceback otherwise.
"""
import pathlib
import struct
import sys
import tempfile

try:
    import grpc
    from grpc_tools import protoc
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(0)


def generate(proto):
    folder = tempfile.mkdtemp()
    proto = pathlib.Path(proto)
    done = protoc.main(["protoc", f"--proto_path={proto.parent}", f"--python_out={folder}",
                        f"--grpc_python_out={folder}", str(proto)])
    assert done == 0, "protoc failed"
    sys.path.insert(0, folder)
    import inference_pb2
    import inference_pb2_grpc
    return inference_pb2, inference_pb2_grpc


def tensor(pb, shape=(1, 3), datatype="FP32", name="x"):
    return pb.ModelInferRequest.InferInputTensor(name=name, datatype=datatype, shape=shape)


def request(pb, raw, *tensors, **more):
    return pb.ModelInferRequest(model_name="plus", id="7", inputs=tensors or [tensor(pb)],
                                raw_input_contents=raw, **more)


def status_of(call, message):
    try:
        call(message, timeout=20)
    except grpc.RpcError as error:
        return error.code()
    return grpc.StatusCode.OK


def check_server(pb, stub):
    assert stub.ServerLive(pb.ServerLiveRequest(), timeout=20).live
    assert stub.ServerReady(pb.ServerReadyRequest(), timeout=20).ready
    assert stub.ServerMetadata(pb.ServerMetadataRequest(), timeout=20).name
    assert stub.ModelReady(pb.ModelReadyRequest(name="plus"), timeout=20).ready
    assert not stub.ModelReady(pb.ModelReadyRequest(name="none"), timeout=20).ready
    metadata = stub.ModelMetadata(pb.ModelMetadataRequest(name="plus"), timeout=20)
    assert [(t.name, t.datatype) for t in metadata.inputs] == [("x", "FP32")], metadata
    assert status_of(stub.ModelMetadata, pb.ModelMetadataRequest(name="none")) == \
        grpc.StatusCode.NOT_FOUND


def numbers_in(response):
    assert len(response.outputs) == 1 and response.outputs[0].datatype == "FP32", response
    assert list(response.outputs[0].shape) == [1, 3], response
    if response.raw_output_contents:
        return struct.unpack("<3f", response.raw_output_contents[0])
    return tuple(response.outputs[0].contents.fp32_contents)


def check_inference(pb, stub):
    raw = struct.pack("<3f", 1, 2, -4)
    response = stub.ModelInfer(request(pb, [raw]), timeout=20)
    assert response.model_name == "plus" and response.id == "7", response
    assert numbers_in(response) == (2, 3, -3), response
    typed = tensor(pb)
    typed.contents.fp32_contents.extend([1, 2, -4])
    assert numbers_in(stub.ModelInfer(request(pb, [], typed), timeout=20)) == (2, 3, -3)


def check_refusals(pb, stub):
    raw = struct.pack("<3f", 1, 2, 3)
    bad = grpc.StatusCode.INVALID_ARGUMENT
    typed = tensor(pb)
    typed.contents.fp32_contents.extend([1, 2, 3])
    for message in (request(pb, [raw[:-1]]),
                    request(pb, [raw], tensor(pb, (1, -3))),
                    request(pb, [raw], tensor(pb, (1 << 40, 1 << 40))),
                    request(pb, [raw], tensor(pb, datatype="FP31")),
                    request(pb, [raw], tensor(pb, datatype="BYTES")),
                    request(pb, [raw], typed),
                    request(pb, [raw, raw]),
                    request(pb, [])):
        assert status_of(stub.ModelInfer, message) == bad, message
    unknown = request(pb, [raw])
    unknown.model_name = "none"
    assert status_of(stub.ModelInfer, unknown) == grpc.StatusCode.NOT_FOUND
    assert stub.ServerLive(pb.ServerLiveRequest(), timeout=20).live


def main(proto, address):
    pb, services = generate(proto)
    with grpc.insecure_channel(address) as channel:
        stub = services.GRPCInferenceServiceStub(channel)
        check_server(pb, stub)
        check_inference(pb, stub)
        check_refusals(pb, stub)
    print("conforms")


if __name__ == "__main__":
    main(*sys.argv[1:])
