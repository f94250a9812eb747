"""Color profiles made of the few numbers that a PNG or an AVIF has in place of one.

The layout is that of ICC.1:2022, version 2 of the header: a matrix and one curve.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.float64]
#: (x, y) of white, red, green and blue
Primaries = tuple[tuple[float, float], ...]

_D65 = (0.3127, 0.3290)
SRGB_PRIMARIES: Primaries = (_D65, (0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
#: by the numbers of ITU-T H.273, tables 3 and 2
VIDEO_CURVES = frozenset({1, 6, 14, 15})
_PRIMARIES: dict[int, Primaries] = {
    1: SRGB_PRIMARIES,
    5: (_D65, (0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),
    6: (_D65, (0.63, 0.34), (0.31, 0.595), (0.155, 0.07)),
    9: (_D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    11: ((0.314, 0.351), (0.68, 0.32), (0.265, 0.69), (0.15, 0.06)),
    12: (_D65, (0.68, 0.32), (0.265, 0.69), (0.15, 0.06)),
}
#: how strongly the three kinds of cones answer (Bradford), and the white of profiles, D50
_CONES = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_D50 = np.array([0.9642, 1.0, 0.8249])
_STEPS = np.linspace(0, 1, 1024)
#: brightness, in candela per square meter, of white among brighter things (ITU-R BT.2408), and
#: of the brightest thing that is told from others
_HDR_WHITE, _HDR_PEAK = 203, 1000


def gamma_profile(gamma: float, primaries: Primaries) -> bytes:
    """The profile of a PNG whose gAMA chunk says `gamma`, such as 0.45455."""
    return _profile(primaries, _STEPS ** (1 / gamma))


def coded_profile(primaries: int, curve: int) -> bytes | None:
    """The profile that the numbers of ITU-T H.273 stand for; None for sRGB and unknown ones."""
    found, values = _PRIMARIES.get(primaries), _coded_curve(curve)
    if found is None or values is None or (primaries, curve) == (1, 13):
        return None
    return _profile(found, values)


def _coded_curve(number: int) -> Curve | None:
    """Linear light, 1 for white, of 1024 steps from 0 to 1; ITU-T H.273, table 3."""
    v = _STEPS
    curve: Curve | None = None
    match number:
        case video if video in VIDEO_CURVES:  # for a screen of ITU-R BT.1886
            curve = v**2.4
        case 4:
            curve = v**2.2
        case 5:
            curve = v**2.8
        case 8:
            curve = v
        case 13:
            curve = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
        case 16:  # PQ, SMPTE ST 2084
            root = v ** (1 / 78.84375)
            light = np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)
            curve = _dimmed(10_000 * light ** (1 / 0.1593017578125))
        case 18:  # HLG, ITU-R BT.2100
            bright = (np.exp((v - 0.55991073) / 0.17883277) + 0.28466892) / 12
            curve = _dimmed(_HDR_PEAK * np.where(v <= 0.5, v**2 / 3, bright) ** 1.2)
    return curve


def _dimmed(brightness: Curve) -> Curve:
    """Brightness beyond white, in candela per square meter, for a screen whose white is 1.

    As Chromium does it: half as bright up to white, then along a quadratic curve up to the peak.
    """
    peak = _HDR_PEAK / _HDR_WHITE
    t = np.linspace(0, 1, 256)
    weights = (1 - t) ** 2, 2 * t * (1 - t), t**2
    given = np.dot((1, 1.65, peak), weights)
    shown = np.dot((0.5, 0.825, 1), weights)
    return np.interp(brightness / _HDR_WHITE, np.append(0, given), np.append(0, shown))


def _profile(primaries: Primaries, curve: Curve) -> bytes:
    red, green, blue = (_tag(b"XYZ ", _fixed(column)) for column in _to_d50(primaries).T)
    steps = (np.clip(curve, 0, 1) * 65535 + 0.5).astype(">u2")
    values = _tag(b"curv", struct.pack(">I", len(steps)) + steps.tobytes())
    name = b"made\0"
    description = _tag(b"desc", struct.pack(">I", len(name)) + name + bytes(78))
    tags = {b"desc": description, b"wtpt": _tag(b"XYZ ", _fixed(_D50))}
    tags |= {b"rXYZ": red, b"gXYZ": green, b"bXYZ": blue}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), values)
    place, table, bodies = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for kind, body in tags.items():
        table += kind + struct.pack(">II", place + len(bodies), len(body))
        bodies += body
    kinds = struct.pack(">I4s4s4s", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head = bytes(4) + kinds + bytes(12) + b"acsp" + bytes(28) + _fixed(_D50)
    size = struct.pack(">I", place + len(bodies))
    return size + head.ljust(124, b"\0") + table + bodies


def _to_d50(primaries: Primaries) -> NDArray[np.float64]:
    """The matrix (3, 3) from linear RGB to XYZ, adapted from the white given to D50."""
    white, *colors = (np.array([x / y, 1, (1 - x - y) / y]) for x, y in primaries)
    columns = np.stack(colors, 1)
    matrix = columns * np.linalg.solve(columns, white)
    gain = (_CONES @ _D50) / (_CONES @ white)
    return np.asarray(np.linalg.solve(_CONES, gain[:, None] * _CONES) @ matrix)


def _tag(kind: bytes, body: bytes) -> bytes:
    return kind + bytes(4) + body + bytes(-len(body) % 4)


def _fixed(values: Sequence[float] | NDArray[np.float64]) -> bytes:
    """Numbers as ICC profiles hold them: in 65536ths."""
    return struct.pack(f">{len(values)}i", *(round(float(value) * 65536) for value in values))
