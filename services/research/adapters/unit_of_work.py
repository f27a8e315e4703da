"""The unit of work of this service; its events leave through this database's outbox."""

from shared.database import UnitOfWork as UnitOfWork
