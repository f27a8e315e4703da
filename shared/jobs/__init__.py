"""Work that outlasts a request: enqueued with the fact that asks for it, run by workers, visible while it runs."""

from shared.jobs.home import name_job_home_sql as name_job_home_sql
from shared.jobs.job import Job as Job
from shared.jobs.job import JobTask as JobTask
from shared.jobs.job import Timer as Timer
from shared.jobs.runner import JobLimits as JobLimits
from shared.jobs.runner import JobRunner as JobRunner
from shared.jobs.table import create_jobs_sql as create_jobs_sql
from shared.jobs.table import enqueue as enqueue
from shared.jobs.table import index_jobs_by_asker_sql as index_jobs_by_asker_sql
from shared.jobs.table import job_table as job_table
