"""Law 2, asked of many citations at once."""

from collections.abc import Iterable, Mapping

from summit_qa.documents.citations import verify
from summit_qa.types import Citation, Document


def all_verified(citations: Iterable[Citation], documents: Mapping[str, Document]) -> bool:
    """Whether every citation stands in the document it names."""
    return all(
        citation.file in documents and verify(citation, documents[citation.file])
        for citation in citations
    )
