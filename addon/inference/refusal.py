"""What ONNX Runtime says when it refuses a model, in one line that names operator, type or opset."""

import re

from addon.inference.wheels import newer
from addon.model.inspect import Contents
from addon.text import escaped
from addon.text import one_line as in_one_line

_MOST_OPSETS = 8
_READ = 4000
_OLDEST = 7
_FUTURE = re.compile(r"Opset (\d+) is under development.*support for domain (\S+) is till opset (\d+)", re.S)
_IR = re.compile(r"Unsupported model IR version: (\d+), max supported IR version: (\d+)")
_UNKNOWN = (
    re.compile(r"No Op registered for (?P<op>\S+) with domain_version of (?P<opset>\d+)"),
    re.compile(r"Fatal error: (?P<op>\S+?)\(-?\d+\) is not a registered function/op"),
)
_NO_KERNEL = re.compile(r"Could not find an implementation for (\S+?)\((\d+)\) node")
_TYPE = re.compile(r"Type '([^']+)' of input parameter \(([^)]*)\) of operator \(([^)]*)\)")
_WHERE = re.compile(r"/\S+\.(?:cc|h):\d+ ")
_FUNCTION = re.compile(r"(?:\w+ )?onnxruntime::[\w:~<>]+\([^()]*\)(?:::<lambda\(\)>)?(?: const)? ")
_CODE = re.compile(r"\[ONNXRuntimeError\] : \d+ : [A-Z_]+ : ")


def refusal(said: str, contents: Contents) -> str:
    """One line that says why, and what to do.

    Args:
        said: ONNX Runtime's message.
        contents: What is in the file.
    """
    # Names in it may be as long as the file.
    return escaped(_refusal(said[:_READ], contents))


def _refusal(said: str, contents: Contents) -> str:
    if "INVALID_PROTOBUF" in said or "No graph was found" in said:
        return "it is not an ONNX file, or truncated; copy it again or export it again"
    if found := _FUTURE.search(said):
        return (
            f"it needs opset {found[1]} of {found[2]}, and this ONNX Runtime knows {found[3]}; "
            f"export it with opset_version={found[3]}, or install a newer ONNX Runtime with: {newer()}"
        )
    if found := _IR.search(said):
        return (
            f"its file format is IR version {found[1]}, and this ONNX Runtime reads {found[2]} (its opset is "
            f"{_opsets(contents)}); install a newer ONNX Runtime with: {newer()}"
        )
    for pattern in _UNKNOWN:
        if found := pattern.search(said):
            return (
                f"ONNX Runtime has no operator {found['op'].replace(':', '.')} in opset {_opsets(contents)}; "
                "export it with operators of the standard set"
            )
    if found := _NO_KERNEL.search(said):
        old = 0 < contents.opsets.get("ai.onnx", 0) < _OLDEST
        why = f"it starts at opset {_OLDEST}; export it with a newer one" if old else "export it with float32"
        return f"ONNX Runtime cannot run its operator {found[1]} of opset {_opsets(contents)} here; {why}"
    if found := _TYPE.search(said):
        return (
            f"its operator {found[3]} takes no {found[1]} ({found[2]!r}) in opset {_opsets(contents)}; "
            "export it with float32 inputs and weights"
        )
    words = set(re.findall(r"\w+", said))
    named = next((name for name in contents.operators if name.rpartition(".")[2] in words), "")
    culprit = f"its operator {named}: " if named else ""
    return f"ONNX Runtime refuses it ({culprit}{one_line(said)}; opset {_opsets(contents)}); export it again"


def one_line(said: str) -> str:
    """The heart of a message of ONNX Runtime, without its codes and the names of its own code."""
    return in_one_line(_FUNCTION.sub("", _WHERE.sub("", _CODE.sub("", said[:_READ]))))


def _opsets(contents: Contents) -> str:
    named = sorted(contents.opsets.items(), key=lambda item: (item[0] != "ai.onnx", item[0]))
    return ", ".join(f"{version} of {domain}" for domain, version in named[:_MOST_OPSETS]) or "unknown"
