"""A watched folder as it lies on its disk or share: what is dropped, taken, and put where it ends.

    NAME                         what somebody dropped
    .bellhop/MARK/TOKEN/NAME     what Bellhop has taken: a job has it, or is about to
    done/NAME                    its job completed
    failed/NAME                  it did not, and NAME.error.txt beside it says why

Whoever may write to the folder may put anything in the place of anything. So all is reached through
descriptors and never through a link. It takes a share that can rename a file and create one that
was not there before; nothing depends on its locks, links, inodes or clock.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Callable, Collection, Iterator

from bellhop.settings.apart import DONE, FAILED, PRIVATE
from bellhop.stores.folders import FOLDER, PLAIN

ERROR_SUFFIX = ".error.txt"
MARK = re.compile(r"([0-9a-zA-Z]+)-[0-9a-f]{16}")
TOKEN = re.compile(r"[0-9a-f]{32}")
MOST_NAME_BYTES = 255
# What is in a file that holds a name for another.
RESERVED = b"\n"
# What programs write under until a file is whole, and what systems leave in folders.
UNFINISHED = re.compile(
    r"[.~].*|.*~|.*\.(part|partial|tmp|temp|filepart|crdownload|download|opdownload|swp)"
    r"|thumbs\.db|desktop\.ini",
    re.IGNORECASE | re.DOTALL,
)


class Held(Exception):
    """Why nothing of a folder can become a job now; the text is one line for its operator."""


@contextlib.contextmanager
def opened(
    path: str, own_id: str, require: Callable[[int], object], *, is_known: bool
) -> Iterator[Folder]:
    """The folder of a watch, for a block; `own_id` is of this installation.

    `require` gets a descriptor before anything is created, and raises Held for what is no folder
    to watch.

    `is_known`: it was watched before, so that an empty one is a share that is not mounted, in which
    nothing is created. Raises Held, and OSError.
    """
    with contextlib.ExitStack() as after:
        top = os.open(path, os.O_RDONLY | os.O_DIRECTORY)  # the operator may name a link
        after.callback(os.close, top)
        require(top)
        if not os.access(".", os.W_OK | os.X_OK, dir_fd=top):
            raise Held(f"Bellhop cannot write to {path}")

        def below(name: str, above: int, mode: int | None = None) -> int:
            folder = _open_folder(name, above, mode)
            after.callback(os.close, folder)
            return folder

        if is_known and not _is_there(PRIVATE, top):
            raise Held(
                f"{path} is not the folder that Bellhop watched before, because it has no "
                f"{PRIVATE}; mount it or, if it is to be a new one: mkdir {path}/{PRIVATE}"
            )
        private = below(PRIVATE, top, 0o700)
        mark = _mark(private, path, own_id)
        # Those who drop files shall find them again; the umask of Bellhop would hide them.
        mode = stat.S_IMODE(os.fstat(top).st_mode)
        places = {name: below(name, top, mode) for name in (DONE, FAILED)}
        yield Folder(path, mark, top, below(mark, private), places)


class Folder:
    """A watched folder while it is open."""

    def __init__(self, path: str, mark: str, top: int, taken: int, places: dict[str, int]):
        """`mark` names this folder, wherever it is mounted; the others are descriptors."""
        self.path, self.mark = path, mark
        self._top, self._taken, self._places = top, taken, places

    def dropped(self) -> tuple[list[str], list[str]]:
        """The names of files that may be whole, and of what is no file; folders do not count."""
        files: list[str] = []
        others: list[str] = []
        with os.scandir(self._top) as entries:
            for entry in entries:
                if UNFINISHED.fullmatch(entry.name) or entry.is_dir(follow_symlinks=False):
                    continue
                (files if entry.is_file(follow_symlinks=False) else others).append(entry.name)
        return files, others

    def status(self, name: str) -> os.stat_result:
        return os.stat(name, dir_fd=self._top, follow_symlinks=False)

    def take(self, name: str) -> str:
        """Take a dropped file that can be read, at once or not at all; its token."""
        os.close(_open_regular(name, self._top))
        token = secrets.token_hex(16)
        os.mkdir(token, 0o700, dir_fd=self._taken)
        with self._opened(token) as inner:
            try:
                os.rename(name, name, src_dir_fd=self._top, dst_dir_fd=inner)
            except OSError:
                os.rmdir(token, dir_fd=self._taken)
                raise
            _sync(inner)
        return token

    def sync(self) -> None:
        """Let what was taken and placed stay so after a power cut, as far as the share can."""
        for folder in (*self._places.values(), self._taken, self._top):
            _sync(folder)

    def tokens(self) -> list[str]:
        return sorted(filter(TOKEN.fullmatch, os.listdir(self._taken)))

    def name_of(self, token: str) -> str | None:
        """What a taken file is called; None when somebody has moved it away."""
        with contextlib.suppress(FileNotFoundError), self._opened(token) as inner:
            return _name_in(inner)
        return None

    def read(self, token: str, name: str) -> int:
        """A descriptor to read a taken file; FileNotFoundError."""
        with self._opened(token) as inner:
            return _open_regular(name, inner)

    def forget(self, token: str) -> None:
        """Remove the place of a taken file that is not there any more."""
        try:
            os.rmdir(token, dir_fd=self._taken)
        except OSError as error:
            # Somebody put something there: it is looked at again at the next start.
            if error.errno not in (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST):
                raise

    def free_name(self, where: str, name: str, promised: Collection[str] = ()) -> str:
        """A name that neither a file in `done` or `failed` has, nor the text beside it.

        Nor is it one of those `promised` to others, in small letters, as a share may see them.
        """
        return _free_name(self._places[where], name, promised)

    def place(self, token: str, where: str, target: str, why: str | None) -> None:
        """Move a taken file to its `target`, after the text that says `why`; again after a crash.

        FileExistsError when somebody else has this name meanwhile. Of a file that is not there any
        more, nothing is left to do.
        """
        if name := self.name_of(token):
            folder = self._places[where]
            if why is not None:
                _write_text(folder, target + ERROR_SUFFIX, why)
            _reserve(folder, target)
            with self._opened(token) as inner:
                _move(name, inner, target, folder)
        self.forget(token)

    @contextlib.contextmanager
    def _opened(self, token: str) -> Iterator[int]:
        inner = os.open(token, FOLDER, dir_fd=self._taken)
        try:
            yield inner
        finally:
            os.close(inner)


def _mark(private: int, path: str, own_id: str) -> str:
    """The mark of a folder, which it gets when Bellhop first sees it; Held when it is another's."""
    for _ in range(2):
        marks = {name: found[1] for name in os.listdir(private) if (found := MARK.fullmatch(name))}
        if others := [name for name, of in marks.items() if of != own_id]:
            raise Held(
                f"another Bellhop watches {path}; if it does not any more, and nothing is left in "
                f"it: rmdir {path}/{PRIVATE}/{others[0]}"
            )
        if marks:
            return min(marks)
        os.mkdir(f"{own_id}-{secrets.token_hex(8)}", 0o700, dir_fd=private)
    raise Held(f"{path}/{PRIVATE} forgets what is created in it")


