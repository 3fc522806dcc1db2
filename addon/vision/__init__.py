"""Pictures in, answers out: any ONNX model that looks at images, beside the frame."""
