"""Looks into a file that somebody hands in before it is kept: is it what it claims, and can it be opened safely."""

from shared.upload_scan.formats import FORMAT_MEDIA_TYPES as FORMAT_MEDIA_TYPES
from shared.upload_scan.refusals import FileRefused as FileRefused
from shared.upload_scan.refusals import FileTooLarge as FileTooLarge
from shared.upload_scan.scan import SCANNED_BYTES_MAX as SCANNED_BYTES_MAX
from shared.upload_scan.scan import scan_upload as scan_upload
from shared.upload_scan.scanned_upload import ScannedUpload as ScannedUpload
from shared.upload_scan.scanned_upload import scanned_upload as scanned_upload
