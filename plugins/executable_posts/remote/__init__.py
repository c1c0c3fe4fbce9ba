"""Running posts on a Dask cluster.

The builder (`cluster`) sends a run as a task; a worker (`task`) runs it as this machine would.
Between them go bytes of JSON and ZIP (`parcel`), since the two ends may not be of one version.
"""
