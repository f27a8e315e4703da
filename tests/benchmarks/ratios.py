"""Ratios of two measurements of the same run, interleaved, with their spread: the only speed figures we state."""

import json
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path

REPETITIONS = 5


@dataclass(frozen=True, slots=True)
class Ratio:
    """`values` are numerator speed over denominator speed, one per repetition; higher is better."""

    id: str
    what: str
    denominator: str
    must: float
    aim: float
    values: tuple[float, ...]
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        return min(self.values), max(self.values)


async def seconds_of(work: Callable[[], Awaitable[object]]) -> float:
    """Wall-clock seconds of one call."""
    started = time.perf_counter()
    await work()
    return time.perf_counter() - started


def table(ratios: Sequence[Ratio]) -> str:
    """The ratios as aligned text, with the machine's load beside them."""
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    lines = [f"{'id':<5}{'median':>8}{'spread':>16}{'must':>7}{'aim':>7}  what (against what)"]
    for ratio in ratios:
        low, high = ratio.spread
        lines.append(
            f"{ratio.id:<5}{ratio.median:>8.2f}{f'{low:.2f} – {high:.2f}':>16}{ratio.must:>7.2f}{ratio.aim:>7.2f}"
            f"  {ratio.what} (against {ratio.denominator}){' · ' + ratio.note if ratio.note else ''}"
        )
    return "\n".join([*lines, f"load average {load}; {os.cpu_count()} cores"])


def write_report(ratios: Sequence[Ratio], folder: Path) -> None:
    """ratios.json and ratios.svg; a bar reaches from 0 to the median, ticks mark must and aim."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = [{**asdict(ratio), "median": ratio.median} for ratio in ratios]
    (folder / "ratios.json").write_text(json.dumps(figures, indent=2) + "\n")
    (folder / "ratios.svg").write_text(_picture(ratios))


def _picture(ratios: Sequence[Ratio]) -> str:
    scale = 420 / max([1.0, *(max(ratio.median, ratio.aim) for ratio in ratios)])
    height = 46 * len(ratios) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 {height}" font-family="sans-serif" font-size="13">'
    ]
    for row, ratio in enumerate(ratios):
        top = 14 + row * 46
        colour = "#2e7d32" if ratio.median >= ratio.must else "#c62828"
        parts.append(f'<text x="10" y="{top + 10}">{escape(ratio.id)} {escape(ratio.what[:90])}</text>')
        parts.append(
            f'<rect x="10" y="{top + 16}" width="{ratio.median * scale:.0f}" height="14" rx="3" fill="{colour}"/>'
        )
        for mark, label in ((ratio.must, "must"), (ratio.aim, "aim")):
            x = 10 + mark * scale
            parts.append(
                f'<path d="M{x:.0f} {top + 13}v20" stroke="#333"><title>{label} {mark}</title></path>'
            )
        parts.append(
            f'<text x="{16 + ratio.median * scale:.0f}" y="{top + 28}" font-weight="bold">{ratio.median:.2f}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])
