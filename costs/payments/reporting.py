"""What a reading of a file comes to, for programs and for the officer who is about to confirm."""

from typing import Any, BinaryIO

from costs.payments.importing import fingerprint, reasons
from costs.payments.reading import Reading


def report(name: str, source: BinaryIO, reading: Reading) -> dict[str, Any]:
    """One object a file: how it was read, what was read, and what was not and why."""
    sha256, _ = fingerprint(source)
    detected = reading.detected
    first_on, last_on = reading.days
    return {
        "file": name,
        "sha256": sha256,
        "encoding": detected.encoding,
        "delimiter": detected.delimiter,
        "header_line": detected.header_line,
        "columns": detected.columns,
        "rows": reading.payments,
        "total": f"{reading.total:.2f}",
        "first_on": first_on and first_on.isoformat(),
        "last_on": last_on and last_on.isoformat(),
        "rejected": reasons(reading.problems),
        "left_out": [
            {"line": left.line, "until": left.until or left.line, "kind": left.kind}
            | ({"value": left.value} if left.value else {})
            for left in reading.left_out
        ],
        "notes": detected.notes,
    }


def counted(number: int, thing: str) -> str:
    """1 payment, 2 payments, 12,800 payments."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
