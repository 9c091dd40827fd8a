"""Fitted columns and trees as ONNX graphs: what the labs that write model files share."""
