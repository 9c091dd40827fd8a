"""Readable models as ONNX files."""
