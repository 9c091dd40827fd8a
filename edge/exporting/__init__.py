"""A fitted pipeline becomes an ONNX file that is proven equal, and smaller variants of it."""
