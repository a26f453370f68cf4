"""Every error that this package raises on purpose; each message is one line.

The tree::

    SummitQAError                 anything this package raises on purpose; message is one line
    ├── CorpusError               the folder cannot be read, or holds nothing to read
    ├── IndexUnusableError        the index cannot be built or opened
    │   ├── IndexLockedError      another process is writing it
    │   ├── IndexDamagedError     a generation failed its check
    │   └── VectorServerError     the vector server is away, or lost what it was given
    ├── QuestionError             the question is empty or too long
    ├── ModelError                a bundled model file is missing or altered
    ├── ConfigurationError        a setting is unknown or impossible; an extra is missing
    ├── WriterError               the language model endpoint did not give an answer
    │   ├── WriterConnectionError refused, DNS, TLS
    │   ├── WriterTimeoutError    the time budget ran out
    │   ├── WriterAuthError       401, 403
    │   ├── WriterNotFoundError   404: no such model or path
    │   ├── WriterRateLimitError  429
    │   ├── WriterServerError     5xx
    │   ├── WriterReplyError      a reply that is empty, broken, cut or in no known format
    │   └── WriterFilteredError   a content filter withheld the reply
    ├── BusyError                 the chat has more questions waiting than it takes on
    └── EvaluationError           a data set, a gate or a report that cannot be read
"""

from __future__ import annotations


class SummitQAError(Exception):
    """Root of every error that this package raises on purpose."""

    def __init__(self, message: str = "") -> None:
        """One line, whatever the names of files and folders in the message hold."""
        super().__init__(" ".join(message.splitlines()))


class CorpusError(SummitQAError):
    """The corpus folder cannot be read, or holds nothing to read."""


class IndexUnusableError(SummitQAError):
    """The index cannot be built or opened."""


class IndexLockedError(IndexUnusableError):
    """Another process is writing the index."""


class IndexDamagedError(IndexUnusableError):
    """A generation of the index failed its check."""


class VectorServerError(IndexUnusableError):
    """The vector server is away or slow; ``lost`` where it does not hold what it was given."""

    def __init__(self, message: str = "", *, lost: bool = False) -> None:
        super().__init__(message)
        self.lost = lost


class QuestionError(SummitQAError):
    """The question is empty or too long."""


class ModelError(SummitQAError):
    """A bundled model file is missing or altered."""


class ConfigurationError(SummitQAError):
    """A setting is unknown or impossible, or an extra is missing."""


class WriterError(SummitQAError):
    """The language model endpoint did not give a usable answer."""


class WriterConnectionError(WriterError):
    """The endpoint refused, or its name or certificate could not be resolved."""


class WriterTimeoutError(WriterError):
    """The time budget of the request ran out."""


class WriterAuthError(WriterError):
    """The endpoint rejected the key (401, 403)."""


class WriterNotFoundError(WriterError):
    """The endpoint has no such model or path (404)."""


class WriterRateLimitError(WriterError):
    """The endpoint is over its rate or quota (429)."""


class WriterServerError(WriterError):
    """The endpoint failed (5xx)."""


class WriterReplyError(WriterError):
    """The reply is empty, broken, cut short or in no known format."""


class WriterFilteredError(WriterError):
    """A content filter withheld the reply."""


class BusyError(SummitQAError):
    """The chat has more questions waiting than it takes on."""


class EvaluationError(SummitQAError):
    """A data set, a gate or a report cannot be read."""
