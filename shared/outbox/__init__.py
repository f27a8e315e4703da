"""The outbox: a fact and its telling are committed together, and told afterwards until the broker has it."""

from shared.outbox.table import OutboxMessage as OutboxMessage
from shared.outbox.table import add_outbox_recipient_sql as add_outbox_recipient_sql
from shared.outbox.table import create_outbox_sql as create_outbox_sql
from shared.outbox.table import outbox_table as outbox_table
from shared.outbox.table import write_messages as write_messages
from shared.outbox.table import write_outbox as write_outbox
