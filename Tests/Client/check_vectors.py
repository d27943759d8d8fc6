"""Has Python's own protobuf judge the golden vectors: check_vectors.py FOLDER

Each vector's bytes must parse, be written again to the same bytes, and be the message that its text says, with no field
that proto/ does not declare but those from 19000 on, which stand for a later version's.
"""

import pathlib
import sys

from google.protobuf import text_format
from google.protobuf.unknown_fields import UnknownFieldSet

from conclave import schema


def vectors(file):
    """The (bytes, text) pairs of a file."""
    found = []
    for line in file.read_text().splitlines():
        if line.startswith("="):
            found.append((bytes.fromhex(line[1:]), []))
        elif found and line and not line.startswith("#"):
            found[-1][1].append(line)
    return [(encoded, "\n".join(text)) for encoded, text in found]


def undeclared(message):
    """Numbers of unknown fields, at whatever depth."""
    numbers = {field.field_number for field in UnknownFieldSet(message)}
    for field, value in message.ListFields():
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        for each in value if field.is_repeated else [value]:
            numbers |= undeclared(each)
    return numbers


def complaint(kind, encoded, text):
    """Why a vector is not what it says; None: it is."""
    message = kind()
    message.ParseFromString(encoded)
    if message.SerializeToString(deterministic=True) != encoded:
        return "is written to other bytes"
    strays = [number for number in undeclared(message) if number < 19000]
    if strays:
        return f"has fields that proto/ does not declare: {strays}"
    message.DiscardUnknownFields()
    if text_format.Parse(text, kind()) != message:
        return "does not say what its text says"
    return None


def main(folder):
    count = 0
    files = sorted(pathlib.Path(folder).glob("*.txt"))
    for file in files:
        kind = getattr(schema, file.stem)
        for number, (encoded, text) in enumerate(vectors(file), 1):
            why = complaint(kind, encoded, text)
            if why:
                sys.exit(f"{file.name}: vector {number} {why}")
            count += 1
    if not count:
        sys.exit(f"there is no vector in {folder}")
    print(f"{count} vectors of {len(files)} messages are right to Python's protobuf")


main(sys.argv[1])
