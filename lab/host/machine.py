"""On what was it measured? The versions and the machine that a record keeps."""

import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

__all__ = ["describe", "fingerprint", "n_cores"]

_PACKAGES = (
    "future-tech-lab", "numpy", "scipy", "scikit-learn", "pandas", "pyarrow", "numba", "pennylane", "qiskit",
    "qiskit-ibm-runtime", "onnx", "onnxruntime", "skl2onnx", "interpret-core",
)  # fmt: skip


def n_cores() -> int:
    """Count the cores that this process may use; all, where the system knows no such choice (macOS)."""
    process = psutil.Process()
    return len(process.cpu_affinity()) if hasattr(process, "cpu_affinity") else psutil.cpu_count() or 1


def describe() -> dict[str, Any]:
    """Describe interpreter, packages, operating system, processor, cores, memory (GiB) and frequency governor."""
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {
        "python": platform.python_version(),
        "packages": versions,
        "system": platform.platform(terse=True),
        "processor": _processor(),
        "cores": n_cores(),
        "memory_gib": _memory_gib(),
        "governor": _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") or "not reported",
    }


def fingerprint() -> dict[str, Any]:
    """Tell machines apart on which a timing would differ: processor, cores, memory, system."""
    return {
        "processor": _processor(),
        "cores": n_cores(),
        "memory_gib": _memory_gib(),
        "system": platform.platform(terse=True),
    }


def _processor() -> str:
    for line in _read("/proc/cpuinfo").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory_gib() -> float:
    return round(psutil.virtual_memory().total / 2**30, 1)


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return ""
