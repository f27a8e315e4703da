"""Outbound messages of Salesforce: SOAP 1.1 read without DTD, entities or network, and the replies it understands."""

import codecs
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from xml.sax.saxutils import escape

from lxml import etree

from gateway.domain.salesforce_events import Notification, problems_of
from gateway.domain.salesforce_record import Value, whole_change
from shared.errors import FieldProblem, Malformed, SalesOpsError

NOTIFICATIONS_MAX: Final = 100
ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
OUTBOUND: Final = "http://soap.sforce.com/2005/09/outbound"
SOBJECT: Final = "urn:sobject.enterprise.soap.sforce.com"
INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
MEDIA_TYPE: Final = "text/xml; charset=utf-8"
_DEPTH_MAX: Final = 12
# A document type can only stand before the first element; comments and instructions may stand before it.
_PROLOG: Final = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)


class MessageUnreadable(Malformed):
    """The body is no outbound message; nothing of it can be kept."""

    code, title = "message_unreadable", "Not an outbound message"


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """Whose message it is, by the id as it came, and what it tells."""

    organization_id: str
    elements: tuple[etree._Element, ...]

    def notifications(self) -> list[Notification]:
        """What is told, in order; what cannot be read says why. Only for messages whose sender was checked."""
        return [_notification(self.organization_id[:15], element) for element in self.elements]

    def texts(self) -> list[str]:
        """Each notification as its XML, in order."""
        return [etree.tostring(element, encoding="unicode", with_tail=False) for element in self.elements]


def read_message(body: bytes) -> OutboundMessage:
    """Read an outbound message; MessageUnreadable for anything else, a DTD or more than 100 notifications included."""
    plain = body.removeprefix(codecs.BOM_UTF8).lstrip()
    try:
        plain.decode()
    except UnicodeDecodeError as error:
        raise MessageUnreadable("The message is not UTF-8") from error
    prolog = _PROLOG.match(plain)
    if prolog is not None and plain[prolog.end() :].startswith(b"<!"):
        raise MessageUnreadable("A message has no document type")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True,
        remove_pis=True, encoding="utf-8",
    )  # fmt: skip
    try:
        root = etree.fromstring(plain, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MessageUnreadable("The message is not well-formed XML") from error
    told = root.find(f"{{{ENVELOPE}}}Body/{{{OUTBOUND}}}notifications")
    if root.tag != f"{{{ENVELOPE}}}Envelope" or told is None:
        raise MessageUnreadable("Expected a SOAP 1.1 envelope with notifications")
    elements = tuple(told.findall(f"{{{OUTBOUND}}}Notification"))
    if len(elements) > NOTIFICATIONS_MAX:
        raise MessageUnreadable(f"At most {NOTIFICATIONS_MAX} notifications are sent at once")
    return OutboundMessage((told.findtext(f"{{{OUTBOUND}}}OrganizationId") or "").strip(), elements)


def acknowledgement() -> bytes:
    """The only reply that ends the sending: all notifications of the message are safe."""
    return _envelope(f'<notificationsResponse xmlns="{OUTBOUND}"><Ack>true</Ack></notificationsResponse>')


def fault(code: str, detail: str) -> bytes:
    """A SOAP 1.1 fault; `code` is Client or Server."""
    return _envelope(
        f"<soapenv:Fault><faultcode>soapenv:{code}</faultcode><faultstring>{escape(detail)}</faultstring></soapenv:Fault>"
    )


def _envelope(content: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="{ENVELOPE}"><soapenv:Body>{content}</soapenv:Body></soapenv:Envelope>'
    ).encode()


def _notification(organization_id: str, element: etree._Element) -> Notification:
    # One without an id would otherwise be told again with every repetition.
    identity = (element.findtext(f"{{{OUTBOUND}}}Id") or "").strip() or _digest(element)
    record = element.find(f"{{{OUTBOUND}}}sObject")
    if record is None:
        problem = FieldProblem("/sObject", "expected a record")
        return Notification(id=identity, problems=(problem,))
    object_name = (record.get(f"{{{INSTANCE}}}type") or "").rpartition(":")[2]
    try:
        fields = {_name(field): _value(field) for field in record}
        change = whole_change(organization_id, object_name, fields)
    except SalesOpsError as error:
        return Notification(id=identity, problems=problems_of(error), object_name=object_name or None)
    return Notification(id=identity, change=change, object_name=object_name)


def _digest(element: etree._Element) -> str:
    return "sha256:" + sha256(etree.tostring(element, method="c14n")).hexdigest()


def _name(field: etree._Element) -> str:
    return str(field.tag).rpartition("}")[2]


def _value(field: etree._Element, depth: int = 0) -> Value:
    """The text, or the fields of a nested record; xsi:nil is a cleared field."""
    if field.get(f"{{{INSTANCE}}}nil") in ("true", "1"):
        return None
    if len(field) == 0 or depth == _DEPTH_MAX:
        return field.text or None
    return {_name(part): _value(part, depth + 1) for part in field}
