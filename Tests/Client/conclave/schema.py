"""The messages and enums of proto/, by their names: schema.Heartbeat, schema.FrameType."""

import pathlib
import subprocess
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.internal import enum_type_wrapper

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "proto"


def _load():
    with tempfile.NamedTemporaryFile() as output:
        files = sorted(file.name for file in FOLDER.glob("*.proto"))
        subprocess.run(["protoc", f"--descriptor_set_out={output.name}", "-I.", *files], cwd=FOLDER, check=True)
        declared = descriptor_pb2.FileDescriptorSet.FromString(output.read())
    pool = descriptor_pool.DescriptorPool()
    for file in declared.file:
        pool.Add(file)
    for file in declared.file:
        for message in file.message_type:
            kind = pool.FindMessageTypeByName(f"{file.package}.{message.name}")
            globals()[message.name] = message_factory.GetMessageClass(kind)
        for enum in file.enum_type:
            kind = pool.FindEnumTypeByName(f"{file.package}.{enum.name}")
            globals()[enum.name] = enum_type_wrapper.EnumTypeWrapper(kind)


_load()


def frame_type(kind):
    """The frame type of a message class: the value of FrameType that is named after it."""
    words = "".join(f"_{letter}" if letter.isupper() else letter for letter in kind.DESCRIPTOR.name)
    return FrameType.Value(f"FRAME_TYPE{words.upper()}")  # noqa: F821


def of_frame_type(number):
    """The message class of a frame type; None: unknown."""
    return _BY_TYPE.get(number)


_BY_TYPE = {
    FrameType.Value(name): globals()["".join(word.capitalize() for word in name.split("_")[2:])]  # noqa: F821
    for name in FrameType.keys()  # noqa: F821
    if FrameType.Value(name)  # noqa: F821
}
