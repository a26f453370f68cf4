"""Keeps the index in step with the corpus: builds generations aside and publishes them whole.

Reading what is served takes no lock. Writing takes one: a generation is built in a folder of its
own, flushed to disk, opened by a separate process to see that it is whole, and published by
replacing ``CURRENT``. Whatever dies half-way leaves ``CURRENT`` as it was.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from summit_qa.errors import (
    IndexDamagedError,
    IndexLockedError,
    IndexUnusableError,
    VectorServerError,
)
from summit_qa.index.folder import (
    BUILDING,
    CURRENT,
    REMOVING,
    has_litter,
    inside,
    locked,
    make_folder,
    named,
    sweep_generations,
    sync_folder,
    writing_errors,
)
from summit_qa.index.found import File, Found, Known, MadeBefore, Served
from summit_qa.index.generation import (
    GENERATION_NAME,
    MANIFEST,
    TEXTS,
    FileRecord,
    Generation,
    Manifest,
    damaged_files,
    read_manifest,
)
from summit_qa.index.spool import Spool
from summit_qa.settings import Settings
from summit_qa.types import Document, Progress, SyncReport

if TYPE_CHECKING:
    from summit_qa.index.build import Built
    from summit_qa.index.remote import Patient, VectorServer
    from summit_qa.index.reusable import Recipe, Reusable

_SENT_AT_ONCE = 10_000  # passages that a question waits for, where the vector server lost them
_LARGE = 2_000_000  # characters: a minute of the encoder on two cores


class Index:
    """The index of a corpus in a folder. Safe to read from many threads while one syncs."""

    def __init__(
        self,
        folder: Path,
        *,
        embedder: Any = None,
        settings: Settings,
        corpus: Path | None = None,
        server: VectorServer | None = None,
    ) -> None:
        """``embedder`` is a LlamaIndex embedding, an encoder, or None for the one in settings.

        ``corpus`` is the folder that the index must be of; None until the first ``sync`` says.
        ``server`` keeps the vectors; None means the one in settings, if any.
        """
        from summit_qa.models.encoding import as_encoder

        self.folder = Path(folder)
        key = settings.openai_api_key
        self.encoder = as_encoder(
            embedder if embedder is not None else settings.embedder,
            settings.openai_base_url,
            key.get_secret_value() if key else None,
        )
        self._settings = settings
        if server is None and settings.chroma:
            from summit_qa.index.chroma_server import ChromaServer

            server = ChromaServer(settings)
        self._server = server
        self._patient: Patient | None = None
        if server is not None:
            from summit_qa.index.remote import Patient

            self._patient = Patient(server)
        self._corpus = None if corpus is None else named(corpus)
        self._opening = threading.Lock()
        self._pointer = b""
        self._generation: Generation | None = None
        self._checked: tuple[bytes, Served] | None = None

    def current(self) -> Generation:
        """The generation that is served now; IndexUnusableError where there is none.

        Costs one small read while ``CURRENT`` has not moved. A caller that needs several
        answers from the same generation keeps the one it was given.
        """
        pointer = self._read_pointer()
        with self._opening:
            if self._generation is not None and pointer == self._pointer:
                return self._generation
        for _ in range(10):  # a writer may publish, and remove the old one, while we open it
            try:
                return self._open(pointer)
            except IndexDamagedError:
                if (moved := self._read_pointer()) == pointer:
                    raise
                pointer = moved
        raise IndexUnusableError(
            f"The index in {self.folder} changes faster than it can be opened."
        )

    def sync(
        self, corpus: Path, *, progress: Progress | None = None, vectors: bool = True
    ) -> SyncReport:
        """Bring the index up to date with the corpus and say what was found.

        Where most of a large folder is new, a generation is published first that can be searched
        by words; then one with vectors. Without ``vectors`` the second waits for a later sync.

        Raises CorpusError where the corpus cannot be read, IndexLockedError where another
        process is writing this index and something has to be written, IndexUnusableError where the
        folder cannot be used or is the index of another folder.
        """
        began = time.perf_counter()
        corpus = Path(corpus)
        self._corpus = named(corpus)
        self._whole()  # the index of another folder is refused before a large folder is read
        with (
            self._known() as known,
            self._ahead(corpus, known, progress, vectors) as made,
            closing(Spool(self.folder)) as spool,
        ):
            found = self._found(corpus, known, made, spool, progress)
            with writing_errors(self.folder):
                report = self._unchanged(found, vectors)
                if report is not None:
                    self._tidied(report.generation)
                else:
                    if not found.read:  # else it was made before the spool came to lie there
                        make_folder(self.folder)
                    with locked(self.folder):
                        # Another process may have done the work while we read the corpus.
                        report = self._unchanged(found, vectors) or self._rebuilt(
                            found, progress, vectors
                        )
        return replace(report, seconds=time.perf_counter() - began)

    def close(self) -> None:
        """Let go of the generation that is served; whoever still uses it may finish."""
        with self._opening:
            self._generation = None
            self._pointer = b""

    def _open(self, pointer: bytes) -> Generation:
        if not pointer:
            raise IndexUnusableError(
                f"There is no index in {self.folder}; make one with `summit-qa index`."
            )
        served = self._served(pointer)
        if served.whole is None:
            raise IndexDamagedError(
                f"The index in {self.folder} is damaged ({'; '.join(served.damage)}); "
                "run `summit-qa index` to rebuild it."
            )
        if self._corpus not in (None, served.whole.corpus):
            raise IndexUnusableError(
                f"The index in {self.folder} is of another folder now; bring it up to date, or "
                "choose another index with --index."
            )
        with self._opening:
            if self._generation is None or pointer != self._pointer:
                # The old one closes when the last question that uses it is answered.
                self._generation = Generation(served.folder, served.whole, self._patient)
                self._pointer = pointer
            return self._generation

    def _read_pointer(self) -> bytes:
        try:
            return (self.folder / CURRENT).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return b""
        except IsADirectoryError:
            return b"?"  # names no generation: damage, which a sync mends
        except OSError as error:
            raise IndexUnusableError(
                f"The index in {self.folder} cannot be read: {error.strerror}."
            ) from None

    def _served(self, pointer: bytes) -> Served:
        """What the pointer names, checked once while the pointer stays the same."""
        if self._checked is not None and self._checked[0] == pointer:
            return self._checked[1]
        name, _, digest = pointer.decode("ascii", "replace").strip().partition(" ")
        if not GENERATION_NAME.fullmatch(name):
            return Served(self.folder, None, (f"{CURRENT} cannot be read",))
        folder = self.folder / name
        try:
            manifest = read_manifest(folder, digest)
        except IndexDamagedError as error:
            return Served(folder, None, (str(error),))
        served = Served(folder, manifest, tuple(damaged_files(folder, manifest)))
        if not served.damage:
            self._checked = pointer, served
        return served

    @contextmanager
    def _known(self) -> Iterator[Known]:
        """What is served, so that no unchanged file is parsed again."""
        from summit_qa.documents.passages import CHUNKING_VERSION
        from summit_qa.index.store import Store

        served = self._served(pointer) if (pointer := self._read_pointer()) else None
        manifest = served.whole if served else None
        store: Store | None = None
        if served is not None and manifest is not None:
            with suppress(IndexDamagedError):
                store = Store(served.folder / TEXTS)
        if manifest is None or store is None:
            yield Known()
            return
        with closing(store):
            alike = manifest.passage_chars == self._settings.passage_chars
            yield Known(
                manifest.sources,
                manifest.chunking == CHUNKING_VERSION,
                store,
                manifest.embedder if alike else "",
            )

    @contextmanager
    def _ahead(
        self, corpus: Path, known: Known, progress: Progress | None, vectors: bool
    ) -> Iterator[MadeBefore]:
        """The documents that were read before, or just now on the cluster that is to index."""
        if not (self._settings.ray and vectors):
            yield known.document
            return
        from summit_qa.index.cluster import made_on_cluster

        settings = self._settings.replaced(corpus=corpus, index=self.folder)
        with writing_errors(self.folder):
            make_folder(self.folder)
        with ExitStack() as stack:
            with locked(self.folder):
                made = made_on_cluster(settings, known, self.folder, progress)
                document = stack.enter_context(made)
            yield document

    def _found(
        self, corpus: Path, known: Known, made: MadeBefore, spool: Spool, progress: Progress | None
    ) -> Found:
        """What the corpus says; documents that are new go to the spool."""
        from summit_qa.documents.corpus import read_corpus

        below = inside(self.folder, corpus)
        read: dict[str, File] = {}

        def keep(document: Document) -> None:
            if not document.path.startswith(below):
                with writing_errors(self.folder):
                    if not read:
                        make_folder(self.folder)
                    spool.keep(document)
                read[document.path] = File.read(document, spool.document)

        reading = read_corpus(
            corpus,
            max_file_bytes=self._settings.max_file_bytes,
            progress=progress,
            known=made,
            reader_of=known.reader if known.current else None,
            keep=keep,
        )
        same = {p: known.sources[p] for p in reading.same if not p.startswith(below)}
        skipped = tuple(s for s in reading.skipped if not s.path.startswith(below))
        return Found(named(corpus), read, same, skipped, known)

    def _whole(self) -> Manifest | None:
        """The manifest of what is served, if it is whole.

        Raises IndexUnusableError where it was made of another corpus that is still there. One
        that is gone has moved, as a rule to here: its index may be had.
        """
        served = self._served(pointer) if (pointer := self._read_pointer()) else None
        if served is None or served.manifest is None:
            return None
        owner = served.manifest.corpus
        if owner != self._corpus and Path(owner).is_dir():
            raise IndexUnusableError(
                f"The index in {self.folder} belongs to the folder {owner}; "
                "choose another folder for this index with --index."
            )
        return served.whole

    def _recipe(self, passages: int) -> Recipe:
        """The recipe for a folder of so many passages."""
        from summit_qa.index.reusable import Recipe

        recipe = Recipe.of(self.encoder, self._settings.passage_chars, passages)
        return replace(recipe, remote=self._server is not None)

    def _unchanged(self, found: Found, vectors: bool) -> SyncReport | None:
        """The report where what is served is whole and says what the corpus says."""
        manifest = self._whole()
        if manifest is None or manifest.corpus != found.corpus:
            return None
        if not self._recipe(manifest.passages).made(manifest, vectors=vectors):
            return None
        if found.state() != manifest.state():
            return None
        messages = []
        if manifest.remote and self._patient is not None:
            from summit_qa.index.remote import lacks

            lost, why = lacks(self._patient, self.folder / manifest.id, manifest.passages)
            if lost and (vectors or manifest.passages <= _SENT_AT_ONCE):
                return None
            messages += [why] if why else []
        return SyncReport(
            unchanged=tuple(manifest.sources),
            skipped=found.skipped,
            passages=manifest.passages,
            generation=manifest.id,
            messages=tuple(messages),
        )

    def _rebuilt(self, found: Found, progress: Progress | None, vectors: bool) -> SyncReport:
        """As `_rebuild`; who comes to ask is not kept from what there is by a server that is away.

        The caller holds the lock.
        """
        try:
            if self._patient is not None:
                from summit_qa.index.remote import reach

                reach(self._patient)
            return self._rebuild(found, progress, vectors)
        except VectorServerError as error:
            manifest = self._whole()
            if vectors or manifest is None:
                raise
            return SyncReport(
                unchanged=tuple(manifest.sources),
                skipped=found.skipped,
                passages=manifest.passages,
                generation=manifest.id,
                messages=(f"{error} The index was not brought up to date.",),
            )

    def _rebuild(self, found: Found, progress: Progress | None, vectors: bool) -> SyncReport:
        """Build and publish one generation or two; the caller holds the lock."""
        from summit_qa.index.partial import remove_partial
        from summit_qa.index.reusable import NOTHING, Reusable

        pointer = self._read_pointer()
        served = self._served(pointer) if pointer else None
        before = served.manifest if served else None
        messages = []
        if served and served.damage:
            messages.append(f"The index was damaged ({'; '.join(served.damage)}); it was rebuilt.")
        elif before and (why := self._recipe(before.passages).difference(before)):
            messages.append(f"{why}; the index was rebuilt.")
        elif before and before.corpus != found.corpus:
            messages.append("The folder has moved; its index came along.")
        elif before and before.remote and found.state() == before.state():
            messages.append("The vector server had lost this index; it was sent there again.")
        self._sweep(keep=served.folder.name if served and served.manifest else None)

        files = found.files()
        reusable = NOTHING
        if served and before:
            reusable = Reusable.from_generation(served.folder, before) or NOTHING
        old = before.sources if before else {}
        size = _characters(files)
        new_size = _characters(
            [it for it in files if it.path not in old or old[it.path].sha256 != it.source.sha256]
        )
        much = new_size > max(_LARGE, size // 2)
        waits = not vectors and (much or (before is not None and not before.embedder))
        if much or waits:
            manifest, built = self._make(found, files, reusable, progress, vectors=False)
            if not waits:
                words = Reusable.from_generation(self.folder / manifest.id, manifest)
                # The vectors of before: their file may be gone, but stays readable while mapped.
                reusable = words.with_vectors_of(reusable) if words else NOTHING
        if not waits:
            manifest, built = self._make(found, files, reusable, progress)
            remove_partial(self.folder)

        new = manifest.sources
        return SyncReport(
            added=tuple(path for path in new if path not in old),
            changed=tuple(p for p in new if p in old and old[p].sha256 != new[p].sha256),
            removed=tuple(path for path in old if path not in new),
            unchanged=tuple(p for p in new if p in old and old[p].sha256 == new[p].sha256),
            skipped=found.skipped,
            passages=built.passages,
            embedded=built.embedded,
            generation=manifest.id,
            messages=tuple(messages),
        )

    def _make(
        self,
        found: Found,
        files: Sequence[File],
        reusable: Reusable,
        progress: Progress | None,
        *,
        vectors: bool = True,
    ) -> tuple[Manifest, Built]:
        """Build a generation aside and publish it."""
        from summit_qa.index.build import build

        recipe = self._recipe(0) if vectors else self._recipe(0).by_words()
        elsewhere = (
            self._server is not None
            or self._settings.ray
            or self.encoder.fingerprint.startswith("openai:")
        )
        kept = elsewhere or _characters(files) > _LARGE
        now = datetime.now(UTC)
        name = f"g-{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        aside = self.folder / f"{BUILDING}{name}"
        try:
            built = build(
                aside,
                files,
                recipe,
                self.encoder,
                reusable=replace(reusable, partial=self.folder if kept else None),
                progress=progress,
            )
            sent = self._send(aside, name, progress) if built.embedder and built.passages else {}
            manifest = Manifest(
                id=name,
                created=now.isoformat(timespec="seconds"),
                corpus=found.corpus,
                embedder=built.embedder,
                passage_chars=recipe.passage_chars,
                chunking=recipe.chunking,
                passages=built.passages,
                sources=found.sources(),
                skipped=found.skipped,
                files={**built.files, **sent},
                remote=bool(sent),
            )
            self._publish(aside, manifest)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        self._sweep(keep=name)
        return manifest, built

    def _send(self, aside: Path, name: str, progress: Progress | None) -> Mapping[str, FileRecord]:
        """Make the generation's collection on the vector server, if there is one; the new file."""
        if self._server is None:
            return {}
        from summit_qa.index.remote import mark, send
        from summit_qa.index.store import Store

        mark(self.folder, name, self._server)
        with closing(Store(aside / TEXTS)) as store:
            file = send(self._server, name, aside, store, progress)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        return {file.name: FileRecord(file.stat().st_size, digest)}

    def _publish(self, aside: Path, manifest: Manifest) -> None:
        """Give the generation its name and make ``CURRENT`` name it, each step on disk."""
        data = manifest.to_bytes()
        with (aside / MANIFEST).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(aside)
        folder = self.folder / manifest.id
        aside.rename(folder)
        sync_folder(self.folder)
        pointer = f"{manifest.id} {hashlib.sha256(data).hexdigest()}\n".encode("ascii")
        new = self.folder / f".{CURRENT}.new"
        try:
            with new.open("wb") as file:
                file.write(pointer)
                file.flush()
                os.fsync(file.fileno())
            if (current := self.folder / CURRENT).is_dir():
                current.rename(self.folder / f"{REMOVING}{CURRENT}")
            new.replace(current)
        except BaseException:
            with suppress(OSError):
                new.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            raise
        sync_folder(self.folder)
        # Its files were read and hashed a moment ago: they need no second look.
        self._checked = pointer, Served(folder, manifest)

    def _tidied(self, keep: str) -> None:
        """Remove what a killed writer left, unless another one is at work or nothing may go."""
        if has_litter(self.folder):
            with suppress(OSError, IndexLockedError), locked(self.folder):
                self._sweep(keep)

    def _sweep(self, keep: str | None) -> None:
        """Remove what earlier writers left and generations that nobody reads; nothing else."""
        sweep_generations(self.folder, keep)
        if self._server is not None:
            from summit_qa.index.remote import sweep

            sweep(self.folder, self._server)


def _characters(files: Sequence[File]) -> int:
    """How long the texts are together."""
    return sum(it.characters for it in files)
