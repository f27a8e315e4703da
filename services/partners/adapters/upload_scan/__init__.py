"""Looks into a file that somebody hands in before it is kept: is it what it claims, and can it be opened safely."""

from services.partners.adapters.upload_scan.scan import SCANNED_BYTES_MAX as SCANNED_BYTES_MAX
from services.partners.adapters.upload_scan.scan import UPLOAD_MEDIA_TYPES as UPLOAD_MEDIA_TYPES
from services.partners.adapters.upload_scan.scan import scan_upload as scan_upload
