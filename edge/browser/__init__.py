"""The same model measured in headless Chromium by onnxruntime-web."""
