"""The prototypes of `prep._library` are those of prep.h, as a reader of C understands it."""

import ctypes
import re
import subprocess

import cffi
import pytest
from places import CHECKOUT, PACKAGE
from prep import _library

HEADER = CHECKOUT / "Sources" / "CPrepABI" / "include" / "prep.h"
STRUCTS = {
    "prep_error": _library.Error, "prep_arrays": _library.Arrays, "prep_reject": _library.Reject,
    "prep_dataset_info": _library.DatasetInfo,
}


@pytest.fixture(scope="module")
def header():
    text = subprocess.run(["gcc", "-E", "-P", HEADER], check=True, capture_output=True, text=True).stdout
    ffi = cffi.FFI()
    # Of what the C library's own headers declare, cffi knows the names already.
    ffi.cdef(text[text.index("typedef int32_t prep_status"):])
    return ffi


def functions():
    return sorted(set(re.findall(r"\b(prep_\w+)\s*\(", re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.S))))


def kind(ctype):
    """A type of the header, as coarsely as a call tells types apart: size and whether it is a pointer."""
    if ctype.kind == "pointer":
        return "pointer"
    return "void" if ctype.kind == "void" else (ctype.cname.startswith("u") or ctype.cname == "size_t", cffi.FFI().sizeof(ctype.cname))


def own(ctype):
    if ctype is None:
        return "void"
    if ctype in (ctypes.c_char_p, ctypes.c_void_p) or issubclass(ctype, ctypes._Pointer):
        return "pointer"
    return (ctype(-1).value > 0, ctypes.sizeof(ctype))


def test_every_function_has_the_arguments_of_the_header(header):
    declared = functions()
    assert len(declared) == 31
    assert set(declared) == set(_library._fallible) | set(_library._plain)
    library = header.dlopen(str(next((CHECKOUT / "python" / "prep" / "_native").glob("libprep.so.*"))))
    for name in declared:
        found = header.typeof(getattr(library, name))
        function = getattr(_library.library, name)
        assert [kind(argument) for argument in found.args] == [own(argument) for argument in function.argtypes], name
        assert kind(found.result) == own(function.restype), name


def test_every_struct_has_the_members_of_the_header(header):
    for name, struct in STRUCTS.items():
        fields = dict(header.typeof(name).fields)
        assert header.sizeof(name) == ctypes.sizeof(struct), name
        assert list(fields) == [field for field, _ in struct._fields_]
        for field, declared in fields.items():
            assert declared.offset == getattr(struct, field).offset, f"{name}.{field}"
        assert struct().size == ctypes.sizeof(struct)


def test_constants_are_those_of_the_header():
    values = {name: int(value) for name, value in re.findall(r"#define (PREP_\w+) (\d+)u?\b", HEADER.read_text())}
    assert values["PREP_ABI_VERSION"] == _library.ABI_VERSION
    names = ("ARGUMENT", "TOKENIZER", "SPEC", "DATA_SET", "RANGE", "TOO_SMALL")
    assert {values[f"PREP_{name}"]: name.replace("_", "-").lower() for name in names} == _library.STATUS


def test_the_library_exports_the_header_and_nothing_else():
    library = f"{PACKAGE}/prep/_native/libprep.so"
    output = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    assert sorted(line.split()[-1] for line in output.splitlines()) == functions()
    named = subprocess.run(["objdump", "-p", library], check=True, capture_output=True, text=True).stdout
    assert re.search(r"SONAME\s+libprep\.so\.(\d+)", named).group(1) == str(_library.ABI_VERSION)
