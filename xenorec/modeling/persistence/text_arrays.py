"""Texts as plain arrays: UTF-8 bytes, where each text ends, and which are missing."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from xenorec.array_types import Bools, Ints, Texts
from xenorec.errors import NotSupported


class EncodedTexts(NamedTuple):
    """Text i is the bytes from the end of the one before to ``ends[i]``, or missing (None)."""

    bytes: npt.NDArray[np.uint8]
    ends: Ints
    is_missing: Bools


def encode_texts(values: npt.NDArray[Any]) -> EncodedTexts:
    """Return an array of texts and None; raises NotSupported for anything else in it."""
    listed = values.tolist()
    strange = next((v for v in listed if not (v is None or isinstance(v, str))), None)
    if strange is not None or values.ndim != 1:
        raise NotSupported(
            f"An array of objects holds a {type(strange).__name__}; only a plain list of texts "
            "and None can be saved."
        )
    parts = [(text or "").encode("utf-8", "surrogatepass") for text in listed]
    return EncodedTexts(
        np.frombuffer(b"".join(parts), dtype=np.uint8),
        np.cumsum([len(part) for part in parts], dtype=np.int64),
        np.array([text is None for text in listed], dtype=bool),
    )


def decode_texts(encoded: EncodedTexts) -> Texts:
    """Return the texts again; raises ValueError where the three arrays do not fit together."""
    whole, ends = encoded.bytes.tobytes(), encoded.ends
    fits = len(ends) == len(encoded.is_missing) and not (np.diff(ends, prepend=0) < 0).any()
    if not fits or ends.max(initial=0) != len(whole):
        raise ValueError("texts, their ends and what is missing do not fit together")
    bounds = pairwise([0, *ends.tolist()])
    texts: Texts = np.empty(len(ends), dtype=object)
    texts[:] = [whole[begin:end].decode("utf-8", "surrogatepass") for begin, end in bounds]
    texts[encoded.is_missing] = None
    return texts