def _is_there(name: str, above: int) -> bool:
    try:
        os.stat(name, dir_fd=above, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _open_folder(name: str, above: int, mode: int | None) -> int:
    """A folder, which is created with a `mode` where there is one; Held for anything else."""
    is_new = False
    if mode is not None and not _is_there(name, above):
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=above)
            is_new = True
    try:
        folder = os.open(name, FOLDER, dir_fd=above)
    except OSError as error:
        if error.errno not in (errno.ENOTDIR, errno.ELOOP):
            raise
        said = f"{name} in the folder is a file or a link, where Bellhop needs a folder"
        raise Held(said) from None
    if mode is not None and is_new:
        with contextlib.suppress(OSError):  # a share may have no rights of its own
            os.fchmod(folder, mode)
    return folder


def _open_regular(name: str, folder: int) -> int:
    """A descriptor to read a file that is one; FileNotFoundError for what is none any more."""
    try:
        descriptor = os.open(name, os.O_RDONLY | PLAIN, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)) from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    return descriptor


def _name_in(folder: int) -> str | None:
    """The one file of a folder; the first, should somebody have put more there."""
    with os.scandir(folder) as entries:
        return min((e.name for e in entries if e.is_file(follow_symlinks=False)), default=None)


def _free_name(folder: int, name: str, promised: Collection[str] = ()) -> str:
    """`name`, or `name (2)` and so on; after thousands of them it takes a few looks more."""

    def is_free(number: int) -> bool:
        found = fitting(name, number)
        return found.lower() not in promised and _is_free(folder, found)

    low = high = 1
    while not is_free(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_free(middle) else (middle, high)
    return fitting(name, high)


def _is_free(folder: int, name: str) -> bool:
    return not (_is_there(name, folder) or _is_there(name + ERROR_SUFFIX, folder))


def fitting(name: str, number: int = 1) -> str:
    """A name with its number, cut so that a file system takes it, and with the text's suffix."""
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > 20:
        stem, dot, suffix = name, "", ""
    end = (f" ({number})" if number > 1 else "") + dot + suffix
    room = MOST_NAME_BYTES - len(os.fsencode(end + ERROR_SUFFIX))
    while len(os.fsencode(stem)) > room:
        stem = stem[:-1]
    return stem + end


def _reserve(folder: int, name: str) -> None:
    """Make sure of a name, with a file that a rename replaces; FileExistsError when it is taken.

    It is not empty: shares such as that of rclone may create what nothing was written to only after
    it was closed, and then in the place of the file that was moved there meanwhile.
    """
    try:
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder)
    except FileExistsError:
        if not _is_reserved(folder, name):
            raise
        return
    try:
        os.write(descriptor, RESERVED)
    finally:
        os.close(descriptor)


