"""The page: what the cluster says about its services, for people with a browser."""
