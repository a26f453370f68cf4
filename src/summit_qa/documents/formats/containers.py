"""Zip containers and their XML parts, read within limits and without following anything."""

from __future__ import annotations

import zipfile
import zlib
from io import BytesIO
from typing import TYPE_CHECKING

from summit_qa.documents.formats.reading import Limits, Unreadable

if TYPE_CHECKING:
    from lxml import etree

_MOST_PARTS = 20_000


class Container:
    """A zip file in memory. No more than the limit is ever unpacked from it."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
            parts = self._zip.infolist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError):
            raise Unreadable("damaged: its packed parts cannot be read; save it again") from None
        if (
            len(parts) > _MOST_PARTS
            or sum(part.file_size for part in parts) > limits.unpacked_bytes
        ):
            raise Unreadable(
                f"it unpacks to more than the limit of {limits.unpacked_bytes:,} bytes"
            )
        self.names = [part.filename for part in parts]
        self._folded = {name.lower(): name for name in reversed(self.names)}
        self._left = limits.unpacked_bytes

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._folded

    def size(self, name: str) -> int:
        """Bytes of a part once unpacked, as the file states them; 0 where there is none."""
        known = self._folded.get(name.lower())
        return 0 if known is None else self._zip.getinfo(known).file_size

    def read(self, name: str) -> bytes | None:
        """The bytes of a part; None where there is no such part."""
        known = self._folded.get(name.lower())
        if known is None:
            return None
        try:
            with self._zip.open(known) as part:
                data = part.read(self._left + 1)
        except RuntimeError:
            raise Unreadable("encrypted; save it without its password first") from None
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, ValueError, OSError, EOFError):
            raise Unreadable(f"damaged: its part {known[:80]} cannot be unpacked") from None
        self._left -= len(data)
        if self._left < 0:
            raise Unreadable("it unpacks to more than the limit")
        return data

    def xml(self, name: str) -> etree._Element | None:
        """A part as XML; None where there is no such part or it is no XML."""
        data = self.read(name)
        return None if data is None else parse_xml(data)


def parse_xml(data: bytes) -> etree._Element | None:
    """The root of the XML, without entities, remote parts and huge nodes; None for other bytes."""
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=False,
    )
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def local(element: etree._Element) -> str:
    """The element's name without its namespace; "" for what is no element, as an entity."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: etree._Element, name: str) -> str:
    """The attribute of that name in any namespace, or ""."""
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value)
    return ""


def core_properties(container: Container) -> tuple[str, str]:
    """Title and date (created, else modified) that an Office file states."""
    root = container.xml("docProps/core.xml")
    found = {} if root is None else {local(child): (child.text or "").strip() for child in root}
    return found.get("title", ""), found.get("created", "") or found.get("modified", "")
