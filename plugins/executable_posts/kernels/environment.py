"""The environment of a kernel: a list of what passes, so that no secret reaches a post."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

# What programs need to find their parts, and what numeric libraries read when imported.
_PASSED = frozenset(
    {
        "PATH",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "SYSTEMROOT",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CUDA_HOME",
        "CUDA_VISIBLE_DEVICES",
        "KERAS_BACKEND",
        "XLA_FLAGS",
    }
)
# Not all of TF_: TF_VAR_… are Terraform's, and hold passwords.
_TENSORFLOW = ("TF_CPP_", "TF_DETERMINISTIC_", "TF_ENABLE_", "TF_FORCE_", "TF_GPU_", "TF_XLA_")
_PASSED_PREFIXES = ("OPENBLAS_", "MKL_", "NVIDIA_", "ROCM_", *_TENSORFLOW)


# Of those that pass, the ones that decide what is computed and not only where its parts are.
_DECIDING = frozenset({"KERAS_BACKEND", "XLA_FLAGS"})
_DECIDING_PREFIXES = _TENSORFLOW


def deciding_environment(outside: Mapping[str, str], also: Iterable[str] = ()) -> dict[str, str]:
    """The variables of `outside` on which a run may depend, for its fingerprint.

    Of those that a blog lets through by name, in `also`, a digest stands for the value, which
    may be a secret.
    """
    known = {
        name: value
        for name, value in outside.items()
        if name in _DECIDING or name.startswith(_DECIDING_PREFIXES)
    }
    named = {name: outside[name] for name in also if name in outside}
    digests = {
        name: f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"
        for name, value in named.items()
    }
    return known | digests


PER_RUN = frozenset(
    {"HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP", "IPYTHONDIR"}
    | {"JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"}
)
"""The variables that are different for each run; of all others a kernel server has the same."""


def kernel_environment(
    outside: Mapping[str, str],
    *,
    home: Path,
    cache: Path,
    threads: int,
    timezone: str,
    also: Iterable[str] = (),
) -> dict[str, str]:
    """The environment variables of a kernel.

    Of `outside` only those pass that are listed here or named in `also`. `home` is a folder that
    is thrown away after the run, `cache` one that stays. `threads` is fixed, since the bits of a
    sum change with the number of threads that compute it; so are hash seed, locale and time zone.
    """
    named = frozenset(also)
    passed = {
        name: value
        for name, value in outside.items()
        if name in _PASSED or name in named or name.startswith(_PASSED_PREFIXES)
    }
    count = str(threads)
    return passed | {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "TMPDIR": str(home / "tmp"),
        "TEMP": str(home / "tmp"),
        "TMP": str(home / "tmp"),
        "IPYTHONDIR": str(home / ".ipython"),
        "JUPYTER_CONFIG_DIR": str(home / ".jupyter"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "MPLCONFIGDIR": str(cache / "matplotlib"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONHASHSEED": "0",
        # Matplotlib writes the date of today into every SVG where nothing else is said.
        "SOURCE_DATE_EPOCH": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
        "LC_ALL": "C.UTF-8",
        "LANG": "C.UTF-8",
        "TZ": timezone,
        "OMP_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "NUMEXPR_NUM_THREADS": count,
        "TF_NUM_INTRAOP_THREADS": count,
        "TF_NUM_INTEROP_THREADS": count,
    }
