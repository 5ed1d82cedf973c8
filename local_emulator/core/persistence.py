"""A store that survives a restart: every change is written through to one SQLite file, which fills the next store.

Only the objects and the revision are kept, not the history: after a restart watches from older revisions answer 410 and clients list
again, as after a compaction. The file is written in the step that changes the store, so it never lags behind what a client was told.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from local_emulator.core.codec import decode
from local_emulator.core.store import CollectionKey, Event, Store, entry_of

FILE = "objects.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    collection_group TEXT NOT NULL, plural TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    revision INTEGER NOT NULL, tail BLOB NOT NULL,
    PRIMARY KEY (collection_group, plural, namespace, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY CHECK (id = 0), revision INTEGER NOT NULL);
INSERT OR IGNORE INTO state VALUES (0, 0);
"""


class Database:
    """One SQLite file in a directory. Raises sqlite3.Error when it cannot be used."""

    def __init__(self, directory: Path) -> None:
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise sqlite3.OperationalError(error.strerror or str(error)) from error
        self.connection = sqlite3.connect(directory / FILE, isolation_level=None, timeout=0.5)
        # Two servers over one file would each overwrite what the other has told its clients.
        self.connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=NORMAL")
        self.connection.executescript(_SCHEMA)

    def attach(self, store: Store) -> None:
        """Fills an empty store with what the file holds, and follows it from now on."""
        (revision,) = self.connection.execute("SELECT revision FROM state").fetchone()
        rows = self.connection.execute("SELECT collection_group, plural, namespace, name, revision, tail FROM objects")
        for group, plural, namespace, name, at, tail in rows:
            store.restore((group, plural), entry_of((namespace, name), at, tail, decode(b"{" + tail)["metadata"]))
        store.revision = max(store.revision, revision)
        store.compact()
        store.listeners.append(self._record)

    def _record(self, collection: CollectionKey, event: Event) -> None:
        key = (*collection, *event.new.key)
        self.connection.execute("BEGIN")
        if event.type == "DELETED":
            self.connection.execute("DELETE FROM objects WHERE collection_group = ? AND plural = ? AND namespace = ? AND name = ?", key)
        else:
            self.connection.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?)", (*key, event.revision, event.new.tail))
        self.connection.execute("UPDATE state SET revision = ?", (event.revision,))
        self.connection.execute("COMMIT")

    def close(self) -> None:
        self.connection.close()
