"""Tables of the research database."""

from services.research.adapters.orm import assignments as assignments
from services.research.adapters.orm import briefs as briefs
from services.research.adapters.orm import companies as companies
from services.research.adapters.orm import competitors as competitors
from services.research.adapters.orm import datasets as datasets
from services.research.adapters.orm import digests as digests
from services.research.adapters.orm import drafts as drafts
from services.research.adapters.orm import fetches as fetches
from services.research.adapters.orm import files as files
from services.research.adapters.orm import saved_queries as saved_queries
from services.research.adapters.orm.base import Record as Record
from services.research.adapters.orm.base import metadata as metadata
