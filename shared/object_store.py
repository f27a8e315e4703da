"""Opens the place where bytes are kept that are too many for a database: a folder or S3, behind one interface."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from obstore.store import LocalStore, ObjectStore, S3Store

if TYPE_CHECKING:  # the library declares it for type checkers only
    from obstore.store import S3Config

TIMEOUT: Final = "20s"
STORE_PATTERN: Final = r"^(file:///|s3://|s3\+https?://)\S+$"


def object_store_opener(
    url: str, *, access_key: str = "", secret_key: str = "", region: str = "", timeout: str = TIMEOUT
) -> Callable[[], ObjectStore]:
    """What opens the store of the settings: `file:///srv/documents`, `s3://bucket/prefix` or `s3+http://host:9000/bucket`.

    The last form is for stores of the same protocol elsewhere (`s3+https://…` outside of a local network). ValueError
    for any other. `timeout` is for one request.
    """
    parts = urlsplit(url)
    match parts.scheme:
        case "file":
            return lambda: LocalStore(Path(parts.path), mkdir=True)
        case "s3":
            bucket, prefix, endpoint = parts.netloc, parts.path.strip("/"), None
        case "s3+http" | "s3+https":
            bucket, _, prefix = parts.path.strip("/").partition("/")
            endpoint = f"{parts.scheme.removeprefix('s3+')}://{parts.netloc}"
        case _:
            raise ValueError("expected file:///folder, s3://bucket or s3+https://host/bucket")
    return lambda: S3Store(
        bucket,
        prefix=prefix or None,
        region=region or "ap-south-1",
        virtual_hosted_style_request=False,
        client_options={"allow_http": parts.scheme == "s3+http", "timeout": timeout},
        config=_s3_config(endpoint, access_key, secret_key),
    )


def _s3_config(endpoint: str | None, access_key: str, secret_key: str) -> "S3Config":
    """Without a key the credentials of the machine's role are used."""
    config: S3Config = {}
    if endpoint:
        config["endpoint"] = endpoint
    if access_key:
        config |= {"access_key_id": access_key, "secret_access_key": secret_key}
    return config