def _is_reserved(folder: int, name: str) -> bool:
    """Whether a crash left this file of ours, which is empty where the write had not come yet."""
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode) or status.st_size > len(RESERVED):
        return False
    try:
        return not status.st_size or _begin_of(folder, name, len(RESERVED)) == RESERVED
    except OSError:  # somebody's, who lets nobody read it
        return False


def _move(name: str, inner: int, target: str, folder: int) -> None:
    """Put a file in the place of what reserved its name."""
    try:
        os.rename(name, target, src_dir_fd=inner, dst_dir_fd=folder)
    except OSError:  # on some shares a rename replaces nothing, and each says so in its own way
        if not _is_reserved(folder, target):
            raise
        os.unlink(target, dir_fd=folder)
        os.rename(name, target, src_dir_fd=inner, dst_dir_fd=folder)


def _write_text(folder: int, name: str, text: str) -> None:
    """Write a new file in the place of what a crash left of it; FileExistsError for any other.

    Nothing is written to a file that is there: it may have another name elsewhere.
    """
    content = text.encode()
    with contextlib.suppress(FileNotFoundError):
        found = _begin_of(folder, name, len(content) + 1)
        if found == content:
            return
        if not content.startswith(found):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        os.unlink(name, dir_fd=folder)
    mode = os.fstat(folder).st_mode & 0o666
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode, dir_fd=folder)
    try:
        with contextlib.suppress(OSError):
            os.fchmod(descriptor, mode)
        os.write(descriptor, content)
    finally:
        os.close(descriptor)


def _begin_of(folder: int, name: str, size: int) -> bytes:
    descriptor = _open_regular(name, folder)
    try:
        return os.read(descriptor, size)
    finally:
        os.close(descriptor)


def _sync(folder: int) -> None:
    with contextlib.suppress(OSError):  # many shares cannot, and their servers decide
        os.fsync(folder)
