"""The document store: the same promises in a folder and in S3, and a changed byte is never a document."""

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from deploy.local.ports import free_ports
from shared.document_store import DocumentStore, StoreUnavailable, document_store

BUCKET = "documents"
KEY, SECRET = "tests-only", "a secret of tests only"
OpenStore = Callable[[str], DocumentStore]


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A server that speaks S3 and checks signatures; its buckets are folders."""
    folder, port = tmp_path_factory.mktemp("s3"), free_ports(1)[0]
    (folder / BUCKET).mkdir()
    program = Path(sys.executable).with_name("rclone")
    server = subprocess.Popen(
        [program, "serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", f"{KEY},{SECRET}", folder],
        stderr=subprocess.DEVNULL,
        env={"HOME": str(folder), "RCLONE_CONFIG": ""},
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
            break
        except httpx.TransportError:
            time.sleep(0.05)
    yield f"s3+http://127.0.0.1:{port}/{BUCKET}", folder / BUCKET
    server.terminate()
    server.wait()


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path, s3: tuple[str, Path]) -> tuple[DocumentStore, Path]:
    if request.param == "folder":
        return document_store(tmp_path.as_uri()), tmp_path
    url, folder = s3
    return document_store(url, access_key=KEY, secret_key=SECRET), folder


async def test_what_is_put_is_there_under_its_hash_until_it_is_removed(
    place: tuple[DocumentStore, Path],
) -> None:
    store, _ = place
    content = b"a payment sheet" * 1000

    sha256 = await store.put(content)

    assert sha256 == hashlib.sha256(content).hexdigest()
    assert await store.put(content) == sha256
    assert await store.get(sha256) == content
    await store.remove(sha256)
    await store.remove(sha256)
    with pytest.raises(StoreUnavailable):
        await store.get(sha256)


async def test_bytes_that_changed_in_the_store_are_not_given_out(place: tuple[DocumentStore, Path]) -> None:
    store, folder = place
    sha256 = await store.put(b"owed: 100")
    (folder / sha256[:2] / sha256).write_bytes(b"owed: 900")

    with pytest.raises(StoreUnavailable):
        await store.get(sha256)


async def test_a_store_that_does_not_know_us_or_is_gone_is_a_fault(s3: tuple[str, Path]) -> None:
    for store in (
        document_store(s3[0], access_key=KEY, secret_key="another"),
        document_store("file:///proc/documents"),
    ):
        with pytest.raises(StoreUnavailable):
            await store.put(b"something")
