import subprocess
import sys


def loaded_by(code: str) -> set[str]:
    script = f"{code}\nimport sys; print(*(m for m in sys.modules if '.' not in m))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_quiet_hours_load_no_third_party_package():
    loaded = loaded_by("from xenorec.timing import QuietHours")
    assert not loaded & {"numpy", "pandas", "pyarrow", "scipy", "lifetimes", "sklearn"}


def test_the_models_import_without_lifetimes_and_scipy():
    loaded = loaded_by("from xenorec.timing import NextPurchase, SendTime, evaluate_timing")
    assert not loaded & {"scipy", "lifetimes", "sklearn"}


def test_every_public_name_is_there():
    import xenorec.timing

    assert len(set(xenorec.timing.__all__)) == len(xenorec.timing.__all__)
    assert all(hasattr(xenorec.timing, name) for name in xenorec.timing.__all__)
