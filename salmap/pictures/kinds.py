"""Kinds of files that are not read, by their first bytes: people are told what they brought."""

from __future__ import annotations

import re

#: how many bytes of a file tell what it is
HEAD_BYTES = 4096

#: file suffixes, in lower case, of pictures, drawings and videos that are not read
UNREAD_SUFFIXES = frozenset(
    {".svg", ".svgz", ".pdf", ".eps", ".ps", ".ai", ".psd", ".psb", ".xcf", ".fig", ".sketch"}
    | {".jxl", ".jp2", ".j2k", ".jxr", ".exr", ".hdr", ".tga", ".pcx", ".ico", ".icns", ".qoi"}
    | {".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2", ".pef", ".dcm", ".dds"}
    | {".pbm", ".pgm", ".ppm", ".pnm", ".pfm", ".wmf", ".emf"}
    | {".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".wmv", ".mpg", ".mpeg"}
)

#: (where, what stands there, what it is)
_SIGNATURES = (
    (0, b"%PDF", "a PDF document"),
    (0, b"%!PS", "a PostScript drawing"),
    (0, b"\xc5\xd0\xd3\xc6", "a PostScript drawing"),
    (0, b"8BPS", "a Photoshop document"),
    (0, b"gimp xcf", "a GIMP document"),
    (0, b"fig-kiwi", "a Figma document"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (4, b"JXL ", "a JPEG XL picture"),
    (4, b"jP  ", "a JPEG 2000 picture"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (0, b"II\xbc\x01", "a JPEG XR picture"),
    (0, b"\0\0\x01\0", "a Windows icon"),
    (0, b"\0\0\x02\0", "a Windows cursor"),
    (0, b"icns", "a macOS icon"),
    (0, b"qoif", "a QOI picture"),
    (0, b"DDS ", "a DDS texture"),
    (0, b"\x76\x2f\x31\x01", "an OpenEXR picture"),
    (0, b"#?", "a Radiance HDR picture"),
    (0, b"SIMPLE  =", "a FITS picture"),
    (128, b"DICM", "a DICOM picture"),
    (0, b"\xd7\xcd\xc6\x9a", "a Windows metafile"),
    (40, b" EMF", "a Windows metafile"),
    (8, b"CR\x02", "a camera's raw file"),
    (4, b"ftypcrx", "a camera's raw file"),
    (0, b"FUJIFILMCCD-RAW", "a camera's raw file"),
    (0, b"IIU\0", "a camera's raw file"),
    (0, b"IIRO", "a camera's raw file"),
    (0, b"IIRS", "a camera's raw file"),
    (4, b"ftyp3g", "a video"),
    (4, b"ftypM4V", "a video"),
    (4, b"ftypisom", "a video"),
    (4, b"ftypiso", "a video"),
    (4, b"ftypmp4", "a video"),
    (4, b"ftypqt", "a video"),
    (4, b"moov", "a video"),
    (8, b"AVI LIST", "a video"),
    (0, b"\x1a\x45\xdf\xa3", "a video"),
    (0, b"PK\x03\x04", "a ZIP archive or a document"),
    (0, b"\xd0\xcf\x11\xe0", "an Office document"),
    (0, b"\x1f\x8b", "a compressed file"),
    (0, b"7z\xbc\xaf", "a compressed file"),
    (0, b"Rar!", "a compressed file"),
)
_NETPBM = re.compile(rb"P[1-7Ff]\s")
_MARKUP = re.compile(rb"\s*<(\?xml|!--|!doctype|svg|html|head|body)\b", re.IGNORECASE)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

#: how files of kinds that are read begin, where some of the kind are not
_READ = (
    (b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r", "PNG"), (b"BM", "BMP"), (b"GIF8", "GIF"),
    *((mark, "TIFF") for mark in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
)  # fmt: skip

AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


def unsupported_kind(head: bytes) -> str:
    """What a file is that is known and not read, such as "a PDF document"; else empty."""
    if _NETPBM.match(head):
        return "a Netpbm picture"
    text = head.removeprefix(_BYTE_ORDER_MARK)
    if _MARKUP.match(text):
        return "an SVG drawing" if b"<svg" in text.lower() else "a web page or XML file"
    found = (kind for at, mark, kind in _SIGNATURES if head.startswith(mark, at))
    return next(found, "")


def unusual_kind(head: bytes) -> str:
    """What a file is that could not be read although its kind is; else empty."""
    found = (f"a {kind} file of an unusual kind" for mark, kind in _READ if head.startswith(mark))
    return next(found, "")


def brands(head: bytes) -> frozenset[bytes]:
    """The kinds that a file of the ISO base media format says it is; none for any other file."""
    if head[4:8] != b"ftyp":
        return frozenset()
    box = head[8 : int.from_bytes(head[:4])]
    return frozenset(box[i : i + 4] for i in range(0, len(box), 4) if i != 4)


def is_heic(head: bytes) -> bool:
    """Whether a file is a HEIF picture that is not an AVIF."""
    found = brands(head)
    return bool(found & _HEIC_BRANDS) and not found & AVIF_BRANDS
