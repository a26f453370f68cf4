"""The cutting into passages as a LlamaIndex node parser, for programs built on LlamaIndex."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from llama_index.core.node_parser import NodeParser
from llama_index.core.schema import BaseNode, MetadataMode, NodeRelationship, TextNode
from llama_index.core.schema import Document as LlamaIndexDocument
from pydantic import Field

from summit_qa.documents.corpus import text_document
from summit_qa.documents.passages import passage_to_node, passages_of


class PassageParser(NodeParser):
    """Documents to nodes that are exact slices; metadata: path, start, end, start_line, end_line,
    page, context.

    The path is the source's ``path``, ``file_path`` or ``file_name``, or else its id.
    """

    passage_chars: int = Field(default=800, ge=1, description="longest passage in characters")

    @classmethod
    def class_name(cls) -> str:
        """The name that LlamaIndex stores."""
        return "PassageParser"

    def _parse_nodes(
        self, nodes: Sequence[BaseNode], show_progress: bool = False, **kwargs: Any
    ) -> list[BaseNode]:
        return [made for node in nodes for made in self._parse(node)]

    def _parse(self, source: BaseNode) -> list[TextNode]:
        text = source.get_content(metadata_mode=MetadataMode.NONE)
        data = text.encode("utf-8", "surrogatepass")
        known = (source.metadata.get(key) for key in ("path", "file_path", "file_name"))
        path = next((str(name) for name in known if name), source.node_id)
        digest = hashlib.sha256(data).hexdigest()
        document = text_document(path, text, digest, "utf-8", len(data))
        made = [passage_to_node(passage) for passage in passages_of(document, self.passage_chars)]
        for node in made:
            node.relationships[NodeRelationship.SOURCE] = source.as_related_node_info()
        return made

    def _postprocess_parsed_nodes(
        self, nodes: list[BaseNode], parent_doc_map: dict[str, LlamaIndexDocument]
    ) -> list[BaseNode]:
        """As LlamaIndex does, but for the characters: it would search for them (rule 1)."""
        finished: list[BaseNode] = super()._postprocess_parsed_nodes(nodes, parent_doc_map)
        for node in finished:
            if isinstance(node, TextNode):
                node.start_char_idx = node.metadata["start"]
                node.end_char_idx = node.metadata["end"]
        return finished
