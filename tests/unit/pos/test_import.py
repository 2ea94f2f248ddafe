from __future__ import annotations

import subprocess
import sys

LIST = "import sys; print(' '.join(sorted(sys.modules)))"


def modules(statement: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}\n{LIST}"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_a_till_loads_the_standard_library_and_its_own_folder_only() -> None:
    found = modules("import xenorec.pos") - modules("pass")
    ours = {name for name in found if name.split(".")[0] == "xenorec"}
    others = {name.split(".")[0] for name in found - ours}
    assert others <= set(sys.stdlib_module_names)
    assert {name for name in ours if not name.startswith("xenorec.pos")} == {
        "xenorec",
        "xenorec.addresses",
        "xenorec.errors",
        "xenorec.version",
    }


def test_a_till_that_sells_loads_nothing_more(tmp_path: object) -> None:
    code = (
        "from tests.unit.pos.folders import PHONE, publish\n"
        "from pathlib import Path\n"
        "from xenorec.pos import Till\n"
        f"with Till.open(publish(Path({str(tmp_path)!r}))) as till:\n"
        "    till.offers(till.identify(phone=PHONE), basket=['tea'])\n"
        "    till.record_order('1', lines=[('tea', 1, '3.50')])\n"
    )
    found = {name.split(".")[0] for name in modules(code) - modules("pass")}
    assert found - set(sys.stdlib_module_names) == {"tests", "xenorec"}


def test_slow_parts_of_the_standard_library_stay_out() -> None:
    found = modules("import xenorec.pos") - modules("pass")
    slow = {"asyncio", "email", "http", "logging", "multiprocessing", "socket", "ssl", "subprocess"}
    assert found & slow == set()
