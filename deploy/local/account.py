"""The unprivileged account that PostgreSQL runs under when we are root, which it refuses to be."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    uid: int
    gid: int


def account_for(folder: Path) -> Account | None:
    """Return who shall own and run what is in `folder`; None means ourselves, which is so unless we are root.

    The owner of an existing folder stays its owner, so that data survives a change of the preference below.
    """
    if os.geteuid() != 0:
        return None
    owner = folder.stat().st_uid if folder.exists() else 0
    entry = pwd.getpwuid(owner) if owner else _preferred_entry()
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def reaches(account: Account | None, path: Path) -> bool:
    """Return whether the account may enter the folder or run the program; below /root it usually may not."""
    if account is None:
        return True
    command = ["test", "-x", str(path)]
    ended = subprocess.run(
        command, user=account.uid, group=account.gid, extra_groups=[], cwd="/", check=False
    )
    return ended.returncode == 0


def own_folder(folder: Path, account: Account | None) -> None:
    """Create the folder, private to the account."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if account is not None:
        os.chown(folder, account.uid, account.gid)


def _preferred_entry() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")
