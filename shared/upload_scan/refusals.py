"""Why a file is not taken in."""

from shared.errors import Invalid, TooLarge


class FileRefused(Invalid):
    """A file that is not what it claims to be, or carries what nobody should open."""

    code, title = "file_refused", "The file is not taken in"


class FileTooLarge(TooLarge):
    """More bytes than a document may have."""

    code, title = "file_too_large", "The file is too large"
