"""The reason why ONNX Runtime refuses a model, in one line that names operator, type or opset."""

import re

from addon.inference.wheels import newer
from addon.model.inspect import Contents
from addon.text import escaped, one_line

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


def refusal(message: str, contents: Contents) -> str:
    """The reason, and what to do, in one line.

    Args:
        message: Of ONNX Runtime.
        contents: What is in the file.
    """
    # Names in it may be as long as the file.
    return escaped(_refusal(message[:_READ], contents))


def _refusal(message: str, contents: Contents) -> str:
    if "INVALID_PROTOBUF" in message or "No graph was found" in message:
        return "it is not an ONNX file, or truncated; copy it again or export it again"
    if found := _FUTURE.search(message):
        return (
            f"it needs opset {found[1]} of {found[2]}, and this ONNX Runtime knows {found[3]}; "
            f"export it with opset_version={found[3]}, or install a newer ONNX Runtime with: {newer()}"
        )
    if found := _IR.search(message):
        return (
            f"its file format is IR version {found[1]}, and this ONNX Runtime reads {found[2]} (its opset is "
            f"{_opsets(contents)}); install a newer ONNX Runtime with: {newer()}"
        )
    for pattern in _UNKNOWN:
        if found := pattern.search(message):
            return (
                f"ONNX Runtime has no operator {found['op'].replace(':', '.')} in opset {_opsets(contents)}; "
                "export it with operators of the standard set"
            )
    if found := _NO_KERNEL.search(message):
        old = 0 < contents.opsets.get("ai.onnx", 0) < _OLDEST
        why = f"it starts at opset {_OLDEST}; export it with a newer one" if old else "export it with float32"
        return f"ONNX Runtime cannot run its operator {found[1]} of opset {_opsets(contents)} here; {why}"
    if found := _TYPE.search(message):
        return (
            f"its operator {found[3]} takes no {found[1]} ({found[2]!r}) in opset {_opsets(contents)}; "
            "export it with float32 inputs and weights"
        )
    words = set(re.findall(r"\w+", message))
    named = next((name for name in contents.operators if name.rpartition(".")[2] in words), "")
    culprit = f"its operator {named}: " if named else ""
    reason = f"{culprit}{without_codes(message)}; opset {_opsets(contents)}"
    return f"ONNX Runtime refuses it ({reason}); export it again"


def without_codes(message: str) -> str:
    """A message of ONNX Runtime in one line, without its codes and the names of its own functions."""
    return one_line(_FUNCTION.sub("", _WHERE.sub("", _CODE.sub("", message[:_READ]))))


def _opsets(contents: Contents) -> str:
    named = sorted(contents.opsets.items(), key=lambda item: (item[0] != "ai.onnx", item[0]))
    return ", ".join(f"{version} of {domain}" for domain, version in named[:_MOST_OPSETS]) or "unknown"
