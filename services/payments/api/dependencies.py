"""What this service's routes ask for; the same as everywhere."""

from shared.dependencies import PageWanted as PageWanted
from shared.dependencies import Pool as Pool
from shared.dependencies import Reading as Reading
from shared.dependencies import Work as Work
