"""Run any ONNX model for pictures, in the background."""
