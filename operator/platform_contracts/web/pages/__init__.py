"""One module a page: what is asked for, what of it may be seen, and the template."""
